"""Faults that were seen once, to be put back: a kept sequence has to turn red."""

from collections.abc import Callable
from typing import NamedTuple

from odoo.fields import Domain
from odoo.tools import SQL

from ...rules import askers
from . import kept_sequences as kept


class Fault(NamedTuple):
    """A method that goes wrong.

    :ivar str model: of the method
    :ivar callable wrong: what it does: a function of the right one and its arguments
    :ivar Kept sequence: that shows it
    """

    model: str
    method: str
    wrong: Callable
    sequence: kept.Kept


def forget_reasons(sequence, *forgotten):
    """Return the fault that these are no reasons not to ask."""

    def get_domains(right, moves):
        return {
            reason: Domain.FALSE if reason in forgotten else domain
            for reason, domain in right(moves).items()
        }

    return Fault("account.move", "_clinic_get_reason_domains", get_domains, sequence)


def ignore_held_money(careless):
    """Return the fault that one asker forgets what is in hand."""

    def take_off(right, moves, claims, asker, *days):
        return claims if asker == careless else right(moves, claims, asker, *days)

    return Fault("account.move", "_clinic_take_off_held", take_off, kept.HELD)


def _ask_before_the_day(right, lines, asker, day):
    return {
        line: reasons - {askers.NOT_DUE}
        for line, reasons in right(lines, asker, day).items()
    }


def _own_what_the_company_owns(right, partners):
    return Domain("commercial_partner_id", "in", partners.commercial_partner_id.ids)


def _leave_branches_out(right, lines, payers, companies):
    held = right(lines, payers, companies)
    return {
        key: own.filtered(lambda line: line.company_id == line.company_id.root_id)
        for key, own in held.items()
    }


def _count_deposits(right, lines):
    return SQL("(payment.id IS NULL OR payment.state IN ('in_process', 'paid'))")


def _pay_the_newest_first(right, moves, amount):
    allocation = []
    for move in moves.sorted("id", reverse=True):
        part = min(amount, move.amount_residual)
        amount -= part
        allocation.append((move, move.currency_id.round(part)))
    return allocation


FAULTS = {
    "reminders ignore held money": ignore_held_money(askers.REMINDER),
    "autopay ignores held money": ignore_held_money(askers.AUTOPAY),
    "the page ignores held money": ignore_held_money(askers.PAGE),
    "a card is charged as planned, whatever is held": Fault(
        "clinic.scheduled.charge",
        "_get_amount",
        lambda right, charge: charge.amount,
        kept.HELD_AND_CHARGED,
    ),
    "deposits pay invoices": Fault(
        "account.move.line",
        "_clinic_get_held_condition",
        _count_deposits,
        kept.DEPOSIT,
    ),
    "a branch is left out": Fault(
        "account.move.line",
        "_clinic_get_held_lines",
        _leave_branches_out,
        kept.AT_THE_BRANCH,
    ),
    "what is due later is asked for": Fault(
        "account.move.line", "_clinic_get_reasons", _ask_before_the_day, kept.IN_PARTS
    ),
    "a card is charged before the day": Fault(
        "account.move.line", "_clinic_get_reasons", _ask_before_the_day, kept.NOT_DUE
    ),
    "discounts are forgotten": Fault(
        "account.move.line",
        "_clinic_get_discount",
        lambda right, line, day: 0.0,
        kept.DISCOUNT,
    ),
    "clients are asked for what no provider takes": forget_reasons(
        kept.TOO_SMALL, askers.TOO_SMALL
    ),
    "money that is on its way is asked for again": forget_reasons(
        kept.CLEARING, askers.CLEARING
    ),
    "an employee's invoice is the company's": Fault(
        "res.partner",
        "_clinic_get_own_domain",
        _own_what_the_company_owns,
        kept.EMPLOYED,
    ),
    "clients are reminded of what an insurer may still pay": forget_reasons(
        kept.INSURED, askers.UNANSWERED
    ),
    "the invoice of a plan is asked for as a whole": forget_reasons(
        kept.IN_PLAN, askers.IN_PLAN
    ),
    "another invoice is paid than was shown": Fault(
        "account.move",
        "_clinic_get_allocation",
        _pay_the_newest_first,
        kept.SAME_DAY,
    ),
}
