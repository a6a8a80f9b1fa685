from odoo import models
from odoo.exceptions import UserError


class PaymentToken(models.Model):
    """Saved cards: how each is charged, and what ends when it is removed."""

    _name = "payment.token"
    _inherit = ["payment.token", "clinic.guarded"]

    def _clinic_get_charge_problem(self):
        """Return why this card cannot be charged by itself, ``False`` if it can.

        A hook for providers that know more of a card than that it is there.
        """
        self.ensure_one()
        # sudo: payers read no providers.
        provider = self.sudo().provider_id
        if not self.active or provider.state == "disabled":
            return self.env._("The card has been removed.")
        if provider.capture_manually:
            # Nobody would capture what the job has only reserved.
            return self.env._("The practice charges this card by hand only.")
        return False

    def _clinic_choose(self, card_id):
        """Return the one of these cards that a client has chosen.

        :param str card_id: from a browser
        :raise UserError: it is none of these
        """
        card = self.filtered(lambda each: str(each.id) == card_id)
        if not card:
            raise UserError(self.env._("Please choose one of your saved cards."))
        return card

    def _clinic_prepare_charge(self, amount, currency, payer, prefix=None, **purpose):
        """Return the values of a transaction that charges this card.

        :param str prefix: of its reference; invoices give their own numbers
        :param purpose: what it pays, as values of the transaction
        """
        self.ensure_one()
        transactions = self.env["payment.transaction"]
        return {
            "clinic_discount_day": self.company_id._clinic_get_day(),
            **purpose,
            "provider_id": self.provider_id.id,
            "payment_method_id": self.payment_method_id.id,
            "token_id": self.id,
            "operation": "offline",
            "reference": transactions._compute_reference(
                self.provider_id.code, prefix=prefix, **purpose
            ),
            "amount": amount,
            "currency_id": currency.id,
            "partner_id": payer.id,
        }

    def _handle_archiving(self):
        result = super()._handle_archiving()
        self._clinic_stop_charging()
        return result

    def unlink(self):
        self._clinic_stop_charging()
        return super().unlink()

    def _clinic_stop_charging(self):
        """End what was to be charged to these cards, and tell who relies on it."""
        # sudo: who removes a card need not see what it was to pay.
        tokens = self.sudo()
        tokens.env["clinic.autopay"].search([("token_id", "in", tokens.ids)])._end(
            "card"
        )
        tokens.env["clinic.payment.plan"].search(
            [("token_id", "in", tokens.ids), ("state", "=", "active")]
        )._lose_card()
