import logging
from collections import defaultdict
from datetime import date
from typing import NamedTuple

import psycopg2

from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, split_every

from ...rules import schedule
from ...rules.askers import REMINDER, Answer
from ..paying.clinic_open_item import IS_RECEIVABLE

_logger = logging.getLogger(__name__)

MAIL = "clinic_invoicing.clinic_reminder_mail_template"
# So many are reminded in one transaction.
PAYERS_PER_CHUNK = 50
# The latest step that each part of an invoice has come to; earlier ones are not made up
# for.
DUE_STEPS = """
    SELECT DISTINCT ON (move.partner_id, move.id)
           move.id, due.step, part.day
      FROM account_move move
      JOIN (SELECT line.move_id, COALESCE(line.date_maturity, line.date) AS day
              FROM account_move_line line
             WHERE line.reconciled IS NOT TRUE
               AND line.parent_state = 'posted'
               AND %(is_receivable)s
           ) part ON part.move_id = move.id
      JOIN LATERAL (
               SELECT max(step) AS step
                 FROM unnest(%(steps)s) AS step
                WHERE part.day + step <= %(today)s
           ) due ON due.step IS NOT NULL
     WHERE move.id IN %(owed)s
       AND NOT EXISTS (
               SELECT 1
                 FROM clinic_reminder_line line
                WHERE line.move_id = move.id
                  AND line.is_scheduled
                  AND line.date_due + line.step >= part.day + due.step
           )
     ORDER BY move.partner_id, move.id, part.day + due.step DESC
"""


class Step(NamedTuple):
    """How far an invoice has come in the schedule, and what is asked of it.

    :ivar int days: after the day on which a part of it is, or was, due
    :ivar float amount: what is due of it; while nothing is, what is due that day
    """

    days: int
    due: date
    is_scheduled: bool = True
    amount: float = 0.0


class ClinicReminder(models.Model):
    """One e-mail that has asked a payer for what is open; written by Odoo alone."""

    _name = "clinic.reminder"
    _description = "Payment Reminder"
    _inherit = ["clinic.guarded"]
    _order = "id desc"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", string="Payer", required=True, index=True
    )
    email = fields.Char(string="Sent To", help="The address at that time.")
    date = fields.Date(
        string="Sent On",
        required=True,
        default=lambda self: self.env.company._clinic_get_day(),
    )
    company_id = fields.Many2one("res.company", required=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True)
    line_ids = fields.One2many("clinic.reminder.line", "reminder_id", string="Invoices")
    amount = fields.Monetary(
        string="Asked For", compute="_compute_amount", store=True, help="Owed that day."
    )

    @api.depends("line_ids.amount")
    def _compute_amount(self):
        for reminder in self:
            reminder.amount = sum(reminder.line_ids.mapped("amount"))

    # === BUSINESS METHODS === #

    @api.model
    def _send(self, moves, steps=None):
        """Leave one e-mail for each payer, company and currency in Odoo's queue.

        Called in sudo, for invoices that are locked and may be asked for.

        :param dict steps: by invoice, the :class:`Step` that it has come to; nothing
            when somebody sends it by hand
        """
        steps = self._add_amounts(moves, steps or {})
        moves = moves.filtered(lambda move: move in steps)
        reminders = self.create(
            [
                self._prepare_reminder(*key, own, steps)
                for key, own in moves.grouped(
                    lambda move: (
                        move._clinic_get_reminded(),
                        move.company_id,
                        move.currency_id,
                    )
                ).items()
            ]
        )
        # The database decides whether somebody else has just sent the same.
        self.env.flush_all()
        self.env.ref(MAIL).send_mail_batch(reminders.ids)
        return reminders

    @api.model
    def _add_amounts(self, moves, steps):
        """Return the steps of these invoices with what is asked of each.

        Where nothing is, as of what is charged by itself, there is none.
        """
        claims = moves._clinic_get_claims(REMINDER)
        asked = defaultdict(list)
        for claim in claims:
            if claim.answer >= Answer.OFFERS:
                asked[claim.line.move_id].append(claim)
        found = {}
        for move, own in asked.items():
            step = steps.get(move) or Step(0, own[0].due, is_scheduled=False)
            due = [claim.amount for claim in own if claim.answer == Answer.ASKS]
            amount = sum(due or [each.amount for each in own if each.due == step.due])
            if move.currency_id.compare_amounts(amount, 0) > 0:
                amount = move.currency_id.round(amount)
                found[move] = step._replace(amount=amount)
        return found

    @api.model
    def _prepare_reminder(self, payer, company, currency, moves, steps):
        """Return the values of one reminder: a hook.

        :param dict steps: by invoice, its :class:`Step`
        """
        moves = moves.sorted(lambda move: (move.invoice_date_due, move.id))
        return {
            "partner_id": payer.id,
            "email": payer.email,
            "company_id": company.id,
            "currency_id": currency.id,
            "line_ids": [
                Command.create(
                    {
                        "move_id": move.id,
                        "amount": steps[move].amount,
                        "date_due": steps[move].due,
                        "is_scheduled": steps[move].is_scheduled,
                        "step": steps[move].days,
                    }
                )
                for move in moves
            ],
        }

    def _get_url(self):
        """Return where these invoices are paid."""
        self.ensure_one()
        invoices = self.line_ids.move_id
        # A link is for one address; there may be others of the same payer.
        if len(invoices.partner_id) == 1:
            # sudo: the e-mail is for the payer; its sender need not read links.
            return invoices._clinic_get_payment_link().sudo().url
        return f"{self.get_base_url()}/my/billing"

    # === BY SCHEDULE === #

    @api.model
    def _cron_send(self):
        """Remind the payers of every practice that has reminders on.

        Each chunk is committed with its e-mails: a worker that dies repeats nothing.
        """
        companies = self.env["res.company"].search([("clinic_reminders", "=", True)])
        chunks = [
            (company, moves)
            for company in companies
            for moves in self._get_chunks(company)
        ]
        crons = self.env["ir.cron"]
        crons._commit_progress(remaining=len(chunks))
        for company, moves in chunks:
            try:
                self._remind(company, moves)
                if not crons._commit_progress(1):
                    break
            except (
                psycopg2.errors.UniqueViolation,
                *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY,
            ):
                # Another worker was faster; what it has left is sent tomorrow.
                self.env.cr.rollback()
            except Exception:
                # The other payers get theirs.
                self.env.cr.rollback()
                _logger.exception("Reminders of company %s have failed", company.id)

    @api.model
    def _get_chunks(self, company):
        """Return the invoices to be reminded in parts, no payer in two of them."""
        moves = self.env["account.move"].union(*self._get_steps(company))
        reachable = moves.filtered(lambda move: move._clinic_is_reachable())
        payers = reachable.grouped(lambda move: move._clinic_get_reminded())
        return [
            self.env["account.move"].union(*(payers[payer] for payer in some))
            for some in split_every(PAYERS_PER_CHUNK, payers)
        ]

    @api.model
    def _get_steps(self, company, moves=None):
        """Return the step that is due by invoice, unless it has been sent already.

        Raw SQL: ten thousand invoices at once, and the ORM knows no such comparison.

        :param account.move moves: look at these alone
        :rtype: dict[account.move, Step]
        """
        self.env.flush_all()
        all_moves = self.env["account.move"]
        owed = all_moves._search(
            all_moves._clinic_get_owed_domain()
            & Domain("company_id", "=", company.id)
            & Domain("clinic_has_services", "=", True)
            & Domain("clinic_no_reminders", "=", False)
            & (Domain.TRUE if moves is None else Domain("id", "in", moves.ids))
        )
        rows = self.env.execute_query(
            SQL(
                DUE_STEPS,
                steps=schedule.parse_days(company.clinic_reminder_days),
                today=company._clinic_get_today(company.partner_id),
                owed=owed.subselect(),
                is_receivable=IS_RECEIVABLE,
            )
        )
        found = all_moves.browse(move_id for move_id, _days, _due in rows)
        steps = (Step(days, due) for _move_id, days, due in rows)
        return dict(zip(found, steps, strict=True))

    @api.model
    def _remind(self, company, moves):
        """Remind of those of these invoices that it is still time for.

        What somebody else is working on comes another day.
        """
        # What was read before belongs to a transaction that is over.
        self.env.invalidate_all()
        locked = moves.try_lock_for_update(allow_referencing=True)
        steps = self._get_steps(company, locked)
        due = self.env["account.move"].union(*steps)
        self._send(due._clinic_get_remindable(), steps)


class ClinicReminderLine(models.Model):
    """An invoice that a reminder has asked for."""

    _name = "clinic.reminder.line"
    _description = "Reminded Invoice"
    _inherit = ["clinic.guarded"]
    _order = "id"

    reminder_id = fields.Many2one(
        "clinic.reminder", required=True, index=True, ondelete="cascade"
    )
    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="reminder_id.company_id")
    currency_id = fields.Many2one(related="reminder_id.currency_id")
    amount = fields.Monetary(string="Owed")
    date_due = fields.Date(string="Due Date")
    date = fields.Date(
        required=True, default=lambda self: self.env.company._clinic_get_day()
    )
    is_scheduled = fields.Boolean(
        string="By Schedule", help="Sent by itself, not by an employee."
    )
    step = fields.Integer(string="Days After Due", help="The step of the schedule.")

    _step_once = models.UniqueIndex(
        "(move_id, date_due, step) WHERE is_scheduled",
        "This invoice has been reminded already.",
    )
    _by_hand_once_a_day = models.UniqueIndex(
        "(move_id, date) WHERE NOT is_scheduled",
        "This invoice has been reminded today.",
    )
