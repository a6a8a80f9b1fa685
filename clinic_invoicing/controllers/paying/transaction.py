from odoo.exceptions import AccessError, MissingError, ValidationError
from odoo.http import request, route

from odoo.addons.account_payment.controllers.payment import PaymentPortal

from ...commands import linked_ids

FLOWS = ("direct", "redirect", "token")


class ClinicPaymentPortal(PaymentPortal):
    """The start of every online payment: nobody pays more than is owed."""

    def _create_transaction(
        self,
        *args,
        amount=None,
        currency_id=None,
        custom_create_values=None,
        clinic_shown=None,
        **kwargs,
    ):
        values = custom_create_values or {}
        commands = values.get("invoice_ids")
        is_ours = commands or values.get("clinic_deposit_event_id")
        if is_ours:
            kwargs = {"payment_method_id": None, "token_id": None, **kwargs}
            _check_form(**kwargs)
        if commands:
            # sudo: the routes have checked who pays; payers may not write invoices.
            invoices = request.env["account.move"].sudo().browse(linked_ids(commands))
            kwargs["partner_id"] = _get_payer_id(invoices, kwargs["partner_id"])
            if clinic_shown:
                _check_shown(clinic_shown, invoices, amount, kwargs["partner_id"])
            _start_to_pay(invoices, amount, currency_id, **kwargs)
            values = {
                **values,
                "clinic_discount_day": invoices._clinic_get_day(),
            }
            # It pays the invoice; the route also knows how to only check a card.
            kwargs.pop("is_validation", None)
        if is_ours:
            _check_method(currency_id=currency_id, **kwargs)
        return super()._create_transaction(
            *args,
            amount=amount,
            currency_id=currency_id,
            custom_create_values=values,
            **kwargs,
        )

    @route()
    def invoice_transaction(self, invoice_id, access_token=None, **kwargs):
        """Work for clients who opened their invoice without a token as well.

        Whether an invoice exists is not told: Core has an error for each.
        """
        try:
            self._document_check_access("account.move", invoice_id, access_token)
        except (AccessError, MissingError):
            raise ValidationError(
                request.env._("The access token is invalid.")
            ) from None
        return super().invoice_transaction(invoice_id, access_token, **kwargs)


def _get_payer_id(invoices, partner_id):
    """Return the id of whom somebody pays for; Core takes who is logged in.

    Money of who acts for a payer is the payer's, and so are the cards.
    """
    own = request.env.user.partner_id
    if own.id != partner_id or not any(invoices.mapped("clinic_has_services")):
        return partner_id
    return own._clinic_pays_as(invoices.partner_id)[:1].id or partner_id


def _check_form(
    *,
    flow=None,
    provider_id=None,
    payment_method_id=None,
    token_id=None,
    tokenization_requested=None,
    landing_route=None,
    **_kwargs,
):
    """Refuse what no payment form sends; Core would stumble over it."""
    ids = (provider_id, payment_method_id, token_id)
    if not (
        flow in FLOWS
        and all(number is None or type(number) is int for number in ids)
        and type(tokenization_requested) is bool
        and type(landing_route) is str
        and landing_route.isprintable()
    ):
        raise ValidationError(
            request.env._("This way to pay is not available. Please reload the page.")
        )


def _start_to_pay(
    invoices,
    amount,
    currency_id,
    *,
    partner_id,
    provider_id=None,
    token_id=None,
    **_kwargs,
):
    """Make sure, under lock, that this payer may pay this, and in this way."""
    payer = invoices.env["res.partner"].browse(partner_id)
    if not request.env.user._is_internal():
        invoices._clinic_lock_for_payment()
        invoices.env["payment.transaction"]._clinic_check_pace(payer, invoices)
    invoices._clinic_start_online_payment(
        amount, invoices.env["res.currency"].browse(currency_id)
    )
    _check_card_is_for_payer(invoices, token_id)
    if not request.env.user._is_internal():
        invoices._clinic_check_part(amount)
    invoices._clinic_check_offered(payer, amount, provider_id, token_id)


def _check_shown(shown, invoices, amount, payer_id):
    """Refuse to do something else than the page has shown; nothing was done yet."""
    invoices._clinic_lock_for_payment()
    _providers, cards = invoices._clinic_get_offer(
        invoices.env["res.partner"].browse(payer_id), amount
    )
    shows = invoices.env["clinic.shown"]
    cards = cards if shown.with_cards else cards.browse()
    shows._check(shown.seal, shows._seal_payment(invoices, amount, cards))


def _check_method(
    *,
    flow=None,
    provider_id=None,
    payment_method_id=None,
    partner_id=None,
    currency_id=None,
    **_kwargs,
):
    """Refuse a method that the form does not offer; a saved card brings its own."""
    if flow != "token":
        # sudo: payers do not read which providers have which method.
        methods = request.env["payment.method"].sudo()
        methods._clinic_check_offered(
            payment_method_id, provider_id, partner_id, currency_id
        )


def _check_card_is_for_payer(invoices, token_id):
    """Refuse a saved card to somebody who is not logged in.

    Core lets everybody with the link of an invoice charge the cards of its payer.
    """
    is_billed = any(invoices.mapped("clinic_has_services"))
    if token_id and is_billed and request.env.user._is_public():
        raise AccessError(request.env._("Log in to pay with a saved payment method."))
