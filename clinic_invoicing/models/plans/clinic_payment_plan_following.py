import logging

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...rules import instalments
from ..charges.clinic_scheduled_charge import DUE_STATES

_logger = logging.getLogger(__name__)

# A link that was not paid for so long breaks the plan.
PATIENCE_DAYS = 14


class ClinicPaymentPlan(models.Model):
    """Plans follow their invoices: what is paid, credited or voided shrinks them."""

    _inherit = "clinic.payment.plan"

    @api.model
    def _refresh_all(self):
        """Bring all active plans up to date; trouble with one stops no other."""
        for plan in self.search([("state", "=", "active")]):
            try:
                with self.env.cr.savepoint():
                    plan._refresh()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception:
                _logger.exception("Payment plan %s could not be refreshed", plan.id)

    def _refresh(self):
        """Shrink what is left to what is owed; end the plan when its time has come."""
        self.ensure_one()
        self._shrink()
        open_charges = self._get_open_charges()
        if not self._get_open_invoices():
            self._complete()
        elif not open_charges:
            self._end_and_tell(
                "done", self.env._("All instalments are paid, and something is owed.")
            )
        elif self._is_overdue(open_charges):
            self._end_and_tell("broken", self.env._("An instalment was not paid."))

    def _shrink(self):
        charges = self._get_open_charges().filtered(
            lambda charge: charge.state != "charging"
        )
        unit = self.currency_id.rounding
        parts = [round(charge.amount / unit) for charge in charges]
        asked = sum(charge.state == "link_sent" for charge in charges)
        owed = self.amount_open - self._get_amount_on_its_way()
        left = instalments.shrink(parts, asked, round(owed / unit))
        for charge, before, after in zip(charges, parts, left, strict=True):
            if not after:
                charge._set_done(self.env._("It was paid or credited otherwise."))
            elif after != before:
                charge.amount = self.currency_id.round(after * unit)

    def _get_amount_on_its_way(self):
        """Return what was charged and is not on the invoices yet."""
        return sum(
            tx.amount
            for tx in self.charge_ids.transaction_ids
            if tx.state in ("pending", "authorized")
            or (tx.state == "done" and not tx.is_post_processed)
        )

    def _is_overdue(self, open_charges):
        today = self.company_id._clinic_get_day()
        oldest = fields.Date.subtract(today, days=PATIENCE_DAYS)
        return any(
            charge.state == "link_sent"
            and charge.noticed_on
            and charge.noticed_on < oldest
            for charge in open_charges
        )

    def _complete(self):
        """End a plan of which nothing is owed any more."""
        is_paid = any(
            move.state == "posted" and move.payment_state != "reversed"
            for move in self.invoice_ids
        )
        if is_paid:
            self._end_and_tell("done", self.env._("Nothing is owed any more."))
        else:
            self._end_and_tell("cancelled", self.env._("Its invoices were cancelled."))

    def _end_and_tell(self, target, reason):
        self._end(target, reason)
        summaries = {
            "done": self.env._("A payment plan is completed"),
            "broken": self.env._("A payment plan is broken"),
            "cancelled": self.env._("A payment plan has ended"),
        }
        self.company_id._clinic_tell_billers(self, summaries[target], reason)

    def _lose_card(self):
        """Go on with links by e-mail: the card was removed."""
        for plan in self:
            plan.token_id = False
            plan.charge_ids.filtered(
                lambda charge: charge.state in DUE_STATES
            ).token_id = False
            plan.company_id._clinic_tell_billers(
                plan,
                self.env._("The card of a payment plan was removed"),
                self.env._("The client receives a link for each instalment instead."),
            )
