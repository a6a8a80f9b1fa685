from odoo import api, models

AMOUNT_FIELDS = ("amount_currency", "balance", "credit", "currency_id", "debit")


class AccountMoveLine(models.Model):
    """What a posted entry of a provider's payment says of the money stands.

    What is written off is taken back by lines like those that wrote it off.
    """

    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        move_ids = {vals.get("move_id") for vals in vals_list} - {None, False}
        self.env["account.move"].browse(move_ids)._clinic_check_lines_may_change()
        return super().create(vals_list)

    def write(self, vals):
        names = {*AMOUNT_FIELDS, "move_id"} & vals.keys()
        if names:
            changing = self.filtered(lambda line: line._clinic_will_change(vals, names))
            changing.move_id._clinic_check_lines_may_change()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_provider_holds_money(self):
        self.move_id._clinic_check_lines_may_change()

    def _clinic_will_change(self, vals, names):
        """Whether it is posted, and these values would change it."""
        will_change = self.env["account.move"]._field_will_change
        return self.parent_state == "posted" and any(
            will_change(self, vals, name) for name in names
        )

    # === MONEY THAT IS TAKEN OFF BY HAND === #

    def action_unreconcile_match_entries(self):
        """Leave to staff what they have taken off invoices: it is not put back."""
        chosen = self.browse(self.env.context.get("active_ids"))
        (self | chosen).check_access("write")
        money = (chosen.matched_credit_ids | chosen.matched_debit_ids).credit_move_id
        result = super().action_unreconcile_match_entries()
        money._clinic_leave_to_staff()
        return result

    # === MONEY THAT GOES BACK === #

    def _clinic_prepare_copy(self, **values):
        """Return the values of a line like this one, of another amount."""
        self.ensure_one()
        # Context: with the taxes that a discount has changed.
        line = self.with_context(include_business_fields=True)
        [copied] = line.copy_data()
        for name in ("move_id", "debit", "credit"):
            copied.pop(name, None)
        return {**copied, **values}
