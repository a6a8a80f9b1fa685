from odoo import api, models

from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment_stripe import const as stripe_const
from odoo.addons.payment_stripe import utils as stripe_utils

# The objects that events are about, and the method that settles each.
SETTLE_BY_TYPE = {
    "payment_intent.processing": "_settle_payment_intent",
    "payment_intent.amount_capturable_updated": "_settle_payment_intent",
    "payment_intent.succeeded": "_settle_payment_intent",
    "payment_intent.payment_failed": "_settle_payment_intent",
    "payment_intent.canceled": "_settle_payment_intent",
    "setup_intent.succeeded": "_settle_setup_intent",
    "charge.refunded": "_settle_charge_refunds",
    "charge.refund.updated": "_settle_refund",
}
REFUNDS_PER_CHARGE = 100


class ClinicStripeEvent(models.Model):
    """What is done about the objects that events are about."""

    _inherit = "clinic.stripe.event"

    @api.model
    def _get_settle_methods(self):
        return {**super()._get_settle_methods(), **SETTLE_BY_TYPE}

    def _fetch(self, endpoint, **params):
        """Return an object as it is now, in the dialect that stock processes."""
        return self.provider_id._send_api_request("GET", endpoint, params=params)

    def _find_transaction(self, **conditions):
        """Return the transaction that meets the conditions.

        Companies may share an account, and then its endpoint signs for all of them.
        Payments that other applications make may lack what is looked for.
        """
        if not all(conditions.values()):
            return self.env["payment.transaction"]
        secret = stripe_utils.get_webhook_secret(self.provider_id)
        providers = self._get_listening_providers().filtered(
            lambda provider: stripe_utils.get_webhook_secret(provider) == secret
        )
        domain = [("provider_id", "in", providers.ids)]
        domain += [(name, "=", value) for name, value in conditions.items()]
        return self.env["payment.transaction"].search(domain, order="id", limit=1)

    def _settle_payment_intent(self):
        intent = self._fetch(
            f"payment_intents/{self.object_id}", **{"expand[]": "payment_method"}
        )
        return self._settle_intent("payment_intent", intent)

    def _settle_setup_intent(self):
        intent = self._fetch(
            f"setup_intents/{self.object_id}", **{"expand[]": "payment_method"}
        )
        return self._settle_intent("setup_intent", intent)

    def _settle_intent(self, kind, intent):
        """Return the transaction, empty if it is missing, ``None`` if it has none."""
        if not intent.get("description"):
            # The point of sale and other applications of the account.
            return None
        tx = self._find_transaction(reference=intent.get("description"))
        data = {
            "reference": tx.reference,
            kind: intent,
            "payment_method": intent.get("payment_method"),
        }
        if not tx or not tx._clinic_stripe_owns(data):
            return tx.browse()
        return tx._process("stripe", data)

    def _settle_charge_refunds(self):
        """Book the refunds of a charge that Odoo does not know yet."""
        charge = self._fetch(f"charges/{self.object_id}")
        source = self._find_transaction(
            provider_reference=charge.get("payment_intent"), operation="online_direct"
        ) or self._find_transaction(reference=charge.get("description"))
        if not source or not charge.get("captured"):
            # Giving up an authorisation is not a refund: no money had moved.
            return source
        refunds = self._fetch("refunds", charge=charge["id"], limit=REFUNDS_PER_CHARGE)[
            "data"
        ]
        settled = self.env["payment.transaction"]
        for refund in refunds:
            settled |= self._settle_one_refund(source, refund)
        return settled or source

    def _settle_one_refund(self, source, refund):
        tx = self._find_transaction(provider_reference=refund["id"])
        if not tx and refund.get("payment_intent") != source.provider_reference:
            # Of a payment that another application has made.
            return tx
        if not tx:
            currency = source.currency_id
            amount = payment_utils.to_major_currency_units(
                refund["amount"],
                currency,
                arbitrary_decimal_number=stripe_const.CURRENCY_DECIMALS.get(
                    currency.name
                ),
            )
            tx = source._create_child_transaction(amount, is_refund=True)
        return tx._process("stripe", {"refund": refund})

    def _settle_refund(self):
        tx = self._find_transaction(provider_reference=self.object_id)
        if not tx:
            return tx
        return tx._process(
            "stripe", {"refund": self._fetch(f"refunds/{self.object_id}")}
        )
