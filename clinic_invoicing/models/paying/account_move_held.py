from odoo import models
from odoo.fields import Domain

from ...rules.askers import CLEARING, DISPUTED, INSURERS

# Insurers say themselves for what their money is, and nothing is paid that other money
# is on its way for, or may come back for.
BARRING = (INSURERS, CLEARING, DISPUTED)


class AccountMove(models.Model):
    """Invoices and the money that is held for who owes them: the oldest pays first.

    It pays when they are posted, and when money that was on its way for them has not
    come, or was less.
    """

    _inherit = "account.move"

    def _clinic_get_held_key(self):
        """Return under what the money that may pay this is held.

        :return: the payer, the practice that its branches belong to, the currency
        :rtype: tuple
        """
        self.ensure_one()
        payer = self.partner_id._clinic_get_addressee()
        return payer, self.company_id.root_id, self.currency_id

    def _clinic_is_paid_with_older(self):
        """Whether all that has paid this was in the books before it was made."""
        self.ensure_one()
        money = self.line_ids.matched_credit_ids.credit_move_id.move_id
        return bool(money) and max(money.ids) < self.id

    # === WHEN IT PAYS === #

    def _clinic_after_posting(self):
        result = super()._clinic_after_posting()
        # sudo: a user who posts invoices need not read payments.
        self.sudo()._clinic_pay_with_held()
        return result

    def _clinic_pay_with_held(self):
        """Pay these with money that is held for their payers, where it is wanted."""
        wanted = self.filtered(
            lambda move: (
                move.company_id.clinic_use_held_money
                and move.clinic_has_services
                and move._clinic_is_unpaid()
            )
        )
        held = self.env["account.move.line"]._clinic_get_held_lines(
            wanted.partner_id, wanted.company_id
        )
        if not held:
            return
        owed = wanted._clinic_get_payable_with_held(held)
        money = self.env["account.move.line"].union(*(held[key] for key in owed))
        usable = money.filtered(lambda line: line.clinic_held_as != "staff")
        usable = usable._clinic_try_lock_held()
        self.env["account.payment"]._clinic_pay_with_lines(
            [(held[key] & usable, invoices) for key, invoices in owed.items()]
        )

    def _clinic_get_payable_with_held(self, held):
        """Return those that held money may pay, by what it is held under."""
        there = self.filtered(lambda move: move._clinic_get_held_key() in held)
        domains = self._clinic_get_reason_domains()
        barring = Domain.OR(domains[each] for each in BARRING if each in domains)
        # sudo: who posts invoices reads neither transactions nor shares.
        barred = there.sudo().filtered_domain(barring)
        payable = there - barred.sudo(False)
        return payable.grouped(lambda move: move._clinic_get_held_key())
