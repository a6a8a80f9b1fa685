from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...rules.billing_state import STATUSES_WITHOUT_CHARGE

# How the attendance of one patient reads as a status of the appointment.
STATUS_BY_ATTENDANCE = {
    "attended": "completed",
    "no_show": "no_show",
    "cancelled": "cancelled",
}

# What a service of a series takes from its own occurrence, and from who pays by then.
FIELDS_OF_OCCURRENCE = (
    "attendance",
    "bill_to_id",
    "date",
    "duration",
    "practitioner_id",
    "tax_ids",
)

# What stays of a visit that took place when its series is rewritten.
FIELDS_OF_RENDERED = ("date", "duration", "patient_id", "practitioner_id")


class ClinicService(models.Model):
    """What a service takes from its visit: who came, and what repeats with a series."""

    _inherit = "clinic.service"

    attendance = fields.Selection(
        [
            ("attended", "Attended"),
            ("no_show", "No-show"),
            ("cancelled", "Cancelled"),
        ],
        copy=False,
        tracking=True,
        help="Of this patient in a group session. Empty: as the appointment.",
    )
    repeats = fields.Boolean(
        readonly=True,
        copy=False,
        help="Booked with a series: further occurrences get one as well.",
    )

    # === COMPUTE METHODS === #

    @api.depends("attendance", "event_id.active")
    def _compute_appointment_status(self):
        """Ask the patient's own attendance first, then the appointment."""
        result = super()._compute_appointment_status()
        for service in self:
            event = service.event_id
            if service.attendance:
                service.appointment_status = STATUS_BY_ATTENDANCE[service.attendance]
            elif event and not event.active and event.clinic_status == "planned":
                service.appointment_status = "cancelled"
        return result

    # === CRUD METHODS === #

    @api.model
    def _before_create(self, vals_list):
        default = self.env.context.get("default_event_id")
        self._check_visits(vals.get("event_id", default) for vals in vals_list)
        return super()._before_create(vals_list)

    def _before_write(self, vals):
        self._check_visits([vals.get("event_id")])
        # The fees of patients who are expected after all, or came, are withdrawn.
        if vals.get("attendance", "no_show") not in STATUSES_WITHOUT_CHARGE:
            absent = self.filtered(lambda one: one._is_absent() and not one.is_fee)
            absent._get_fees()._withdraw_fees()
        return super()._before_write(vals)

    @api.model
    def _check_visits(self, event_ids):
        """Let nobody book a service at a visit of another practice."""
        events = self.env["calendar.event"].browse(filter(None, event_ids))
        events._clinic_check_practice()

    # === ACTION METHODS === #

    def action_absent(self):
        """Open the dialog for the patient of a group session who did not come."""
        self.ensure_one()
        self.check_access("write")
        if not self.event_id:
            raise UserError(self.env._("This service has no appointment."))
        return self.event_id._clinic_open_closing("no_show", self.patient_id)

    def action_restore(self):
        result = super().action_restore()
        self._forget_lost_appointments()
        return result

    # === ATTENDANCE === #

    def _is_absent(self):
        self.ensure_one()
        return self.attendance in STATUSES_WITHOUT_CHARGE

    # === LOST APPOINTMENTS === #

    def _forget_lost_appointments(self):
        """Bill services whose slot is gone without one: nobody will complete it.

        sudo: nobody writes the status by hand.
        """
        lost = self.filtered(
            lambda one: (
                not one.event_id.active and one.appointment_status != "completed"
            )
        )
        lost.sudo().write(
            {"event_id": False, "attendance": False, "appointment_status": False}
        )

    def _clinic_cancel_unbilled(self):
        """Cancel the services of visits that will not take place.

        What was rendered is owed, whatever becomes of its slot on the calendar, and
        so is the fee of who did not come.
        """
        self._clinic_filter_lost_with_visit().action_cancel()

    def _clinic_filter_lost_with_visit(self):
        """Return those that nobody owes when their visits do not take place."""
        return self.filtered(
            lambda service: (
                service.appointment_status != "completed"
                and not service.is_fee
                and not service._is_on_invoice()
            )
        )

    # === SERIES === #

    def _prepare_repeats(self):
        """Return the values of these services at another occurrence, unbilled."""
        vals_list = self.copy_data({"repeats": True})
        for service, vals in zip(self, vals_list, strict=True):
            for name in FIELDS_OF_OCCURRENCE:
                vals.pop(name, None)
            # What was decided is repeated, e.g. the price.
            for name in self._clinic_get_following():
                if name != "patient_id" and not service._clinic_is_by_hand(name):
                    vals.pop(name, None)
            # Else the service is one of a group, whose patients stay who they are.
            if service.patient_id == service.event_id.clinic_patient_id:
                vals.pop("patient_id")
        return vals_list

    @contextmanager
    def _keeping_rendered(self):
        """Let what was rendered keep its day while the block rewrites its series."""
        rendered = self.filtered(lambda one: one.appointment_status == "completed")
        kept = [self._fields[name] for name in FIELDS_OF_RENDERED]
        with self.env.protecting(kept, rendered):
            yield
        rendered._clinic_note_decisions(FIELDS_OF_RENDERED)
