from odoo import api, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.payment.logging import get_payment_logger
from odoo.addons.payment_stripe import const as stripe_const

_logger = get_payment_logger(__name__, stripe_const.SENSITIVE_KEYS)

# Odoo expects nothing of these any more, but Stripe may say otherwise.
GIVEN_UP = ("error", "cancel")
# A refund that was called off has not reached the payer, and one that waits for the
# payer is under way. Core reads these as it does of payments.
REFUND_STATUS = {"canceled": "failed", "requires_action": "pending"}
# No money is moved by these, and none will be without the payer.
UNMOVED = ("canceled", "failed", "requires_payment_method")
# Stripe's code for what this account and mode have never had.
MISSING = "resource_missing"


def _read_by_core(payment_data):
    """Return what Stripe says in the words that Core understands."""
    refund = payment_data.get("refund")
    if not refund:
        return payment_data
    status = REFUND_STATUS.get(refund["status"], refund["status"])
    return {**payment_data, "refund": {**refund, "status": status}}


def _moves_money(refund):
    """Whether a refund is more than an authorisation that was given up."""
    return refund["status"] != "succeeded" or bool(refund["balance_transaction"])


class PaymentTransaction(models.Model):
    """Payments, captures and refunds in the state that Stripe says they are in."""

    _inherit = "payment.transaction"

    # === ACTION METHODS === #

    def action_refund(self, amount_to_refund=None):
        """Refund as the reversal of a payment does: by whom it may, books included."""
        for tx in self:
            obstacle = tx._clinic_stripe_get_refund_obstacle()
            if obstacle:
                raise UserError(obstacle)
        ours = self.filtered(lambda tx: tx.provider_code == "stripe")
        if ours:
            self.env["account.payment"]._clinic_check_may_undo()
        if any(not tx.payment_id for tx in ours):
            raise UserError(
                self.env._("The payment is not in the books yet. Please wait a moment.")
            )
        for payment in ours.payment_id:
            payment._clinic_undo(
                "refund",
                amount_to_refund or payment._clinic_get_returnable(),
                self.env._("Refund of the transaction"),
            )
        others = self - ours
        return super(PaymentTransaction, others).action_refund(
            amount_to_refund=amount_to_refund
        )

    def _clinic_stripe_get_refund_obstacle(self):
        """Return why nothing can be refunded now, ``False`` if it can.

        Rooms below add to it.
        """
        return False

    # === WHAT STRIPE SAYS === #

    def _process(self, provider_code, payment_data):
        """Settle a transaction only with what belongs to it.

        Somebody else's intent changes nothing, even one of the same amount: the
        return page takes its id from the address bar.
        """
        is_ours = provider_code == "stripe"
        tx = is_ours and (
            self or self._search_by_reference(provider_code, payment_data)
        )
        if not tx:
            return super()._process(provider_code, payment_data)
        if tx._clinic_stripe_may_be_settled_by(payment_data):
            self._clinic_stripe_word_for_payers(payment_data)
            # sudo: what Stripe says is written, whoever's request has brought it.
            told = tx.sudo()
            if not told._clinic_stripe_settle_parts(payment_data.get("payment_intent")):
                super(PaymentTransaction, told)._process(provider_code, payment_data)
        return tx

    def _clinic_stripe_may_be_settled_by(self, payment_data):
        """Whether these data are its own, and of the amount that it is about."""
        if not self._clinic_stripe_owns(payment_data):
            _logger.warning(
                "Refused to settle transaction %s with an object of another.",
                self.reference,
            )
            return False
        # Core checks the amount, but goes on when it was refused before.
        return self.state not in GIVEN_UP or self._clinic_stripe_fits(payment_data)

    def _apply_updates(self, payment_data):
        """Believe Stripe when a payment that Odoo had given up was made after all."""
        if self.provider_code != "stripe":
            return super()._apply_updates(payment_data)
        told = _read_by_core(payment_data)
        self._clinic_stripe_note_told(told)
        result = super()._apply_updates(told)
        if self.state in GIVEN_UP:
            status = (payment_data.get("payment_intent") or {}).get("status")
            if status == "succeeded":
                self._set_done(extra_allowed_states=GIVEN_UP)
            elif status == "requires_capture" and not self.source_transaction_id:
                self._set_authorized(extra_allowed_states=GIVEN_UP)
        return result

    def _clinic_stripe_note_told(self, payment_data):
        """Remember what is needed later of what Stripe says. Rooms below add to it."""

    @api.model
    def _clinic_stripe_word_for_payers(self, payment_data):
        """Replace what Stripe says to developers: payers read it on their bill."""
        error = (payment_data.get("payment_intent") or {}).get("last_payment_error")
        if error and error.get("code") == "payment_intent_authentication_failure":
            error["message"] = self.env._(
                "Your bank could not confirm that it was you."
            )

    def _clinic_stripe_has_moved_money(self):
        """Whether Stripe has moved this money, or may do so yet.

        :raise ValidationError: it does not answer
        """
        self.ensure_one()
        kind = "refunds" if self.operation == "refund" else "payment_intents"
        try:
            told = self._send_api_request("GET", f"{kind}/{self.provider_reference}")
        except ValidationError as error:
            if getattr(error.__cause__, "code", "") != MISSING:
                raise
            return False
        return told["status"] not in UNMOVED

    # === WHOSE IT IS === #

    def _clinic_stripe_owns(self, payment_data):
        """Whether the object of Stripe in these data is this transaction's own.

        Captures and voids are children that share their source's intent. A refund
        belongs to the transaction whose intent it refunds.
        """
        self.ensure_one()
        if self.operation == "refund":
            refund = payment_data.get("refund") or {}
            refunded = refund.get("payment_intent")
            source = self.source_transaction_id.provider_reference
            # What Core fetches with a refund tells it; only its own answer may not.
            # Nothing could be refunded at Stripe of a payment without an intent.
            return not source or refunded in (None, source)
        intent = payment_data.get("payment_intent") or payment_data.get("setup_intent")
        if not isinstance(intent, dict):
            return False
        owner = self.source_transaction_id or self
        named, expected = intent.get("description"), owner.provider_reference
        if expected and expected != intent.get("id"):
            return False
        # Odoo's own tests answer in Core's place and do not say whose it is.
        is_unnamed = named is None and not self.provider_id._clinic_stripe_uses_sdk()
        # The reference of one that was forgotten may be another's by now.
        return named == owner.reference or is_unnamed or owner.clinic_stripe_is_found

    def _clinic_stripe_fits(self, payment_data):
        """Whether Stripe names the amount and currency of this transaction."""
        self.ensure_one()
        if self.operation == "validation":
            return True
        kind = "refund" if self.operation == "refund" else "payment_intent"
        told = payment_data[kind]
        minor = self.currency_id._clinic_stripe_to_minor(abs(self.amount))
        return told.get("amount") == minor and (
            told.get("currency", "").upper() == self.currency_id.name
        )

    # === PARTS: CAPTURES AND VOIDS === #

    def _clinic_stripe_get_parts(self):
        """Return the captures and voids of this transaction."""
        self.ensure_one()
        return self.child_transaction_ids.filtered(
            lambda tx: tx.operation == self.operation
        )

    def _clinic_stripe_is_settled_by_parts(self):
        """Whether its captures and voids are what is booked, as Core sees it.

        One that Stripe has refused is none: the whole may be captured elsewhere.
        """
        states = set(self._clinic_stripe_get_parts().mapped("state"))
        return bool(states & {"done", "cancel"})

    def _clinic_stripe_settle_parts(self, intent):
        """Settle the captures and voids of this transaction instead of itself.

        Settling both would book the payment twice.

        :return: whether there were any
        :rtype: bool
        """
        self.ensure_one()
        if not intent or intent.get("status") not in ("succeeded", "canceled"):
            return False
        parts = self._clinic_stripe_get_parts()
        for part in parts.filtered(lambda tx: tx.state in ("draft", "pending")):
            part._process("stripe", {"payment_intent": intent})
        if self._clinic_stripe_is_settled_by_parts():
            return True
        return self._clinic_stripe_split_capture(intent)

    def _clinic_stripe_split_capture(self, intent):
        """Book a capture of less than was authorised, made in Stripe's dashboard.

        :return: whether less was captured
        :rtype: bool
        """
        captured = intent.get("amount_received") or 0
        is_less = intent["status"] == "succeeded" and 0 < captured < intent["amount"]
        if not is_less or self.source_transaction_id:
            return False
        if self.state == "done":
            return True
        # The source is settled by its parts, from this state only.
        self._set_authorized(extra_allowed_states=GIVEN_UP)
        self.provider_reference = intent["id"]
        amount = self.currency_id._clinic_stripe_to_major(captured)
        part = self._create_child_transaction(amount, provider_reference=intent["id"])
        rest = self._create_child_transaction(
            self.amount - amount, provider_reference=intent["id"]
        )
        part._set_done()
        rest._set_canceled()
        return True

    # === REFUNDS === #

    def _clinic_stripe_list_refunds(self):
        """Return all refunds of this payment, in Core's dialect.

        What was authorised and not captured is a refund too in that dialect, though
        no money has moved.
        """
        self.ensure_one()
        refunds = self._clinic_stripe_list(
            "refunds", payment_intent=self.provider_reference
        )
        return [refund for refund in refunds if _moves_money(refund)]

    def _clinic_stripe_list(self, endpoint, **params):
        """Return all objects of a list, however many pages it has."""
        self.ensure_one()
        listed, more = [], {}
        while True:
            page = self._send_api_request(
                "GET", endpoint, params={**params, "limit": 100, **more}
            )
            listed += page["data"]
            if not page["has_more"]:
                return listed
            more = {"starting_after": listed[-1]["id"]}

    def _clinic_stripe_settle_refunds(self):
        """Bring all refunds of this payment to what Stripe says, wherever made.

        :return: their transactions
        """
        self.ensure_one()
        settled = self.browse()
        for refund in self._clinic_stripe_list_refunds():
            settled |= self._clinic_stripe_settle_refund(refund)
        return settled

    def _clinic_stripe_settle_refund(self, refund):
        """Settle one refund of this payment, creating its transaction if need be."""
        self.ensure_one()
        if not _moves_money(refund):
            return self.browse()
        known = self.search(
            [
                ("provider_id", "=", self.provider_id.id),
                ("operation", "=", "refund"),
                "|",
                ("provider_reference", "=", refund["id"]),
                # The reference of one that was forgotten may be another's by now.
                "&",
                ("provider_reference", "=", False),
                ("reference", "=", refund["metadata"].get("reference", "")),
            ],
            limit=1,
        )
        tx = known or self._create_child_transaction(
            self.currency_id._clinic_stripe_to_major(refund["amount"]),
            is_refund=True,
            **self._clinic_stripe_get_lost_reference(refund),
        )
        # Core writes states that it has written before; each would be booked again.
        if known.state == "done" and refund["status"] == "succeeded":
            return known
        return tx._process("stripe", {"refund": refund})

    def _clinic_stripe_get_lost_reference(self, refund):
        """Return the reference of a refund that Odoo made and forgot.

        A request that makes it at this moment holds the same one: whoever comes
        second is refused by the database, and finds the other's.
        """
        reference = refund["metadata"].get("reference")
        is_free = reference and not self.search_count(
            [("reference", "=", reference)], limit=1
        )
        return {"reference": reference} if is_free else {}
