from collections import defaultdict

from odoo import api, fields, models

from ...rules import smallest_units


class ClinicShareAllocation(models.Model):
    """Which share somebody named when money came, and how much of it.

    Odoo matches money with invoices, and an invoice may bill many shares. What is named
    here counts as far as its payment pays its invoice now: money that is taken off, or
    goes back, pays nothing; and when it is here again, it pays the same.
    """

    _name = "clinic.share.allocation"
    _description = "Share Named by a Payment"
    _inherit = ["clinic.guarded"]
    _order = "id"

    payment_id = fields.Many2one(
        "account.payment", required=True, readonly=True, index=True, ondelete="cascade"
    )
    invoice_id = fields.Many2one(
        "account.move", required=True, readonly=True, index=True, ondelete="cascade"
    )
    share_id = fields.Many2one(
        "clinic.service.share",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="invoice_id.company_id")
    currency_id = fields.Many2one(related="invoice_id.currency_id")
    amount = fields.Monetary(readonly=True)

    @api.model
    def _remember(self, named):
        """Keep which shares are meant by which money.

        :param list[tuple] named: a payment, an invoice, a share and its part each
        """
        # sudo: our own code alone keeps it.
        return self.sudo().create(
            [
                {
                    "payment_id": payment.id,
                    "invoice_id": invoice.id,
                    "share_id": share.id,
                    "amount": amount,
                }
                for payment, invoice, share, amount in named
            ]
        )

    def _sum_paid(self):
        """Return what is paid of what these name, no more than their payments pay.

        :return: in smallest units by share; all are of one invoice
        :rtype: dict[clinic.service.share, int]
        """
        paid = defaultdict(int)
        for payment, rows in self.grouped("payment_id").items():
            rounding = self.currency_id.rounding
            parts = smallest_units.allocate_in_order(
                smallest_units.to_smallest_unit(rows._get_matched(payment), rounding),
                [smallest_units.to_smallest_unit(row.amount, rounding) for row in rows],
            )
            for row, part in zip(rows, parts, strict=True):
                paid[row.share_id] += part
        return paid

    def _get_matched(self, payment):
        """Return how much of their invoice a payment pays now."""
        partials = self.invoice_id.line_ids.matched_credit_ids.filtered(
            lambda partial: _is_money_of(payment, partial.credit_move_id.move_id)
        )
        return sum(partials.mapped("debit_amount_currency"))


def _is_money_of(payment, entry):
    """Whether the entry tells of the payment; without its own, the bank's does."""
    if payment.move_id:
        return entry == payment.move_id
    return bool(entry.statement_line_id)
