from collections import defaultdict

from odoo import api, fields, models

from ...rules.smallest_units import allocate_in_order, to_smallest_unit


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
    amount = fields.Monetary(
        readonly=True, help="Less than zero where an insurer has taken it back."
    )

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
        for parts in self._sum_by_payment().values():
            for share, part in parts.items():
                paid[share] += part
        return paid

    def _sum_by_payment(self):
        """Return what each payment pays of what these name, in smallest units.

        :rtype: dict[account.payment, dict[clinic.service.share, int]]
        """
        rounding = self.currency_id.rounding
        paid = {}
        for payment, rows in self.grouped("payment_id").items():
            named = defaultdict(int)
            for row in rows:
                named[row.share_id] += to_smallest_unit(row.amount, rounding)
            matched = to_smallest_unit(rows._get_matched(payment), rounding)
            parts = allocate_in_order(matched, list(named.values()))
            paid[payment] = dict(zip(named, parts, strict=True))
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
