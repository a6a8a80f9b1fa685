from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ...actions import RELOAD, notification
from ...commands import linked_ids
from .account_move_allocation import PAID_FIRST

# Payments that count: neither planned nor undone.
BOOKED_STATES = ("in_process", "paid")


class AccountPayment(models.Model):
    """Payments: the card that staff may charge, and which invoices money pays."""

    _name = "account.payment"
    _inherit = ["account.payment", "clinic.guarded"]

    clinic_amount_unallocated = fields.Monetary(
        string="Unallocated", compute="_compute_clinic_amount_unallocated"
    )

    # === COMPUTE METHODS === #

    @api.depends("payment_method_line_id")
    def _compute_suitable_payment_token_ids(self):
        result = super()._compute_suitable_payment_token_ids()
        for payment in self:
            cards = payment.suitable_payment_token_ids
            payment.suitable_payment_token_ids = cards._clinic_get_offered()
        return result

    @api.depends("move_id.line_ids.amount_residual_currency", "state")
    def _compute_clinic_amount_unallocated(self):
        for payment in self:
            lines = payment._clinic_get_receivable_lines()
            left = -sum(lines.mapped("amount_residual_currency"))
            left = left and payment.currency_id.round(left)
            payment.clinic_amount_unallocated = left

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self._clinic_check_create(vals_list)
        return super().create(vals_list)

    def _clinic_check_create(self, vals_list):
        """Raise UserError when no such payments may be made. Rooms below add to it."""

    # === ACTION METHODS === #

    def action_post(self):
        """Say why a card is refused; a charge that fails only cancels the payment."""
        for payment in self.filtered("payment_token_id"):
            if not payment.payment_transaction_id:
                payment.payment_token_id._clinic_check_accepted()
        result = super().action_post()
        self._clinic_after_post()
        return result

    def _clinic_after_post(self):
        """Do what follows when these are posted. Rooms below add to it."""

    def action_clinic_allocate(self):
        """Pay the payer's open invoices with what is open, the oldest first."""
        self.check_access("write")
        self._clinic_lock_for_undo()
        names = []
        for payment in self:
            paid = payment._clinic_allocate()
            if not paid:
                raise UserError(
                    self.env._(
                        "%(client)s has no open invoice. Give the money back, or leave "
                        "it for the next invoice.",
                        client=payment._clinic_get_payer().display_name,
                    )
                )
            names += paid.mapped("name")
        return notification(
            "success",
            self.env._("Paid: %(names)s", names=", ".join(names)),
            then=RELOAD,
        )

    def _prepare_payment_transaction_vals(self, **extra_create_values):
        """Link a charge to the invoices that its money reaches; Core links all."""
        values = super()._prepare_payment_transaction_vals(**extra_create_values)
        ids = linked_ids(values["invoice_ids"])
        # sudo: billers do not read every transaction of the invoices.
        invoices = self.env["account.move"].sudo().browse(ids)
        if invoices.currency_id != self.currency_id:
            return values
        door = self.env["payment.transaction"]
        return {
            **values,
            **door._clinic_prepare(invoices._clinic_get_due(), self.amount),
        }

    # === MONEY THAT HAS PAID NOTHING YET === #

    def _clinic_allocate(self, invoices=None):
        """Pay open invoices of the payer with what is open of this payment.

        What the payment was meant for comes first, then the oldest.

        :param account.move invoices: those chosen, instead of all that are open
        :return: the invoices that it has paid, wholly or in part
        """
        self.ensure_one()
        if invoices is None:
            invoices = self._clinic_get_allocatable_invoices()
        return self._clinic_allocate_each({self: invoices})[self]

    def _clinic_allocate_each(self, invoices_by_payment):
        """Pay invoices with what is open of these payments, one after the other.

        :param dict invoices_by_payment: what each may pay
        :return: the invoices that each has paid, wholly or in part
        :rtype: dict[account.payment, account.move]
        """
        groups = []
        for payment in self.filtered(lambda one: one.clinic_amount_unallocated > 0):
            invoices = invoices_by_payment[payment]
            # sudo: billers do not read every transaction.
            meant = invoices & payment.sudo().payment_transaction_id.invoice_ids
            groups += [(payment, meant), (payment, invoices - meant)]
        paid = self._clinic_pay_groups(groups)
        notes = {
            payment.id: self.env._(
                "Allocated to %(names)s.", names=", ".join(moves.mapped("name"))
            )
            for payment, moves in paid.items()
            if moves
        }
        if notes:
            self.browse(notes)._message_log_batch(bodies=notes)
        return paid

    def _clinic_get_allocatable_invoices(self):
        """Return what the payer owes in this currency to this practice."""
        self.ensure_one()
        moves = self.env["account.move"]
        return moves.search(
            moves._clinic_get_unpaid_domain(
                self._clinic_get_payer()._clinic_get_addressee()
            )
            & self.company_id._clinic_get_books_domain()
            & Domain("currency_id", "=", self.currency_id.id),
            order=PAID_FIRST,
        )

    # === WHAT IT HAS PAID === #

    def _clinic_get_receivable_lines(self):
        """Return the lines by which these payments pay what is owed."""
        return self.move_id.line_ids.filtered(
            lambda line: (
                line.account_id.account_type == "asset_receivable"
                and line.parent_state == "posted"
            )
        )

    def _clinic_get_partials(self):
        """Return by what this payment is reconciled with invoices, due last first.

        Money that has gone back before and exchange differences are left out.
        """
        partials = self._clinic_get_receivable_lines().matched_debit_ids
        return partials.filtered(
            lambda partial: (
                not partial.debit_move_id.move_id.origin_payment_id
                and not partial.debit_move_id.move_id.exchange_diff_partial_ids
            )
        ).sorted(
            lambda partial: (
                partial.debit_move_id.date_maturity or partial.debit_move_id.date,
                partial.debit_move_id.id,
            ),
            reverse=True,
        )

    def _clinic_get_paid_invoices(self):
        """Return the invoices that these payments have paid, wholly or in part."""
        moves = self._clinic_get_partials().debit_move_id.move_id
        return moves.filtered(lambda move: move.move_type == "out_invoice")

    def _clinic_forget_unpaid(self, invoices):
        """Unlink those of these that this payment does not pay, or not any more.

        Else Odoo would warn that a payment of them is in progress.
        """
        self.invoice_ids -= invoices - self._clinic_get_partials().debit_move_id.move_id

    # === PAYING INVOICES WITH OPEN MONEY === #

    def _clinic_pay_invoices(self, invoices):
        """Pay these invoices with what is open of this payment, oldest first."""
        self.ensure_one()
        return self._clinic_pay_groups([(self, invoices)])[self]

    def _clinic_pay_parts(self, groups):
        """Pay exactly these parts of receivable lines.

        :param list groups: for each receivable line of this payment, in their order,
            what it pays: lines that are owed, with more in each tuple
        """
        self.ensure_one()
        own = self._clinic_get_receivable_lines().sorted("id")
        plan = [
            money | owed
            for money, group in zip(own, groups, strict=False)
            for owed, *_part in group
        ]
        if plan:
            own._reconcile_plan(plan)

    def _clinic_pay_groups(self, groups):
        """Pay invoices with what is open of these payments, group by group.

        It is done all at once: Odoo reconciles many as fast as few.

        :param list[tuple] groups: one of these payments and invoices each, of which
            the oldest is paid first
        :return: the invoices that each of these payments has paid
        :rtype: dict[account.payment, account.move]
        """
        before = self._clinic_get_partials()
        money = self._clinic_get_receivable_lines().grouped("move_id")
        nothing = self.env["account.move.line"]
        self._clinic_match_groups(
            [
                (money.get(payment.move_id, nothing), invoices)
                for payment, invoices in groups
            ]
        )
        by_entry = defaultdict(self.env["account.move"].browse)
        for partial in self._clinic_get_partials() - before:
            by_entry[partial.credit_move_id.move_id] |= partial.debit_move_id.move_id
        paid = {payment: by_entry[payment.move_id] for payment in self}
        for moves, payments in self.grouped(paid.get).items():
            if moves:
                payments.invoice_ids = [Command.link(move.id) for move in moves]
        return paid

    @api.model
    def _clinic_match_groups(self, groups):
        """Pay invoices with open credit, all at once.

        :param list[tuple] groups: lines of credit, and invoices that they pay: the
            oldest money first, the oldest invoice first
        """
        # By groups, each would be read by itself.
        moves = self.env["account.move"].union(*(moves for _money, moves in groups))
        owed = moves._clinic_get_open_lines().grouped("move_id")
        plan = []
        for money, invoices in groups:
            own = (owed[move] for move in invoices if move in owed)
            lines = money.concat(money, *own)
            plan += self._clinic_plan_open(lines._clinic_sort_oldest_first())
        if plan:
            self.env["account.move.line"]._reconcile_plan(plan)

    def _clinic_plan_open(self, lines):
        """Return which of the lines, still open, can be reconciled with each other."""
        open_lines = lines.filtered(lambda line: not line.reconciled)
        return [
            same_account
            for same_account in open_lines.grouped("account_id").values()
            if len({line.balance > 0 for line in same_account}) > 1
        ]
