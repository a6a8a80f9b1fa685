"""The state of a service, and of an appointment, out of facts."""

from dataclasses import dataclass

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
class ServiceFacts:
    """What decides the state of a service.

    :param decision: who is billed, as decided for this very service: ``client``,
        ``insurance`` or ``no_charge``
    :param appointment_status: of the appointment, ``None`` without one
    :param is_cancelled: somebody said that the service is not to be billed
    :param share_states: the states of its shares
    """

    decision: str
    appointment_status: str | None
    is_cancelled: bool
    share_states: tuple[str, ...]


def service_state(facts):
    """Return the state of the service with these :class:`ServiceFacts`.

    An invoice outweighs everything else: what has been billed is shown as
    billed, even when the appointment is cancelled afterwards.
    """
    billed = [state for state in facts.share_states if state != "written_off"]
    if billed and all(state in ("invoiced", "paid") for state in billed):
        return PAID if all(state == "paid" for state in billed) else INVOICED
    if facts.is_cancelled or facts.appointment_status in STATUSES_WITHOUT_CHARGE:
        return CANCELLED
    if facts.decision == "no_charge":
        return NO_CHARGE
    if facts.appointment_status == "planned":
        return PLANNED
    return INSURANCE if facts.decision == "insurance" else TO_INVOICE


def share_state(is_write_off, invoiced, paid, is_settled=False):
    """Return the state of a share: who owed, was billed, has paid.

    :param bool is_write_off: nobody is asked for it
    :param int invoiced: what stands on invoices that are not cancelled, less
        the credit notes, in the smallest unit of the currency
    :param int paid: what was paid of it, in the same unit
    :param bool is_settled: nothing is open on its invoices, whose total may differ
        by a cent from those of their lines
    """
    if is_write_off:
        return "written_off"
    if invoiced <= 0:
        return "to_bill"
    return "paid" if is_settled or paid >= invoiced else "invoiced"


def summary(states):
    """Return the state that stands for several services, ``None`` for none."""
    present = set(states)
    return next((state for state in BY_URGENCY if state in present), None)
