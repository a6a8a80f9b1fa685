from itertools import product

from odoo import api, models

from ...server_side import heard, tell


class AccountMoveLine(models.Model):
    """Exactly so much of a line is paid, where Odoo pays all that it can."""

    _inherit = "account.move.line"

    @api.model
    def _clinic_match_exactly(self, parts):
        """Pay lines with money, exactly so much of each, all at once.

        :param list[tuple] parts: a line of money, a line that is owed, and how much
        """
        most = {(money.id, owed.id): amount for money, owed, amount in parts}
        if most:
            lines = self.browse().union(*(owed for _money, owed, _amount in parts))
            # Core compares document by document, and reads the taxes of each by itself.
            lines.move_id.line_ids.fetch(["tax_ids"])
            # context: Core matches all that it can.
            told = self.with_context(**tell(clinic_most_matched=most))
            told._reconcile_plan([money | owed for money, owed, _amount in parts])

    @api.model
    def _clinic_plan_exactly(self, rows):
        """Return the parts by which money pays lines, and which rows lack some.

        :param list[tuple] rows: lines of money, lines that are owed in their order, and
            how much of them is paid by it
        :return: see :meth:`_clinic_match_exactly`, and the numbers of other rows
        :rtype: tuple[list, list]
        """
        parts, missing, left = [], [], {}
        for number, (money, owed, amount) in enumerate(rows):
            for line in money | owed:
                left.setdefault(line, abs(line.amount_residual_currency))
            for paid, line in product(money, owed):
                part = line.currency_id.round(min(amount, left[paid], left[line]))
                if paid.account_id != line.account_id or part <= 0:
                    continue
                parts.append((paid, line, part))
                left[paid] -= part
                left[line] -= part
                amount = line.currency_id.round(amount - part)
            if amount:
                missing.append(number)
        return parts, missing

    @api.model
    def _prepare_reconciliation_amls(self, values_list, *args, **kwargs):
        """Match no more of a line than was said by who reconciles.

        Core matches all that is open. The rest of a line is kept out of its hands.
        """
        most = heard(self.env, "clinic_most_matched") or {}
        pair = tuple(sorted(values["aml"].id for values in values_list))
        of_pair = most.get(pair, most.get(pair[::-1]))
        kept = []
        for values in values_list:
            line = values["aml"]
            limit = most.get(line.id, of_pair)
            if limit is not None:
                kept.append((values, line._clinic_keep_open(values, limit)))
        result = super()._prepare_reconciliation_amls(values_list, *args, **kwargs)
        for values, amounts in kept:
            for name, amount in amounts.items():
                values[name] += amount
        return result

    def _clinic_keep_open(self, values, most):
        """Leave no more than ``most`` of a line in its values; return what was taken.

        :param dict values: what is open of it, as Core counts it while it reconciles
        :param float most: in the currency of the line
        """
        open_amount = values["amount_residual_currency"]
        if self.currency_id.compare_amounts(abs(open_amount), most) <= 0:
            return {}
        left = most if open_amount > 0 else -most
        balance = self.company_currency_id.round(
            values["amount_residual"] * left / open_amount
        )
        taken = {
            "amount_residual_currency": open_amount - left,
            "amount_residual": values["amount_residual"] - balance,
        }
        values.update(amount_residual_currency=left, amount_residual=balance)
        return taken
