from odoo import models
from odoo.fields import Command


class AccountMove(models.Model):
    """Credit notes of parts of invoices, for which payments make room."""

    _inherit = "account.move"

    def _clinic_credit_parts(self, parts, reason):
        """Post a credit note of a part of each of these invoices.

        :param dict parts: the values of the lines to be credited, by invoice
        """
        credit_notes = self._clinic_unguarded().create(
            [
                {
                    "move_type": "out_refund",
                    "clinic_has_services": True,
                    "reversed_entry_id": invoice.id,
                    "partner_id": invoice.partner_id.id,
                    "company_id": invoice.company_id.id,
                    "currency_id": invoice.currency_id.id,
                    "journal_id": invoice.journal_id.id,
                    "fiscal_position_id": invoice.fiscal_position_id.id,
                    # No discount is taken off what is taken back.
                    "invoice_payment_term_id": False,
                    "invoice_date": max(
                        invoice._clinic_get_day(), invoice.invoice_date
                    ),
                    "ref": reason,
                    "invoice_line_ids": [Command.create(values) for values in lines],
                }
                for invoice, lines in parts.items()
            ]
        )
        credit_notes = credit_notes.with_env(self.env)
        with credit_notes._clinic_posting_in_batch():
            credit_notes.action_post()
        credit_notes._clinic_settle_invoices()
        credit_notes._clinic_after_posting()
        return credit_notes

    def _clinic_tell_of_freed_money(self):
        """Tell a biller of what these credit notes have freed, and nothing has taken.

        Deposits are told of by their own room.
        """
        lines = self.env["account.move.line"]
        held = lines._clinic_get_held_lines(self.partner_id, self.company_id)
        lines.union(*held.values())._clinic_tell_of_rest()

    def _reconcile_reversed_moves(self, reverse_moves, *args, **kwargs):
        """Leave the credit notes of a batch to who posts it: they are matched at once.

        Not where taxes are due with the payment: Core makes entries between its steps.
        """
        in_batch = self._clinic_get_formats() is not None
        if in_batch and not any(self.company_id.mapped("tax_exigibility")):
            return reverse_moves
        return super()._reconcile_reversed_moves(reverse_moves, *args, **kwargs)

    def _clinic_plan_with_invoice(self):
        """Return what Core would match of this credit note and its invoice."""
        # No union, which forgets that other documents are on the same page.
        lines = [
            line
            for move in (self.reversed_entry_id, self)
            for line in move.line_ids
            if line.account_id.reconcile
        ]
        plan = self.env["account.payment"]._clinic_plan_open
        return plan(self.env["account.move.line"].union(*lines))

    def _clinic_settle_invoices(self):
        """Reconcile these credit notes with their invoices, all at once.

        Where the payments leave too little open, they make room.
        """
        plan, tight = [], self.browse()
        for credit_note in self:
            invoice = credit_note.reversed_entry_id
            missing = credit_note.amount_residual - invoice.amount_residual
            if invoice.currency_id.compare_amounts(missing, 0) > 0:
                tight |= credit_note
            else:
                plan += credit_note._clinic_plan_with_invoice()
        if plan:
            self.line_ids._reconcile_plan(plan)
        for credit_note in tight:
            credit_note.reversed_entry_id._clinic_settle_by(credit_note)

    def _clinic_settle_by(self, credit_note):
        """Reconcile this paid invoice with its credit note; payments make room for it.

        What the payments do not pay any more stays open on them: it is listed under
        Unallocated Payments, to be allocated or given back.
        """
        self.ensure_one()
        payments, before = self._clinic_get_inbound_payments(), {}
        payments._clinic_lock_for_undo()
        for payment in payments:
            before[payment] = payment._clinic_get_paid_with(self)
            payment._clinic_take_off(self)
        plan = credit_note._clinic_plan_with_invoice()
        if plan:
            self.line_ids._reconcile_plan(plan)
        for payment in payments:
            payment._clinic_pay_invoices(self)
            payment._clinic_lower_discounts(self, *before[payment])
