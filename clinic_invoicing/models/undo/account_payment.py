from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError, ValidationError
from odoo.fields import Domain

from ..paying.payment_transaction_clearing import OFFLINE_CODES

# Payments that count: neither planned nor undone.
BOOKED_STATES = ("in_process", "paid")


class AccountPayment(models.Model):
    """Taking money back: who may, how much, and the hooks that providers extend.

    There is no negative payment. Money that goes back is an outbound customer
    payment in the same journal, reconciled with the payment that it undoes.
    """

    _name = "account.payment"
    _inherit = ["account.payment", "clinic.guarded"]

    clinic_reversed_payment_id = fields.Many2one(
        "account.payment",
        string="Gives Back",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The payment whose money went back with this one.",
    )
    clinic_reversal_ids = fields.One2many(
        "account.payment",
        "clinic_reversed_payment_id",
        string="Given Back",
        readonly=True,
    )
    clinic_reopened_invoice_ids = fields.Many2many(
        "account.move",
        relation="clinic_payment_reopened_invoice",
        column1="payment_id",
        column2="invoice_id",
        string="Opened Again",
        readonly=True,
        copy=False,
        help="Invoices that were open again because this money went back.",
    )
    clinic_undo_attempts = fields.Integer(
        readonly=True, copy=False, help="How often somebody started to undo it."
    )
    clinic_amount_returnable = fields.Monetary(
        string="May Be Given Back", compute="_compute_clinic_amount_returnable"
    )

    clinic_may_undo = fields.Boolean(compute="_compute_clinic_may_undo")

    # === COMPUTE METHODS === #

    @api.depends(
        "amount",
        "payment_type",
        "partner_type",
        "state",
        "clinic_reversal_ids.amount",
        "clinic_reversal_ids.state",
    )
    def _compute_clinic_amount_returnable(self):
        for payment in self:
            payment.clinic_amount_returnable = payment._clinic_get_returnable()

    @api.depends_context("uid")
    @api.depends("payment_type")
    def _compute_clinic_may_undo(self):
        for payment in self:
            payment.clinic_may_undo = payment._clinic_may_undo()

    # === WHO MAY === #

    def _clinic_may_undo(self):
        """Whether the user may take these payments back.

        This is a hook for providers that have a group of their own for it.
        """
        return self.env.su or self.env.user.has_group("clinic_invoicing.group_manager")

    def _clinic_check_may_undo(self):
        """Raise AccessError unless the user may take these payments back."""
        if not self._clinic_may_undo():
            raise AccessError(
                self.env._("Only managers may take payments back or void invoices.")
            )
        self.check_access("write")

    # === HOW MUCH === #

    def _clinic_get_returnable(self):
        """Return what may still be given back of this payment, in its currency.

        This is a hook for providers that know of money on its way back.
        """
        self.ensure_one()
        if (
            self.payment_type != "inbound"
            or self.partner_type != "customer"
            or self.state not in BOOKED_STATES
        ):
            return 0.0
        return max(0.0, self.amount - self._clinic_get_given_back())

    def _clinic_get_booked_reversals(self):
        """Return the payments by which money of these has gone back."""
        return self.clinic_reversal_ids.filtered(
            lambda payment: payment.state in BOOKED_STATES
        )

    def _clinic_get_given_back(self):
        """Return what went back of this payment according to the books."""
        self.ensure_one()
        payments = self.clinic_reversal_ids
        if self._origin:
            # Odoo's own refund button knows the source by its transaction alone.
            payments |= self.search(
                Domain("source_payment_id", "=", self._origin.id)
                & Domain("payment_type", "=", "outbound")
            )
        booked = payments.filtered(lambda payment: payment.state in BOOKED_STATES)
        return sum(booked.mapped("amount"))

    def _clinic_check_returnable(self, amount):
        """Raise ValidationError unless ``0 < amount <= what may be given back``."""
        self.ensure_one()
        currency = self.currency_id
        if currency.compare_amounts(amount, 0) <= 0:
            raise ValidationError(self.env._("The amount must be more than zero."))
        returnable = self._clinic_get_returnable()
        if currency.compare_amounts(amount, returnable) > 0:
            raise ValidationError(
                self.env._(
                    "Only %(returnable)s of %(payment)s can still be given back.",
                    returnable=currency.format(returnable),
                    payment=self.display_name,
                )
            )

    def _clinic_lock_for_undo(self):
        """Keep others from taking back the same money at this moment.

        The rows are written to as well: a transaction that has read them before
        this one was committed is run again, and sees what is left.

        :raise UserError: somebody else is undoing one of them
        """
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._(
                    "Somebody else is undoing this payment at this moment. Please "
                    "reload the page."
                )
            ) from error
        self.invalidate_recordset()
        for payment in self._clinic_unguarded():
            payment.clinic_undo_attempts += 1

    # === HOOKS: WHAT HAPPENS TO THE MONEY === #

    def _clinic_give_back(self, amount, reason):
        """Give the money back now.

        A provider that can refund sends it. Without one, only the books are done:
        somebody hands out the money or transfers it. This is a hook for providers
        that do it in their own way. Rights, the amount and the lock have been checked
        by who calls.

        :param float amount: in the currency of the payment
        :param str reason: as typed by the user
        :return: the outbound payments; none while it is still under way
        :raise UserError: it was refused; nothing has happened
        """
        if self._clinic_get_sender():
            return self._clinic_send_back(amount)
        return self._clinic_book_given_back(amount)

    def _clinic_adopt_given_back(self, amount, reason):
        """Book money that has gone back already; nothing is sent.

        This is a hook for providers that can look for it.

        :return: the outbound payments
        """
        confirmed = self._clinic_confirm_refund_under_way(amount)
        return confirmed or self._clinic_book_given_back(amount)

    def _clinic_call_off(self, reason):
        """Undo a payment that never was, e.g. a typing error.

        :raise UserError: it was charged, so that it must be given back
        """
        self.ensure_one()
        self._clinic_check_may_call_off()
        if self.payment_type == "outbound" and self.clinic_reversed_payment_id:
            self.clinic_reversed_payment_id._clinic_undo_net(self)
            return
        # No money has gone back, but discounts may have been taken back.
        (self._clinic_get_booked_reversals() | self)._clinic_annul()

    def _clinic_check_may_call_off(self):
        """Raise UserError when there is evidence that the money has moved."""
        if self._clinic_was_moved_by_provider():
            # sudo: billers do not read every transaction.
            provider = self.sudo().payment_transaction_id.provider_id.name
            raise UserError(
                self.env._("%(provider)s has given this money back.", provider=provider)
                if self.payment_type == "outbound"
                else self.env._(
                    "%(provider)s has charged this payment. Give it back instead.",
                    provider=provider,
                )
            )
        if self.reconciled_statement_line_ids:
            raise UserError(
                self.env._(
                    "This payment is on a bank statement, so the money has come. Give "
                    "it back instead."
                )
            )
        if not self.currency_id.is_zero(self._clinic_get_given_back()):
            raise UserError(
                self.env._(
                    "A part of this payment has been given back, so it cannot be "
                    "called off."
                )
            )

    def _clinic_was_moved_by_provider(self):
        """Whether an online provider has moved the money of this payment.

        Where several are booked for one transaction, only its own tells of money. This
        is a hook for providers that can be asked.
        """
        self.ensure_one()
        # sudo: billers do not read every transaction.
        tx = self.sudo().payment_transaction_id
        if tx.state != "done" or tx.provider_code in OFFLINE_CODES:
            return False
        own = tx.payment_id or self
        return own == self or own.state not in BOOKED_STATES
