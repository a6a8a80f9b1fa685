from datetime import timedelta

from odoo import fields, models

from ...adapter import Declined

# A worker that asks waits less long for the answer; then it has died.
SENDING_TIME = timedelta(minutes=15)
AUTHENTICATION_CODES = {
    "authentication_required",
    "payment_intent_authentication_failure",
}


class PaymentTransaction(models.Model):
    """Scheduled charges at Stripe: found out when a worker dies, and why declined."""

    _inherit = "payment.transaction"

    clinic_stripe_decline_code = fields.Char(
        string="Decline Code", readonly=True, copy=False
    )

    # === ANNOUNCED, SENT, WITHDRAWN === #

    def _clinic_announce_charge(self):
        """Let the job that asks Stripe take over when this worker dies.

        It finds what was charged, and sends again only what Stripe has never got.
        """
        result = super()._clinic_announce_charge()
        if self.provider_code == "stripe":
            self._clinic_stripe_expect(fields.Datetime.now() + SENDING_TIME)
        return result

    def _clinic_send_charge(self):
        if self.provider_code == "stripe":
            self._clinic_stripe_expect(False)
        return super()._clinic_send_charge()

    def _clinic_withdraw_charge(self):
        if self.provider_code == "stripe":
            self._clinic_stripe_expect(False)
        return super()._clinic_withdraw_charge()

    def _clinic_stripe_expect(self, ask_at):
        """Note when Stripe is to be asked; nothing when this worker hears itself."""
        # sudo: nobody else may ask for it.
        self.sudo().write(
            {
                "clinic_stripe_request": ask_at and "charge",
                "clinic_stripe_ask_at": ask_at,
            }
        )

    # === WHY DECLINED === #

    def _clinic_needs_authentication(self):
        return (
            self.clinic_stripe_decline_code in AUTHENTICATION_CODES
            or super()._clinic_needs_authentication()
        )

    def _clinic_stripe_note_refusal(self, error):
        """Remember the code of a decline; its message is for people."""
        if isinstance(error.__cause__, Declined):
            self._clinic_stripe_keep_code(error.__cause__.code)
        return super()._clinic_stripe_note_refusal(error)

    def _clinic_stripe_note_told(self, payment_data):
        """Remember the code of a decline that is found out later."""
        intent = payment_data.get("payment_intent")
        if isinstance(intent, dict):
            failure = intent.get("last_payment_error") or {}
            self._clinic_stripe_keep_code(failure.get("code"))
        return super()._clinic_stripe_note_told(payment_data)

    def _clinic_stripe_keep_code(self, code):
        # sudo: who pays does not write transactions.
        self.sudo().clinic_stripe_decline_code = code
