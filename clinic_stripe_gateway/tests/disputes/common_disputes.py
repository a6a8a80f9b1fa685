from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import LockError
from odoo.fields import Command

from ..common import StripeEventCommon

FEE = 15


class DisputeCommon(StripeEventCommon):
    """Disputes of a client's bank, of which Odoo hears what the test lets it hear."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fee_account = cls.provider._clinic_stripe_get_fee_account()

    def _dispute(self, tx, *kinds, **settings):
        """Let the payer dispute a payment; tell Odoo of it by these events."""
        told = self.control.create_dispute(tx.provider_reference, **settings)
        self._tell(*kinds)
        return told["id"]

    def _tell(self, *kinds):
        """Deliver the latest event of each kind, in this order."""
        for kind in kinds:
            event = self._deliver(f"charge.dispute.{kind}")
            self.assertEqual(event.state, "done", event.reason)
        self._forget_numbers()

    def _find(self, dispute_id=None):
        """Return Odoo's row of the dispute."""
        disputes = self.env["clinic.stripe.dispute"].sudo()
        return disputes.search([("dispute_id", "=", dispute_id)] if dispute_id else [])

    def _refresh(self):
        """Run the job that asks about what is undecided."""
        job = self.env.ref("clinic_stripe_gateway.ir_cron_refresh_disputes")
        job.sudo().method_direct_trigger()
        self.env.invalidate_all()
        self._forget_numbers()

    @contextmanager
    def _held_elsewhere(self, model):
        """Have somebody else be at the records of a model.

        What a test has created no other transaction can see, or lock.
        """

        def refuse(records, **_options):
            raise LockError(f"Somebody else is at {records}.")

        with patch.object(self.env.registry[model], "lock_for_update", refuse):
            yield

    def _forget_numbers(self):
        """Let the next entry be numbered anew: the job has its own cursor, as always,
        but here no commit tells the test's cursor that it has used numbers.
        """
        self.env["account.move"]._get_sequence_cache().clear()

    def _match(self, payment):
        """Let a payout of the bank contain a payment."""
        line = payment.move_id.line_ids.filtered(
            lambda line: line.account_id == payment.outstanding_account_id
        )
        bank = payment.journal_id.default_account_id
        payout = self.env["account.move"].create(
            {
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": balance})
                    for account, balance in (
                        (line.account_id, -line.balance),
                        (bank, line.balance),
                    )
                ],
            }
        )
        payout.action_post()
        (line + payout.line_ids[:1]).reconcile()

    def assertReconciled(self, payments):
        """Nothing of these payments is open."""
        lines = payments.move_id.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        self.assertEqual(set(lines.mapped("reconciled")), {True})

    def assertWithdrawn(self, invoice, tx, amount=120, fee=FEE):
        """The bank has the money: the invoice is open, and everything is netted."""
        dispute = tx.payment_id.sudo().clinic_stripe_dispute_ids
        withdrawal = dispute.withdrawal_id
        self.assertRecordValues(
            withdrawal,
            [
                {
                    "payment_type": "outbound",
                    "amount": amount,
                    "currency_id": tx.currency_id.id,
                    "journal_id": tx.payment_id.journal_id.id,
                    "outstanding_account_id": tx.payment_id.outstanding_account_id.id,
                    "clinic_reversed_payment_id": tx.payment_id.id,
                }
            ],
        )
        self.assertEqual(invoice.amount_residual, amount)
        self.assertIn(invoice.payment_state, ("not_paid", "partial"))
        self.assertReconciled(tx.payment_id | withdrawal)
        self.assertFalse(dispute.problem)
        self.assertBooksAgree(tx, fee)

    def assertRestored(self, invoice, tx, fee=FEE):
        """The bank has given the money back: the invoice is paid again."""
        dispute = tx.payment_id.sudo().clinic_stripe_dispute_ids
        self.assertFalse(dispute.withdrawal_id)
        self.assertFalse(dispute.is_held)
        self.assertEqual(invoice.amount_residual, 0)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(invoice._get_reconciled_payments(), tx.payment_id)
        self.assertReconciled(tx.payment_id)
        self.assertBooksAgree(tx, fee)

    def assertBooksAgree(self, tx, fee=FEE):
        """The payout is awaited that Stripe's ledger promises."""
        currency = tx.currency_id
        entries = tx.payment_id.sudo().clinic_stripe_dispute_ids.entry_ids
        posted = entries.filtered(lambda move: move.state == "posted")
        outstanding = (posted | tx.payment_id.move_id).line_ids.filtered(
            lambda line: line.account_id == tx.payment_id.outstanding_account_id
        )
        told = self.control.payment(tx.provider_reference)
        gross = told["captured"] - told["disputed"]
        awaited = sum(outstanding.mapped("amount_currency")) + fee
        self.assertEqual(round(awaited * 10**currency.decimal_places), gross)
        fees = posted.line_ids.filtered(
            lambda line: line.account_id == self.fee_account
        )
        self.assertAlmostEqual(sum(fees.mapped("amount_currency")), fee)
