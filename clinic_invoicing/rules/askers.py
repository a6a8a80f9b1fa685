"""Who asks for what: one table of what may stand in the way, and of who asks.

Each receivable line with money open has reasons why it is not simply asked for now; a
line that is due and free has none. An asker does what the strictest of them allows.
"""

from enum import IntEnum
from typing import NamedTuple


class Answer(IntEnum):
    """What an asker does about a line, from least to most."""

    NOTHING = 0
    SHOWS = 1
    OFFERS = 2
    ASKS = 3


class Asker(NamedTuple):
    """Who or what speaks to a payer about money."""

    name: str
    meaning: str


class Reason(NamedTuple):
    """Why a line is not simply asked for."""

    name: str
    meaning: str


PAGE = Asker("page", "The large amount on the Billing page")
RED_NUMBER = Asker("red_number", "The red number")
DIALOG = Asker("dialog", "The pay dialog, and every start of an online payment")
LINK = Asker("link", "A payment link, once it is opened")
DESK = Asker("desk", "The desk's page")
REQUEST = Asker("request", "The pay request")
REMINDER = Asker("reminder", "Reminders")
AUTOPAY = Asker("autopay", "Autopay")
PROPOSAL = Asker("proposal", "The proposal of a payment plan")
INSTALMENT = Asker("instalment", "An instalment of a payment plan")
DEPOSIT = Asker("deposit", "A deposit: it is for what is not invoiced")
STATEMENT = Asker("statement", "The statement")
MONEY_OWED = Asker("money_owed", "Money Owed")
ASKERS = (
    PAGE,
    RED_NUMBER,
    DIALOG,
    LINK,
    DESK,
    REQUEST,
    REMINDER,
    AUTOPAY,
    PROPOSAL,
    INSTALMENT,
    DEPOSIT,
    STATEMENT,
    MONEY_OWED,
)

# In this order one of them is told to the payer.
CLOSED = Reason("closed", "Draft, cancelled, paid, or no invoice")
ON_HOLD = Reason("on_hold", "The practice has put the invoice on hold")
CLEARING = Reason("clearing", "Money for the invoice is on its way")
OFFLINE = Reason("offline", "No payment provider takes it, or paying online is off")
DISPUTED = Reason("disputed", "A bank has still to decide about a payment of it")
TOO_SMALL = Reason("too_small", "Less than any payment provider takes")
INSURERS = Reason("insurers", "It is an insurer's invoice")
UNANSWERED = Reason("unanswered", "An insurer has still to answer for a service on it")
IN_PLAN = Reason("in_plan", "It is paid in instalments, as agreed")
CHARGED = Reason("charged", "A saved card is about to pay it")
NOT_DUE = Reason("not_due", "Its day has not come")
REASONS = (
    CLOSED,
    ON_HOLD,
    CLEARING,
    OFFLINE,
    DISPUTED,
    TOO_SMALL,
    INSURERS,
    UNANSWERED,
    IN_PLAN,
    CHARGED,
    NOT_DUE,
)

# They ask for several invoices at once: what is too small by itself is paid together.
TOGETHER_ASKERS = (PAGE, RED_NUMBER, DIALOG, LINK)
# They lead people there.
LEADING_ASKERS = (REQUEST, REMINDER)

_LETTERS = {letter.name[0]: letter for letter in Answer}

# By reason, one letter for each asker in the order of ASKERS: Nothing, Shows, Offers
# to be paid by choice, Asks.
_TABLE = {
    #           page red_number dialog link desk request reminder autopay proposal
    #           instalment deposit statement money_owed
    None: "A A A A A A A A A A N S S",
    CLOSED: "N N N N N N N N N N N N N",
    ON_HOLD: "S N S S S N N N N N N S S",
    CLEARING: "S N S S S N N N N N N S S",
    OFFLINE: "A A S S A N N N N N N S S",
    DISPUTED: "S N S S S N N N N N N S S",
    TOO_SMALL: "S N S S A N N N N N N S S",
    INSURERS: "A A A A A N N N N N N S S",
    UNANSWERED: "A A A A A A N N N N N S S",
    IN_PLAN: "S N O O O N N N N A N S S",
    CHARGED: "A A A A A N N A A A N S S",
    NOT_DUE: "O N O O O O O S O A N S S",
}


def _read(letters):
    answers = [_LETTERS[letter] for letter in letters.split()]
    return dict(zip(ASKERS, answers, strict=True))


TABLE = {reason: _read(letters) for reason, letters in _TABLE.items()}


def get_answer(asker, reasons):
    """Return what an asker does about a line: what the strictest reason allows.

    :param reasons: of the line; a line without any is due and free
    """
    return min(TABLE[reason][asker] for reason in (None, *reasons))


def get_barring(asker, least=Answer.ASKS):
    """Return the reasons for which this asker does less than ``least``.

    :rtype: tuple[Reason]
    """
    return tuple(reason for reason in REASONS if TABLE[reason][asker] < least)


def get_first(reasons):
    """Return the reason that people are told, ``None`` if there is none."""
    return next((reason for reason in REASONS if reason in reasons), None)


def describe():
    """Return the tables as they are printed in the documents for developers."""
    head = ["", "due, free", *(reason.name for reason in REASONS)]
    return "\n\n".join(
        (
            _format(["asker", "is"], [_name(asker) for asker in ASKERS]),
            _format(["reason", "means"], [_name(reason) for reason in REASONS]),
            _format(head, [_describe_answers(asker) for asker in ASKERS]),
        )
    )


def _name(one):
    return [f"`{one.name}`", one.meaning]


def _describe_answers(asker):
    answers = (TABLE[reason][asker] for reason in (None, *REASONS))
    words = (answer.name.lower().replace("nothing", "–") for answer in answers)
    return [f"`{asker.name}`", *words]


def _format(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
