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
            amount = self.invoice_id._clinic_get_matched(payment)
            matched = to_smallest_unit(amount, rounding)
            parts = allocate_in_order(matched, list(named.values()))
            paid[payment] = dict(zip(named, parts, strict=True))
        return paid


class AccountMove(models.Model):
    """What money pays of an invoice, for which shares it is meant."""

    _inherit = "account.move"

    def _clinic_get_matched(self, payment):
        """Return how much of this invoice a payment pays now."""
        self.ensure_one()
        partials = self.line_ids.matched_credit_ids.filtered(
            lambda partial: _is_money_of(payment, partial.credit_move_id.move_id)
        )
        return sum(partials.mapped("debit_amount_currency"))

    def _clinic_name_meant(self, meant):
        """Return what payments pay of the shares that they are for, and have not named.

        Nothing where the invoice bills nothing else: then the order tells the same.

        :param dict meant: the shares that each payment is for, the oldest money first
        :return: see :meth:`clinic.share.allocation._remember`
        """
        self.ensure_one()
        rounding = self.currency_id.rounding
        wants, _paid = self._clinic_sum_family()
        said = self.clinic_allocation_ids._sum_by_payment()
        for parts in said.values():
            for share, part in parts.items():
                wants[share] -= part
        named = []
        for payment, shares in meant.items():
            own = [share for share in shares if share in wants]
            if len(own) == len(wants):
                continue
            matched = to_smallest_unit(self._clinic_get_matched(payment), rounding)
            have = matched - sum(said.get(payment, {}).values())
            parts = allocate_in_order(have, [wants[share] for share in own])
            for share, part in zip(own, parts, strict=True):
                wants[share] -= part
                if part:
                    amount = self.currency_id.round(part * rounding)
                    named.append((payment, self, share, amount))
        return named


def _is_money_of(payment, entry):
    """Whether the entry tells of the payment; without its own, the bank's does."""
    if payment.move_id:
        return entry == payment.move_id
    return bool(entry.statement_line_id)
