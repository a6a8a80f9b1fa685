from odoo import fields, models
from odoo.exceptions import ValidationError


class PaymentProvider(models.Model):
    """Providers with the consent to save cards; their cards outlive changes of keys."""

    _inherit = "payment.provider"

    clinic_card_consent = fields.Text(
        string="Consent to Save Cards",
        translate=True,
        help="What clients read and agree to when they save a card. Leave it empty "
        "to use the usual words.",
    )

    def _clinic_stripe_before_write(self, vals):
        """Remember of which account cards are while the key of it is there."""
        if "stripe_secret_key" in vals:
            # sudo: what cards are is kept from who only enters a key.
            self.sudo()._clinic_mark_cards_of_old_key()
        return super()._clinic_stripe_before_write(vals)

    def _clinic_mark_cards_of_old_key(self):
        """Remember the account of cards that were saved before this addon came."""
        # context: those that were put aside may come back.
        cards = self.env["payment.token"].with_context(active_test=False)
        for provider in self.filtered("clinic_stripe_account_ref"):
            cards.search(
                [("provider_id", "=", provider.id), ("clinic_account_ref", "=", False)]
            ).clinic_account_ref = provider.clinic_stripe_account_ref

    def _clinic_get_consent_text(self):
        """Return what whoever saves a card agrees to, in their language."""
        self.ensure_one()
        return self.clinic_card_consent or self.env._(
            "By saving this payment method you allow %(practice)s, and nobody else, to "
            "keep it at Stripe and to charge it for payments that you make and for "
            "invoices that you have agreed to pay with it. You can remove it at any "
            "time under Payment Methods.",
            practice=self.company_id.name,
        )

    def _clinic_stripe_try_account_ref(self):
        """Return which account the key is of, empty if Stripe does not tell now."""
        self.ensure_one()
        try:
            return self.code == "stripe" and self._clinic_stripe_get_account_ref()
        except ValidationError:
            return False
