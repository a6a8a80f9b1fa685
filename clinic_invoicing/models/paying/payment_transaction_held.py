import logging

from odoo import models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from .payment_transaction_door import SETTLED_STATES

_logger = logging.getLogger(__name__)


class PaymentTransaction(models.Model):
    """When money is not on its way any more: what it leaves open, held money pays.

    While it was on its way, held money has waited: see
    :meth:`account.move._clinic_pay_with_held`.
    """

    _inherit = "payment.transaction"

    def _update_state(self, *args, **more):
        # sudo: who brings the outcome need not read the transaction's provider.
        clearing = self.sudo().filtered(lambda tx: tx._clinic_is_clearing())
        updated = super()._update_state(*args, **more)
        (updated.sudo() & clearing)._clinic_pay_rest_with_held()
        return updated

    def _clinic_pay_rest_with_held(self):
        """Let held money pay what these leave open, in sudo; the state of these stands.

        Whoever has a payment form open, or pays one at this moment, is not disturbed.
        """
        over = self.filtered(
            lambda tx: (
                tx.state in SETTLED_STATES
                and tx.operation != "refund"
                and not tx._clinic_is_clearing()
            )
        )
        moves = over._clinic_get_awaiting_invoices().filtered(
            lambda move: move._clinic_is_unpaid() and not move.clinic_is_being_paid
        )
        if not moves:
            return
        try:
            with self.env.cr.savepoint():
                moves.try_lock_for_update(
                    allow_referencing=True
                )._clinic_pay_with_held()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.exception(
                "Held money could not pay after transactions %s", over.ids
            )

    def _clinic_get_awaiting_invoices(self):
        """Return what these were to pay, in sudo. Rooms below add to it."""
        return self.invoice_ids
