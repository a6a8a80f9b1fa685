from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """The open credits that Core offers beside an invoice: the payer's own alone.

    No others are taken, however they are asked for: by a page that was opened before,
    or by a program.
    """

    _inherit = "account.move"

    def _compute_payments_widget_to_reconcile_info(self):
        """Leave out money of others; Core looks for whatever is the company's."""
        result = super()._compute_payments_widget_to_reconcile_info()
        for move in self.filtered("clinic_has_services"):
            offered = move.invoice_outstanding_credits_debits_widget
            if offered:
                own = move._clinic_filter_own_credits(offered["content"])
                move.invoice_outstanding_credits_debits_widget = own and {
                    **offered,
                    "content": own,
                }
        return result

    def js_assign_outstanding_line(self, line_id=False):
        """Refuse what is not offered: the name is Core's, for the form's link."""
        self.check_access("write")
        line = self.env["account.move.line"].browse(line_id).exists()
        line.check_access("read")
        if self.clinic_has_services and line and not self._clinic_is_owed_by(line):
            raise UserError(
                self.env._(
                    "%(money)s is money of %(owner)s, and %(invoice)s is billed to "
                    "%(payer)s. Money pays only what is billed to who has paid it.",
                    money=line.move_id.display_name,
                    owner=line._clinic_get_owners().display_name,
                    invoice=self.display_name,
                    payer=self.partner_id._clinic_get_addressee().display_name,
                )
            )
        return super().js_assign_outstanding_line(line_id)

    def _clinic_filter_own_credits(self, rows):
        """Return those of Core's rows that are money of who owes this invoice."""
        lines = self.env["account.move.line"].browse(row["id"] for row in rows)
        own = {line.id for line in lines if self._clinic_is_owed_by(line)}
        return [row for row in rows if row["id"] in own]

    def _clinic_is_owed_by(self, line):
        """Whether a journal item is of who owes this invoice."""
        return line._clinic_get_owners() == self.partner_id._clinic_get_addressee()
