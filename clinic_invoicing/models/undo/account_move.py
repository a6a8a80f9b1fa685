from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import clean_context

from ...rules.payers import PAYER_WRITE_OFF
from ..paying.account_payment import BOOKED_STATES
from ..paying.payment_transaction import OFFLINE_CODES

VOIDABLE = "out_invoice"


class AccountMove(models.Model):
    """Voiding: the money goes back, a credit note settles the invoice."""

    _inherit = "account.move"

    clinic_may_void = fields.Boolean(compute="_compute_clinic_may_void")

    @api.depends_context("uid")
    @api.depends("move_type", "state", "payment_state")
    def _compute_clinic_may_void(self):
        may_undo = self.env["account.payment"]._clinic_may_undo()
        for move in self:
            move.clinic_may_void = may_undo and not move._clinic_get_void_obstacle()

    # === ACTION METHODS === #

    def action_clinic_void(self):
        """Open the wizard that voids these invoices."""
        self._clinic_check_may_void()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Void Invoice"),
            "res_model": "clinic.invoice.void",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                **clean_context(self.env.context),
                "default_invoice_ids": self.ids,
            },
        }

    def _clinic_check_may_void(self):
        """Raise unless the user may void these invoices, and they can be voided."""
        self.env["account.payment"]._clinic_check_may_undo()
        self.check_access("write")
        if not self:
            raise UserError(self.env._("There is no invoice to be voided here."))
        for move in self:
            obstacle = move._clinic_get_void_obstacle()
            if obstacle:
                raise UserError(obstacle)

    def _clinic_get_void_obstacle(self):
        """Return why this invoice cannot be voided, ``False`` if it can: a hook."""
        self.ensure_one()
        if self.move_type != VOIDABLE or self.state != "posted":
            return self.env._("Only posted invoices can be voided.")
        if self.payment_state == "reversed":
            return self.env._("%(name)s has been voided before.", name=self.name)
        return False

    # === VOIDING === #

    def _clinic_void(self, reason, services="to_invoice", money="refund"):
        """Undo these invoices altogether.

        What could refuse comes first: money that a provider has sent back does not
        return when the credit note is refused. Nothing changes when the money cannot
        go back.

        :param str reason: for the record
        :param str services: ``to_invoice`` to bill them again, or ``write_off``
        :param str money: ``refund`` to give it back now, ``already_refunded``, or
            ``keep`` to leave it as the payer's credit
        :return: the credit notes
        :raise AccessError: the user may not
        :raise UserError: it cannot be done, or somebody else is doing it
        """
        self._clinic_check_may_void()
        self._clinic_lock_for_void()
        self._clinic_check_may_void()
        self._clinic_stop_payments()
        amounts = self._clinic_take_payments_off()
        credit_notes = self.browse()
        for invoice in self:
            credit_notes |= invoice._clinic_credit_the_rest()
        if services == "write_off":
            self._clinic_write_off_services(reason)
        payments = self._clinic_give_payments_back(amounts, money, reason)
        payments._clinic_log_undoing(
            self.env._(
                "Voided: %(invoices)s, by %(credit_notes)s.",
                invoices=", ".join(self.mapped("name")),
                credit_notes=", ".join(credit_notes.mapped("name")),
            ),
            reason,
            self,
            credit_notes,
            payments,
        )
        return credit_notes

    def _clinic_lock_for_void(self):
        """Keep others from paying or voiding these invoices at this moment."""
        self._clinic_lock_or_refuse(
            self.env._(
                "Somebody else is paying or voiding this invoice at this moment. "
                "Please reload the page."
            )
        )
        self.invalidate_recordset()

    def _clinic_stop_payments(self):
        """Make sure that no money comes any more for these invoices.

        :raise UserError: money is on its way, and cannot be stopped
        """
        # sudo: managers void invoices, whoever has started to pay them.
        transactions = self.sudo()._clinic_get_attempts()
        transactions._clinic_supersede_open_attempts()
        transactions.filtered(lambda tx: tx.state == "authorized").action_void()
        on_the_way = transactions.filtered(
            lambda tx: (
                tx.state == "authorized"
                # Wire transfers are pending from the start and may never arrive.
                or (tx.state == "pending" and tx.provider_code not in OFFLINE_CODES)
            )
        )
        if on_the_way:
            raise UserError(
                self.env._(
                    "A payment of %(amount)s is being processed and cannot be stopped. "
                    "Wait until it has arrived or failed.",
                    amount=on_the_way[0].currency_id.format(on_the_way[0].amount),
                )
            )
        arrived = transactions.filtered(
            lambda tx: tx.state == "done" and not tx.is_post_processed
        )
        arrived._post_process()

    # === THE MONEY === #

    def _clinic_get_inbound_payments(self):
        """Return the payments that have paid these invoices."""
        return self._get_reconciled_payments().filtered(
            lambda payment: payment.payment_type == "inbound"
        )

    def _clinic_check_payments_have_entries(self):
        """Raise UserError if there is money that no entry tells of.

        A method without outstanding account leaves the entry to the bank statement.
        """
        payments = self.matched_payment_ids.filtered(
            lambda payment: payment.state in BOOKED_STATES and not payment.move_id
        )
        if payments:
            raise UserError(
                self.env._(
                    "%(payments)s has no entry in the books yet. Match it with the "
                    "bank statement first; or, if it never came, call it off.",
                    payments=", ".join(payments.mapped("display_name")),
                )
            )

    def _clinic_take_payments_off(self):
        """Take the payments off these invoices: their money is open credit then.

        A discount was no money, and falls.

        :return: by payment, the money that has paid these invoices
        :rtype: dict
        """
        self._clinic_check_payments_have_entries()
        payments = self._clinic_get_inbound_payments()
        payments._clinic_lock_for_undo()
        amounts = {}
        for payment in payments:
            amounts[payment] = payment._clinic_get_amount_back(self)
            let_off = payment._clinic_get_write_offs_on(self)
            payment._clinic_remember_taken_off(self)
            payment._clinic_take_off(self)
            payment._clinic_take_discounts_back(let_off)
        return amounts

    def _clinic_give_payments_back(self, amounts, money, reason):
        """Do with the money as was said; return the payments that it came by.

        Each payment gives back once, for all of the invoices together.
        """
        for payment, amount in amounts.items():
            if payment.currency_id.is_zero(amount) or money == "keep":
                continue
            if money == "refund":
                payment._clinic_give_back(amount, reason)
            else:
                payment._clinic_adopt_given_back(amount, reason)
        return self.env["account.payment"].union(*amounts)

    # === THE CREDIT NOTE === #

    def _clinic_credit_the_rest(self):
        """Return the posted credit note of all that has not been credited yet.

        What was credited before settles its part of the invoice.

        :return: the earlier credit notes if nothing is left
        :raise UserError: an earlier credit note has been used up otherwise
        """
        self.ensure_one()
        date = max(self._clinic_get_day(), self.invoice_date)
        values = {
            "date": date,
            "invoice_date": date,
            "ref": self.env._("Void of %(invoice)s", invoice=self.name),
        }
        earlier = self.reversal_move_ids.filtered(lambda move: move.state == "posted")
        if not earlier:
            return self._reverse_moves([values], cancel=True)
        credit_note = self._reverse_moves([values])
        credit_note._clinic_drop_credited_lines(earlier.invoice_line_ids)
        if "product" in credit_note.invoice_line_ids.mapped("display_type"):
            credit_note.action_post()
        else:
            credit_note.unlink()
            credit_note = earlier
        (self | earlier | credit_note)._clinic_reconcile_each_account()
        self._clinic_check_is_settled(earlier)
        return credit_note

    def _clinic_check_is_settled(self, earlier):
        """Raise UserError if an earlier credit note was given back or used already.

        The payment's money would go back a second time.
        """
        if not self.currency_id.is_zero(self.amount_residual):
            raise UserError(
                self.env._(
                    "%(credit_notes)s of %(invoice)s has been paid out or used for "
                    "another invoice. Give the rest of the money back by reversing the "
                    "payment.",
                    credit_notes=", ".join(earlier.mapped("name")),
                    invoice=self.name,
                )
            )

    def _clinic_drop_credited_lines(self, credited):
        """Remove from this draft what earlier credit notes have taken back."""
        self.ensure_one()
        for line in credited.filtered(lambda line: line.display_type == "product"):
            same = self.invoice_line_ids.filtered(
                lambda own, line=line: (
                    own.clinic_share_id == line.clinic_share_id
                    and own.product_id == line.product_id
                    and not own.currency_id.compare_amounts(
                        own.price_total, line.price_total
                    )
                )
            )
            if not same:
                raise UserError(
                    self.env._(
                        "A part of %(invoice)s has been credited. Credit the rest with "
                        "a credit note, then give the money back.",
                        invoice=self.reversed_entry_id.name,
                    )
                )
            same[0].unlink()

    def _clinic_reconcile_each_account(self):
        """Reconcile what is open on the receivable accounts of these documents."""
        lines = self.line_ids.filtered(
            lambda line: (
                line.account_id.account_type == "asset_receivable"
                and not line.reconciled
            )
        )
        self.env["account.payment"]._clinic_reconcile_open(lines)

    # === THE SERVICES === #

    def _clinic_write_off_services(self, reason):
        """Ask nobody for the services of these invoices any more.

        A service that somebody else pays a part of keeps that part.
        """
        shares = self.invoice_line_ids.clinic_share_id
        services = shares.service_id
        split = services.filtered(lambda service: service._is_on_invoice())
        (services - split).action_cancel()
        # sudo: what a share owes is nobody's to write, and follows from the void here.
        left = shares.filtered(
            lambda share: share.service_id in split and share.state == "to_bill"
        ).sudo()
        left.payer_type = PAYER_WRITE_OFF
        left._log_write_offs(reason)
