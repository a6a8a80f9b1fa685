from odoo import api, fields, models
from odoo.tools import hmac


class ClinicStripeCustomer(models.Model):
    """The one customer that stands for a payer in one of Stripe's accounts."""

    _name = "clinic.stripe.customer"
    _description = "Stripe Customer"
    _inherit = ["clinic.guarded"]
    _rec_name = "customer_ref"

    partner_id = fields.Many2one(
        "res.partner", required=True, index=True, ondelete="cascade"
    )
    account_ref = fields.Char(
        required=True, help="The account and mode that know the customer."
    )
    customer_ref = fields.Char(required=True)

    _one_per_payer = models.Constraint(
        "UNIQUE (partner_id, account_ref)",
        "A payer is one customer in each account.",
    )

    @api.model
    def _get_customer_ref(self, provider, partner):
        """Return the customer's id at Stripe, creating the customer if need be.

        Stripe learns a reference that means nothing to anybody else. It is made
        from the payer and the account, so that a repeated request finds the same
        customer.
        """
        account_ref = provider._clinic_stripe_get_account_ref()
        known = self.search(
            [("partner_id", "=", partner.id), ("account_ref", "=", account_ref)]
        )
        if known:
            return known.customer_ref
        customer_ref = self._find_among_tokens(provider, partner)
        if not customer_ref:
            customer_ref = self._create_at_stripe(provider, partner, account_ref)
        self.create(
            {
                "partner_id": partner.id,
                "account_ref": account_ref,
                "customer_ref": customer_ref,
            }
        )
        return customer_ref

    def _create_at_stripe(self, provider, partner, account_ref, replaced_ref=""):
        """Return the id of a new customer.

        :param str replaced_ref: the customer whose place it takes; asked with the same
            key, Stripe would answer with that one again
        """
        # sudo: the database's secret makes the reference one that nobody can guess.
        reference = hmac(
            self.env(su=True), "clinic_stripe_customer", (partner.id, account_ref)
        )
        return provider._clinic_stripe_call(
            "create_customer",
            reference[:32],
            idempotency_key=f"customer-{reference}{replaced_ref and '-'}{replaced_ref}",
        )

    @api.model
    def _replace(self, provider, partner, gone_ref):
        """Return a new customer for a payer whose customer was deleted at Stripe.

        The cards have gone with it.
        """
        account_ref = provider._clinic_stripe_get_account_ref()
        known = self.search(
            [("partner_id", "=", partner.id), ("account_ref", "=", account_ref)]
        )
        # context: those that were put aside are gone as well.
        cards = self.env["payment.token"].with_context(active_test=False)
        cards.search([("provider_ref", "=", gone_ref)])._clinic_set_gone()
        if known.customer_ref != gone_ref:
            return self._get_customer_ref(provider, partner)
        known.customer_ref = self._create_at_stripe(
            provider, partner, account_ref, gone_ref
        )
        return known.customer_ref

    def _find_among_tokens(self, provider, partner):
        """Return the customer of a card that was saved before this addon came.

        The key may have been moved since: another account does not know the customer.
        """
        token = self.env["payment.token"].search(
            [
                ("provider_id", "=", provider.id),
                ("partner_id", "=", partner.id),
                ("provider_ref", "=like", "cus_%"),
            ],
            order="id desc",
            limit=1,
        )
        is_known = token and provider._clinic_stripe_call(
            "knows_customer", token.provider_ref
        )
        return is_known and token.provider_ref
