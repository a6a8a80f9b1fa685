"""Sequences in which a fault was seen: they are played each time.

The numbers of a step are who or what it is about, how, and how much: the steps say what
they make of them. Person 8 is the client, who has a long session without taxes.
"""

from typing import NamedTuple


class Kept(NamedTuple):
    """A sequence, and what the client is asked for and has in hand after it.

    :ivar str what: what had gone wrong
    :ivar list steps: as a failed sequence tells them
    :ivar int asked: by the Billing page, in cents
    :ivar int held: in cents
    :ivar int refused: how many of the steps have to be refused
    """

    what: str
    steps: list
    asked: int = 0
    held: int = 0
    refused: int = 0


AUTOPAY = ("agree_to_autopay", 0, 3, 0)
THREE_DAYS_TWICE = ("let_days_pass", 0, 2, 1)
PAY_ALL_ONLINE = ("pay_online", 0, 7, 0)
VOID_AND_KEEP = ("void", 0, 0, 0)
BILL_AGAIN = ("bill_again", 0, 0, 0)
# At the branch it would be 2500.
RECEIVE_25 = ("receive", 0, 0, 2501)
BILL_60 = ("bill", 8, 0, 6000)

VOIDED = Kept(
    "a card was charged for what a void had kept as credit",
    [BILL_60, AUTOPAY, PAY_ALL_ONLINE, VOID_AND_KEEP, BILL_AGAIN, THREE_DAYS_TWICE],
)
FLIPPED = Kept(
    "a card was charged for what a flip had freed",
    [
        ("bill", 8, 0, 10000),
        AUTOPAY,
        PAY_ALL_ONLINE,
        ("flip", 0, 1, 0),
        THREE_DAYS_TWICE,
    ],
    held=1000,
)
HELD = Kept(
    "what a payment on account covered was asked for",
    [BILL_60, RECEIVE_25],
    asked=3499,
    held=2501,
)
# The card pays what held money does not cover; then held money pays the rest.
HELD_AND_CHARGED = Kept(
    "a card was charged for what a payment on account covered",
    [BILL_60, AUTOPAY, RECEIVE_25, THREE_DAYS_TWICE],
)
DEPOSIT = Kept(
    "a deposit was taken for money in hand",
    [BILL_60, ("take_deposit", 0, 0, 2000)],
    asked=6000,
)
AT_THE_BRANCH = Kept(
    "what a branch holds was not counted",
    [BILL_60, ("receive", 0, 0, 2500)],
    asked=3500,
    held=2500,
)
IN_PARTS = Kept(
    "a card was charged for all parts of an invoice when the first was due",
    [("bill", 8, 6, 100000), AUTOPAY, THREE_DAYS_TWICE],
)
NOT_DUE = Kept(
    "a card was charged before the day of an invoice",
    [("bill", 8, 12, 6000), AUTOPAY, THREE_DAYS_TWICE],
)
DISCOUNT = Kept(
    "the discount for paying early was forgotten",
    [("bill", 8, 18, 6000)],
    asked=5880,
)
COVERED = Kept(
    "the red number counted what held money and a discount cover",
    [("bill", 8, 18, 6000), ("receive", 0, 0, 5901)],
    held=5901,
)
TOO_SMALL = Kept(
    "clients were asked for what no provider takes",
    [BILL_60, ("pay_nearly", 0, 0, 29)],
)
BESIDE_WHAT_IS_LATER = Kept(
    "the dialog would charge too little, and was refused, beside what is due later",
    [BILL_60, ("pay_nearly", 0, 0, 29), ("bill", 8, 12, 8000)],
)
TOO_SMALL_TOGETHER = Kept(
    "several that are too small alone were not asked for together",
    [BILL_60, ("pay_nearly", 0, 0, 29), BILL_60, ("pay_nearly", 1, 0, 29)],
    asked=60,
)
LEFT_BY_HELD_MONEY = Kept(
    "people were reminded of so little as held money left, which nobody could pay",
    [BILL_60, ("receive", 0, 0, 5970)],
    held=5970,
)
CLEARING = Kept(
    "money that was on its way was asked for again",
    [BILL_60, ("start_online", 0, 7, 0)],
)
EMPLOYED = Kept(
    "an employee's cash, kept on a void, paid the employer's invoice",
    [
        ("bill", 1, 0, 6000),
        ("bill", 2, 0, 6000),
        ("pay_in_part", 0, 7, 0),
        VOID_AND_KEEP,
        ("allocate", 0, 0, 0),
    ],
    refused=1,
)
INSURED = Kept(
    "a client was reminded before the insurer had answered",
    [("share_with_insurer", 0, 3, 10000)],
    asked=5650,
)
IN_PLAN = Kept(
    "an invoice in a plan was asked for as a whole",
    [BILL_60, ("agree_to_plan", 0, 2, 1)],
)
PLAN_AND_AUTOPAY = Kept(
    "a card was charged beside the instalments",
    [BILL_60, AUTOPAY, ("agree_to_plan", 0, 1, 1), ("let_days_pass", 0, 4, 1)],
)
SAME_DAY = Kept(
    "another of three invoices of one day was paid than was shown",
    [("bill", 8, 0, 8500)] * 3 + [("pay_online", 0, 2, 0)],
    asked=15937,
)

KEPT = (
    VOIDED,
    FLIPPED,
    HELD,
    HELD_AND_CHARGED,
    DEPOSIT,
    AT_THE_BRANCH,
    IN_PARTS,
    NOT_DUE,
    DISCOUNT,
    COVERED,
    TOO_SMALL,
    BESIDE_WHAT_IS_LATER,
    TOO_SMALL_TOGETHER,
    LEFT_BY_HELD_MONEY,
    CLEARING,
    EMPLOYED,
    INSURED,
    IN_PLAN,
    PLAN_AND_AUTOPAY,
    SAME_DAY,
)
