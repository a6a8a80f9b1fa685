from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...rules.askers import CLEARING
from .due import Due

# A payment form that was opened less long ago may still be in front of somebody.
ATTEMPT_MINUTES = 30


class AccountMove(models.Model):
    """Attempts to pay an invoice: one at a time, and no change under their hands."""

    _inherit = "account.move"

    clinic_payment_attempts = fields.Integer(
        readonly=True,
        copy=False,
        help="How often somebody started to pay online.",
    )
    clinic_is_being_paid = fields.Boolean(compute="_compute_clinic_is_being_paid")
    clinic_is_clearing = fields.Boolean(
        string="Payment Clearing",
        compute="_compute_clinic_is_clearing",
        help="A payment of this invoice is on its way: a bank debit, for instance.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "transaction_ids.state",
        "clinic_deposit_transaction_ids.state",
        "state",
        "move_type",
    )
    def _compute_clinic_is_being_paid(self):
        for move in self:
            # sudo: billers do not read every transaction.
            attempts = move.sudo()._clinic_get_fresh_attempts()
            is_open = move.state == "posted" and move.move_type == "out_invoice"
            move.clinic_is_being_paid = is_open and bool(attempts)

    @api.depends(
        "transaction_ids.state",
        "transaction_ids.is_post_processed",
        "clinic_deposit_transaction_ids.state",
        "clinic_deposit_transaction_ids.is_post_processed",
        "state",
        "move_type",
    )
    def _compute_clinic_is_clearing(self):
        clearing = self._clinic_get_reason_domains()[CLEARING]
        # sudo: billers do not read every transaction.
        found = self.sudo().filtered_domain(self._clinic_get_posted_domain() & clearing)
        for move in self:
            move.clinic_is_clearing = move in found

    # === ACTION METHODS === #

    def button_draft(self):
        self._clinic_check_not_being_paid()
        return super().button_draft()

    def button_cancel(self):
        self._clinic_check_not_being_paid()
        return super().button_cancel()

    def action_clinic_close_attempts(self):
        """Close payment forms that are open, so that the invoice may be changed."""
        self.check_access("write")
        # sudo: billers do not write transactions; this only closes them.
        attempts = self.sudo()._clinic_get_fresh_attempts()
        attempts._clinic_supersede_open_attempts()
        still_open = self.sudo()._clinic_get_fresh_attempts()
        if still_open:
            raise UserError(
                self.env._(
                    "The attempt to pay %(reference)s cannot be closed from here. It "
                    "counts no more %(minutes)s minutes after it was started.",
                    reference=still_open[0].reference,
                    minutes=ATTEMPT_MINUTES,
                )
            )

    # === AT THE DOOR: SEE payment.transaction._clinic_reserve() === #

    def _clinic_get_due(self, payer=None, currency=None, **values):
        """Return what it is to pay these invoices, as it comes to the door.

        :param res.partner payer: whose cards may be charged; who owes the first of
            these if there is none
        :param res.currency currency: in which somebody pays; their own if there is none
        :param values: see :class:`Due`
        """
        return Due(
            payer=self.partner_id[:1] if payer is None else payer,
            company=self.company_id,
            currency=self.currency_id if currency is None else currency,
            invoices=self,
            event=self.env["calendar.event"],
            **values,
        )

    def _clinic_start_online_payment(self, amount, currency):
        """Reserve these invoices, as each way to pay of ours does.

        It is for ways to pay of other addons, before they make their transaction.

        :raise UserError: see :meth:`payment.transaction._clinic_reserve`
        """
        due = self._clinic_get_due(currency=currency)
        self.env["payment.transaction"]._clinic_reserve(due, amount)

    def _clinic_check_due(self, due, amount):
        """Raise UserError when not exactly this may be paid now."""
        if due.is_charge:
            self._clinic_check_chargeable(amount, due.currency)
        else:
            self._clinic_check_payable(amount, due.currency)
        if due.is_client:
            self._clinic_check_part(amount)

    def _clinic_get_reached(self, due, amount):
        """Return those that the money reaches; it pays nothing of the others."""
        if due.currency != self.currency_id:
            return self
        parts = self._clinic_get_line_parts(amount, due.day)
        return self.browse().union(*(line.move_id for line, *_part in parts))

    def _clinic_get_due_attempts(self, due):
        """Return what was started before, and would bring the same money."""
        return self._clinic_get_attempts()

    def _clinic_prepare_due(self, due, amount):
        """Return what a transaction keeps: what its money reaches, as it was shown."""
        day = due.day or self._clinic_get_day()
        parts = self._clinic_get_line_parts(amount, day)
        return {
            "invoice_ids": [Command.set(self._clinic_get_reached(due, amount).ids)],
            "clinic_discount_day": day,
            "clinic_allocation": [[line.id, part] for line, part, _discount in parts],
        }

    def _clinic_check_chargeable(self, amount, currency):
        clearing = self._clinic_filter_reason(CLEARING)
        if clearing:
            raise UserError(
                self.env._(
                    "A payment of %(invoice)s is on its way. Do not charge it again.",
                    invoice=clearing[0].display_name,
                )
            )
        if currency != self.currency_id:
            return
        owed = self._clinic_sum_owed()
        if currency.compare_amounts(amount, owed) > 0:
            raise UserError(
                self.env._(
                    "Only %(owed)s is owed. No more can be charged.",
                    owed=currency.format(owed),
                )
            )

    def _clinic_lock_for_payment(self):
        """Keep others from paying these invoices until this attempt is stored.

        :raise UserError: somebody else is paying them at this moment
        """
        self._clinic_lock_or_refuse(
            self.env._(
                "This invoice is being paid in another window. Please wait a "
                "moment, then reload the page."
            )
        )
        self.invalidate_recordset(["amount_residual", "payment_state", "state"])

    def _clinic_count_attempt(self):
        """Write to the locked rows: a second attempt at this moment sees the first."""
        for invoice in self._clinic_unguarded():
            invoice.clinic_payment_attempts += 1

    # === CHANGES WHILE SOMEBODY PAYS === #

    def _clinic_get_fresh_attempts(self):
        """Return the payment forms of these invoices that may still be used."""
        oldest = fields.Datetime.now() - timedelta(minutes=ATTEMPT_MINUTES)
        return self._clinic_get_attempts().filtered(
            lambda tx: (
                tx.state == "draft"
                and tx.operation != "refund"
                and tx.create_date
                and tx.create_date > oldest
            )
        )

    def _clinic_check_not_being_paid(self):
        """Raise UserError when money for these invoices may come at any moment."""
        # sudo: billers do not read every transaction.
        open_moves = self.sudo().filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted"
        )
        clearing = open_moves._clinic_filter_reason(CLEARING)
        if clearing:
            raise UserError(
                self.env._(
                    "A payment of %(invoice)s is on its way. Wait until it has "
                    "arrived or failed, or void the invoice.",
                    invoice=clearing[0].display_name,
                )
            )
        attempts = open_moves._clinic_get_fresh_attempts()
        paying = attempts and open_moves.filtered(
            lambda move: move._clinic_get_attempts() & attempts
        )
        if paying:
            raise UserError(
                self.env._(
                    "Somebody is paying %(invoice)s at this moment. Press Close "
                    "Payment Attempts first, or wait a little.",
                    invoice=paying[0].display_name,
                )
            )
