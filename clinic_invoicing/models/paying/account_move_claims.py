from collections import defaultdict
from datetime import date
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain

from ...rules.askers import (
    CLEARING,
    CLOSED,
    DESK,
    DIALOG,
    INSURERS,
    LEADING_ASKERS,
    OFFLINE,
    ON_HOLD,
    TOGETHER_ASKERS,
    TOO_SMALL,
    UNANSWERED,
    Answer,
    get_answer,
    get_barring,
    get_first,
)
from ...rules.payers import PAYER_INSURER
from ...rules.smallest_units import allocate_in_order, to_smallest_unit
from ...server_side import heard
from .account_move import OPEN_STATES


class Claim(NamedTuple):
    """What somebody is asked for a receivable line.

    :ivar account.move.line line: with money open
    :ivar date due: its day
    :ivar float amount: what closes it, less the money that is held for its payer
    :ivar Answer answer: what the asker does about it now
    :ivar float held: what was taken off because the practice holds it
    """

    line: models.BaseModel
    due: date
    amount: float
    answer: Answer
    held: float = 0.0

    def take_off(self, held):
        """Return it with so much money taken off."""
        amount = self.line.currency_id.round(self.amount - held)
        return self._replace(amount=amount, held=held)

    def limit(self, answer):
        """Return it with no more done about it than this."""
        return self._replace(answer=min(self.answer, answer))


class AccountMove(models.Model):
    """The one answer to what is asked: which invoices, which of their lines, how much.

    Pages, links, the desk, reminders, charges and plans derive from it. Who asks for
    what is a table in ``rules/askers.py``.
    """

    _inherit = "account.move"

    # === WHAT STANDS IN THE WAY === #

    @api.model
    def _clinic_get_reason_domains(self):
        """Return for each reason not to ask the domain of its invoices: a hook.

        The same domain is searched where invoices are counted, and filtered by where
        they are known.

        :rtype: dict[Reason, Domain]
        """
        clearing = self.env["payment.transaction"]._clinic_get_clearing_domain()
        leasts = self.env["payment.provider"]._clinic_get_leasts()
        insurers = Domain("payer_type", "=", PAYER_INSURER)
        return {
            CLOSED: ~self._clinic_get_posted_domain()
            | Domain("payment_state", "not in", OPEN_STATES),
            ON_HOLD: Domain("payment_state", "=", "blocked"),
            CLEARING: Domain("transaction_ids", "any", clearing)
            | Domain("clinic_deposit_transaction_ids", "any", clearing),
            TOO_SMALL: Domain.OR(
                Domain("company_id", "=", company_id)
                & Domain("currency_id", "=", currency_id)
                & Domain("amount_residual", "<", least)
                for company_id, currency_id, least in leasts
            ),
            INSURERS: Domain("invoice_line_ids.clinic_share_id", "any", insurers),
            # What the client owes may change with the insurer's answer.
            UNANSWERED: Domain(
                "invoice_line_ids.clinic_service_id.share_ids",
                "any",
                insurers & Domain("amount_due", ">", 0),
            ),
        }

    def _clinic_get_reasons(self, asker):
        """Return why this asker does not simply ask for each of these invoices.

        Others' reasons are not looked for.

        :rtype: dict[account.move, set]
        """
        barring = get_barring(asker)
        # sudo: clients and the front desk read neither transactions nor services, and
        # are told the fact alone.
        moves = self.sudo()
        reasons = {
            move: set() if move._clinic_can_be_paid_online() else {OFFLINE}
            for move in moves
        }
        for reason, domain in self._clinic_get_reason_domains().items():
            for move in moves.filtered_domain(domain) if reason in barring else ():
                reasons[move].add(reason)
        if asker in TOGETHER_ASKERS:
            self._clinic_join_small(reasons, asker)
        return reasons

    @api.model
    def _clinic_join_small(self, reasons, asker):
        """Take back that invoices are too small which can be paid with others.

        :param dict reasons: by invoice, of what is asked at once; is changed
        """
        if not any(TOO_SMALL in found for found in reasons.values()):
            return
        free = defaultdict(float)
        for move, found in reasons.items():
            if get_answer(asker, found - {TOO_SMALL}) >= Answer.OFFERS:
                free[move._clinic_get_small_key()] += move.amount_residual
        leasts = self.env["payment.provider"]._clinic_get_leasts_by_currency()
        for move, found in reasons.items():
            key = move._clinic_get_small_key()
            least = leasts.get((move.company_id.id, move.currency_id.id), 0.0)
            if move.currency_id.compare_amounts(free[key], least) >= 0:
                found.discard(TOO_SMALL)

    def _clinic_get_small_key(self):
        """Return under what small invoices are paid together."""
        self.ensure_one()
        payer = self.partner_id._clinic_get_addressee()
        return payer, self.company_id, self.currency_id

    def _clinic_has_reason(self, reason):
        """Whether this is a reason not to ask for this invoice."""
        self.ensure_one()
        return bool(self._clinic_filter_reason(reason))

    def _clinic_filter_reason(self, reason):
        """Return those of these for which this is a reason not to ask, in sudo."""
        domain = self._clinic_get_reason_domains()[reason]
        # sudo: as in _clinic_get_reasons().
        return self.sudo().filtered_domain(domain)

    def _clinic_explain_reason(self, reason):
        """Return the sentence in which a payer reads why this is not asked: a hook."""
        self.ensure_one()
        if reason == CLOSED:
            return self._clinic_explain_closed()
        return {
            ON_HOLD: self.env._(
                "This invoice is on hold. Nothing needs to be paid for it at present."
            ),
            CLEARING: self.env._(
                "A payment of this invoice is on its way. You need not pay again."
            ),
            OFFLINE: self.env._("Invoices cannot be paid online at the moment."),
            TOO_SMALL: self.env._(
                "So little cannot be paid online by itself. Pay it with other "
                "invoices, or at the practice, which may also write it off."
            ),
        }.get(reason) or self.env._("What is owed has still to be decided.")

    def _clinic_explain_closed(self):
        if self.move_type != "out_invoice" or self.state != "posted":
            return self.env._("This document cannot be paid.")
        if self.payment_state == "reversed":
            return self.env._("This invoice has been cancelled. Nothing is owed.")
        # What was paid without an entry is open until the bank statement comes.
        return self.env._("This invoice has already been paid.")

    # === WHICH INVOICES === #

    @api.model
    def _clinic_get_asked_domain(self, partner, asker):
        """Return the domain of what ``partner`` owes and this asker asks for.

        What has not come due, and what no provider takes, is not left out: see
        :meth:`_clinic_get_claims`. Nor is, of who asks for all together, what is too
        small by itself.
        """
        barring = set(get_barring(asker))
        if asker in TOGETHER_ASKERS:
            barring.discard(TOO_SMALL)
        domain = self._clinic_get_unpaid_domain(partner)
        for reason, invoices in self._clinic_get_reason_domains().items():
            # That none of them is closed is said by the domain itself.
            if reason in barring and reason != CLOSED:
                domain &= ~invoices
        return domain

    def _clinic_filter_for(self, asker, least=Answer.OFFERS):
        """Return those of which this asker asks for a line, or offers to pay it."""
        reasons = self._clinic_get_reasons(asker)
        return self.filtered(lambda move: get_answer(asker, reasons[move]) >= least)

    def _clinic_get_payment_obstacle(self):
        """Return why this cannot be paid online, or at the desk, else ``False``."""
        self.ensure_one()
        return self._clinic_get_payment_obstacles().get(self, False)

    def _clinic_get_payment_obstacles(self):
        """Return why these cannot be paid at once, for those that cannot.

        :rtype: dict[account.move, str]
        """
        asker = self._clinic_get_asker()
        barring = get_barring(asker, Answer.OFFERS)
        firsts = {
            move: get_first(reasons.intersection(barring))
            for move, reasons in self._clinic_get_reasons(asker).items()
        }
        return {
            move: move._clinic_explain_reason(reason)
            for move, reason in firsts.items()
            if reason
        }

    @api.model
    def _clinic_get_asker(self):
        """Return who takes the money. The context key is set by clinic.desk."""
        return DESK if heard(self.env, "clinic_at_desk") else DIALOG

    # === HOW MUCH === #

    def _clinic_get_claims(self, asker, day=None, discount_day=None):
        """Return what this asker does about each line with money open, oldest first.

        No asker asks for more than is owed less the money that is held, nor for what
        that leaves too small.

        :param date day: on which it is paid; the practice's day if there is none
        :param date discount_day: whose discounts count, if it is another one
        :rtype: list[Claim]
        """
        day = day or self._clinic_get_day()
        discount_day = discount_day or day
        claims = self._clinic_get_claims_before(asker, day, discount_day)
        claims = self._clinic_take_off_held(claims, asker, day, discount_day)
        return self._clinic_leave_small(claims, asker)

    def _clinic_get_claims_before(self, asker, day, discount_day):
        """Return the claims before held money is taken off."""
        lines = self._clinic_get_open_lines()
        reasons = lines._clinic_get_reasons(asker, day)
        return [
            Claim(
                line,
                line._clinic_get_due_day(),
                line._clinic_get_closing(discount_day),
                get_answer(asker, reasons[line]),
            )
            for line in lines
        ]

    def _clinic_filter_open(self, asker):
        """Return those of which this asker asks for, or offers to pay, something.

        Unlike :meth:`_clinic_filter_for`, it looks at each line and at what is held.
        """
        moves = (
            claim.line.move_id
            for claim in self._clinic_get_claims(asker)
            if claim.answer >= Answer.OFFERS and claim.amount > 0
        )
        return self.browse().union(*moves)

    def _clinic_take_off_held(self, claims, asker, day, discount_day):
        """Take off the money that the practice holds for the payers of these.

        It counts once for all that a payer owes: first for what is asked, then for what
        is offered, each the oldest first.
        """
        held = self._clinic_get_held()
        if not held:
            return claims
        others = self._clinic_find_others(held)
        others = others._clinic_get_claims_before(asker, day, discount_day)
        by_key = defaultdict(list)
        for claim in sorted(claims + others, key=_get_rank):
            by_key[claim.line.move_id._clinic_get_held_key()].append(claim)
        taken = {}
        for key, own in by_key.items():
            unit = key[-1].rounding
            amounts = [to_smallest_unit(claim.amount, unit) for claim in own]
            total = to_smallest_unit(held.get(key, 0.0), unit)
            parts = allocate_in_order(total, amounts)
            taken.update(zip((claim.line for claim in own), parts, strict=True))
        return [
            claim.take_off(taken[claim.line] * claim.line.currency_id.rounding)
            for claim in claims
        ]

    @api.model
    def _clinic_leave_small(self, claims, asker):
        """Ask for nothing that nobody can pay online: what is left is too little.

        What is due may be too little as well, and enough with what is due later: all of
        it is offered then.
        """
        leasts = self.env["payment.provider"]._clinic_get_leasts_by_currency()
        if asker not in TOGETHER_ASKERS + LEADING_ASKERS or not any(
            _is_small(claim.amount, claim.line.move_id, leasts) for claim in claims
        ):
            return claims
        asked, offered = (
            self._clinic_sum_at_once(claims, answer)
            for answer in (Answer.ASKS, Answer.OFFERS)
        )
        limited = []
        for claim in claims:
            move = claim.line.move_id
            key = move._clinic_get_small_key()
            most = Answer.ASKS
            if _is_small(offered[key], move, leasts):
                most = get_answer(asker, {TOO_SMALL})
            elif asker in TOGETHER_ASKERS and _is_small(asked[key], move, leasts):
                most = Answer.OFFERS
            limited.append(claim.limit(most))
        return limited

    @api.model
    def _clinic_sum_at_once(self, claims, least):
        """Return what is asked, or offered, by what is paid at once.

        :param Answer least: that is done about what counts
        :rtype: dict[tuple, float]
        """
        sums = defaultdict(float)
        for claim in claims:
            if claim.answer >= least:
                sums[claim.line.move_id._clinic_get_small_key()] += claim.amount
        return sums

    def _clinic_get_held(self):
        """Return the money that is held for the payers of these.

        :return: by :meth:`_clinic_get_held_key`
        :rtype: dict[tuple, float]
        """
        lines = self.env["account.move.line"]
        return lines._clinic_sum_held(self.partner_id, self.company_id)

    def _clinic_find_others(self, held):
        """Return what else the payers owe for whom money is held, in sudo."""
        payers, companies, currencies = (
            self.env[name].union(*(key[index] for key in held))
            for index, name in enumerate(("res.partner", "res.company", "res.currency"))
        )
        # sudo: what they owe counts, whoever asks.
        return self.sudo().search(
            self._clinic_get_unpaid_domain(payers)
            & Domain("company_id", "child_of", companies.ids)
            & Domain("currency_id", "in", currencies.ids)
            & Domain("id", "not in", self.ids)
        )

    def _clinic_sum_claims(self, asker, least, day=None):
        """Return how much of these this asker asks for, or offers to pay.

        :param Answer least: that the asker does about what is counted
        """
        claims = self._clinic_get_claims(asker, day)
        amount = sum(claim.amount for claim in claims if claim.answer >= least)
        return self.currency_id[:1].round(amount) if self else amount

    def _clinic_sum_asked(self, asker, day=None):
        """Return what this asker asks for now: what is due and free, less discounts."""
        return self._clinic_sum_claims(asker, Answer.ASKS, day)

    def _clinic_sum_offered(self, asker, day=None):
        """Return the most that can be paid of these now, what is not due included."""
        return self._clinic_sum_claims(asker, Answer.OFFERS, day)

    def _clinic_sum_covered(self, asker):
        """Return how much of what is owed on these is covered by money that is held."""
        held = sum(self._clinic_get_covered(asker).values())
        return self.currency_id[:1].round(held) if self else held

    def _clinic_explain_held(self, asker):
        """Tell staff how much of what these owe is covered by money that is held."""
        held = self._clinic_sum_covered(asker)
        if not held:
            return ""
        currency = self.currency_id[:1]
        return self.env._(
            "%(held)s is held for the payer; %(asked)s is asked.",
            held=currency.format(held),
            asked=currency.format(self._clinic_get_suggested(asker)),
        )

    def _clinic_get_covered(self, asker):
        """Return how much of each of these is covered by money that is held.

        :rtype: dict[account.move, float]
        """
        covered = defaultdict(float)
        for claim in self._clinic_get_claims(asker) if self._clinic_get_held() else ():
            covered[claim.line.move_id] += claim.held
        return covered

    @api.model
    def _clinic_get_free_held(self, payer, company, currency):
        """Return the money that is held for a payer who owes less than that."""
        lines = self.env["account.move.line"]
        held = lines._clinic_sum_held(payer, company)
        held = {key: amount for key, amount in held.items() if key[-1] == currency}
        owed = self._clinic_find_others(held)._clinic_sum_owed() if held else 0.0
        return max(0.0, currency.round(sum(held.values()) - owed))

    def _clinic_get_suggested(self, asker):
        """Return what is paid unless the payer chooses otherwise.

        It is what is due; all of it where nothing is.
        """
        return self._clinic_sum_asked(asker) or self._clinic_sum_offered(asker)


def _is_small(amount, move, leasts):
    """Whether it is something, and less than is charged online of such an invoice."""
    currency = move.currency_id
    least = leasts.get((move.company_id.id, currency.id), 0.0)
    return (
        currency.compare_amounts(amount, 0.0) > 0
        and currency.compare_amounts(amount, least) < 0
    )


def _get_rank(claim):
    """Return in which order held money pays: what is asked first, then the oldest."""
    line = claim.line
    return -claim.answer, claim.due, line.amount_currency, line.id
