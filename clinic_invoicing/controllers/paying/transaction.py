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
        clinic_due=None,
        clinic_shown=None,
        **kwargs,
    ):
        """Bring what is about to be paid to the door, before Core makes the attempt.

        :param Due clinic_due: what is paid; the invoices of Core's own pages if none
        :param Shown clinic_shown: what the payer has read
        """
        values = custom_create_values or {}
        due = clinic_due or _get_due(values, currency_id, kwargs.get("partner_id"))
        if due:
            kwargs = {"payment_method_id": None, "token_id": None, **kwargs}
            _check_form(**kwargs)
            kwargs["partner_id"] = due.payer.id
            values = {**values, **_enter(due, amount, clinic_shown, **kwargs)}
            # It pays what is due; the route also knows how to only check a card.
            kwargs.pop("is_validation", None)
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


def _get_due(values, currency_id, payer_id):
    """Return what the invoices of a new transaction make due; none if it has none."""
    # sudo: the routes have checked who pays; payers may not write invoices.
    invoices = request.env["account.move"].sudo()
    invoices = invoices.browse(linked_ids(values.get("invoice_ids") or ()))
    env = invoices.env
    return invoices and invoices._clinic_get_due(
        env["res.partner"].browse(_get_payer_id(invoices, payer_id)),
        env["res.currency"].browse(currency_id),
        is_client=not request.env.user._is_internal(),
    )


def _get_payer_id(invoices, partner_id):
    """Return the id of whom somebody pays for; Core takes who is logged in.

    Money of who acts for a payer is the payer's, and so are the cards.
    """
    own = request.env.user.partner_id
    if own.id != partner_id or not any(invoices.mapped("clinic_has_services")):
        return partner_id
    return own._clinic_pays_as(invoices.partner_id)[:1].id or partner_id


def _enter(due, amount, shown, *, provider_id=None, token_id=None, **form):
    """Reserve what is paid, for this payer and in this way; return what it keeps."""
    invoices = due.invoices
    no_cards = request.env["payment.token"]
    cards = None if shown and shown.with_cards else no_cards
    # sudo: as in _get_due().
    door = request.env["payment.transaction"].sudo()
    door._clinic_reserve(due, amount, shown and shown.seal, cards)
    if invoices:
        _check_card_is_for_payer(invoices, token_id)
        invoices._clinic_check_offered(due.payer, amount, provider_id, token_id)
    _check_method(due, provider_id=provider_id, **form)
    return door._clinic_prepare(due, amount)


def _check_method(
    due, *, flow=None, provider_id=None, payment_method_id=None, **_kwargs
):
    """Refuse a method that the form does not offer; a saved card brings its own."""
    if flow != "token":
        # sudo: payers do not read which providers have which method.
        methods = request.env["payment.method"].sudo()
        methods._clinic_check_offered(
            payment_method_id, provider_id, due.payer.id, due.currency.id
        )


def _check_card_is_for_payer(invoices, token_id):
    """Refuse a saved card to somebody who is not logged in.

    Core lets everybody with the link of an invoice charge the cards of its payer.
    """
    is_billed = any(invoices.mapped("clinic_has_services"))
    if token_id and is_billed and request.env.user._is_public():
        raise AccessError(request.env._("Log in to pay with a saved payment method."))
