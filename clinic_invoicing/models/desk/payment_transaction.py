from odoo import fields, models
from odoo.tools import html2plaintext

OUTCOMES = {
    "draft": "open",
    "pending": "clearing",
    "authorized": "clearing",
    "done": "paid",
}


class PaymentTransaction(models.Model):
    """Cards that were charged at the desk."""

    _inherit = "payment.transaction"

    clinic_desk_key = fields.Char(
        readonly=True,
        copy=False,
        help="The form that made it: a second click charges nothing.",
    )

    _clinic_desk_key_unique = models.UniqueIndex(
        "(clinic_desk_key) WHERE clinic_desk_key IS NOT NULL",
        "This payment was made already.",
    )

    def _clinic_get_desk_outcome(self):
        """Return what the desk shows of this transaction.

        :return: ``state`` is ``open``, ``clearing``, ``paid``, ``authentication`` (its
            owner has to confirm it), ``busy`` (nobody was asked) or ``declined``
        :rtype: dict
        """
        self.ensure_one()
        state = OUTCOMES.get(self.state)
        if not state:
            state = self._clinic_get_failure()
        return {
            "state": state,
            "amount": self.currency_id.format(self.amount),
            "payments": self.payment_id,
            "invoices": self.invoice_ids,
            "payer": self.partner_id,
            "event": self.env["calendar.event"],
            "reason": html2plaintext(self.state_message or "").strip(),
        }

    def _clinic_get_failure(self):
        """Return the kind of failure, as :meth:`_clinic_get_desk_outcome` calls it."""
        if self._clinic_was_turned_away():
            return "busy"
        return "authentication" if self._clinic_needs_authentication() else "declined"
