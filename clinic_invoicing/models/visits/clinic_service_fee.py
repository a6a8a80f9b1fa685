from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class ClinicService(models.Model):
    """The fee that is owed by who did not come."""

    _inherit = "clinic.service"

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

    _one_fee_per_patient = models.UniqueIndex(
        "(event_id, patient_id) WHERE is_fee AND is_cancelled IS NOT TRUE",
        "This patient is charged a fee for the appointment already.",
    )

    # === COMPUTE METHODS === #

    @api.depends("is_fee")
    def _compute_state(self):
        return super()._compute_state()

    def _get_facts(self):
        return replace(super()._get_facts(), is_fee=self.is_fee)

    @api.depends("is_fee", "waiver_reason")
    def _compute_billing(self):
        return super()._compute_billing()

    def _get_billing(self):
        """Return who owes it: no insurer pays for a visit that did not take place."""
        billing = super()._get_billing()
        if not self.is_fee:
            return billing
        is_free = self.waiver_reason or billing == "no_charge"
        return "no_charge" if is_free else "client"

    def _may_be_covered(self):
        return super()._may_be_covered() and not self.is_fee

    @api.constrains("billing", "is_fee")
    def _check_fee_is_clients(self):
        if self.filtered(lambda one: one.is_fee and one.billing == "insurance"):
            raise ValidationError(self._get_refusal_of_insurers())

    def _get_refusal_of_insurers(self):
        return self.env._(
            "A fee for a visit that did not take place is owed by the client. No "
            "insurer is asked for it."
        )

    def _follows_appointment(self):
        """Whether the appointment says when and by whom; of a fee it does no more."""
        return super()._follows_appointment() and not self.is_fee

    def _follows_patient(self):
        """Whether the appointment says who owes it: on the day on which it was missed.

        There another patient is the right one. A slot that was moved is used again.
        """
        if not self.is_fee:
            return super()._follows_patient()
        event = self.event_id
        return bool(event) and event._clinic_get_date(self.company_id) == self.date

    def _prepare_likeness(self):
        likeness = super()._prepare_likeness()
        if not self.is_fee:
            return likeness
        return {**likeness, "is_fee": True, "waiver_reason": self.waiver_reason}

    # === WITHDRAWAL === #

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
