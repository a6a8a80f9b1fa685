from odoo import models


class AccountMove(models.Model):
    """What a statement tells of an invoice, a credit note or a payment."""

    _inherit = "account.move"

    def _clinic_prepare_statement_entries(self, row, currency):
        """Return the entries of this document on a day: money apart from the rest.

        :param dict row: as it is read by ``res.partner._clinic_get_entries``
        """
        self.ensure_one()
        amount = float(row["amount"])
        kind = "transfer" if row["is_transfer"] else self._clinic_get_kind()
        # What is used for others was told apart when it came.
        is_money = kind in ("payment", "refund")
        written_off = self._clinic_get_stated_write_off(row) if is_money else 0.0
        entry = {"date": row["day"], "name": self.name, "date_due": False}
        parts = [
            {
                "kind": kind,
                "date_due": kind == "invoice" and self.invoice_date_due,
                "amount": currency.round(amount - written_off),
            },
            {"kind": "adjustment", "amount": written_off},
        ]
        return [
            {**entry, **part} for part in parts if not currency.is_zero(part["amount"])
        ]

    def _clinic_get_stated_write_off(self, row):
        """Return which part of such a row is no money, in its currency and sign."""
        payment = self.origin_payment_id
        parts = payment._clinic_get_write_off_parts()
        matches = self.env["account.partial.reconcile"].browse(row["match_ids"] or ())
        amounts = [parts.get(match, (0.0, 0.0)) for match in matches]
        if not row["is_own"]:
            # Somebody else's money, or in another currency: what it has settled here.
            return -sum(settled for _part, settled in amounts)
        # The whole payment, but for what was used for others on the same day.
        used = sum(part for part, _settled in amounts)
        sign = -1 if payment.payment_type == "inbound" else 1
        return sign * (payment._clinic_get_write_off() - used)
