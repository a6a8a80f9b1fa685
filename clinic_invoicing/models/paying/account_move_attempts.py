from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...rules.askers import CLEARING

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

    # === ONE PAYER AT A TIME === #

    def _clinic_start_online_payment(self, amount, currency):
        """Make sure, under lock, that exactly this may be paid for these invoices.

        It is called before each online payment attempt, whatever page that comes from.
        The rows stay locked until the attempt is stored, and are written to, so
        that a second attempt at the same moment sees the first.

        :param float amount: what is about to be paid, in ``currency``
        :param res.currency currency: of the payment
        :raise UserError: somebody else is paying them at this moment
        :raise ValidationError: it may not be paid; nothing was changed
        """
        self._clinic_lock_for_payment()
        self._clinic_check_payable(amount, currency)
        self._clinic_get_attempts()._clinic_supersede_open_attempts()
        # Superseding may have found out that the money had arrived already.
        self._clinic_check_payable(amount, currency)
        self._clinic_count_attempt()

    def _clinic_start_charge(self, amount, currency):
        """Make sure, under lock, that a saved card may be charged for these invoices.

        Staff do it in place of the client: the client's own attempts are closed.

        :raise UserError: it would be paid twice, or too much; nothing was changed
        """
        self._clinic_lock_for_payment()
        self._clinic_check_chargeable(amount, currency)
        self._clinic_get_attempts()._clinic_supersede_open_attempts()
        # Superseding may have found out that the money had arrived already.
        self._clinic_check_chargeable(amount, currency)
        self._clinic_count_attempt()

    def _clinic_check_chargeable(self, amount, currency):
        for invoice in self.filtered(lambda move: move._clinic_is_clearing()):
            raise UserError(
                self.env._(
                    "A payment of %(invoice)s is on its way. Do not charge it again.",
                    invoice=invoice.display_name,
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
        for move in self.sudo().filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted"
        ):
            if move._clinic_is_clearing():
                raise UserError(
                    self.env._(
                        "A payment of %(invoice)s is on its way. Wait until it has "
                        "arrived or failed, or void the invoice.",
                        invoice=move.display_name,
                    )
                )
            if move._clinic_get_fresh_attempts():
                raise UserError(
                    self.env._(
                        "Somebody is paying %(invoice)s at this moment. Press Close "
                        "Payment Attempts first, or wait a little.",
                        invoice=move.display_name,
                    )
                )
