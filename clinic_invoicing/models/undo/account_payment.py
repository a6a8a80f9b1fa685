from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.misc import clean_context

from ..paying.account_payment import BOOKED_STATES
from ..paying.payment_transaction import OFFLINE_CODES


class AccountPayment(models.Model):
    """Taking money back: who may, how much, and the hooks that providers extend.

    There is no negative payment. Money that goes back is an outbound customer
    payment in the same journal, reconciled with the payment that it undoes.
    """

    _inherit = "account.payment"

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

    # It depends on no field of ours: whoever uninstalls one uninstalls with it Core's
    # own fields of bank statement lines that rest on payments. What goes back is
    # matched, on which Core's own state depends.
    def _compute_state(self):
        """Let nothing be in process of money that went back.

        Core calls a payment paid when its invoices are. One that was given back has
        none, and would be in process for ever where nobody matches bank statements.
        """
        result = super()._compute_state()
        if self.env["account.move"]._get_invoice_in_payment_state() != "paid":
            return result
        for payment in self.filtered(lambda one: one.state == "in_process"):
            if payment._clinic_is_closed_by_return():
                payment.state = "paid"
        return result

    def _clinic_is_closed_by_return(self):
        """Whether this is money that went back, or all of it has gone back."""
        self.ensure_one()
        lines = self._clinic_get_receivable_lines()
        if not lines or any(not line.reconciled for line in lines):
            return False
        if self.payment_type == "outbound":
            return bool(self.clinic_reversed_payment_id)
        back = sum(self._clinic_get_booked_reversals().mapped("amount"))
        return self.currency_id.compare_amounts(back, self.amount) >= 0

    @api.depends_context("uid")
    @api.depends("payment_type")
    def _compute_clinic_may_undo(self):
        for payment in self:
            payment.clinic_may_undo = payment._clinic_may_undo()

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep in the books what a provider has moved; refuse a negative amount."""
        self._clinic_check_stays_booked(vals)
        if (vals.get("amount") or 0) < 0:
            for payment in self:
                payment._clinic_check_not_negative(vals)
        return super().write(vals)

    # === ACTION METHODS === #

    def action_clinic_reverse_payment(self):
        """Open the wizard that takes this payment back."""
        self.ensure_one()
        self._clinic_check_may_undo()
        if self.payment_type == "outbound" and self.clinic_stays_booked:
            # Its provider may say that it has not given the money back after all.
            return self._clinic_get_reversal_action(mode="never_charged")
        if self.clinic_reversed_payment_id and self.payment_type == "outbound":
            raise UserError(
                self.env._(
                    "This is money that was given back. To undo it, open %(payment)s.",
                    payment=self.clinic_reversed_payment_id.display_name,
                )
            )
        if self.currency_id.is_zero(self._clinic_get_returnable()):
            raise UserError(
                self.env._(
                    "Nothing of %(payment)s can be given back.",
                    payment=self.display_name,
                )
            )
        return self._clinic_get_reversal_action(**self._clinic_suggest_reversal())

    def _clinic_suggest_reversal(self):
        """Return values of the wizard: what is left of a payment that has paid others.

        The invoices that it has paid stay paid.
        """
        left, whole = self.clinic_amount_unallocated, self._clinic_get_returnable()
        if 0 < left < whole:
            return {"amount": left, "mode": "refund"}
        return {}

    def _clinic_get_reversal_action(self, **defaults):
        """Return the action that opens the wizard, with values for its fields."""
        defaults["payment_id"] = self.id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reverse Payment"),
            "res_model": "clinic.payment.reversal",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                **clean_context(self.env.context),
                **{f"default_{name}": value for name, value in defaults.items()},
            },
        }

    def action_clinic_void(self):
        """Open the wizard that voids the invoices that these payments have paid."""
        self._clinic_check_may_undo()
        return self._clinic_get_paid_invoices().action_clinic_void()

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
        self._clinic_lock_or_refuse(
            self.env._(
                "Somebody else is undoing this payment at this moment. Please "
                "reload the page."
            )
        )
        self.invalidate_recordset()
        self._clinic_count_undo_attempt()

    def _clinic_try_lock_for_undo(self):
        """Return those of these that nobody else is undoing at this moment.

        From now on nobody else can: see :meth:`_clinic_lock_for_undo`.
        """
        locked = self.try_lock_for_update(allow_referencing=True)
        locked._clinic_count_undo_attempt()
        return locked

    def _clinic_count_undo_attempt(self):
        payments = self._clinic_unguarded()
        for count, same in payments.grouped("clinic_undo_attempts").items():
            same.clinic_undo_attempts = count + 1

    # === UNDOING === #

    def _clinic_undo(self, mode, amount, reason):
        """Take this payment back, wholly or in part.

        :param str mode: ``never_charged``, ``refund`` or ``already_refunded``
        :param float amount: in the currency of the payment; all of it when it was
            never charged
        :param str reason: for the record
        :return: the outbound payments
        :raise AccessError: the user may not
        :raise UserError: it cannot be done, or somebody else is doing it
        """
        self.ensure_one()
        self._clinic_check_may_undo()
        self._clinic_lock_for_undo()
        outbound = self.browse()
        if mode == "never_charged":
            invoices = self._clinic_get_paid_invoices()
            self._clinic_call_off(reason)
        else:
            self._clinic_check_returnable(amount)
            invoices = self.env["account.move"].union(
                *self._clinic_get_reopening(amount)
            )
            refund = mode == "refund"
            send = self._clinic_give_back if refund else self._clinic_adopt_given_back
            outbound = send(amount, reason)
            # A provider may know of more than was asked for.
            amount = max(amount, sum(outbound.mapped("amount")))
            invoices |= outbound.clinic_reopened_invoice_ids
        what = self._clinic_describe_undoing(mode, amount)
        self._clinic_log_undoing(what, reason, self, outbound, invoices)
        return outbound

    def _clinic_describe_undoing(self, mode, amount):
        """Return what was done to this payment, for the record."""
        sentences = {
            "never_charged": self.env._("Payment %(payment)s was called off."),
            "refund": self.env._("%(amount)s of payment %(payment)s is given back."),
            "already_refunded": self.env._(
                "%(amount)s of payment %(payment)s was given back before. Nothing was "
                "sent."
            ),
        }
        return sentences[mode] % {
            "amount": self.currency_id.format(amount),
            "payment": self.display_name,
        }

    def _clinic_describe_sending(self, mode, amount):
        """Return what is going to happen to the money, for who confirms it."""
        self.ensure_one()
        values = {
            "amount": self.currency_id.format(amount),
            "payment": self.display_name,
            "method": self.payment_method_line_id.name,
        }
        if mode == "keep":
            return self.env._(
                "%(amount)s of %(payment)s is credit for other invoices.", **values
            )
        if mode == "already_refunded":
            return self.env._(
                "%(amount)s of %(payment)s is booked as given back; nothing is sent.",
                **values,
            )
        if self._clinic_get_sender():
            return self.env._(
                "%(amount)s of %(payment)s is sent back by %(method)s.", **values
            )
        return self.env._(
            "%(amount)s of %(payment)s (%(method)s) is booked as given back. Hand it "
            "out yourself.",
            **values,
        )

    @api.model
    def _clinic_log_undoing(self, what, reason, *recordsets):
        """Say on these records who has undone what, and why."""
        why = self.env._(
            "By %(user)s. Reason: %(reason)s", user=self.env.user.name, reason=reason
        )
        body = Markup("%s<br/>%s") % (what, why)
        for records in recordsets:
            if records:
                records._message_log_batch(bodies=dict.fromkeys(records.ids, body))

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
