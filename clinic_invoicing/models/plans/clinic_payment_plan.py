import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...rules import instalments
from ...rules.askers import INSTALMENT
from ...rules.moves import PLAN_MOVES, is_allowed
from ..charges.clinic_scheduled_charge import DUE_STATES, OPEN_CHARGE_STATES

MAIL_PROPOSED = "clinic_invoicing.payment_plan_mail_template_proposed"
# A link that was not paid for so long breaks the plan.
PATIENCE_DAYS = 14

_logger = logging.getLogger(__name__)


class ClinicPaymentPlan(models.Model):
    """Invoices of one payer that are paid in parts, as both sides have agreed.

    The instalments are scheduled charges. What is owed is only ever on the invoices.
    """

    _name = "clinic.payment.plan"
    _description = "Payment Plan"
    _inherit = "clinic.agreement"
    _order = "id desc"
    _check_company_auto = True

    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    invoice_ids = fields.Many2many(
        "account.move",
        "clinic_plan_invoice_rel",
        "plan_id",
        "invoice_id",
        string="Invoices",
        readonly=True,
        check_company=True,
    )
    charge_ids = fields.One2many(
        "clinic.scheduled.charge", "plan_id", string="Instalments", readonly=True
    )
    token_id = fields.Many2one(
        help="Empty: the client receives a link to pay for each instalment.",
    )
    amount_total = fields.Monetary(
        string="Total", readonly=True, help="What was owed when it was proposed."
    )
    amount_open = fields.Monetary(
        string="Still Open", compute="_compute_amount_open", help="On the invoices."
    )
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("active", "Active"),
            ("done", "Completed"),
            ("broken", "Broken"),
            ("cancelled", "Cancelled"),
        ],
        default="proposed",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
        help="While it is active, its invoices are not reminded and autopay leaves "
        "them alone.",
    )
    end_reason = fields.Char(readonly=True, tracking=True)

    @api.depends("partner_id", "currency_id", "amount_total")
    def _compute_display_name(self):
        for plan in self:
            total = plan.currency_id.format(plan.amount_total)
            plan.display_name = f"{plan.partner_id.name}, {total}"

    @api.depends(
        "invoice_ids.amount_residual",
        "invoice_ids.state",
        "invoice_ids.partner_id",
        "invoice_ids.currency_id",
    )
    def _compute_amount_open(self):
        for plan in self:
            plan.amount_open = plan._get_open_invoices()._clinic_sum_owed()

    # === ACTION METHODS === #

    def action_cancel(self):
        """End plans at the practice's wish; what is owed is due as before."""
        self._check_biller(self.env._("Only billers may end payment plans."))
        # sudo: nobody writes plans by hand; the rights were checked.
        for plan in self.sudo():
            plan._end(
                "cancelled", self.env._("Ended by %(user)s.", user=self.env.user.name)
            )

    # === PROPOSING === #

    @api.model
    def _propose(self, invoices, parts):
        """Offer a plan to the payer of these invoices; nothing changes until accepted.

        :param list parts: pairs of a date and an amount that sum up to what is owed
        """
        plan = self.create(
            {
                "partner_id": invoices.partner_id._clinic_get_addressee().id,
                "company_id": invoices.company_id.id,
                "currency_id": invoices.currency_id.id,
                "invoice_ids": [Command.set(invoices.ids)],
                "amount_total": sum(amount for _date, amount in parts),
            }
        )
        self.env["clinic.scheduled.charge"].create(
            [plan._prepare_instalment(date, amount) for date, amount in parts]
        )
        if plan.partner_id.email:
            plan._send_mail(MAIL_PROPOSED)
        return plan

    def _prepare_instalment(self, date, amount):
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "origin": "instalment",
            "plan_id": self.id,
            "invoice_ids": [Command.set(self.invoice_ids.ids)],
            "amount": amount,
            "date": date,
            "state": "draft",
        }

    def _is_in_force(self):
        return self.state == "active"

    def _get_page_path(self):
        return f"plans/{self.id}"

    # === MOVES === #

    def _update_state(self, target, **values):
        """Change the state, if the table of moves allows it.

        :raise UserError: there is no such move
        """
        self.ensure_one()
        if not is_allowed(PLAN_MOVES, self.state, target):
            raise UserError(
                self.env._(
                    "This payment plan is not open any more. Please reload the page."
                )
            )
        self.write({"state": target, **values})

    def _end(self, target, reason):
        """Call off what is still to come; the invoices are asked for as before."""
        self._end_pause()
        for plan in self:
            plan._update_state(target, end_reason=reason)
            plan.charge_ids._call_off(reason)

    # === WHAT IS LEFT === #

    def _get_open_invoices(self):
        """Return those of its invoices that the payer still owes."""
        return self.invoice_ids._clinic_keep_agreed(self.partner_id, self.currency_id)

    def _get_open_charges(self):
        """Return the instalments that are not paid, those asked for already first."""
        open_charges = self.charge_ids.filtered(
            lambda charge: charge.state in (*OPEN_CHARGE_STATES, "draft", "link_sent")
        )
        return open_charges.sorted(
            lambda charge: (charge.state != "link_sent", charge.date, charge.id)
        )

    def _get_upcoming(self):
        """Return the instalments that are not paid, in the order of their dates."""
        return self._get_open_charges().sorted("date")

    # === WHAT WAS PAID, CREDITED OR VOIDED === #

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
        covered = self._get_open_invoices()._clinic_sum_covered(INSTALMENT)
        owed = self.amount_open - self._get_amount_on_its_way() - covered
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
        self._end_pause()
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
