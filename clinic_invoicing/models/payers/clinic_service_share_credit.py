from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command


class ClinicServiceShare(models.Model):
    """Credit notes that take back what was invoiced of a share, and just that."""

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
        lines = self.browse().union(*amounts).invoice_line_ids
        billed = lines._clinic_get_billed_amounts()
        # Share by share, each line would be read by itself.
        lines.fetch(["tax_ids"])
        for share, amount in amounts.items():
            for line, part in share._get_lines_to_credit(amount, billed):
                parts[line.move_id].append(share._prepare_credit_line(line, part))
        if not parts:
            return self.env["account.move"]
        invoices = self.env["account.move"].union(*parts)
        invoices._clinic_lock_for_void()
        invoices._clinic_check_not_being_paid()
        return invoices._clinic_credit_parts(parts, reason)

    def _get_lines_to_credit(self, amount, billed):
        """Return ``(invoice line, part)`` that make up ``amount``, newest first.

        :param dict billed: what each line bills
        """
        self.ensure_one()
        found = []
        lines = self.invoice_line_ids.filtered(
            lambda line: line.parent_state == "posted"
        )
        for line in lines._clinic_filter_invoiced():
            left = sum(billed[one] for one in line | line._clinic_filter_credits(lines))
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
        if line._clinic_is_credited_as(amount):
            return values
        taxes = {
            tax: self.currency_id.round(tax_amount * amount / line.price_total)
            for tax, tax_amount in line._clinic_get_tax_amounts().items()
        }
        values.update(extra_tax_data=False)
        return {**values, **self._prepare_exact_line(amount, taxes)}
