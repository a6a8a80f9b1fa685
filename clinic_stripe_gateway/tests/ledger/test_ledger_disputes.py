import time
from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from ..disputes.common_disputes import FEE, DisputeCommon


@tagged("post_install", "-at_install")
class TestLedgerDisputes(DisputeCommon):
    """Disputes and their fees are compared with the books."""

    def test_the_ledger_check_compares_disputes(self):
        # What is young may be on its way.
        self.control.freeze(int(time.time()) - 3600)
        tx = self._pay_and_settle(self.invoice)
        self._dispute(tx, "created")
        check = self.env["clinic.stripe.check"].create(
            {
                "provider_id": self.provider.id,
                "date_to": fields.Datetime.now() + timedelta(minutes=1),
            }
        )
        check.action_run()
        self.assertEqual(check.dispute_count, 1)
        self.assertFalse(check.difference_ids)
        self._find().withdrawal_id._clinic_undoing().action_cancel()
        check.action_run()
        self.assertEqual(check.difference_ids.mapped("kind"), ["dispute_not_booked"])

    def test_the_ledger_check_compares_fees(self):
        self.control.freeze(int(time.time()) - 3600)
        tx = self._pay_and_settle(self.invoice)
        self._dispute(tx, "created")
        entry = self._find().entry_ids.filtered(lambda m: not m.origin_payment_id)
        # Past the guard, as no request gets.
        entry = entry.with_env(self._find().payment_id._clinic_undoing().env)
        entry.button_draft()
        self.assertFeeDiffers(0)
        signs = {line: 1 if line.balance > 0 else -1 for line in entry.line_ids}
        entry.line_ids = [
            Command.update(
                line.id, {"amount_currency": 10 * sign, "balance": 10 * sign}
            )
            for line, sign in signs.items()
        ]
        entry.action_post()
        self.assertFeeDiffers(10)

    def test_the_fee_of_a_dispute_that_nobody_told_of_is_found_and_booked(self):
        self.control.freeze(int(time.time()) - 3600)
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx)
        self.control.win_dispute(dispute_id)
        check = self.assertFeeDiffers(0)
        self.assertEqual(check.difference_ids.object_id, dispute_id)
        check.difference_ids.action_settle()
        self._process_events()
        check.action_run()
        self.assertFalse(check.difference_ids)
        self.assertRestored(self.invoice, tx)

    def assertFeeDiffers(self, booked):
        check = self.env["clinic.stripe.check"].create(
            {
                "provider_id": self.provider.id,
                "date_to": fields.Datetime.now() + timedelta(minutes=1),
            }
        )
        check.action_run()
        self.assertRecordValues(
            check.difference_ids,
            [{"kind": "dispute_fee", "stripe_amount": FEE, "odoo_amount": booked}],
        )
        return check
