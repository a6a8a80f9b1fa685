from odoo import api, models

from odoo.addons.payment_stripe import utils as stripe_utils

# The objects that events are about, and the method that settles each.
SETTLED_PAYMENTS = {
    "payment_intent.processing": "_settle_payment_intent",
    "payment_intent.amount_capturable_updated": "_settle_payment_intent",
    "payment_intent.succeeded": "_settle_payment_intent",
    "payment_intent.payment_failed": "_settle_payment_intent",
    "payment_intent.canceled": "_settle_payment_intent",
    "setup_intent.succeeded": "_settle_setup_intent",
    "charge.refunded": "_settle_charge_refunds",
    "charge.refund.updated": "_settle_refund",
    "refund.created": "_settle_refund",
    "refund.updated": "_settle_refund",
    "refund.failed": "_settle_refund",
}


class ClinicStripeEvent(models.Model):
    """The objects that events are about, as they are settled."""

    _inherit = "clinic.stripe.event"

    @api.model
    def _get_settle_methods(self):
        """Return, by event type, the name of the method that settles the object.

        A hook: Stripe is asked to tell of these types, and of no others.
        """
        return dict(SETTLED_PAYMENTS)

    def _fetch(self, endpoint, **params):
        """Return an object as it is now, in the dialect that Core processes."""
        return self.provider_id._send_api_request("GET", endpoint, params=params)

    def _find_transaction(self, **conditions):
        """Return the transaction that meets the conditions.

        Companies may share an account, and then its endpoint signs for all of them.
        Payments that other applications make may lack what is looked for.
        """
        if not all(conditions.values()):
            return self.env["payment.transaction"]
        domain = [("provider_id", "in", self._get_signed_providers().ids)]
        domain += [(name, "=", value) for name, value in conditions.items()]
        return self.env["payment.transaction"].search(domain, order="id", limit=1)

    def _get_signed_providers(self):
        """Return the providers that the event's endpoint signs for."""
        secret = stripe_utils.get_webhook_secret(self.provider_id)
        if not secret:
            # It was asked for: nobody has signed it.
            return self.provider_id
        return self._get_listening_providers().filtered(
            lambda provider: stripe_utils.get_webhook_secret(provider) == secret
        )

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
        # The reference of one that was forgotten and found may be another's by now.
        tx = self._find_transaction(
            provider_reference=intent["id"], clinic_stripe_is_found=True
        ) or self._find_transaction(reference=intent["description"])
        if tx and self._is_meant_for(tx, kind, intent):
            return self._process_intent(tx, kind, intent)
        if kind == "setup_intent":
            return None if tx._clinic_stripe_is_foreign(intent) else tx.browse()
        found = tx.browse()._clinic_stripe_find_lost(
            intent, self._get_signed_providers()
        )
        return found and self._process_intent(found, kind, intent)

    @api.model
    def _is_meant_for(self, tx, kind, intent):
        """Whether an intent is what this transaction has asked for.

        Odoo may have forgotten a charge, and given its reference to a later attempt
        over another amount or for another payer; it is found as a charge of its own.
        """
        is_its_own = tx.provider_reference == intent["id"]
        return tx._clinic_stripe_owns({kind: intent}) and (
            is_its_own
            or (
                tx._clinic_stripe_fits({kind: intent})
                and tx._clinic_stripe_is_for_same(intent)
            )
        )

    def _process_intent(self, tx, kind, intent):
        data = {"reference": tx.reference, kind: intent}
        tx._process("stripe", {**data, "payment_method": intent.get("payment_method")})
        # A capture of a part is booked on the part.
        return tx | tx.child_transaction_ids.filtered(
            lambda child: child.operation == tx.operation
        )

    def _settle_charge_refunds(self):
        """Book the refunds of a charge that Odoo does not know yet."""
        charge = self._fetch(f"charges/{self.object_id}")
        if not charge.get("captured"):
            # Giving up an authorisation is not a refund: no money had moved, and
            # nothing is missing if nobody knows it.
            return (
                self._find_transaction(provider_reference=charge.get("payment_intent"))
                or None
            )
        source = self._find_source(charge.get("payment_intent"))
        return source and (source | source._clinic_stripe_settle_refunds())

    def _settle_refund(self):
        refund = self._fetch(f"refunds/{self.object_id}")
        source = self._find_source(refund.get("payment_intent"))
        return source and (source | source._clinic_stripe_settle_refund(refund))

    def _find_source(self, intent_id):
        """Return the settled payment that an intent belongs to.

        It may be that nobody has told Odoo of the payment itself.

        :return: empty when it is missing, ``None`` when it is not Odoo's
        """
        if not intent_id:
            return None
        # Captures share the intent of the payment; they were made after it.
        source = self._find_transaction(provider_reference=intent_id)
        if source.state == "done":
            return source
        intent = self._fetch(
            f"payment_intents/{intent_id}", **{"expand[]": "payment_method"}
        )
        settled = self._settle_intent("payment_intent", intent)
        return settled and settled.filtered(lambda tx: not tx.source_transaction_id)
