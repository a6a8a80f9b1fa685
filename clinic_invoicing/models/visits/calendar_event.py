from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...actions import CLOSE, notification
from ...rules import billing_state


class CalendarEvent(models.Model):
    """The appointment is the slot of a visit; what is billed is on its services.

    Every employee reads calendars and other calendars copy them, so nothing
    clinical and no amount is kept here.
    """

    _name = "calendar.event"
    _inherit = ["calendar.event", "clinic.guarded"]

    clinic_patient_id = fields.Many2one(
        "res.partner",
        string="Patient",
        domain="[('clinic_is_patient', '=', True)]",
        index="btree_not_null",
        # Stock copies events for any employee, who may not read this: copy_data().
        copy=False,
        groups="clinic_invoicing.group_front_desk",
    )
    clinic_service_ids = fields.One2many(
        "clinic.service",
        "event_id",
        string="Services",
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
        """The front desk keeps the appointments of all practitioners."""
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
            # Stock would copy the attendees' contact details into the description.
            self = self.with_context(skip_contact_description=True)
        return super().create(vals_list)

    def copy_data(self, default=None):
        """Let a series, or a duplicate, be of the same patient."""
        vals_list = super().copy_data(default)
        if self._clinic_is_front_desk():
            for event, vals in zip(self, vals_list, strict=True):
                vals.setdefault("clinic_patient_id", event.clinic_patient_id.id)
        return vals_list

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

    @api.model
    def _clinic_is_front_desk(self):
        return self.env.user.has_group("clinic_invoicing.group_front_desk")

    def _clinic_check_rights(self):
        """Raise for people who do not keep these appointments.

        sudo: stock hides what is on private appointments of others, and it is
        their services' companies that decide.
        """
        if not self._clinic_is_front_desk():
            raise AccessError(self.env._("Only the front desk may bill visits."))
        self.check_access("read")
        self._clinic_check_practice()
        self.sudo().clinic_service_ids.with_env(self.env).check_access("write")

    def _clinic_check_front_desk(self):
        self._clinic_check_rights()
        # sudo: stock hides what is on private appointments of others.
        if any(not event.clinic_is_visit for event in self.sudo()):
            raise UserError(self.env._("Choose the patient of the appointment first."))

    def _clinic_check_status(self, *allowed):
        """Raise for visits whose status is not one of those ``allowed``.

        sudo: as in _clinic_check_front_desk().
        """
        statuses = dict(self._fields["clinic_status"]._description_selection(self.env))
        for event in self.sudo():
            if event.clinic_status not in allowed:
                raise UserError(
                    self.env._(
                        "%(visit)s is already: %(status)s. Reopen the visit first.",
                        visit=event.with_env(self.env).display_name,
                        status=statuses[event.clinic_status],
                    )
                )

    def _clinic_set_status(self, status):
        """Change the status of these occurrences, never of their series.

        sudo: a private appointment of a practitioner can be completed too. Only
        the status is written, so that the recurrence is left alone.
        """
        self.sudo().write({"clinic_status": status})

    def _clinic_invoice(self):
        # Not clinic_service_ids, which stock hides on private appointments of others.
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
            # A deposit has paid all of it, or it costs nothing.
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

    def _clinic_get_date(self):
        """Return the day of the appointment where the practice is."""
        self.ensure_one()
        if self.allday:
            return self.start_date or self.start.date()
        # By the context, because that is what context_timestamp() reads.
        tz = self.event_tz or self.user_id.tz or self.env.user.tz
        local = fields.Datetime.context_timestamp(self.with_context(tz=tz), self.start)
        return local.date()
