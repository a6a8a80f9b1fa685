import time
from datetime import timedelta

from odoo import fields

from ..common import StripeGatewayCommon

HOUR = 3600


class LedgerCommon(StripeGatewayCommon):
    """A manager who compares the books with Stripe."""

    def setUp(self):
        super().setUp()
        # Old enough to be compared: what is young may be on its way.
        self.control.freeze(int(time.time()) - HOUR)

    def _check(self, **values):
        """Return a check of the last days, as a manager makes it."""
        values.setdefault("provider_id", self.provider.id)
        values.setdefault("date_to", fields.Datetime.now() + timedelta(minutes=1))
        check = self.env["clinic.stripe.check"].with_user(self.manager).create(values)
        self.env.flush_all()
        check.action_run()
        self.assertEqual(check.state, "done", check.reason)
        return check.sudo()

    def _settle_differences(self, check):
        check.with_user(self.manager).difference_ids.action_settle()
        self.env["clinic.stripe.event"].search([]).sudo().action_retry()

    def _refund(self, tx, amount=None):
        """Return the transaction of a refund that Odoo has asked for and booked."""
        tx.action_refund(amount)
        refund = tx.child_transaction_ids.sorted()[:1]
        refund._post_process()
        return refund

    def assertDiffers(self, check, *kinds):
        self.assertEqual(sorted(check.difference_ids.mapped("kind")), sorted(kinds))
        self.assertEqual(check.difference_count, len(kinds))
        self.assertTrue(all(check.difference_ids.mapped("explanation")))
