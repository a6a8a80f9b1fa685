import re

from odoo import models
from odoo.exceptions import UserError, ValidationError

from ...rules.askers import DIALOG, TOO_SMALL
from ...rules.payers import PAYER_WRITE_OFF
from ...server_side import tell

KEY = re.compile("[0-9a-f]{32}")


class ClinicDesk(models.AbstractModel):
    """What happens when somebody presses a button at the desk.

    Each form has a key of its own. What was done with it is found by it, so that a
    second click does nothing and shows the outcome of the first.
    """

    _inherit = "clinic.desk"

    # === WHAT WAS DONE === #

    def _find_done(self, key):
        """Return the transaction, or the payment, that this form has made; or none.

        :raise AccessError: the user does not belong to the front desk
        """
        self._check_front_desk()
        if not KEY.fullmatch(key or ""):
            # sudo: none.
            return self.env["payment.transaction"].sudo()
        # What is charged for a branch may be of the company that it belongs to.
        lineage = self.env.user.company_ids._clinic_get_lineage()
        domain = [
            ("clinic_desk_key", "=", key),
            ("company_id", "in", lineage.ids),
        ]
        # sudo: the domain says whose; the front desk has no right in accounting.
        env = self.sudo().env
        transaction = env["payment.transaction"].search(domain, limit=1)
        return transaction or env["account.payment"].search(domain, limit=1)

    def _finish(self, done):
        """Book what a transaction has collected, if nobody else has done so."""
        if done._name == "payment.transaction":
            done._clinic_book()

    def _check_key(self, key):
        if not KEY.fullmatch(key or ""):
            raise ValidationError(self.env._("Please reload the page."))

    # === A SAVED CARD === #

    def _charge(self, due, token_id, amount, key, shown=None):
        """Charge a saved card of the payer, once.

        :param Due due: what it pays
        :param int token_id: one of the cards that are offered
        :param str key: of the form
        :param str shown: the seal that came with the button
        :return: the transaction, whatever became of it
        :raise UserError: it may not be charged; nothing was done
        """
        self._check_key(key)
        done = self._find_done(key)
        if done:
            return done
        cards = self._get_cards(due, amount)
        card = cards.filtered(lambda one: one.id == token_id)
        # sudo: the front desk does not write transactions; see _check_front_desk().
        door = self.env["payment.transaction"].sudo()
        door._clinic_reserve(due, amount, shown, card)
        self._check_chosen(card)
        tx = door._clinic_start_charge(
            due,
            card,
            amount,
            prefix=self._get_reference_prefix(due, key),
            clinic_desk_key=key,
        )
        # It is booked by _finish(): what fails there cannot undo that it was charged.
        tx._clinic_send_charge()
        return tx

    def _get_reference_prefix(self, due, key):
        """Return what a transaction is called; nothing, as invoices give their numbers.

        The same when a request is run again, so that providers know it again.
        """
        return f"deposit-{key[:12]}" if due.event else None

    # === A CARD THAT IS TYPED === #

    def _get_typing_providers(self, due, amount):
        """Return whose forms employees may type a client's card into."""
        if amount and due.company.clinic_desk_card_entry:
            return self._get_providers(due, amount)
        # sudo: none.
        return self.env["payment.provider"].sudo()

    def _check_typing(self, due, amount, provider_id, flow):
        """Make sure that a card may be typed into this provider's form.

        :raise UserError: it may not
        """
        if type(amount) not in (int, float) or not self._read_amount(
            amount, due.currency
        ):
            raise ValidationError(self.env._("This is not an amount of money."))
        providers = self._get_typing_providers(due, amount)
        self._check_chosen(provider_id in providers.ids and flow != "token")

    # === CASH, OR ELSEWHERE === #

    def _receive(self, due, line_id, amount, key, shown=None):
        """Record money that was received without a provider, once.

        :param Due due: what it pays
        :param int line_id: one of the methods that are offered
        :param str key: of the form
        :param str shown: the seal that came with the button
        :return: the payments; several only over several receivable accounts
        :raise UserError: it may not be taken; nothing was done
        """
        self._check_key(key)
        done = self._find_done(key)
        if done:
            return done
        # sudo: as in _charge().
        door = self.env["payment.transaction"].sudo()
        door._clinic_reserve(due, amount, shown, self.env["payment.token"])
        lines = self._get_method_lines(due)
        line = lines.filtered(lambda one: one.id == line_id)
        self._check_chosen(line)
        payments = self._book(due, line, amount)
        first, others = payments[:1], payments[1:]
        first.clinic_desk_key = key
        others.clinic_desk_first_id = first
        return payments

    def _book(self, due, line, amount):
        """Book what was received: it pays the oldest due first, as the page has shown.

        :return: the payments
        """
        # sudo: the front desk has no right in accounting; see _find_invoice().
        payments = self.env["account.payment"].sudo()
        parts = due.invoices._clinic_get_parts_by_account(amount)
        for receivables, part, discounted in parts:
            wizard = self._open_register(due, line, receivables, part, discounted)
            # sudo: Core hands them over without.
            payments |= wizard._create_payments().sudo()
        return payments

    def _open_register(self, due, line, receivables, amount, discounted):
        """Return Core's dialog, filled in to pay these lines of one account.

        :param account.move.line discounted: those whose discount the page has shown
        """
        # sudo: as in _book().
        wizards = self.env["account.payment.register"].sudo()
        # Context: what Core's own button tells; that no provider is asked; that what
        # is owed changes now, not with the bank statement (forced where the method has
        # an account, the entry would be on another one); the discounts.
        wizards = wizards.with_company(due.company).with_context(
            active_model="account.move.line",
            active_ids=receivables.ids,
            clinic_received_outside=True,
            **tell(clinic_discounted_ids=discounted.ids),
            force_payment_move=not line.payment_account_id,
        )
        return wizards.create(
            {
                "journal_id": line.journal_id.id,
                "payment_method_line_id": line.id,
                "currency_id": due.currency.id,
                "group_payment": True,
                "amount": amount,
                "payment_difference_handling": "open",
            }
        )

    # === NOT WORTH A PAYMENT === #

    def _can_write_off(self, due):
        """Whether the user may give up what is owed: too little to be paid online."""
        is_biller = self.env.user.has_group("clinic_invoicing.group_biller")
        reasons = due.invoices._clinic_get_reasons(DIALOG).values()
        return bool(
            is_biller and reasons and all(TOO_SMALL in each for each in reasons)
        )

    def _write_off(self, due, amount):
        """Give up what is owed on these invoices; return what to tell.

        :param float amount: that the page has shown
        :raise UserError: it may not be written off, or something else is owed by now
        """
        due.invoices._clinic_check_chosen()
        due.invoices._clinic_lock_for_payment()
        owed = due.invoices._clinic_sum_owed()
        if not self._can_write_off(due) or due.currency.compare_amounts(amount, owed):
            raise UserError(
                self.env._("This cannot be written off here. Please reload the page.")
            )
        shares = due.invoices.invoice_line_ids.clinic_share_id.filtered(
            lambda share: due.currency.compare_amounts(share.amount_due, 0) > 0
        )
        # The user's own right to say who owes what is asked for.
        shares.with_env(self.env)._move(
            {share.with_env(self.env): share.amount_due for share in shares},
            PAYER_WRITE_OFF,
            reason=self.env._("Too little to be paid online."),
        )
        return self.env._(
            "%(amount)s is written off.", amount=due.currency.format(owed)
        )
