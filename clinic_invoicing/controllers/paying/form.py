from typing import NamedTuple

from odoo.http import request


class Shown(NamedTuple):
    """What the payer has read on one of our pages, to be compared under lock.

    :ivar str seal: that came with the start, from a browser
    :ivar bool with_cards: whether the page offered the payer's cards
    """

    seal: str
    with_cards: bool


def prepare_form(
    providers, payer, currency, *, landing_route, transaction_route, report=None
):
    """Return what Odoo's payment form needs to take a payment; no card is saved.

    :param payment.provider providers: that are offered, as superuser
    :param dict report: why others are not; is completed
    """
    # sudo: as Core's pages do, to read what the providers offer.
    env = request.env(su=True)
    methods = env["payment.method"]._get_compatible_payment_methods(
        providers.ids, payer.id, currency_id=currency.id, report=report
    )
    return {
        "currency": currency,
        "partner_id": payer.id,
        "providers_sudo": providers,
        "payment_methods_sudo": methods,
        "tokens_sudo": env["payment.token"],
        "show_tokenize_input_mapping": dict.fromkeys(providers.ids, False),
        "availability_report": report or {},
        "transaction_route": transaction_route,
        "landing_route": landing_route,
        "access_token": None,
    }
