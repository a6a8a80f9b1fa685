"""The lists of what stands in Stripe's books for a period, a page at a time."""

from dataclasses import dataclass

import stripe

from .disputes import sum_withdrawn
from .errors import translated
from .origin_seal import gather

# The most that Stripe gives at once.
PAGE_SIZE = 100
GONE = frozenset({"failed", "canceled"})


@dataclass(frozen=True)
class ListedCharge:
    """A payment at Stripe, or an attempt.

    :ivar str reference: the transaction's opaque reference, if there is one
    :ivar str origin: the mark of the database that has asked for it, if there is one
    :ivar int amount: what was taken, in the smallest unit that Stripe knows; nothing
        while a bank debit is under way or a card is only authorised
    """

    id: str
    intent_id: str
    reference: str
    origin: str
    status: str
    amount: int
    currency: str
    created: int

    @property
    def is_pending(self):
        """Whether the payer's bank has not decided yet."""
        return self.status == "pending"


@dataclass(frozen=True)
class ListedRefund:
    """Money that goes back to a payer.

    :ivar charge: the payment that it is taken from, or ``None``
    """

    id: str
    charge: ListedCharge | None
    intent_id: str
    status: str
    amount: int
    currency: str
    created: int

    @property
    def is_done(self):
        """Whether the payer has the money, as far as Stripe knows."""
        return self.status == "succeeded"

    @property
    def is_gone(self):
        """Whether the money has come back to the practice or has never left."""
        return self.status in GONE


@dataclass(frozen=True)
class ListedDispute:
    """A payment that the payer's bank questions.

    :ivar int withdrawn: what Stripe has taken of the amount and not given back
    :ivar int fee: what Stripe keeps for it, in ``fee_currency``, the account's
    """

    id: str
    charge: ListedCharge | None
    intent_id: str
    status: str
    amount: int
    currency: str
    created: int
    withdrawn: int
    fee: int
    fee_currency: str


@dataclass(frozen=True)
class Page:
    """A part of a list, the newest first.

    :ivar str after: where the next page starts; empty on the last one
    """

    items: tuple
    after: str


class Books:
    """Lists of an account's objects; a base class of ``StripeGateway``.

    ``since`` and ``until`` are seconds since 1970; ``until`` is not part of the period.
    """

    def list_charges(self, since, until, after=""):
        """Return one page of the charges that were made in a period."""
        return self._list_page(self._client.v1.charges, _to_charge, since, until, after)

    def list_refunds(self, since, until, after=""):
        """Return one page of the refunds that were made in a period."""
        return self._list_page(
            self._client.v1.refunds, _to_refund, since, until, after, "data.charge"
        )

    def list_disputes(self, since, until, after=""):
        """Return one page of the disputes that were opened in a period."""
        return self._list_page(
            self._client.v1.disputes, _to_dispute, since, until, after, "data.charge"
        )

    def find_charges(self, intent_id):
        """Return the charges of a PaymentIntent; none if the account lacks it."""
        params = {"payment_intent": intent_id, "limit": PAGE_SIZE}
        with translated():
            try:
                found = self._client.v1.charges.list(params).data
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":
                    raise
                return ()
        return tuple(_to_charge(each) for each in found)

    def find_refund(self, refund_id):
        """Return a refund, or ``None`` if the account lacks it."""
        with translated():
            try:
                refund = self._client.v1.refunds.retrieve(
                    refund_id, {"expand": ["charge"]}
                )
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":
                    raise
                return None
        return _to_refund(refund)

    def _list_page(self, service, convert, since, until, after, *expand):
        params = {"created": {"gte": since, "lt": until}, "limit": PAGE_SIZE}
        if after:
            params["starting_after"] = after
        if expand:
            params["expand"] = list(expand)
        with translated():
            page = service.list(params)
            items = tuple(convert(each) for each in page.data)
        return Page(items, items[-1].id if page.has_more and items else "")


def _to_charge(charge):
    """Return a charge of the SDK as our value; an id tells nothing but itself."""
    if charge is None or isinstance(charge, str):
        return None
    metadata = charge.metadata.to_dict() if charge.metadata else {}
    return ListedCharge(
        id=charge.id,
        intent_id=_to_id(charge.payment_intent),
        reference=charge.description or "",
        origin=gather(metadata),
        status=charge.status,
        amount=charge.amount_captured if charge.status == "succeeded" else 0,
        currency=charge.currency.upper(),
        created=charge.created,
    )


def _to_refund(refund):
    return ListedRefund(
        id=refund.id,
        charge=_to_charge(refund.charge),
        intent_id=_to_id(refund.payment_intent),
        status=refund.status or "",
        amount=refund.amount,
        currency=refund.currency.upper(),
        created=refund.created,
    )


def _to_dispute(dispute):
    # In the currency of the account, which need not be that of the payment.
    movements = dispute.balance_transactions
    currency = movements[0].currency if movements else dispute.currency
    return ListedDispute(
        id=dispute.id,
        charge=_to_charge(dispute.charge),
        intent_id=_to_id(dispute.payment_intent),
        status=dispute.status,
        amount=dispute.amount,
        currency=dispute.currency.upper(),
        created=dispute.created,
        withdrawn=sum_withdrawn(dispute.amount, dispute.currency, movements),
        fee=sum(each.fee for each in movements),
        fee_currency=currency.upper(),
    )


def _to_id(value):
    """Return the id of what is an id, an object or nothing."""
    return value if isinstance(value, str) else getattr(value, "id", "") or ""
