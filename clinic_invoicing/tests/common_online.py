from odoo.fields import Command

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from .common import ClinicInvoicingCommon


class OnlineCommon(ClinicInvoicingCommon, AccountPaymentCommon):
    """Clients pay online, with the provider that Odoo's own tests bring along."""

    def _attempt(self, invoices, amount=None, **values):
        """Return a transaction by which the client pays these invoices.

        :param float amount: all that is owed on them if it is not given
        """
        if amount is None:
            amount = sum(invoices.mapped("amount_residual"))
        return self._create_transaction(
            "direct",
            amount=amount,
            currency_id=invoices.currency_id.id,
            partner_id=self.client.id,
            invoice_ids=[Command.set(invoices.ids)],
            **values,
        )

    def _book_attempt(self, tx):
        """Let the money of a transaction arrive; return its payment."""
        tx._set_done()
        tx._post_process()
        return tx.payment_id
