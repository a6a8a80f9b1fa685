from collections import defaultdict
from datetime import date
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Command, Domain

from ...rules.askers import AUTOPAY, Answer
from ...rules.charge_days import take_what_fits
from ...rules.smallest_units import to_smallest_unit
from ..paying.account_move_allocation import PAID_FIRST


class AtOnce(NamedTuple):
    """What is charged at once: of an address, in a currency, due in these days.

    :ivar date due_from: ``False``: whatever is due until then
    """

    agreement: models.BaseModel
    currency: models.BaseModel
    payer: models.BaseModel
    due_from: date
    due_until: date

    def covers(self, due):
        """Whether what is due on a day is charged."""
        return (not self.due_from or self.due_from <= due) and due <= self.due_until


class ClinicAutopay(models.Model):
    """The part of the job that plans a charge for what is owed."""

    _inherit = "clinic.autopay"

    planned_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="Written whenever charges are planned: of two workers, one comes second.",
    )

    @api.model
    def _plan_charges(self):
        """Plan a charge for what each client on autopay owes, for the day it is due."""
        agreements = self.search(
            [("company_id.clinic_autopay", "=", True), ("pause_reason", "=", False)]
        )
        agreements = agreements._end_without_card()
        planned = agreements._get_plannable()
        if not planned:
            return
        concerned = self.browse().union(*(key.agreement for key in planned))
        concerned.planned_at = fields.Datetime.now()
        self.env["clinic.scheduled.charge"].create(
            [
                values
                for key, invoices in planned.items()
                for values in key.agreement._prepare_charges(key, invoices)
            ]
        )

    def _end_without_card(self):
        """End agreements whose card cannot be charged any more; return the others."""
        lost = self.filtered(
            lambda agreement: (
                not agreement.token_id
                or agreement.token_id._clinic_get_charge_problem()
            )
        )
        lost._end("card")
        return self - lost

    @api.model
    def _end_without_access(self, partners):
        """End the agreements of clients who can neither see nor stop them any more."""
        agreements = self.search([("partner_id", "in", partners.ids)])
        agreements.filtered(
            lambda agreement: (
                not any(
                    user.active and (user._is_portal() or user._is_internal())
                    for user in agreement.partner_id.user_ids
                )
            )
        )._end("access")

    def _get_plannable(self):
        """Return the invoices to plan, by what is charged at once.

        :rtype: dict[AtOnce, account.move]
        """
        by_payer = {
            (agreement.partner_id, agreement.company_id): agreement
            for agreement in self
        }
        planned = defaultdict(self.env["account.move"].browse)
        for claim in self._find_claims():
            move = claim.line.move_id
            payer = move.partner_id
            owners = payer | payer._clinic_get_addressee()
            owner = (owners & self.partner_id)[:1]
            agreement = by_payer.get((owner, move.company_id))
            if agreement:
                planned[agreement._get_at_once(move, claim.due)] |= move
        return planned

    def _find_claims(self):
        """Return what these payers owe and autopay has not taken up, day by day."""
        claims = []
        for moves in self._find_unplanned().grouped("company_id").values():
            claims += moves._clinic_get_claims(AUTOPAY)
        return [
            claim
            for claim in claims
            # What is due later is planned for its day.
            if claim.answer >= Answer.SHOWS
            and not any(
                charge._is_taken_up() and charge._covers(claim.due)
                for charge in claim.line.move_id.clinic_charge_ids
            )
        ]

    def _find_unplanned(self):
        """Return the unpaid invoices of these payers that may not be taken up wholly.

        Each part is taken up once: what was declined, called off by people, or paid
        and given back, is asked for by people.
        """
        moves = self.env["account.move"]
        whole = Domain("due_from", "=", False) & Domain("due_until", "=", False)
        taken_up = self.env["clinic.scheduled.charge"]._get_taken_up_domain()
        return moves.search(
            moves._clinic_get_unpaid_domain(self.partner_id)
            & Domain("company_id", "in", self.company_id.ids)
            & Domain("clinic_charge_ids", "not any", taken_up & whole),
            order=PAID_FIRST,
        )

    def _get_at_once(self, move, due):
        """Return together with what else this is charged."""
        self.ensure_one()
        today = self.company_id._clinic_get_today(self.partner_id)
        soonest = fields.Date.add(today, days=self._get_notice_days())
        is_soon = due <= soonest
        return AtOnce(
            self,
            move.currency_id,
            move.partner_id,
            due_from=False if is_soon else due,
            due_until=soonest if is_soon else due,
        )

    def _prepare_charges(self, key, invoices):
        """Return the values of what is charged at once.

        What does not fit into the limit any more is a charge of its own: it gets a
        link.

        :param AtOnce key: see above
        """
        amounts = defaultdict(float)
        for claim in invoices._clinic_get_claims(AUTOPAY, key.due_until):
            if key.covers(claim.due) and claim.amount > 0:
                amounts[claim.line.move_id] += claim.amount
        fits = take_what_fits(
            [self._to_units(key.currency, amount) for amount in amounts.values()],
            self._to_units(self.currency_id, self.cap),
        )
        parts = (
            [move for move, fit in zip(amounts, fits, strict=True) if fit == wanted]
            for wanted in (True, False)
        )
        return [
            self._prepare_charge(
                key, invoices.browse().union(*part), sum(map(amounts.get, part))
            )
            for part in parts
            if part
        ]

    def _to_units(self, currency, amount):
        """Return an amount in the smallest units of the currency of the limit."""
        return to_smallest_unit(
            self._convert(currency, amount), self.currency_id.rounding
        )

    def _prepare_charge(self, key, invoices, amount):
        today = self.company_id._clinic_get_today(self.partner_id)
        notice = fields.Date.subtract(key.due_until, days=self._get_notice_days())
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "currency_id": key.currency.id,
            "origin": "autopay",
            "autopay_id": self.id,
            "token_id": self.token_id.id,
            "invoice_ids": [Command.set(invoices.ids)],
            "amount": key.currency.round(amount),
            "date": key.due_until,
            "due_from": key.due_from,
            "due_until": key.due_until,
            "discount_day": key.due_until,
            "next_date": max(today, notice),
        }
