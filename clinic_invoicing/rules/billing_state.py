"""The state of a service, and of an appointment, out of facts."""

from dataclasses import dataclass

from .payers import PAYER_INSURER

# The selection values are public: other addons and saved filters rely on them.
PLANNED = "planned"
TO_INVOICE = "to_invoice"
INSURANCE = "insurance"
INVOICED = "invoiced"
PAID = "paid"
NO_CHARGE = "no_charge"
CANCELLED = "cancelled"

# What still needs somebody's attention comes first: an appointment shows the
# least advanced of its services.
BY_URGENCY = (TO_INVOICE, PLANNED, INSURANCE, INVOICED, PAID, NO_CHARGE, CANCELLED)

# Appointments that will not take place, so that nothing is owed for them.
STATUSES_WITHOUT_CHARGE = ("no_show", "cancelled")


@dataclass(frozen=True)
class ShareFacts:
    """What a share says about its service.

    :param payer_type: ``patient``, ``insurer`` or ``write_off``
    :param state: of the share, see :func:`share_state`
    """

    payer_type: str
    state: str


@dataclass(frozen=True)
class ServiceFacts:
    """What decides the state of a service.

    :param decision: who is billed, as decided for this very service: ``client``,
        ``insurance`` or ``no_charge``
    :param appointment_status: of the appointment, ``None`` without one
    :param is_cancelled: somebody said that the service is not to be billed
    :param shares: those of its shares that are not zero
    :param is_fee: it is the fee for a visit that did not take place
    :param is_given_away: its discount takes all of its price
    """

    decision: str
    appointment_status: str | None
    is_cancelled: bool
    shares: tuple[ShareFacts, ...]
    is_fee: bool = False
    is_given_away: bool = False


def service_state(facts):
    """Return the state of the service with these :class:`ServiceFacts`.

    An invoice outweighs everything else: what has been billed is shown as
    billed, even when the appointment is cancelled afterwards. While somebody is
    still to be billed, the client comes before the insurers.
    """
    owed = [share for share in facts.shares if share.state != "written_off"]
    billed = [share for share in owed if share.state in ("invoiced", "paid")]
    # A fee is owed because the visit did not take place.
    status = None if facts.is_fee else facts.appointment_status
    is_called_off = facts.is_cancelled or status in STATUSES_WITHOUT_CHARGE
    if billed and (is_called_off or len(billed) == len(owed)):
        return PAID if all(share.state == "paid" for share in billed) else INVOICED
    is_written_off = bool(facts.shares) and not owed
    if is_called_off or is_written_off:
        return CANCELLED
    if facts.decision == "no_charge" or facts.is_given_away:
        return NO_CHARGE
    if status == "planned":
        return PLANNED
    return _get_waiting_state(facts, [share for share in owed if share not in billed])


def _get_waiting_state(facts, waiting):
    """Return the state of a service of which these shares are still to be billed."""
    if not waiting:
        return INSURANCE if facts.decision == "insurance" else TO_INVOICE
    is_insured = all(share.payer_type == PAYER_INSURER for share in waiting)
    return INSURANCE if is_insured else TO_INVOICE


@dataclass(frozen=True)
class ShareAmounts:
    """What decides the state of a share, in the smallest unit of the currency.

    :param int owed: by its payer
    :param int invoiced: what stands on invoices that are not cancelled, less the
        credit notes
    :param int paid: what was paid of it
    :param bool is_settled: nothing is open on its invoices, whose total may differ
        by a cent from those of their lines
    """

    owed: int
    invoiced: int
    paid: int
    is_settled: bool = False


def share_state(is_write_off, amounts):
    """Return the state of a share: who owed, was billed, has paid.

    :param bool is_write_off: nobody is asked for it
    :param ShareAmounts amounts: of the share; what was paid without an invoice
        was settled outside
    """
    if is_write_off:
        return "written_off"
    if amounts.invoiced <= 0:
        return "paid" if 0 < amounts.owed <= amounts.paid else "to_bill"
    is_paid = amounts.is_settled or amounts.paid >= amounts.invoiced
    return "paid" if is_paid else "invoiced"


def summary(states):
    """Return the state that stands for several services, ``None`` for none."""
    present = set(states)
    return next((state for state in BY_URGENCY if state in present), None)
