"""What a sequence is drawn from."""

from types import MappingProxyType

from hypothesis import strategies as st

# The steps, and how often each is drawn: what makes rare states more often.
STEPS = MappingProxyType(
    {
        "bill": 6,
        "bill_abroad": 2,
        "bill_again": 3,
        "share_with_insurer": 2,
        "insurer_answers": 2,
        "flip": 3,
        "put_on_hold": 3,
        "credit": 1,
        "void": 3,
        "pay_in_part": 3,
        "pay_nearly": 5,
        "receive": 3,
        "take_deposit": 2,
        "allocate": 2,
        "use_held_money": 1,
        "give_back": 2,
        "switch_currency": 2,
        "start_online": 2,
        "end_online": 2,
        "pay_online": 3,
        "agree_to_autopay": 5,
        "agree_to_plan": 5,
        "end_plan": 1,
        "let_days_pass": 4,
    }
)


def sequences(length, steps):
    """Return the strategy of sequences of so many steps.

    Python draws them: Hypothesis would try what is short and alike, and rare states
    take many different steps.

    :param dict steps: their names, and how often each is drawn
    """
    chances = st.randoms(use_true_random=True)
    return chances.map(lambda chance: draw(chance, length, steps))


def draw(chance, length, steps):
    """Return a sequence; it begins with a bill.

    The numbers of a step are who or what, how, and how much in the smallest unit.
    """
    names = chance.choices(list(steps), weights=steps.values(), k=length - 1)
    return [
        (name, chance.randint(0, 11), chance.randint(0, 7), chance.randint(101, 30000))
        for name in ("bill", *names)
    ]
