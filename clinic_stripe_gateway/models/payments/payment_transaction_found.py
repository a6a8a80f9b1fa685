import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import hmac

from odoo.addons.payment_stripe import const as stripe_const

from ...adapter import gather, seal, unseal
from ...unix_time import to_seconds

# As this gateway and Odoo without documents make them; parts and refunds have letters.
OWN_REFERENCE = re.compile(r"([FPR]-)*([0-9a-f]{24}|tx-\d{14})(-\d+)*")
# How long a payment without a seal may still turn out to be Odoo's.
UNSEALED_PATIENCE = timedelta(days=3)
# Nothing is lost with an intent that nobody has paid.
WORTH_FINDING = ("processing", "requires_capture", "succeeded")


class PaymentTransaction(models.Model):
    """Charges that Stripe made and Odoo forgot.

    A rollback, a killed worker or a restored backup: what was charged is found by its
    event or by a look at Stripe's records, and booked on what it was for.
    """

    _inherit = "payment.transaction"

    clinic_stripe_is_found = fields.Boolean(
        string="Found at Stripe",
        readonly=True,
        copy=False,
        help="Odoo had forgotten this payment and found it at Stripe.",
    )

    # === WHAT IT IS FOR === #

    def _stripe_prepare_payment_intent_payload(self):
        """Write on the payment what it is for, for the case that Odoo forgets."""
        payload = super()._stripe_prepare_payment_intent_payload()
        origin = self._clinic_stripe_seal_origin()
        return {**payload, **{f"metadata[{name}]": origin[name] for name in origin}}

    def _clinic_stripe_seal_origin(self):
        """Return what this payment is for, readable by this database only."""
        self.ensure_one()
        # sudo: payers need not be allowed to read all that they pay for.
        origin = self.sudo()._clinic_stripe_get_origin()
        secret = self._clinic_stripe_get_seal()
        try:
            return seal(secret, origin)
        except ValueError:
            # They are too many: the payment is then found without them.
            return seal(secret, {**origin, "invoices": []})

    def _clinic_stripe_get_origin(self):
        """Return what is left with Stripe of what this is for; called in sudo."""
        records = (*self.invoice_ids, self.partner_id)
        day = fields.Date.to_string(self.clinic_discount_day)
        return {
            "born": max(to_seconds(record.create_date) for record in records),
            "invoices": sorted(self.invoice_ids.ids),
            "partner": self.partner_id.id,
            "provider": self.provider_id.id,
            "operation": self.operation,
            **({"discount_day": day} if day else {}),
        }

    @api.model
    def _clinic_stripe_read_origin(self, intent):
        """Return what an intent is for, ``None`` if another database has made it."""
        sealed = gather(intent.get("metadata") or {})
        return sealed and unseal(self._clinic_stripe_get_seal(), sealed)

    def _clinic_stripe_is_for_same(self, intent):
        """Whether an intent is for the payer and the invoices of this transaction.

        Its reference and amount do not tell: when a backup was restored, numbers of
        invoices are given again, and flat rates are equal.
        """
        self.ensure_one()
        origin = self._clinic_stripe_read_origin(intent)
        if not origin:
            return True
        invoices, partner = self._clinic_stripe_get_paid_for(intent, origin)
        # Partners are merged, and are then gone.
        is_same_payer = partner == self.partner_id or (invoices and not partner)
        return bool(is_same_payer) and invoices == self.invoice_ids

    @api.model
    def _clinic_stripe_get_paid_for(self, intent, origin):
        """Return the invoices and the payer that an intent was made for.

        After a backup was restored, numbers that it does not know are given again:
        what is younger than the intent's own records is something else.
        """
        born = origin.get("born", intent["created"])
        return (
            self.env[model]
            .browse(origin[name])
            .exists()
            .filtered(lambda record: to_seconds(record.create_date) <= born)
            for model, name in (
                ("account.move", "invoices"),
                ("res.partner", "partner"),
            )
        )

    @api.model
    def _clinic_stripe_get_seal(self):
        # sudo: the database's secret is for nobody to read.
        return hmac(self.env(su=True), "clinic_stripe_origin", "seal")

    # === FINDING === #

    @api.model
    def _clinic_stripe_find_lost(self, intent, providers):
        """Return the transaction of a charge that Odoo had forgotten.

        :param dict intent: as Stripe knows it now
        :param providers: those that Stripe has told of it
        :return: empty when there is nothing to find, ``None`` when another
            application or database has made it
        """
        origin = self._clinic_stripe_read_origin(intent)
        if not origin:
            return None if self._clinic_stripe_is_foreign(intent) else self.browse()
        provider = providers.filtered(lambda each: each.id == origin["provider"])
        if not provider and self._clinic_stripe_is_anothers(origin):
            return None
        is_known = self.search_count(
            [("provider_reference", "=", intent["id"])], limit=1
        )
        if intent["status"] not in WORTH_FINDING or not provider or is_known:
            return self.browse()
        return self.create(self._clinic_stripe_prepare_found(provider, intent, origin))

    @api.model
    def _clinic_stripe_is_foreign(self, intent):
        """Whether another application or database has made an intent.

        What bears no seal may have been made before this gateway was installed: it is
        shown for some days, unless it names a document that Odoo has never had.
        """
        if gather(intent.get("metadata") or {}):
            return self._clinic_stripe_read_origin(intent) is None
        is_old = intent["created"] < to_seconds(
            fields.Datetime.now() - UNSEALED_PATIENCE
        )
        reference = intent.get("description") or ""
        return (
            is_old
            and not OWN_REFERENCE.fullmatch(reference)
            and not self.search_count([("reference", "=", reference)], limit=1)
        )

    @api.model
    def _clinic_stripe_is_anothers(self, origin):
        """Whether Stripe tells another provider of this database by itself.

        An account may have several endpoints; each is told of every payment.
        """
        provider = self.env["payment.provider"].browse(origin["provider"])
        return self.env["clinic.stripe.event"]._has_secret(provider)

    @api.model
    def _clinic_stripe_prepare_found(self, provider, intent, origin):
        """Return the values of the transaction for a charge that was forgotten."""
        currency = self.env["res.currency"].search(
            [("name", "=", intent["currency"].upper())]
        )
        invoices, partner = self._clinic_stripe_get_paid_for(intent, origin)
        company = provider.company_id
        token = self._clinic_stripe_find_token(provider, intent)
        return {
            "provider_id": provider.id,
            "payment_method_id": self._clinic_stripe_find_method(provider, intent).id,
            "reference": self._clinic_stripe_get_found_reference(intent),
            "provider_reference": intent["id"],
            "operation": origin["operation"],
            "amount": currency._clinic_stripe_to_major(intent["amount"]),
            "currency_id": currency.id,
            # The practice itself stands for a payer whose record is gone.
            "partner_id": (partner or invoices.partner_id or company.partner_id)[:1].id,
            "token_id": token.id,
            "invoice_ids": [Command.set(invoices.ids)],
            # Older seals do not tell.
            "clinic_discount_day": origin.get("discount_day"),
            "clinic_stripe_is_found": True,
        }

    @api.model
    def _clinic_stripe_get_found_reference(self, intent):
        """Return the reference that it was made with, if no other has it now.

        A request that makes it at this moment holds the same one: whoever comes
        second is refused by the database, and finds the other's.
        """
        reference = intent["description"]
        if not self.search_count([("reference", "=", reference)], limit=1):
            return reference
        return self._compute_reference("stripe", prefix=f"F-{reference}")

    @api.model
    def _clinic_stripe_find_token(self, provider, intent):
        method = intent.get("payment_method")
        method_id = method.get("id") if isinstance(method, dict) else method
        return self.env["payment.token"].search(
            [
                ("provider_id", "=", provider.id),
                ("stripe_payment_method", "=", method_id or ""),
            ],
            limit=1,
        )

    @api.model
    def _clinic_stripe_find_method(self, provider, intent):
        """Return Odoo's payment method for what was paid with."""
        types = intent.get("payment_method_types") or ["card"]
        method = self.env["payment.method"]._get_from_code(
            types[0], mapping=stripe_const.PAYMENT_METHODS_MAPPING
        )
        return (
            method
            or provider.with_context(
                # The method may have been switched off since.
                active_test=False
            ).payment_method_ids[:1]
        )
