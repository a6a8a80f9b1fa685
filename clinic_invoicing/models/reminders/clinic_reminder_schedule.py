import logging

import psycopg2

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import split_every

from ...rules import schedule

_logger = logging.getLogger(__name__)

# Payers of one transaction.
CHUNK_SIZE = 50
# The latest step that an invoice has come to; earlier ones are not made up for.
DUE = """
    SELECT move.id, due.step
      FROM account_move move
      JOIN LATERAL (
               SELECT max(step) AS step
                 FROM unnest(%(steps)s) AS step
                WHERE move.invoice_date_due + step <= %(today)s
           ) due ON due.step IS NOT NULL
     WHERE move.company_id = %(company)s
       AND move.state = 'posted'
       AND move.move_type = 'out_invoice'
       AND move.payment_state IN ('not_paid', 'partial')
       AND move.clinic_has_services
       AND move.clinic_no_reminders IS NOT TRUE
       AND (%(moves)s IS NULL OR move.id = ANY(%(moves)s))
       AND NOT EXISTS (
               SELECT 1
                 FROM clinic_reminder_line line
                WHERE line.move_id = move.id
                  AND line.is_scheduled
                  AND line.step >= due.step
           )
     ORDER BY move.partner_id, move.id
"""


class ClinicReminder(models.Model):
    """Reminders by the schedule of a practice, each step once for each invoice."""

    _inherit = "clinic.reminder"

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
            for some in split_every(CHUNK_SIZE, payers)
        ]

    @api.model
    def _get_steps(self, company, moves=None):
        """Return the step that is due by invoice, unless it has been sent already.

        Raw SQL: ten thousand invoices at once, and the ORM knows no such comparison.

        :param account.move moves: look at these alone
        :rtype: dict
        """
        self.env.flush_all()
        values = {
            "steps": schedule.parse_days(company.clinic_reminder_days),
            "company": company.id,
            "today": company._clinic_get_today(company.partner_id),
            "moves": None if moves is None else moves.ids,
        }
        self.env.cr.execute(DUE, values)
        rows = self.env.cr.fetchall()
        found = self.env["account.move"].browse(move_id for move_id, _step in rows)
        return dict(zip(found, (step for _move_id, step in rows), strict=True))

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
