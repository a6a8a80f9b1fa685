import psycopg2

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.clinic_invoicing.models.guards.clinic_guarded import is_held_elsewhere
from odoo.addons.clinic_invoicing.models.paying.account_payment import BOOKED_STATES
from odoo.addons.payment.logging import get_payment_logger
from odoo.addons.payment_stripe import const as stripe_const

_logger = get_payment_logger(__name__, stripe_const.SENSITIVE_KEYS)


class ClinicStripeDispute(models.Model):
    """The entries of a dispute: they follow what its row says, never an event."""

    _inherit = "clinic.stripe.dispute"

    def _book(self):
        """Make the books say what the row says.

        The row is kept when they cannot, e.g. because an account is missing: people
        must know of the dispute in time to answer it.
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                problem = self.with_company(self.company_id)._book_or_explain()
        except psycopg2.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - kept visible, tried again
            if is_held_elsewhere(error):
                # Somebody is at it: the message is settled again in a moment.
                raise
            is_for_people = isinstance(error, UserError)
            problem = str(error) if is_for_people else type(error).__name__
            _logger.warning("Booking dispute %s failed.", self.dispute_id)
        if problem and problem != self.problem:
            self.company_id._clinic_tell_managers(
                self, self.env._("Book a dispute"), problem
            )
        self.problem = problem

    def _book_or_explain(self):
        """Return why nothing could be booked, ``False`` if all is."""
        if not self.amount_withdrawn and not self.fee and not self.entry_ids:
            return False
        if self.payment_id.state not in BOOKED_STATES:
            return self.env._("The disputed payment itself is not in the books.")
        self._book_withdrawal()
        self._book_fee()
        return False

    # === THE MONEY === #

    def _book_withdrawal(self):
        current = self.withdrawal_id
        if current.state in ("canceled", "rejected"):
            current = current.browse()
        if self.currency_id.compare_amounts(current.amount, self.amount_withdrawn) == 0:
            return
        # Nobody else may move the same money at this moment.
        self.payment_id._clinic_lock_for_undo()
        if current:
            self._return_withdrawal(current)
        if self.amount_withdrawn:
            self._withdraw()

    def _withdraw(self):
        """Take the money from the payment, so that its invoices are open again."""
        payment = self.payment_id
        taken = payment._clinic_take_from_sources(self.amount_withdrawn)
        # Context: as for any money that goes back.
        payments = payment.with_context(skip_invoice_sync=True)
        withdrawal = payments.create(self._prepare_withdrawal()).with_env(self.env)
        withdrawal.action_post()
        payment._clinic_net_against(withdrawal, taken)
        withdrawal.move_id.clinic_stripe_dispute_id = self
        self.withdrawal_id = withdrawal
        self._log(
            self.env._(
                "The bank has taken back %(amount)s: %(link)s",
                amount=self.currency_id.format(withdrawal.amount),
                link=withdrawal._get_html_link(),
            )
        )

    def _prepare_withdrawal(self):
        return {
            **self.payment_id._clinic_prepare_given_back(self.amount_withdrawn),
            "date": self.moved_on or self.company_id._clinic_get_day(),
            "memo": f"{self.dispute_id} - {self.payment_id.memo or ''}",
        }

    def _return_withdrawal(self, withdrawal):
        """Let the payment pay its invoices again, as far as they are open."""
        payment = self.payment_id
        if withdrawal.is_matched:
            self._counter_withdrawal(withdrawal)
        else:
            payment._clinic_undo_net(withdrawal)
        withdrawal.move_id.reversal_move_ids.clinic_stripe_dispute_id = self
        self.withdrawal_id = False
        self._log(
            self.env._(
                "The bank has given back %(amount)s.",
                amount=self.currency_id.format(withdrawal.amount),
            )
        )
        # What becomes of a deposit is told where its visit is known.
        is_deposit = payment.clinic_deposit_event_id
        if not is_deposit and payment.clinic_amount_unallocated > 0:
            self._ask_for_allocation()

    def _counter_withdrawal(self, withdrawal):
        """Book money that came back after its withdrawal was on a bank statement.

        The statement stays as it is, and the payout that brings it meets its entry.
        """
        # Context: as for any money that goes back.
        payments = withdrawal.with_context(skip_invoice_sync=True)
        returned = payments.create(self._prepare_return(withdrawal))
        returned = returned.with_env(self.env)
        returned.action_post()
        returned.move_id.clinic_stripe_dispute_id = self
        lines = withdrawal._clinic_get_receivable_lines()
        lines.remove_move_reconcile()
        lines += returned._clinic_get_receivable_lines()
        withdrawal._clinic_reconcile_open(lines)
        # It takes nothing from the payment any more.
        withdrawal.clinic_reversed_payment_id = False
        self.payment_id._clinic_restore(withdrawal)

    def _prepare_return(self, withdrawal):
        return {
            **{
                name: withdrawal[name].id
                for name in (
                    "partner_id",
                    "clinic_payer_id",
                    "destination_account_id",
                    "outstanding_account_id",
                    "journal_id",
                    "payment_method_line_id",
                    "company_id",
                    "currency_id",
                )
            },
            "payment_type": "inbound",
            "partner_type": withdrawal.partner_type,
            "amount": withdrawal.amount,
            "date": self.moved_on or self.company_id._clinic_get_day(),
            "memo": withdrawal.memo,
            "write_off_line_vals": self._prepare_lines_returned(withdrawal),
        }

    def _prepare_lines_returned(self, withdrawal):
        """Return the values of what a withdrawal has beside money and its account.

        Other receivable accounts, and discounts that were taken back.
        """
        _liquidity, receivable, write_offs = withdrawal._seek_for_lines()
        others = receivable.filtered(
            lambda line: line.account_id != withdrawal.destination_account_id
        )
        return [
            line._clinic_prepare_copy(
                amount_currency=-line.amount_currency, balance=-line.balance
            )
            for line in others | write_offs
        ]

    # === THE FEE === #

    def _book_fee(self):
        """Book what Stripe's fee has changed by: it may give it back."""
        change = self.fee - self.fee_booked
        if self.fee_currency_id.is_zero(change):
            return
        entry = self.env["account.move"].create(self._prepare_fee_entry(change))
        entry.action_post()
        self.fee_booked = self.fee

    def _prepare_fee_entry(self, amount):
        account = self.provider_id._clinic_stripe_get_fee_account()
        if not account:
            raise UserError(
                self.env._("Choose the account for dispute fees on the provider.")
            )
        date = self.moved_on or self.company_id._clinic_get_day()
        return {
            "move_type": "entry",
            "journal_id": self.payment_id.journal_id.id,
            "company_id": self.company_id.id,
            "date": date,
            "ref": self.env._("Fee of dispute %(dispute)s", dispute=self.dispute_id),
            "clinic_stripe_dispute_id": self.id,
            "line_ids": [
                Command.create(self._prepare_fee_line(account, amount, date)),
                # Where the payout is awaited, from which Stripe takes the fee.
                Command.create(
                    self._prepare_fee_line(
                        self.payment_id.outstanding_account_id, -amount, date
                    )
                ),
            ],
        }

    def _prepare_fee_line(self, account, amount, date):
        company = self.company_id
        return {
            "account_id": account.id,
            "name": self.env._("Dispute fee"),
            "currency_id": self.fee_currency_id.id,
            "amount_currency": amount,
            "balance": self.fee_currency_id._convert(
                amount, company.currency_id, company, date
            ),
        }
