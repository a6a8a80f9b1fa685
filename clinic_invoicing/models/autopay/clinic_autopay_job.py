from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Command, Domain

from ...rules.asking import AUTOPAY


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
        """Plan a charge for what each client on autopay owes and can be asked for."""
        agreements = self.search([("company_id.clinic_autopay", "=", True)])
        agreements = agreements._end_without_card()
        planned = agreements._get_plannable()
        if not planned:
            return
        concerned = self.browse().union(*(key[0] for key in planned))
        concerned.planned_at = fields.Datetime.now()
        self.env["clinic.scheduled.charge"].create(
            [
                agreement._prepare_charge(invoices)
                for (agreement, *_same), invoices in planned.items()
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
        """Return the invoices to plan, by agreement, currency and address."""
        by_payer = {
            (agreement.partner_id, agreement.company_id): agreement
            for agreement in self
        }
        planned = defaultdict(self.env["account.move"].browse)
        for move in self._find_unplanned()._clinic_filter_for(AUTOPAY):
            payer = move.partner_id
            owner = payer if payer in self.partner_id else payer.parent_id
            agreement = by_payer.get((owner, move.company_id))
            if agreement:
                planned[agreement, move.currency_id, payer] |= move
        return planned

    def _find_unplanned(self):
        """Return the unpaid invoices of these payers that autopay has not taken up.

        Each is taken up once: what was declined, called off by people, or paid and
        given back, is asked for by people.
        """
        moves = self.env["account.move"]
        taken_up = Domain("origin", "=", "autopay") & (
            Domain("state", "!=", "cancelled") | Domain("is_called_off", "=", True)
        )
        return moves.search(
            moves._clinic_get_unpaid_domain(self.partner_id)
            & Domain("company_id", "in", self.company_id.ids)
            & Domain("clinic_charge_ids", "not any", taken_up),
            order="invoice_date_due, id",
        )

    def _prepare_charge(self, invoices):
        self.ensure_one()
        today = self.company_id._clinic_get_today(self.partner_id)
        date = fields.Date.add(today, days=self._get_notice_days())
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "currency_id": invoices.currency_id.id,
            "origin": "autopay",
            "autopay_id": self.id,
            "token_id": self.token_id.id,
            "invoice_ids": [Command.set(invoices.ids)],
            "amount": invoices._clinic_sum_closing(date),
            "date": date,
            "discount_day": date,
            "next_date": today,
        }
