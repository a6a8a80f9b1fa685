from .common import StripeHttpCommon


class DeskCommon(StripeHttpCommon):
    """Staff charge a saved card."""

    def _charge_at_the_desk(self, invoice, token, **values):
        """Charge a saved card as a biller does; return the transaction."""
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create(
                {
                    "journal_id": self.provider.journal_id.id,
                    "payment_method_line_id": self._get_method_line().id,
                    "payment_token_id": token.id,
                    **values,
                }
            )
        )
        wizard.action_create_payments()
        return invoice.transaction_ids.sorted("id")[-1:]

    def _get_method_line(self):
        return self.provider.journal_id.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == self.provider
        )
