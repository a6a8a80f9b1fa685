import psycopg2

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import mute_logger

from odoo.addons.clinic_invoicing.commands import linked_ids
from odoo.addons.clinic_invoicing.server_side import tell
from odoo.addons.payment import utils as payment_utils

from ...adapter import Rejected
from ...const import TYPED

# What a payment is for, and who pays it.
PAYER_BY_DOCUMENT = {
    "invoice_ids": "partner_id",
    "sale_order_ids": "partner_invoice_id",
}
PAID_BY_CARD = ("online_token", "offline")
SET_UP = ("payment_intents", "setup_intents")


class PaymentTransaction(models.Model):
    """Payments by which a card is saved or charged: whose it is, who has agreed."""

    _inherit = "payment.transaction"

    clinic_consent_ids = fields.One2many(
        "clinic.card.consent",
        "transaction_id",
        readonly=True,
        groups="clinic_invoicing.group_biller",
    )

    # === WHOSE CARD === #

    @api.model
    def _clinic_stripe_before_create(self, vals_list):
        for values in vals_list:
            self._clinic_pay_as_payer(values)
        return super()._clinic_stripe_before_create(vals_list)

    def _clinic_stripe_after_create(self):
        """Refuse cards of others, and record the consent to save one."""
        at_stripe = self.filtered(lambda tx: tx.provider_code == "stripe")
        at_stripe._clinic_check_card_owner()
        saving = at_stripe.filtered("tokenize")
        if saving:
            self.env["clinic.card.consent"]._record(saving)
        return super()._clinic_stripe_after_create()

    @api.model
    def _clinic_pay_as_payer(self, values):
        """Let an employee who types a card pay for the client, not as themselves.

        Core makes whoever is logged in the payer, and would save the client's card
        as the employee's own. Without a document nobody knows whose card it is.
        """
        user = self.env.user
        if (
            values.get("operation") not in TYPED
            or values.get("partner_id") != user.partner_id.id
            or not user._is_internal()
        ):
            return
        payer = self._clinic_get_payer(values)
        if not payer:
            values["tokenize"] = False
        elif not user.partner_id._clinic_is_billed_at(payer):
            values["partner_id"] = payer.id

    @api.model
    def _clinic_get_payer(self, values):
        """Return who pays the documents of a new transaction."""
        for name, payer in PAYER_BY_DOCUMENT.items():
            ids = linked_ids(values.get(name) or ())
            if ids and name in self._fields:
                # sudo: the routes have checked the documents; see their access rights.
                documents = self.env[self._fields[name].comodel_name].sudo()
                return documents.browse(ids).mapped(payer)[:1]
        return self.env["res.partner"]

    def _clinic_check_card_owner(self):
        """Refuse to pay with a relative's card, or to charge a stranger's.

        Core lets everybody under one commercial partner use everybody's cards, and
        staff charge any card at all. A company's card pays what its contacts buy, but
        nobody's treatment. What was charged and forgotten is past that.
        """
        by_card = self.filtered(
            lambda tx: tx.operation in PAID_BY_CARD and not tx.clinic_stripe_is_found
        )
        for tx in by_card.filtered("token_id"):
            owners = tx.partner_id._clinic_get_wallet_owners()
            if not tx._clinic_is_for_services():
                owners |= tx.partner_id._clinic_get_employers()
            if tx.token_id.partner_id not in owners:
                raise ValidationError(
                    self.env._("This payment method belongs to somebody else.")
                )

    def _clinic_is_for_services(self):
        """Whether it pays what a practice bills, or a deposit for it."""
        self.ensure_one()
        # sudo: payers do not read appointments.
        is_deposit = self.sudo().clinic_deposit_event_id
        return bool(is_deposit) or any(self.invoice_ids.mapped("clinic_has_services"))

    # === SAVING === #

    def _tokenize(self, payment_data):
        """Save a card once, and remember with whose consent."""
        if self.provider_code != "stripe":
            return super()._tokenize(payment_data)
        data = self._clinic_with_generated_method(payment_data)
        result = super()._tokenize(data)
        if self.token_id:
            # sudo: what a card is and what is removed of it is kept from who pays.
            self.sudo()._clinic_complete_token(data["payment_method"])
        return result

    def _clinic_complete_token(self, method):
        """Keep what tells cards apart, and one token for each; nothing of the payer."""
        token = self.token_id
        if method["id"] != token.stripe_payment_method:
            method = self._clinic_fetch_method(token.stripe_payment_method)
        values = {
            **token._clinic_read_payment_method(method),
            "clinic_account_ref": self.provider_id._clinic_stripe_try_account_ref(),
        }
        known = token._clinic_find_same(values)
        if known:
            known._clinic_renew({**token._clinic_get_method_values(), **values})
            self.token_id = known
            # context: what it stood for is in use.
            token.with_context(**tell(clinic_put_aside=True)).unlink()
        else:
            self._clinic_write_token(values)
        self.clinic_consent_ids.token_id = self.token_id

    def _clinic_write_token(self, values):
        """Complete a new token, unless another worker is saving the same card."""
        token = self.token_id
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                token.write(values)
        except psycopg2.errors.UniqueViolation:
            # This transaction cannot see the other one's card; the payment counts.
            self.token_id = False
            token.unlink()

    def _clinic_with_generated_method(self, payment_data):
        """Replace a method that pays once by the one that Stripe made of it.

        Core takes the customer's latest method, which may be an older card now that
        a payer is one customer.
        """
        intent = payment_data.get("payment_intent") or {}
        charges = (intent.get("charges") or {}).get("data") or [{}]
        details = charges[0].get("payment_method_details") or {}
        generated = (details.get(details.get("type")) or {}).get("generated_sepa_debit")
        if not generated:
            return payment_data
        return {**payment_data, "payment_method": self._clinic_fetch_method(generated)}

    def _clinic_fetch_method(self, method_ref):
        return self._send_api_request("GET", f"payment_methods/{method_ref}")

    # === CHARGING === #

    def _stripe_create_customer(self):
        """Use the payer's one customer; Core makes a new one for each payment."""
        if not self.provider_id._clinic_stripe_uses_sdk():
            return super()._stripe_create_customer()
        # sudo: payers do not read how Stripe knows them.
        customers = self.env["clinic.stripe.customer"].sudo()
        return {"id": customers._get_customer_ref(self.provider_id, self.partner_id)}

    def _clinic_stripe_repair(self, method, endpoint, request, error):
        """Recover from what somebody has deleted at Stripe: a card or a customer."""
        again = super()._clinic_stripe_repair(method, endpoint, request, error)
        is_set_up = method == "POST" and endpoint in SET_UP
        # Only a refusal says that nothing was done.
        if again or not (is_set_up and isinstance(error.__cause__, Rejected)):
            return again
        if self.token_id:
            self._clinic_check_card_is_there()
            return None
        return self._clinic_prepare_for_new_customer(endpoint, request)

    def _clinic_check_card_is_there(self):
        """Take a card away that was removed at Stripe.

        :raise ValidationError: it was
        """
        # sudo: payers do not write cards, and this is only what Stripe says.
        card = self.token_id.sudo()
        if not self.provider_id._clinic_stripe_call(
            "is_attached", card.stripe_payment_method, card.provider_ref
        ):
            card._clinic_set_gone()
            raise ValidationError(
                self.env._(
                    "This card was removed at Stripe. Please enter it anew, or choose "
                    "another one."
                )
            )

    def _clinic_prepare_for_new_customer(self, endpoint, kwargs):
        """Return a request that was refused because its customer was deleted, changed
        for a new one; nothing if that was not the reason."""
        gone_ref = (kwargs.get("data") or {}).get("customer")
        if not gone_ref or self.provider_id._clinic_stripe_call(
            "knows_customer", gone_ref
        ):
            return None
        # sudo: payers do not read how Stripe knows them.
        customers = self.env["clinic.stripe.customer"].sudo()
        customer_ref = customers._replace(self.provider_id, self.partner_id, gone_ref)
        return {
            **kwargs,
            "data": {**kwargs["data"], "customer": customer_ref},
            # Stripe would repeat its refusal for the key that it has seen.
            "idempotency_key": payment_utils.generate_idempotency_key(
                self, scope=f"{endpoint} {customer_ref}"
            ),
        }
