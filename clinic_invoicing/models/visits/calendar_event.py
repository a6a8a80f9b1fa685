from contextlib import contextmanager, nullcontext

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...actions import CLOSE, notification
from ...rules import billing_state
from ...rules.billing_state import STATUSES_WITHOUT_CHARGE


class CalendarEvent(models.Model):
    """The appointment is the slot of a visit; what is billed is on its services.

    A visit is of one patient, or of a group: one slot, the services of many patients.
    Every employee reads calendars and other calendars copy them, so nothing clinical
    and no amount is kept here.
    """

    _name = "calendar.event"
    _inherit = ["calendar.event", "clinic.guarded"]

    clinic_patient_id = fields.Many2one(
        "res.partner",
        string="Patient",
        domain="[('clinic_is_patient', '=', True)]",
        index="btree_not_null",
        # Core copies events for any employee, who may not read this: copy_data().
        copy=False,
        groups="clinic_invoicing.group_front_desk",
    )
    clinic_service_ids = fields.One2many(
        "clinic.service",
        "event_id",
        string="Services",
        groups="clinic_invoicing.group_front_desk",
    )
    clinic_patient_count = fields.Integer(
        string="Patients",
        compute="_compute_clinic_patients",
        # sudo: Core hides what is on private appointments of others.
        compute_sudo=True,
        groups="clinic_invoicing.group_front_desk",
    )
    clinic_group_label = fields.Char(
        string="Group",
        compute="_compute_clinic_patients",
        # sudo: as above.
        compute_sudo=True,
        groups="clinic_invoicing.group_front_desk",
    )
    clinic_is_visit = fields.Boolean(
        string="Visit",
        compute="_compute_clinic_patients",
        # sudo: as above.
        compute_sudo=True,
        groups="clinic_invoicing.group_front_desk",
    )
    clinic_status = fields.Selection(
        [
            ("planned", "Planned"),
            ("completed", "Completed"),
            ("no_show", "No-show"),
            ("cancelled", "Cancelled"),
        ],
        string="Visit",
        default="planned",
        required=True,
        copy=False,
        groups="clinic_invoicing.group_front_desk",
    )
    clinic_billing_state = fields.Selection(
        selection="_selection_clinic_billing_state",
        string="Billing",
        compute="_compute_clinic_billing",
        compute_sudo=True,
        groups="clinic_invoicing.group_front_desk",
    )
    clinic_invoice_names = fields.Char(
        string="Invoice",
        compute="_compute_clinic_billing",
        # sudo: the front desk reads the numbers and not the invoices.
        compute_sudo=True,
        groups="clinic_invoicing.group_front_desk",
    )

    def _selection_clinic_billing_state(self):
        return (
            self.env["clinic.service"]._fields["state"]._description_selection(self.env)
        )

    # === COMPUTE METHODS === #

    @api.depends(
        "clinic_patient_id",
        "clinic_service_ids.is_cancelled",
        "clinic_service_ids.patient_id",
    )
    def _compute_clinic_patients(self):
        for event in self:
            services = event.clinic_service_ids
            kept = services.filtered(lambda service: not service.is_cancelled)
            count = len(event.clinic_patient_id | kept.patient_id)
            event.clinic_patient_count = count
            event.clinic_group_label = count > 1 and self.env._(
                "%(count)s patients", count=count
            )
            event.clinic_is_visit = bool(event.clinic_patient_id or services)

    @api.depends("clinic_service_ids.state", "clinic_service_ids.invoice_ids.name")
    def _compute_clinic_billing(self):
        for event in self:
            services = event.clinic_service_ids
            event.clinic_billing_state = billing_state.summary(services.mapped("state"))
            names = services.invoice_ids.filtered("name").mapped("name")
            event.clinic_invoice_names = ", ".join(names)

    @api.depends("clinic_patient_id", "clinic_group_label")
    @api.depends_context("uid")
    def _compute_display_name(self):
        """Show the patient on the front desk's calendar, and to nobody else."""
        super()._compute_display_name()
        # In sudo, names are made for mails and other records, that others read.
        if self.env.su or not self._clinic_is_front_desk():
            return
        for event in self:
            who = event.clinic_group_label or event.clinic_patient_id.name
            if who:
                event.display_name = f"{who} · {event.display_name}"

    def _compute_user_can_edit(self):
        """Let the front desk keep the appointments of all practitioners."""
        super()._compute_user_can_edit()
        if not self._clinic_is_front_desk():
            return
        for event in self:
            if event.clinic_is_visit and event.privacy != "private":
                event.user_can_edit = True

    @api.onchange("clinic_patient_id", "user_id")
    def _onchange_clinic_patient_id(self):
        """Book with the practitioner; the patient is not invited.

        Invitations would copy the patient's name, e-mail and phone into the
        event's description, and from there into other calendars.
        """
        # Other employees may not even read who the patient is.
        if not self._clinic_is_front_desk() or not self.clinic_patient_id:
            return
        self.name = self.name or self.env._("Appointment")
        if self.user_id:
            self.partner_ids = self.user_id.partner_id

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        names = ("clinic_patient_id", "clinic_service_ids")
        if any(vals.get(name) for vals in vals_list for name in names):
            # Core would copy the attendees' contact details into the description.
            self = self.with_context(skip_contact_description=True)
        return super().create(vals_list)

    def copy_data(self, default=None):
        """Let a series, or a duplicate, be of the same patient."""
        vals_list = super().copy_data(default)
        if self._clinic_is_front_desk():
            for event, vals in zip(self, vals_list, strict=True):
                vals.setdefault("clinic_patient_id", event.clinic_patient_id.id)
        return vals_list

    def write(self, vals):
        self._clinic_check_practice()
        # A series that is rewritten decides itself what becomes of its visits.
        is_archived = "active" in vals and not vals["active"]
        with (
            self._clinic_telling_of_billed(vals) as told,
            told._clinic_losing_no_service(is_archived) as events,
        ):
            if events._clinic_write_visit_alone(vals):
                return True
            with (
                events._clinic_handing_over(vals) as (slots, values),
                slots._clinic_following(values),
            ):
                return super(CalendarEvent, slots).write(values)

    @contextmanager
    def _clinic_following(self, vals):
        """Let what hangs on these slots follow what is written on them."""
        is_archived = "active" in vals and not vals["active"]
        is_freed = is_archived and not self._clinic_is_remade()
        # sudo: whoever may write this need not see every service.
        with self.sudo().clinic_service_ids._following_patient(vals):
            if vals.get("clinic_status", "no_show") not in STATUSES_WITHOUT_CHARGE:
                self._clinic_withdraw_fees()
            with self._clinic_freeing_slots() if is_freed else nullcontext():
                yield

    def unlink(self):
        """Delete slots: their unbilled services are cancelled, billed ones are kept.

        When a series is rewritten, its events are deleted to be made anew: that
        is nobody's decision about a service, which then only loses its slot.
        """
        self._clinic_check_practice()
        with self._clinic_losing_no_service(True) as events:
            if events._clinic_is_remade():
                return super(CalendarEvent, events).unlink()
            # sudo: whoever may delete the slot need not know what was billed.
            events.sudo().clinic_service_ids._clinic_cancel_unbilled()
            with events._clinic_freeing_slots():
                return super(CalendarEvent, events).unlink()

    @contextmanager
    def _clinic_freeing_slots(self):
        """Look after what was meant for these slots, which are archived or deleted.

        A series that is rewritten hands over by itself what it has.

        Rooms below add to it.
        """
        yield

    # === ACTION METHODS === #

    def action_clinic_complete(self):
        """Say that the visits took place.

        :raise UserError: one of them is a no-show or cancelled
        """
        self._clinic_check_front_desk()
        self._clinic_check_status("planned", "completed")
        self._clinic_set_status("completed")

    def action_clinic_complete_and_invoice(self):
        """Complete the visit and invoice its services.

        :return: the payment step, or a notification if there is nothing to pay
        """
        self.action_clinic_complete()
        return self._clinic_invoice()

    def action_clinic_invoice(self):
        """Invoice the services of the visit, before or after it took place.

        :return: the payment step, or a notification if there is nothing to pay
        """
        self._clinic_check_front_desk()
        return self._clinic_invoice()

    def action_clinic_add_patients(self):
        """Open the dialog that adds patients to the session."""
        self.ensure_one()
        self._clinic_check_rights()
        self._clinic_check_status("planned")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Add Patients"),
            "res_model": "clinic.session.patients",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_event_id": self.id},
        }

    # === THE VISIT === #

    def _clinic_get_date(self, company):
        """Return the day of the appointment where it takes place.

        :param res.company company: the practice
        """
        self.ensure_one()
        if self.allday:
            return self.start_date or self.start.date()
        zone = self.event_tz or self.user_id.tz
        return company._clinic_get_day(self.start, zone)

    def _clinic_get_hours(self):
        """Return how long the visit takes; of a whole day nobody has said it."""
        self.ensure_one()
        return 0.0 if self.allday else self.duration

    def _clinic_get_company(self):
        return self._clinic_get_services()[:1].company_id or self.env.company

    def _clinic_get_services(self):
        """Return what was booked for the visit and is not cancelled.

        Not clinic_service_ids, which Core hides on private appointments of others.
        """
        return self.env["clinic.service"].search(
            [
                ("event_id", "=", self.id),
                ("is_cancelled", "!=", True),
                ("is_fee", "!=", True),
            ],
            order="id",
        )

    def _clinic_set_status(self, status):
        """Change the status of these occurrences, never of their series.

        sudo: a private appointment of a practitioner can be completed too. Only
        the status is written, so that the recurrence is left alone.
        """
        self.sudo().write({"clinic_status": status})

    def _clinic_lock(self):
        """Let one person at a time change what becomes of these visits.

        sudo: private appointments of others can be locked too.

        :raise UserError: somebody else is at it
        """
        self.sudo()._clinic_lock_or_refuse(
            self.env._(
                "Somebody else is changing this appointment at this moment. "
                "Please reload the page."
            )
        )
        # What was read before the lock may be out of date.
        self.invalidate_recordset(["clinic_status"])

    # === GROUPS === #

    def _clinic_add_patients(self, patients, rate, with_following=False):
        """Book a service of the rate for each patient who has none yet.

        :param bool with_following: also at the planned occurrences that follow
        """
        self.ensure_one()
        self._clinic_check_rights()
        events = self
        if with_following:
            events |= self.recurrence_id.calendar_event_ids.filtered(
                lambda event: (
                    event.start > self.start and event.clinic_status == "planned"
                )
            )
        events._clinic_lock()
        self._clinic_check_status("planned")
        services = self.env["clinic.service"].search(
            [
                ("event_id", "in", events.ids),
                ("rate_id", "=", rate.id),
                ("is_cancelled", "!=", True),
            ]
        )
        booked = {(service.event_id, service.patient_id) for service in services}
        added = services.create(
            [
                {"event_id": event.id, "patient_id": patient.id, "rate_id": rate.id}
                for event in events
                for patient in patients
                if (event, patient) not in booked
            ]
        )
        # sudo: nobody says by hand that a service repeats.
        added.sudo().repeats = with_following
        return added

    # === INVOICES === #

    def _clinic_invoice(self):
        # Not clinic_service_ids, which Core hides on private appointments of others.
        services = self.env["clinic.service"].search([("event_id", "in", self.ids)])
        if not services:
            raise UserError(self.env._("Add a service to the appointment first."))
        # What is cancelled needs no mention, and the fees of those who were absent from
        # a group are left to the biller.
        services = (
            services.filtered(
                lambda service: (
                    service.state != billing_state.CANCELLED
                    and not service._is_absent()
                )
            )
            or services
        )
        services._lock_for_billing()
        # A visit may be invoiced before it is completed, e.g. when paid on arrival.
        obstacles = services._get_billing_obstacles(may_be_planned=True)
        ready = services.filtered(lambda service: service not in obstacles)
        if not ready:
            return self._clinic_notify("warning", services._format_obstacles(obstacles))
        invoices = ready._create_invoices(ready.company_id[:1]._clinic_get_day())
        message = self._clinic_describe_invoices(invoices)
        if obstacles:
            message += "\n" + services._format_obstacles(obstacles)
        told = self._clinic_notify("warning" if obstacles else "success", message)
        return self._clinic_take_payment(invoices) or told

    def _clinic_describe_invoices(self, invoices):
        message = self.env._(
            "Invoice %(names)s is posted.", names=", ".join(invoices.mapped("name"))
        )
        is_owed = any(
            not move.currency_id.is_zero(move.amount_residual) for move in invoices
        )
        if not is_owed:
            # A deposit or held money has paid all of it, or it costs nothing.
            message += " " + self.env._("Nothing is owed.")
        return message

    def _clinic_take_payment(self, invoices):
        """Return the action that leads to the payment step, if anything is owed."""
        due = invoices.filtered(lambda move: move._clinic_is_due_at_desk())
        if not due:
            return None
        url = due._clinic_get_desk_url()
        return {"type": "ir.actions.act_url", "url": url, "target": "self"}

    def _clinic_notify(self, kind, message):
        return notification(kind, message, then=CLOSE)
