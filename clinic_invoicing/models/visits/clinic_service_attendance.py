from dataclasses import replace

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


class ClinicService(models.Model):
    """Who of a session came, and what is owed by those who did not."""

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
    is_fee = fields.Boolean(
        string="Fee",
        readonly=True,
        copy=False,
        help="Owed because the visit did not take place.",
    )
    waiver_reason = fields.Text(
        readonly=True,
        copy=False,
        tracking=True,
        help="Why nobody is charged the fee that was due.",
    )
    repeats = fields.Boolean(
        readonly=True,
        copy=False,
        help="Booked with a series: further occurrences get one as well.",
    )

    _one_fee_per_patient = models.UniqueIndex(
        "(event_id, patient_id) WHERE is_fee AND is_cancelled IS NOT TRUE",
        "This patient is charged a fee for the appointment already.",
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

    @api.depends("is_fee")
    def _compute_state(self):
        return super()._compute_state()

    def _get_facts(self):
        return replace(super()._get_facts(), is_fee=self.is_fee)

    def _follows_appointment(self):
        """A fee is for the slot as it was when the patient did not come."""
        return super()._follows_appointment() and not self.is_fee

    def _is_absent(self):
        self.ensure_one()
        return self.attendance in STATUSES_WITHOUT_CHARGE

    # === CRUD METHODS === #

    def write(self, vals):
        """Withdraw the fees of patients who are expected after all, or came."""
        if vals.get("attendance", "no_show") not in STATUSES_WITHOUT_CHARGE:
            absent = self.filtered(lambda one: one._is_absent() and not one.is_fee)
            absent._get_fees()._withdraw_fees()
        return super().write(vals)

    # === ACTION METHODS === #

    def action_absent(self):
        """Open the dialog for the patient of a group session who did not come."""
        self.ensure_one()
        self.check_access("write")
        if not self.event_id:
            raise UserError(self.env._("This service has no appointment."))
        return self.event_id._clinic_open_closing("no_show", self.patient_id)

    # === FEES === #

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

    def _get_fees(self):
        """Return the fees that these patients owe, alone of their group."""
        absent = {(service.event_id, service.patient_id) for service in self}
        return self.event_id.clinic_service_ids.filtered(
            lambda one: (
                one.is_fee
                and one.attendance
                and (one.event_id, one.patient_id) in absent
            )
        )

    def _withdraw_fees(self):
        """Cancel fees whose reason is gone.

        :raise UserError: naming the invoice, when one of them is billed
        """
        fees = self.filtered(lambda fee: not fee.is_cancelled)
        fees._lock_for_billing()
        for fee in fees.filtered(lambda fee: fee._is_on_invoice()):
            # sudo: the front desk reads the numbers and not the invoices.
            invoices = fee.sudo().invoice_ids.filtered(
                lambda move: move.move_type == "out_invoice" and move.state != "cancel"
            )
            raise UserError(
                self.env._(
                    "%(fee)s is on invoice %(names)s. Credit the invoice first.",
                    fee=fee.display_name,
                    names=", ".join(invoices.mapped("display_name")),
                )
            )
        fees.action_cancel()

    # === SERIES === #

    def _prepare_repeats(self):
        """Return the values of these services at another occurrence, unbilled."""
        vals_list = self.copy_data({"repeats": True})
        for service, vals in zip(self, vals_list, strict=True):
            for name in FIELDS_OF_OCCURRENCE:
                vals.pop(name, None)
            # Else the service is one of a group, whose patients stay who they are.
            if service.patient_id == service.event_id.clinic_patient_id:
                vals.pop("patient_id")
        return vals_list

    def _get_values_of_their_own(self):
        """Return what a rewritten series must not change: fields, with services.

        What was rendered keeps its day, and the patients of a group stay. For
        ``env.protecting()``.
        """
        rendered = self.filtered(lambda one: one.appointment_status == "completed")
        of_others = self.filtered(
            lambda one: one.patient_id != one.event_id.clinic_patient_id
        )
        names = ("date", "duration", "practitioner_id")
        return [
            ([self._fields[name] for name in names], rendered),
            ([self._fields["patient_id"]], rendered | of_others),
        ]
