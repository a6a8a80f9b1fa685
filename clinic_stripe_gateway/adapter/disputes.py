"""Disputes: payments that the cardholder's bank takes back."""

from dataclasses import dataclass

from .errors import translated


@dataclass(frozen=True)
class DisputeMovement:
    """Money that a dispute took from the account (negative) or gave back to it.

    In the currency of the account, which need not be the payer's.

    :ivar int fee: what Stripe kept for it; negative if it gave a fee back
    :ivar int at: seconds since the epoch
    """

    amount: int
    fee: int
    currency: str
    at: int


@dataclass(frozen=True)
class DisputeSnapshot:
    """A dispute as it is now; amounts in the smallest unit that Stripe knows.

    :ivar int due_by: when the bank wants its answer, 0 if it wants none
    :ivar bool is_refundable: whether the payment can be refunded nevertheless
    :ivar str reference: the transaction's opaque reference, on the intent
    :ivar bool has_origin: whether this gateway has made the intent
    """

    id: str
    status: str
    reason: str
    amount: int
    currency: str
    charge_id: str
    intent_id: str
    due_by: int
    is_refundable: bool
    reference: str
    has_origin: bool
    movements: tuple[DisputeMovement, ...]

    @property
    def is_closed(self):
        """Whether the bank has decided; a status that nobody knows is no decision."""
        return self.status in ("lost", "won", "warning_closed", "prevented")

    @property
    def withdrawn(self):
        """What the account misses at this moment, in the dispute's currency."""
        return sum_withdrawn(self.amount, self.currency, self.movements)

    @property
    def fee(self):
        """What Stripe keeps for the dispute, in :attr:`fee_currency`."""
        return sum(each.fee for each in self.movements)

    @property
    def fee_currency(self):
        return self.movements[0].currency if self.movements else self.currency

    @property
    def moved_at(self):
        """When money moved last, 0 if none has."""
        return max((each.at for each in self.movements), default=0)


def sum_withdrawn(amount, currency, movements):
    """Return what the account misses because of a dispute, in the dispute's currency.

    :param int amount: that is disputed
    :param movements: of money; only their amounts and currencies are looked at
    """
    if all(each.currency == currency for each in movements):
        return max(0, -sum(each.amount for each in movements))
    # Converted at two days' rates, the way there and back do not sum to zero.
    taken = sum(each.amount < 0 for each in movements)
    returned = sum(each.amount > 0 for each in movements)
    return amount if taken > returned else 0


@dataclass(frozen=True)
class FraudWarning:
    """That a bank calls a payment fraudulent, before any dispute.

    :ivar bool is_actionable: whether a refund would spare a dispute
    """

    intent_id: str
    charge_id: str
    is_actionable: bool
    reference: str
    has_origin: bool


class Disputes:
    """What the gateway asks about disputes, and about what leads to them."""

    def get_fraud_warning(self, warning_id):
        """Return an early fraud warning as it is now.

        :rtype: FraudWarning
        """
        with translated():
            warning = self._client.v1.radar.early_fraud_warnings.retrieve(
                warning_id, {"expand": ["payment_intent"]}
            )
            return FraudWarning(
                is_actionable=warning.actionable, **_read_payment(warning)
            )

    def get_dispute(self, dispute_id):
        """Return a dispute with the money that it has moved.

        :rtype: DisputeSnapshot
        """
        with translated():
            dispute = self._client.v1.disputes.retrieve(
                dispute_id, {"expand": ["payment_intent"]}
            )
            return _snapshot(dispute)


def _snapshot(dispute):
    return DisputeSnapshot(
        id=dispute.id,
        status=dispute.status,
        reason=dispute.reason or "",
        amount=dispute.amount,
        currency=dispute.currency,
        due_by=dispute.evidence_details.due_by or 0,
        is_refundable=bool(dispute.is_charge_refundable),
        movements=tuple(
            DisputeMovement(each.amount, each.fee, each.currency, each.created)
            for each in dispute.balance_transactions
        ),
        **_read_payment(dispute),
    )


def _read_payment(concerned):
    """Return what says which payment a dispute or a warning is about."""
    intent, charge = concerned.payment_intent, concerned.charge
    return {
        "intent_id": intent.id if intent else "",
        "charge_id": charge if isinstance(charge, str) else charge.id,
        "reference": (intent and intent.description) or "",
        "has_origin": bool(intent and "origin" in intent.metadata.to_dict()),
    }
