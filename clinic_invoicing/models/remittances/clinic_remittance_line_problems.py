from odoo import api, fields, models

from ...rules.payers import PAYER_INSURER


class ClinicRemittanceLine(models.Model):
    """What keeps a line from being posted, in words; one sentence, the first."""

    _inherit = "clinic.remittance.line"

    problem = fields.Char(compute="_compute_problem")

    @api.depends(
        "amount_open",
        "amount_rest",
        "found_count",
        "leave_out",
        "other_adjustment",
        "rest",
        "secondary_id",
        "share_id",
        "state",
        "remittance_id.currency_id",
        "remittance_id.insurer_id",
    )
    def _compute_problem(self):
        checked = self._filter_counted().filtered(lambda line: line.state != "posted")
        (self - checked).problem = False
        siblings = self._group_siblings()
        for line in checked:
            key = line.remittance_id, line.share_id or line
            line.problem = line._get_problem(siblings.get(key, line)) or False

    def _get_problem(self, siblings):
        """Return why this cannot be posted; nothing if it can.

        :param clinic.remittance.line siblings: those about the same share
        """
        self.ensure_one()
        if not self.share_id:
            return self._explain_not_found()
        return (
            self._get_problem_of_share()
            or self._get_problem_of_siblings(siblings)
            or self._get_problem_of_amounts(siblings)
            or self._get_problem_of_rest()
        )

    def _explain_not_found(self):
        if self.found_count:
            return self.env._(
                "%(count)s services fit %(named)s. Choose one.",
                count=self.found_count,
                named=self._describe_named(),
            )
        named = self._describe_named()
        if named:
            return self.env._("Nothing is found for %(named)s.", named=named)
        return self.env._("Choose a service.")

    def _get_problem_of_share(self):
        """Return why such a share is not paid by this remittance."""
        share, remittance = self.share_id, self.remittance_id
        if share.company_id != remittance.company_id:
            return self.env._("It belongs to another practice.")
        if share.payer_type != PAYER_INSURER or share.partner_id != self.insurer_id:
            return self.env._(
                "It is owed by %(payer)s.",
                payer=share.partner_id.display_name or self.env._("nobody"),
            )
        if share.currency_id != remittance.currency_id:
            return self.env._(
                "It is owed in %(currency)s.", currency=share.currency_id.name
            )
        if share.state == "to_bill" and share._is_billed_to_insurer():
            return self.env._("It has not been invoiced to the insurer.")
        return None

    def _get_problem_of_siblings(self, siblings):
        """Return whether the same is said twice."""
        takes_back = siblings.filtered(lambda line: line.paid < 0)
        for same in (takes_back, siblings - takes_back):
            if self in same and len(same) > 1:
                return self.env._("It is named twice.")
        return None

    def _get_problem_of_amounts(self, siblings):
        """Return whether more is said than is open, or was paid."""
        currency, share = self.currency_id, self.share_id
        taken_back = -sum(line.paid for line in siblings if line.paid < 0)
        if currency.compare_amounts(taken_back, share.amount_paid) > 0:
            return self.env._(
                "Only %(paid)s of it has been paid.",
                paid=currency.format(share.amount_paid),
            )
        adjusted = (self.contractual, self.patient_part, self.other_adjustment)
        if any(currency.compare_amounts(amount, 0) < 0 for amount in adjusted):
            return self.env._("An adjustment is not negative.")
        left = share.amount_due + taken_back
        said = sum(
            max(0.0, line.paid)
            + line.contractual
            + line.patient_part
            + line.other_adjustment
            for line in siblings
        )
        if currency.compare_amounts(said, left) > 0:
            return self.env._(
                "Only %(open)s is open, and %(said)s is paid or adjusted.",
                open=currency.format(left),
                said=currency.format(said),
            )
        return None

    def _get_problem_of_rest(self):
        """Return whether it is not known who owes what is not paid."""
        if self.rest == "secondary" and self._moves_something():
            if not self.secondary_id:
                return self.env._("Choose the secondary insurer.")
            if self.secondary_id == self.insurer_id:
                return self.env._("The secondary insurer is another one.")
        return None

    def _moves_something(self):
        amounts = self.amount_rest, self.patient_part
        return any(
            self.currency_id.compare_amounts(amount, 0) > 0 for amount in amounts
        )
