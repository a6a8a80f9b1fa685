from collections import Counter
from datetime import timedelta

from odoo import fields

from ..common_desk import DeskCommon

INTENTS = "/v1/payment_intents"


class UnansweredCommon(DeskCommon):
    """What is asked of Stripe, and whose answer is lost."""

    def _hide(self, fault, path, count=100):
        """Let a fault hit the request and all that repeat it."""
        self.control.fault(fault, method="POST", path=path, count=count)

    def _ask(self, tx):
        """Let the job ask Stripe, however long it would have waited."""
        waiting = tx.sudo().filtered("clinic_stripe_ask_at")
        waiting.clinic_stripe_ask_at = "2020-01-01"
        self._run_job("clinic_stripe_gateway.ir_cron_ask_unanswered")

    def _age(self, tx, hours):
        """Let the transaction be that old."""
        self.env.flush_all()
        # The ORM sets this column itself.
        self.env.cr.execute(
            "UPDATE payment_transaction SET create_date = %s WHERE id IN %s",
            [fields.Datetime.now() - timedelta(hours=hours), tuple(tx.ids)],
        )
        self.env.invalidate_all()

    def _moved(self):
        """Return what Stripe has charged and refunded, in cents."""
        payments = self.control.ledger()["payments"]
        return Counter(
            captured=sum(each["captured"] for each in payments),
            refunded=sum(each["refunded"] for each in payments),
        )

    def _billed(self, cards=1):
        """Return what was charged for bills: saving a card costs a dollar."""
        return self._moved()["captured"] - 100 * cards
