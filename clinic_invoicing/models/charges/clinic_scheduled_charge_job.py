import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...rules import charge_days, schedule
from ...rules.askers import AUTOPAY, Answer
from ..paying.payment_transaction_door import SETTLED_STATES
from .clinic_scheduled_charge import DUE_STATES

_logger = logging.getLogger(__name__)

# Where each day begins first.
FIRST_ZONE = "Pacific/Kiritimati"

# Charges that may be due: their day has come somewhere, or their outcome.
DUE_CHARGES = """
      FROM clinic_scheduled_charge charge
 LEFT JOIN payment_transaction tx ON tx.id = charge.transaction_id
     WHERE charge.id != ALL(%(seen)s)
       AND ((charge.state IN %(due)s
             AND charge.next_date <= %(today)s)
            OR (charge.state = 'charging' AND tx.state IN %(settled)s))
"""
COUNT_CHARGES = f"SELECT count(*) {DUE_CHARGES}"
# A charge that no other worker has.
CLAIM_CHARGE = f"""
    SELECT charge.id {DUE_CHARGES}
  ORDER BY charge.next_date NULLS FIRST, charge.id
     LIMIT 1
       FOR NO KEY UPDATE OF charge SKIP LOCKED
"""


class ClinicScheduledCharge(models.Model):
    """The job that works off what is due: each charge once, whatever dies between."""

    _inherit = "clinic.scheduled.charge"

    # === THE JOB === #

    @api.model
    def _wake_job(self):
        """Let the job work as soon as this is committed."""
        # sudo: people who invoice, pay or agree may not read jobs.
        self.env.ref("clinic_invoicing.ir_cron_scheduled_charges").sudo()._trigger()

    @api.model
    def _cron_work(self):
        """Work off what is due, one after the other.

        Any number of workers may do so at once.
        """
        crons = self.env["ir.cron"]
        self._prepare_work()
        crons._commit_progress()
        seen = [0]
        while charge := self._claim(seen):
            seen.append(charge.id)
            charge._work_off_alone()
            if not crons._commit_progress(1, remaining=self._count_due(seen)):
                break

    @api.model
    def _prepare_work(self):
        """Bring what has been agreed up to date before anything is charged.

        Trouble with one of them does not stop what is due.
        """
        for prepare in self._get_preparations():
            try:
                with self.env.cr.savepoint():
                    prepare()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Another worker does the same; the next run goes on.
                self.env.cr.rollback()
            except Exception:
                _logger.exception("Scheduled charges could not be prepared")
        self._wake_for_messages()

    @api.model
    def _get_preparations(self):
        """Return what is called first, in its order.

        Rooms of agreements add what brings their charges up to date.
        """
        return [self._report_open_ended]

    @api.model
    def _wake_for_messages(self):
        """Let Odoo's own queue send the e-mails."""
        # sudo: the user of this job does not write others.
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    @api.model
    def _claim(self, seen):
        """Lock a charge that is due; none when there is none."""
        while True:
            try:
                charge = self._lock_next(seen)
                return charge.with_company(charge.company_id)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Another worker has just worked it off; look again.
                self.env.cr.rollback()

    @api.model
    def _lock_next(self, seen):
        [charge_id] = self._query_due(CLAIM_CHARGE, seen) or [None]
        return self.browse(charge_id).exists()

    @api.model
    def _count_due(self, seen):
        [count] = self._query_due(COUNT_CHARGES, seen)
        return count

    @api.model
    def _query_due(self, query, seen):
        """Return the first row of one of the queries above.

        Raw SQL: the ORM cannot skip what is locked while it searches.
        """
        self.env.flush_all()
        # context: whether the day has come for its practice and payer as well, each
        # charge says itself.
        today = fields.Date.context_today(self.with_context(tz=FIRST_ZONE))
        values = {
            "seen": seen,
            "today": today,
            "due": DUE_STATES,
            "settled": SETTLED_STATES,
        }
        self.env.cr.execute(query, values)
        return self.env.cr.fetchone()

    def _work_off_alone(self):
        """Keep the trouble with one charge from the others."""
        try:
            self._work_off()
            self.env.flush_all()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # Another transaction was faster; the next run looks again.
            self.env.cr.rollback()
        except Exception as error:
            _logger.exception("Scheduled charge %s has failed", self.id)
            # What was sent is pending; all else is rolled back and tried tomorrow.
            self.env.cr.rollback()
            if self.state != "charging":
                self._wait(str(error))

    def _work_off(self):
        self.ensure_one()
        if self.state == "charging":
            self._settle()
        elif self.next_date <= self._get_today():
            self._take_step()

    def _take_step(self):
        """Tell its payer, charge the card, or find out why not."""
        if self._is_paid_late():
            self._set_done()
        elif not self._is_agreed():
            # It was on its way when the agreement ended, and could not be called off.
            self._set_cancelled(self._get_end_reason())
        elif not self._get_amount():
            self._wait_or_close()
        elif self._get_pause():
            self._wait(self._get_pause())
        elif self.state == "planned":
            self._give_notice()
        elif self._is_notice_over():
            self._set_planned(self._get_today())
            self._give_notice()
        elif self._is_notice_lost():
            self._wait_for_notice()
        else:
            self._charge()

    def _is_paid_late(self):
        """Return whether an attempt that had failed was charged after all."""
        return "done" in self.transaction_ids.mapped("state")

    # === HOW MUCH === #

    def _get_discount_day(self):
        return self.discount_day or self._get_today()

    def _get_asker(self):
        """Return as whom it asks for money. Rooms below add to it."""
        return AUTOPAY

    def _get_claims(self):
        """Return what it asks for on its day: due by then, and not more."""
        claims = self._get_payable()._clinic_get_claims(
            self._get_asker(),
            max(self.date, self._get_today()),
            self._get_discount_day(),
        )
        return [
            claim
            for claim in claims
            if claim.answer == Answer.ASKS and self._covers(claim.due)
        ]

    def _get_asked(self):
        """Return what is asked for that money which is held does not cover."""
        return [claim for claim in self._get_claims() if claim.amount > 0]

    def _get_claimable(self):
        """Return those of its invoices that the payer can be asked for now."""
        claimed = (claim.line.move_id for claim in self._get_asked())
        return self.invoice_ids.browse().union(*claimed)

    def _get_amount(self):
        """Return what is charged now: never more than planned, agreed and owed."""
        asked = sum(claim.amount for claim in self._get_asked())
        amount = min(self.amount, self.currency_id.round(asked))
        return self.token_id._clinic_get_chargeable(amount, self.currency_id)

    def _wait_or_close(self):
        """Close it when nothing is owed; wait when nothing can be charged yet."""
        if self._close_if_paid():
            return
        self._wait(self._explain_waiting())

    def _explain_waiting(self):
        """Return why nothing can be charged of what is owed."""
        if self._get_asked():
            return self.env._("So little cannot be charged.")
        if self._get_claims():
            return self.env._("Money that is held for the payer covers it.")
        return self._get_payable()[0]._clinic_get_payment_obstacle() or self.env._(
            "What is owed has still to be decided."
        )

    # === CHARGING === #

    def _charge(self):
        """Charge the card, unless it cannot be, or its payer would not want it."""
        amount = self._get_amount()
        refusal = self._get_refusal(amount)
        if refusal or not self.token_id:
            self._give_up(refusal)
        else:
            self._attempt(amount)

    def _attempt(self, amount):
        """Charge the card; the attempt is stored before the provider is asked.

        From the commit on money counts as on its way: nobody else collects it, and
        no worker that finds it afterwards sends it a second time.
        """
        try:
            with self.env.cr.savepoint():
                tx = self._start(amount)
        except UserError as error:
            self._wait(str(error))
        else:
            self.env["ir.cron"]._commit_progress()
            self._send(tx)

    def _start(self, amount):
        """Return the stored transaction of an attempt.

        :raise UserError: somebody else is paying at this moment
        """
        card = self.token_id
        due = self._get_claimable()._clinic_get_due(
            card.partner_id,
            self.currency_id,
            is_charge=True,
            day=self._get_discount_day(),
        )
        door = self.env["payment.transaction"]
        door._clinic_reserve(due, amount)
        tx = door._clinic_start_charge(due, card, amount, clinic_charge_id=self.id)
        tx._clinic_announce_charge()
        self._set_charging(tx)
        return tx

    def _send(self, tx):
        """Ask the provider for the money, unless it is not owed or agreed any more.

        A worker that cannot lock it leaves it to the one that has it.
        """
        locked = self.try_lock_for_update(allow_referencing=True)
        both = locked and tx.try_lock_for_update(allow_referencing=True)
        self.invalidate_recordset()
        if not both or self.state != "charging" or tx.state != "pending":
            return
        is_agreed = self._is_agreed() and tx.token_id.active and not self._get_pause()
        if is_agreed and self._is_still_owed(tx):
            tx._clinic_send()
            self._settle()
        else:
            self._withdraw(tx)

    def _is_still_owed(self, tx):
        """Return whether nobody has paid otherwise, or called it off, since."""
        try:
            return tx._clinic_is_still_owed()
        except UserError:
            return False

    def _withdraw(self, tx):
        """Take back an attempt that was never sent, and look at it again."""
        tx._clinic_withdraw_charge()
        reason = self.env._("The invoice was changed in this moment.")
        self._set_retrying(self._get_today(), reason, attempts=self.attempts - 1)

    # === OUTCOME === #

    def _settle(self):
        """Go on after the provider has said what became of the last attempt."""
        tx = self.transaction_id
        if tx.state == "done":
            self._set_done()
        elif tx.state in ("error", "cancel"):
            self._retry_or_give_up(tx)

    def _retry_or_give_up(self, tx):
        reason = tx.state_message or self.env._("The card was declined.")
        if tx._clinic_was_turned_away():
            # It does not count: the card was not asked.
            self._set_retrying(self._get_tomorrow(), reason, attempts=self.attempts - 1)
            return
        days = schedule.parse_days(self.company_id.clinic_charge_retry_days)
        retry = charge_days.get_retry_date(self.first_attempt_on, days, self.attempts)
        if not retry or tx._clinic_needs_authentication():
            self._give_up(reason)
            return
        self._set_retrying(max(retry, self._get_tomorrow()), reason)
