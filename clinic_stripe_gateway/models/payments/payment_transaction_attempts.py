from odoo import models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.payment import utils as payment_utils

# All others wait for somebody in front of a form, whatever the form calls them.
WITHOUT_FORM = ("offline", "online_token", "refund", "validation")


class PaymentTransaction(models.Model):
    """Attempts to pay that were started and not finished."""

    _inherit = "payment.transaction"

    def _clinic_supersede_open_attempts(self):
        """Cancel the intents of earlier attempts at Stripe."""
        # After a decline the card form can still be used to try another card.
        attempts = self.filtered(
            lambda tx: (
                tx.provider_code == "stripe"
                and tx.operation not in WITHOUT_FORM
                and tx.state in ("draft", "error")
                and tx.provider_reference
            )
        )
        for tx in attempts:
            tx._clinic_stripe_close_attempt()
        return super()._clinic_supersede_open_attempts()

    def _clinic_is_closed_by_next(self):
        return self.provider_code == "stripe" or super()._clinic_is_closed_by_next()

    def _clinic_stripe_close_attempt(self):
        """Make sure that nobody can pay with this attempt any more.

        :raise UserError: it has been paid or is being paid
        """
        self.ensure_one()
        try:
            intent = self.provider_id._clinic_stripe_call(
                "close_intent",
                self.provider_reference,
                idempotency_key=payment_utils.generate_idempotency_key(
                    self, scope="close"
                ),
            )
        except ValidationError as error:
            raise UserError(
                self.env._(
                    "We could not make sure that an earlier attempt to pay is closed. "
                    "Please try again in a moment."
                )
            ) from error
        if not intent.is_closed:
            # sudo: settling it is nobody's right and everybody's interest.
            self.env["clinic.stripe.event"].sudo()._ask_later(self)
            raise UserError(
                self.env._(
                    "A payment of this invoice is being processed. Please wait a "
                    "moment, then reload the page."
                )
            )
        # A declined attempt as well: it need not be closed a second time.
        self._set_canceled(
            self.env._("Replaced by a newer attempt to pay."),
            extra_allowed_states=("error",),
        )
