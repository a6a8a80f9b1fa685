from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command


class ClinicServiceShare(models.Model):
    """Taking back what was invoiced of a share, by a credit note of just that."""

    _inherit = "clinic.service.share"

    def _credit(self, amounts, reason):
        """Take these amounts back from the invoices that bill them.

        The credit notes are posted and reconciled with their invoices. Money that
        has paid what is credited is open credit of its payer then.

        :param dict amounts: by share, in the currency of the share
        :param str reason: what the credit notes refer to
        :return: the credit notes
        :raise UserError: somebody is paying, or it is not on an invoice
        """
        parts = defaultdict(list)
        for share, amount in amounts.items():
            for line, part in share._get_lines_to_credit(amount):
                parts[line.move_id].append(share._prepare_credit_line(line, part))
        if not parts:
            return self.env["account.move"]
        invoices = self.env["account.move"].union(*parts)
        invoices._clinic_lock_for_void()
        invoices._clinic_check_not_being_paid()
        return invoices._clinic_credit_parts(parts, reason)

    def _get_lines_to_credit(self, amount):
        """Return ``(invoice line, part)`` that make up ``amount``, newest first."""
        self.ensure_one()
        found = []
        billed = self.invoice_line_ids.filtered(
            lambda line: line.parent_state == "posted"
        )
        invoiced = billed.filtered(lambda line: line.move_id.move_type == "out_invoice")
        for line in invoiced.sorted("id", reverse=True):
            credited = (billed - invoiced).filtered(
                lambda other, line=line: other.move_id.reversed_entry_id == line.move_id
            )
            left = line.price_total - sum(credited.mapped("price_total"))
            part = self.currency_id.round(min(left, amount))
            if self.currency_id.compare_amounts(part, 0) > 0:
                found.append((line, part))
                amount = self.currency_id.round(amount - part)
        if not self.currency_id.is_zero(amount):
            raise UserError(
                self.env._(
                    "%(service)s: %(amount)s of it is on no posted invoice.",
                    service=self.service_id.display_name,
                    amount=self.currency_id.format(amount),
                )
            )
        return found

    def _prepare_credit_line(self, line, amount):
        """Return the values of the line that takes a part of an invoice line back."""
        values = {
            "clinic_share_id": self.id,
            "product_id": line.product_id.id,
            "name": line.name,
            "account_id": line.account_id.id,
            "quantity": line.quantity,
            "price_unit": line.price_unit,
            "discount": line.discount,
            "tax_ids": [Command.set(line.tax_ids.ids)],
            "extra_tax_data": line.extra_tax_data,
        }
        if self.currency_id.compare_amounts(amount, line.price_total) == 0:
            return values
        taxes = {
            tax: self.currency_id.round(tax_amount * amount / line.price_total)
            for tax, tax_amount in line._clinic_get_tax_amounts().items()
        }
        values.update(extra_tax_data=False)
        return {**values, **self._prepare_exact_line(amount, taxes)}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _clinic_get_tax_amounts(self):
        """Return how much of each tax the total of this invoice line contains."""
        self.ensure_one()
        taxes = self.env["account.tax"]
        line = self.move_id._prepare_product_base_line_for_taxes_computation(self)
        taxes._add_tax_details_in_base_line(line, self.company_id)
        taxes._round_base_lines_tax_details([line], self.company_id)
        return {
            data["tax"]: data["tax_amount_currency"]
            for data in line["tax_details"]["taxes_data"]
        }


class AccountMove(models.Model):
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
        credit_notes.action_post()
        for credit_note in credit_notes:
            credit_note.reversed_entry_id._clinic_settle_by(credit_note)
        return credit_notes

    def _clinic_settle_by(self, credit_note):
        """Reconcile this invoice with its credit note; payments make room for it.

        What the payments do not pay any more stays open on them: it is listed under
        Unallocated Payments, to be allocated or given back.
        """
        self.ensure_one()
        payments, before = self.env["account.payment"], {}
        if (
            self.currency_id.compare_amounts(
                self.amount_residual, credit_note.amount_total
            )
            < 0
        ):
            payments = self._clinic_get_inbound_payments()
            payments._clinic_lock_for_undo()
            for payment in payments:
                before[payment] = payment._clinic_get_paid_with(self)
                payment._clinic_take_off(self)
        (self | credit_note)._clinic_reconcile_each_account()
        for payment in payments:
            payment._clinic_pay_invoices(self)
            payment._clinic_lower_discounts(self, *before[payment])
