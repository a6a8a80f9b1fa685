"""Why a service cannot be put on an invoice now."""

from dataclasses import dataclass

from . import billing_state

# The selection values are public: filters and the preview of billing runs use them.
NO_CHARGE = "no_charge"
BILLED = "billed"
CANCELLED = "cancelled"
NOT_COMPLETED = "not_completed"
NEEDS_APPROVAL = "needs_approval"
NO_PRICE = "no_price"
NO_PAYER = "no_payer"
NOT_INVOICED = "not_invoiced"
NO_INSURER = "no_insurer"

BY_STATE = {
    billing_state.NO_CHARGE: NO_CHARGE,
    billing_state.INVOICED: BILLED,
    billing_state.PAID: BILLED,
    billing_state.CANCELLED: CANCELLED,
    billing_state.PLANNED: NOT_COMPLETED,
}


@dataclass(frozen=True)
class BillingFacts:
    """What decides whether a service can be invoiced.

    :param state: of the service, see :mod:`billing_state`
    :param is_insured: only insurers are still to be billed
    :param is_awaiting_approval: somebody has to approve it first
    :param has_price: its total is not zero
    :param has_payer: everybody who is to be billed now is known
    :param are_insurers_invoiced: this practice sends invoices to insurers
    """

    state: str
    is_insured: bool
    is_awaiting_approval: bool
    has_price: bool
    has_payer: bool
    are_insurers_invoiced: bool


def billing_obstacle(facts, may_be_planned=False):
    """Return why a service with these facts cannot be invoiced, ``None`` if it can.

    :param BillingFacts facts: of the service
    :param bool may_be_planned: its visit need not have taken place yet
    """
    is_too_early = facts.state == billing_state.PLANNED and not may_be_planned
    if facts.state in BY_STATE and (
        is_too_early or facts.state != billing_state.PLANNED
    ):
        return BY_STATE[facts.state]
    if facts.is_insured and not facts.are_insurers_invoiced:
        return NOT_INVOICED
    if facts.is_awaiting_approval:
        return NEEDS_APPROVAL
    if not facts.has_price:
        return NO_PRICE
    if not facts.has_payer:
        return NO_INSURER if facts.is_insured else NO_PAYER
    return None
