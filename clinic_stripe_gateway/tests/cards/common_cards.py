import stripe

from ..common import StripeGatewayCommon


class SavedCardsCommon(StripeGatewayCommon):
    """What happens to saved cards, here and in Stripe's dashboard."""

    def setUp(self):
        super().setUp()
        # Dashboard users act with the account's own rights.
        self.dashboard = stripe.StripeClient(
            "sk_test_emulator_default",
            base_addresses={"api": self.control.base_url},
        ).v1

    def _attached(self):
        """Return the ids of the payment methods that somebody can be charged with."""
        return {
            method["id"]
            for method in self.control.objects("payment_method")
            if method["customer"]
        }

    def _removals(self, token=None):
        rows = self.env["clinic.stripe.detachment"].sudo().search([])
        return rows.filtered(lambda row: row.token_id == token) if token else rows

    def _run(self, job):
        """Run a job as Odoo runs it, with its commits."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(f"clinic_stripe_gateway.{job}").method_direct_trigger()
        self.env.invalidate_all()

    def _remove_at_stripe(self):
        self._run("ir_cron_detach_cards")

    def _move_to(self, account):
        """Give the provider the keys of another account."""
        self.control.add_account(account)
        self._connect(self.env.company, account)
        # Cards of the practice's earlier account are not put aside by that.
        self.assertEqual(self.provider.state, "test")

    def _pay_with(self, token, **values):
        """Return a transaction that a saved card has been charged for."""
        values.setdefault("partner_id", token.partner_id.id)
        tx = self._create_transaction(
            amount=10, operation="online_token", token_id=token.id, **values
        )
        tx._charge_with_token()
        return tx
