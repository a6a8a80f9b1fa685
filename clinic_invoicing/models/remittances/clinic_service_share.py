from odoo import models
from odoo.exceptions import ValidationError


class ClinicServiceShare(models.Model):
    """Shares that remittances have paid, or moved something to that goes back."""

    _inherit = "clinic.service.share"

    # === WHAT INSURERS HAVE ANSWERED === #

    def _get_answers(self):
        """Return the posted remittances that have paid these, by share.

        What was taken back or given back since, or voided, is not paid.

        :rtype: dict[clinic.service.share, clinic.remittance]
        """
        paid = self.filtered(
            lambda share: share.currency_id.compare_amounts(share.amount_paid, 0) > 0
        )
        if not paid:
            return {}
        lines = self.env["clinic.remittance.line"].search(
            [
                ("share_id", "in", paid.ids),
                ("leave_out", "=", False),
                ("paid", ">", 0),
                ("remittance_id.state", "=", "posted"),
            ]
        )
        return {
            share: same.remittance_id
            for share, same in lines.grouped("share_id").items()
        }

    def _explain_answers(self):
        """Return what insurers have paid of services, and the way back, by service.

        :rtype: dict[clinic.service, str]
        """
        # sudo: who may not read remittances reads their names alone.
        return {
            share.with_env(self.env).service_id: self.env._(
                "%(insurer)s has paid %(amount)s of it: undo remittance %(reference)s "
                "first.",
                insurer=share.partner_id.display_name,
                amount=share.currency_id.format(share.amount_paid),
                reference=", ".join(remittances.mapped("display_name")),
            )
            for share, remittances in self.sudo()._get_answers().items()
        }

    def _check_movable(self, amount):
        """Name the remittance that is undone first, where it has paid everything."""
        if self.currency_id.is_zero(self.amount_due):
            answers = self._explain_answers()
            if answers:
                raise ValidationError(self.service_id._format_obstacles(answers))
        return super()._check_movable(amount)

    # === WHAT HAS MOVED === #

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
