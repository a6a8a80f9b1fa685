from odoo.exceptions import AccessError
from odoo.http import request, route

from odoo.addons.account_payment.controllers.payment import PaymentPortal

from ..commands import linked_ids


class ClinicPaymentPortal(PaymentPortal):
    """Let nobody pay more than is owed, whatever page the payment comes from."""

    def _create_transaction(
        self, *args, amount=None, currency_id=None, custom_create_values=None, **kwargs
    ):
        commands = (custom_create_values or {}).get("invoice_ids")
        if commands:
            # sudo: the routes have checked who pays; payers may not write invoices.
            invoices = request.env["account.move"].sudo().browse(linked_ids(commands))
            invoices._clinic_start_online_payment(
                amount, request.env["res.currency"].browse(currency_id)
            )
            _check_card_is_for_payer(invoices, kwargs.get("token_id"))
            if not request.env.user._is_internal():
                invoices._clinic_check_part(amount)
            invoices._clinic_check_offered(
                invoices.env["res.partner"].browse(kwargs["partner_id"]),
                amount,
                kwargs.get("provider_id"),
                kwargs.get("token_id"),
            )
            # It pays the invoice; the route also knows how to only check a card.
            kwargs.pop("is_validation", None)
        return super()._create_transaction(
            *args,
            amount=amount,
            currency_id=currency_id,
            custom_create_values=custom_create_values,
            **kwargs,
        )

    @route()
    def invoice_transaction(self, invoice_id, access_token=None, **kwargs):
        """Work for clients who opened their invoice without a token as well."""
        return super().invoice_transaction(invoice_id, access_token, **kwargs)


def _check_card_is_for_payer(invoices, token_id):
    """Refuse a saved card to somebody who is not logged in.

    Stock lets whoever has the link of an invoice charge the cards of its payer.
    """
    is_billed = any(invoices.mapped("clinic_has_services"))
    if token_id and is_billed and request.env.user._is_public():
        raise AccessError(request.env._("Log in to pay with a saved payment method."))
