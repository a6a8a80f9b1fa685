from odoo import models


class ClinicServiceShare(models.Model):
    """Shares to which a remittance has moved something that goes back."""

    _inherit = "clinic.service.share"

    def _get_invoiced_part(self, amount):
        """Return what its invoice says of a part of the price that it owes."""
        self.ensure_one()
        is_all = not self.currency_id.compare_amounts(amount, self._get_agreed_amount())
        return self.amount_invoiced if is_all else amount

    def _drop_empty(self):
        """Forget those that owe nothing and have no document."""
        # sudo: what a share owes is nobody's to write.
        self.sudo().filtered(
            lambda share: (
                not share.takes_rest
                and share._is_nothing()
                and not share.invoice_line_ids
                and not share.settlement_ids
            )
        ).unlink()
