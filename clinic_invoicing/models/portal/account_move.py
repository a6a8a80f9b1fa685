from collections import defaultdict
from datetime import date
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...rules.askers import (
    CLEARING,
    DIALOG,
    DISPUTED,
    IN_PLAN,
    ON_HOLD,
    PAGE,
    RED_NUMBER,
    TOO_SMALL,
    Answer,
    get_first,
)
from ..payers.account_move_line import ADDRESSEE
from ..paying.account_move import OPEN_STATES
from ..paying.account_move_line_held import ROOT_COMPANY
from ..paying.clinic_open_item import IS_RECEIVABLE

# By the first day of each invoice that money which is held does not cover. Discounts
# are not looked at here: whether there may be one is told beside it.
COUNT_BY_FIRST_DUE = """
WITH held AS (
    SELECT found.payer_id, found.company_id, found.currency_id,
           -SUM(line.amount_residual_currency) AS amount
      FROM (%(held)s) found
      JOIN account_move_line line ON line.id = found.id
     GROUP BY 1, 2, 3
), part AS (
    SELECT line.move_id,
           %(payer)s AS payer_id,
           line.company_id AS billed_by,
           line.amount_residual_currency AS owed,
           line.currency_id,
           %(root_company)s AS company_id,
           company.clinic_zone AS zone,
           COALESCE(line.date_maturity, line.date) AS due,
           SUM(line.amount_residual_currency) OVER (
               own ORDER BY COALESCE(line.date_maturity, line.date),
                            line.amount_currency, line.id
           ) AS owed_until,
           BOOL_OR(line.discount_date IS NOT NULL) OVER own AS may_be_less
      FROM account_move_line line
      JOIN account_move move ON move.id = line.move_id
      JOIN res_partner billed ON billed.id = move.partner_id
      JOIN res_company company ON company.id = line.company_id
     WHERE line.move_id IN %(moves)s
       AND line.reconciled IS NOT TRUE
       AND %(is_receivable)s
    WINDOW own AS (
        PARTITION BY %(payer)s, %(root_company)s, line.currency_id
    )
), uncovered AS (
    SELECT part.payer_id, part.billed_by, part.currency_id, part.zone, part.due,
           LEAST(part.owed, part.owed_until - COALESCE(held.amount, 0)) AS asked,
           ROW_NUMBER() OVER (PARTITION BY part.move_id ORDER BY part.due) = 1
               AS is_first,
           part.may_be_less AND held.amount > 0 AS may_be_less
      FROM part
      LEFT JOIN held USING (payer_id, company_id, currency_id)
     WHERE part.owed_until > COALESCE(held.amount, 0)
)
SELECT payer_id, billed_by, currency_id, zone, due,
       COUNT(*) FILTER (WHERE is_first), SUM(asked), BOOL_OR(may_be_less)
  FROM uncovered GROUP BY 1, 2, 3, 4, 5
"""


class Row(NamedTuple):
    """What a client reads of what is to be paid of an invoice.

    :ivar str badge: the name of the reason why it is not simply to be paid, if any
    :ivar list dues: each day and what is open for it, as long as it is asked for
    :ivar bool is_later: whether none of these days has come
    :ivar bool can_pay: whether the client may pay something of it now
    """

    badge: str
    dues: list[tuple[date, float]]
    today: date
    is_later: bool
    can_pay: bool

    @classmethod
    def from_claims(cls, move, reasons, claims):
        """Return it for why the invoice is not asked, and what is, line by line."""
        badge = get_first(reasons.intersection((DISPUTED, CLEARING, IN_PLAN, ON_HOLD)))
        dues = defaultdict(float)
        is_asked = not reasons.intersection((ON_HOLD, IN_PLAN, TOO_SMALL))
        for claim in claims if is_asked else ():
            dues[claim.due] += claim.line.amount_residual_currency
        today = move._clinic_get_day()
        offered = [each.amount for each in claims if each.answer >= Answer.OFFERS]
        return cls(
            badge=badge.name if badge else "",
            dues=list(dues.items()),
            today=today,
            is_later=bool(dues) and min(dues) > today,
            can_pay=any(amount > 0 for amount in offered),
        )


class Asked(NamedTuple):
    """What somebody is to pay to a practice in a currency.

    :ivar float amount: now, less discounts and what is held
    :ivar list later: each day that comes, and what is due on it
    :ivar float held: what is taken off because the practice holds it
    """

    company: models.BaseModel
    currency: models.BaseModel
    amount: float
    later: list[tuple[date, float]]
    held: float = 0.0

    @classmethod
    def from_dues(cls, company, currency, now, later, held=0.0):
        """Return it with its amounts rounded, and without days that ask for nothing.

        :param dict later: amounts by their day
        """
        later = [(due, currency.round(later[due])) for due in sorted(later)]
        return cls(
            company,
            currency,
            currency.round(now),
            [(due, amount) for due, amount in later if amount > 0],
            currency.round(held),
        )


class Held(NamedTuple):
    """Money that a practice and its branches hold for somebody.

    :ivar float taken: how much of it is taken off what is asked
    """

    practice: models.BaseModel
    currency: models.BaseModel
    amount: float
    taken: float


class AccountMove(models.Model):
    """What clients read of their invoices, and fetch of them, on the Billing page."""

    _inherit = "account.move"

    # === WHICH INVOICES === #

    @api.model
    def _clinic_get_open_domain(self, partner):
        """Invoices with money open, whether it can be paid at the moment or not."""
        return self._clinic_get_billed_domain(partner) & Domain(
            "payment_state", "in", OPEN_STATES
        )

    @api.model
    def _clinic_get_settled_domain(self, partner):
        """Invoices that ``partner`` owes nothing for any more."""
        return self._clinic_get_billed_domain(partner) & Domain(
            "payment_state", "not in", OPEN_STATES
        )

    @api.model
    def _clinic_get_patient_domain(self, patient_id):
        """Return the domain of the invoices of services that this patient received."""
        return Domain("invoice_line_ids.clinic_service_id.patient_id", "=", patient_id)

    @api.model
    def _clinic_get_asked(self, partner, chosen=Domain.TRUE):
        """Return what ``partner`` is to pay now, and what later.

        One query for what is owed, however many invoices there are.

        :param Domain chosen: of the invoices that count
        :rtype: list[Asked]
        """
        lines = self.env["account.move.line"]
        domain = self._clinic_get_asked_domain(partner, PAGE) & chosen
        groups = lines._read_group(
            lines._clinic_get_open_domain() & Domain("move_id", "any", domain),
            ["company_id", "currency_id", "date_maturity:day"],
            ["amount_residual_currency:sum"],
        )
        companies = self.env["res.company"].union(*(group[0] for group in groups))
        if lines._clinic_sum_held(partner, companies):
            return self.search(domain)._clinic_get_asked_by_claims()
        return self._clinic_get_asked_by_day(domain, groups)

    @api.model
    def _clinic_get_asked_by_day(self, domain, groups):
        """Return what is asked where no money is held.

        :param list groups: by company, currency and day, what is owed
        """
        discounts = self._clinic_get_discounts(domain) if groups else {}
        now, later = defaultdict(float), defaultdict(dict)
        for company, currency, due, owed in groups:
            if due > company._clinic_get_day():
                later[company, currency][due] = owed
                now[company, currency] += 0.0
            else:
                discount = discounts.get((company, currency, due), 0.0)
                now[company, currency] += owed - discount
        return self._clinic_prepare_asked(now, later)

    def _clinic_get_asked_by_claims(self):
        """Return what is asked of these where money is held, line by line."""
        now, later = defaultdict(float), defaultdict(lambda: defaultdict(float))
        held = defaultdict(float)
        for company, moves in self.grouped("company_id").items():
            day = company._clinic_get_day()
            for claim in moves._clinic_get_claims(PAGE):
                key = claim.line.company_id, claim.line.currency_id
                is_asked = claim.answer == Answer.ASKS
                now[key] += claim.amount if is_asked else 0.0
                held[key] += claim.held
                if claim.answer == Answer.OFFERS and claim.due > day:
                    later[key][claim.due] += claim.amount
        return self._clinic_prepare_asked(now, later, held)

    @api.model
    def _clinic_prepare_asked(self, now, later, held=None):
        """Return what is asked; what is too small even together is not.

        :param dict now: amounts by company and currency, as the others
        :rtype: list[Asked]
        """
        leasts = self.env["payment.provider"]._clinic_get_leasts_by_currency()
        asked = []
        for key, amount in now.items():
            company, currency = key
            least = leasts.get((company.id, currency.id), 0.0)
            total = amount + sum(later[key].values())
            is_enough = currency.compare_amounts(amount, least) >= 0
            is_enough_later = currency.compare_amounts(total, least) >= 0
            asked.append(
                Asked.from_dues(
                    *key,
                    amount if is_enough else 0.0,
                    later[key] if is_enough_later else {},
                    held[key] if held else 0.0,
                )
            )
        return asked

    @api.model
    def _clinic_describe_held(self, partner, asked):
        """Return what is held for ``partner``, whether anything is asked or not.

        :param list[Asked] asked: of the same partner
        :rtype: list[Held]
        """
        held = self.env["account.move.line"]._clinic_sum_held(partner)
        taken = defaultdict(float)
        for group in asked:
            taken[group.company.root_id, group.currency] += group.held
        return [
            Held(practice, currency, amount, taken[practice, currency])
            for (_payer, practice, currency), amount in held.items()
        ]

    @api.model
    def _clinic_count_asked(self, payers):
        """Return of how many invoices something is to be paid now.

        It is one query, unless money is held for who may pay less by paying early.
        """
        domain = self._clinic_get_asked_domain(payers, RED_NUMBER)
        # SQL: the first day of each invoice, and where it is that day.
        rows = self.env.execute_query(
            SQL(
                COUNT_BY_FIRST_DUE,
                held=self.env["account.move.line"]._clinic_get_held_query(payers),
                root_company=ROOT_COMPANY,
                payer=ADDRESSEE,
                moves=self._search(domain).subselect(),
                is_receivable=IS_RECEIVABLE,
            )
        )
        if any(may_be_less for *_count, may_be_less in rows):
            return self.search(domain)._clinic_count_by_claims(RED_NUMBER)
        get_day = self.env["res.company"]._clinic_get_day_in
        counts, sums = defaultdict(int), defaultdict(float)
        for *key, zone, due, count, asked, _may_be_less in rows:
            if due <= get_day(zone):
                counts[tuple(key)] += count
                sums[tuple(key)] += float(asked)
        leasts = self.env["payment.provider"]._clinic_get_leasts_by_currency()
        # Sums of binary fractions are none: less than a digit makes no difference.
        return sum(
            count
            for key, count in counts.items()
            if round(sums[key] - leasts.get(key[1:], 0.0), 6) >= 0
        )

    def _clinic_count_by_claims(self, asker):
        """Return of how many of these this asker asks for something, line by line."""
        asked = (
            claim.line.move_id
            for moves in self.grouped("company_id").values()
            for claim in moves._clinic_get_claims(asker)
            if claim.answer == Answer.ASKS and claim.amount > 0
        )
        return len(self.browse().union(*asked))

    @api.model
    def _clinic_count_open(self, domain):
        """Return how many of these invoices have money open, and how many have not."""
        counts = dict(self._read_group(domain, ["payment_state"], ["__count"]))
        is_open = sum(counts.get(state, 0) for state in OPEN_STATES)
        return is_open, sum(counts.values()) - is_open

    @api.model
    def _clinic_get_billed_patients(self, partner):
        """Return whose services are billed to ``partner``, themselves first."""
        groups = self.env["account.move.line"]._read_group(
            Domain("move_id", "any", self._clinic_get_billed_domain(partner))
            & Domain("clinic_service_id", "!=", False),
            ["clinic_service_id.patient_id"],
        )
        patients = partner.browse().concat(*(patient for (patient,) in groups))
        return patients.sorted(lambda patient: (patient != partner, patient.name or ""))

    # === WHAT A ROW SAYS === #

    def _clinic_describe_rows(self, is_held=True):
        """Return what a client reads of what is to be paid of each of these invoices.

        :param bool is_held: whether money is held for the client, as far as is known
        :rtype: dict[account.move, Row]
        """
        # sudo: clients read no entries, and what is open of theirs.
        moves = self.sudo()
        reasons = moves._clinic_get_reasons(DIALOG)
        claims = defaultdict(list)
        day = moves._clinic_get_day()
        found = moves._clinic_get_claims_before(DIALOG, day, day)
        if is_held:
            found = moves._clinic_take_off_held(found, DIALOG, day, day)
        found = moves._clinic_leave_small(found, DIALOG)
        for claim in found:
            claims[claim.line.move_id].append(claim)
        return {
            move: Row.from_claims(move, reasons[move], claims[move]) for move in self
        }

    # === WHAT A ROW OPENS TO === #

    def _clinic_get_portal_lines(self):
        """Return what a client reads of each service on this invoice.

        :rtype: list[dict]
        """
        self.ensure_one()
        # sudo: clients have no access to services, only to what is billed to them.
        # Not filtered(), which forgets that other invoices are on the same page. Not
        # invoice_line_ids: payments need the other lines, and all are read at once.
        move = self.sudo()
        totals = move._clinic_get_line_totals()
        return [
            line._clinic_prepare_portal_line(totals[line])
            for line in move.line_ids
            if line.display_type == "product"
        ]

    def _clinic_get_portal_payments(self):
        """Return by what this invoice is settled and credited, and what has gone back.

        :rtype: list[dict]
        """
        self.ensure_one()
        # sudo: clients do not read entries, only what they have paid themselves.
        move = self.sudo()
        credits = [
            {
                "kind": "credit_note",
                "date": note.invoice_date,
                "payment": self.env["account.payment"],
                "method": note.name,
                "amount": note.amount_total,
            }
            for note in move._clinic_get_credit_notes()
        ]
        rows = move._clinic_get_settlements() + credits
        return [
            {**row, "card": row["payment"]._clinic_get_card_name()}
            for row in sorted(rows, key=lambda row: row["date"])
        ]

    # === DOCUMENTS THAT CLIENTS FETCH === #

    def _clinic_is_document_final(self):
        """Whether what is printed is the invoice itself, sent or not.

        Odoo calls an invoice "Proforma" until somebody sends it by its own dialog. Most
        of a practice's are never sent: clients pay by a link, and insurers take no
        proforma.
        """
        # Where the state wants more than a PDF, it exists once that was sent.
        wanted = self.env["account.move.send"]._get_default_extra_edis
        return all(
            move.clinic_has_services and move.state == "posted" and not wanted(move)
            for move in self
        )

    def _get_invoice_proforma_pdf_report_filename(self):
        if self._clinic_is_document_final():
            return self._get_invoice_report_filename()
        return super()._get_invoice_proforma_pdf_report_filename()
