from dataclasses import dataclass
from datetime import date

from odoo import api, models
from odoo.fields import Domain

from ...rules.asking import (
    CLEARING,
    CLOSED,
    DESK,
    DIALOG,
    INSURERS,
    OFFLINE,
    ON_HOLD,
    UNANSWERED,
    Answer,
    get_answer,
    get_barring,
    get_first,
)
from ...rules.payers import PAYER_INSURER
from ...server_side import heard
from .account_move import OPEN_STATES


@dataclass(frozen=True)
class Claim:
    """What somebody is asked for a receivable line.

    :ivar account.move.line line: with money open
    :ivar date due: its day
    :ivar float amount: what closes it, less the money that is held for its payer
    :ivar Answer answer: what the asker does about it now
    """

    line: models.BaseModel
    due: date
    amount: float
    answer: Answer


class AccountMove(models.Model):
    """The one answer to what is asked: which invoices, which of their lines, how much.

    Pages, links, the desk, reminders, charges and plans derive from it. Who asks for
    what is a table in ``rules/asking.py``.
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
        insurers = Domain("payer_type", "=", PAYER_INSURER)
        return {
            CLOSED: ~self._clinic_get_posted_domain()
            | Domain("payment_state", "not in", OPEN_STATES),
            ON_HOLD: Domain("payment_state", "=", "blocked"),
            CLEARING: Domain("transaction_ids", "any", clearing)
            | Domain("clinic_deposit_transaction_ids", "any", clearing),
            INSURERS: Domain("invoice_line_ids.clinic_share_id", "any", insurers),
            # What the client owes may change with the insurer's answer.
            UNANSWERED: Domain(
                "invoice_line_ids.clinic_service_id.share_ids",
                "any",
                insurers & Domain("amount_due", ">", 0),
            ),
        }

    def _clinic_get_reasons(self):
        """Return why each of these invoices is not simply asked for.

        :rtype: dict[account.move, set]
        """
        # sudo: clients and the front desk read neither transactions nor services, and
        # are told the fact alone.
        moves = self.sudo()
        reasons = {
            move: set() if move._clinic_can_be_paid_online() else {OFFLINE}
            for move in moves
        }
        for reason, domain in self._clinic_get_reason_domains().items():
            for move in moves.filtered_domain(domain):
                reasons[move].add(reason)
        return reasons

    def _clinic_has_reason(self, reason):
        """Whether this is a reason not to ask for this invoice."""
        self.ensure_one()
        domain = self._clinic_get_reason_domains()[reason]
        # sudo: as in _clinic_get_reasons().
        return bool(self.sudo().filtered_domain(domain))

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
        :meth:`_clinic_get_claims`.
        """
        barring = get_barring(asker)
        domain = self._clinic_get_unpaid_domain(partner)
        for reason, invoices in self._clinic_get_reason_domains().items():
            # That none of them is closed is said by the domain itself.
            if reason in barring and reason != CLOSED:
                domain &= ~invoices
        return domain

    def _clinic_filter_for(self, asker, least=Answer.OFFERS):
        """Return those of which this asker asks for a line, or offers to pay it."""
        reasons = self._clinic_get_reasons()
        return self.filtered(lambda move: get_answer(asker, reasons[move]) >= least)

    def _clinic_get_payment_obstacle(self):
        """Return why this cannot be paid online, or at the desk, else ``False``."""
        self.ensure_one()
        barring = get_barring(self._clinic_get_asker(), Answer.OFFERS)
        reason = get_first(self._clinic_get_reasons()[self].intersection(barring))
        return bool(reason) and self._clinic_explain_reason(reason)

    @api.model
    def _clinic_get_asker(self):
        """Return who takes the money. The context key is set by clinic.desk."""
        return DESK if heard(self.env, "clinic_at_desk") else DIALOG

    # === HOW MUCH === #

    def _clinic_get_claims(self, asker, day=None):
        """Return what this asker does about each line with money open, oldest first.

        :param date day: on which it is paid; the practice's day if there is none
        :rtype: list[Claim]
        """
        day = day or self._clinic_get_day()
        lines = self._clinic_get_open_lines()
        reasons = lines._clinic_get_reasons(day)
        return [
            Claim(
                line,
                line._clinic_get_due_day(),
                line._clinic_get_closing(day),
                get_answer(asker, reasons[line]),
            )
            for line in lines
        ]

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

    def _clinic_get_suggested(self, asker):
        """Return what is paid unless the payer chooses otherwise.

        It is what is due; all of it where nothing is.
        """
        return self._clinic_sum_asked(asker) or self._clinic_sum_offered(asker)
