from odoo import models

from ...rules.payers import PAYER_INSURER


class AccountMoveLine(models.Model):
    """How a line is paid, and what an insurer asks to know of it."""

    _inherit = "account.move.line"

    def _clinic_get_counterparts(self):
        """Return ``(entry, amount, written_off)`` by which this line is settled.

        Amounts are in its currency; ``written_off`` is the part that is no money.
        """
        self.ensure_one()
        return [
            (
                partial.credit_move_id.move_id,
                partial.debit_amount_currency,
                partial._clinic_get_written_off(partial.credit_move_id),
            )
            for partial in self.matched_credit_ids
        ] + [
            (
                partial.debit_move_id.move_id,
                -partial.credit_amount_currency,
                -partial._clinic_get_written_off(partial.debit_move_id),
            )
            for partial in self.matched_debit_ids
        ]

    def _clinic_prepare_receipt_line(self):
        """Return what an insurer asks to know of a service."""
        self.ensure_one()
        service = self.clinic_service_id
        practitioner = service.practitioner_id
        return {
            "date": service.date,
            "description": service.name or self.name,
            "patient": service.patient_id,
            "practitioner": practitioner.name,
            "licence": practitioner.partner_id.clinic_licence_number,
            "quantity": self.quantity,
            "subtotal": self.price_subtotal,
            "total": service.amount_total,
            "insurers_part": self._clinic_get_insurers_part(),
        }

    def _clinic_get_insurers_part(self):
        """Return what insurers take of the service, beside this line."""
        return sum(
            share.amount
            for share in self.clinic_service_id.share_ids
            if share.payer_type == PAYER_INSURER and share != self.clinic_share_id
        )

    def _clinic_prepare_portal_line(self, amount):
        """Return what a client reads of a service on the Billing page.

        :param float amount: what the line is of its invoice
        """
        self.ensure_one()
        service = self.clinic_service_id
        return {
            "date": service.date,
            "description": service.name or self.name,
            "patient": service.patient_id.name,
            "practitioner": service.practitioner_id.name,
            "amount": amount,
            "total": service.amount_total,
            "insurers_part": self._clinic_get_insurers_part(),
        }
