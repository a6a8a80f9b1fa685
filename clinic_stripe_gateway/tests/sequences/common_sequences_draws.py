"""What a sequence of steps is drawn from."""

from hypothesis import strategies as st

HIDE_THE_ANSWER = ("lost_answer", "error_after", "error_before", "refuse", "rate_limit")
CARDS = ("visa", "visa", "visa", "visa_chargeDeclined", "authenticationRequired")
# Arguments that make a step another kind of step.
KINDS = ("what", "mode", "money")

amounts = st.sampled_from((120, 80, 33.35))
# How a request ends: most of them well.
ends = st.sampled_from(("well",) * 6 + ("forgotten",) * 2 + HIDE_THE_ANSWER)
picks = st.integers(min_value=0, max_value=5)
shares = st.sampled_from((1, 1, 0.5, 0.1))


def step(weight=1, when=None, **arguments):
    """Let a method be one of the steps that a sequence is drawn from.

    :param when: a function of the machine: whether there is anything to do it to
    """

    def mark(method):
        method.step = (weight, when, st.fixed_dictionaries(arguments))
        return method

    return mark


# What there must be for a step to do anything.
def has_form(machine):
    return bool(machine.forms)


def has_payment(machine):
    return bool(machine._payments())


def has_card_payment(machine):
    return bool(machine._payments().payment_transaction_id)


def has_unfinished(machine):
    return bool(machine._transactions("draft", "pending", "error"))


def has_authorised(machine):
    return bool(machine._transactions("authorized"))


def has_intent(*statuses):
    return lambda machine: bool(machine._intents(*statuses))
