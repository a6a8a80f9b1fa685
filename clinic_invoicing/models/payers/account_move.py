from collections import defaultdict

from odoo import fields, models

from ...rules import proportions, smallest_units


class AccountMove(models.Model):
    """What an invoice says of each share that it bills, and what was paid of it."""

    _inherit = "account.move"

    clinic_allocation_ids = fields.One2many(
        "clinic.share.allocation",
        "invoice_id",
        string="Named Shares",
        readonly=True,
        copy=False,
    )

    # === WHAT IT BILLS === #

    def _clinic_get_line_totals(self):
        """Return what each line of this invoice is of its total; they sum to it.

        Taxes that are rounded for the whole invoice, lowered for an early payment
        discount, or corrected by hand, and cash rounding, are in no line's own total.

        :rtype: dict
        """
        self.ensure_one()
        # Not filtered(), which forgets that other invoices are on the same page.
        lines = [line for line in self.line_ids if line.display_type == "product"]
        lines.sort(key=lambda line: line.sequence)
        totals = [line.price_total for line in lines]
        difference = self.amount_total - sum(totals)
        if not lines or self.currency_id.is_zero(difference):
            return dict(zip(lines, totals, strict=True))
        rounding = self.currency_id.rounding
        taxes = [line.price_total - line.price_subtotal for line in lines]
        weights = taxes if any(taxes) else totals
        parts = proportions.share_out(
            smallest_units.to_smallest_unit(difference, rounding),
            [smallest_units.to_smallest_unit(weight, rounding) for weight in weights],
        )
        return {
            line: self.currency_id.round(total + part * rounding)
            for line, total, part in zip(lines, totals, parts, strict=True)
        }

    # === WHAT WAS PAID === #

    def _clinic_get_paid_by_share(self):
        """Return what was paid of each share on these invoices.

        :return: amount in the invoice's currency by share id
        :rtype: dict[int, float]
        """
        paid_by_share = defaultdict(float)
        for origin in self._clinic_get_billing_origins():
            for share, (_billed, paid) in origin._clinic_get_share_accounts().items():
                paid_by_share[share.id] += paid
        return paid_by_share

    def _clinic_get_open_by_share(self):
        """Return what is open of each share on these invoices, by invoice.

        :rtype: dict[account.move, dict[clinic.service.share, float]]
        """
        return {
            origin: {
                share: origin.currency_id.round(billed - paid)
                for share, (billed, paid) in origin._clinic_get_share_accounts().items()
                if origin.currency_id.compare_amounts(billed, paid) > 0
            }
            for origin in self._clinic_get_billing_origins()
        }

    def _clinic_get_billing_origins(self):
        """Return the posted invoices among these, and those of their credit notes.

        An invoice and its credit notes are one account: what is credited was not paid.
        """
        origins = self.browse()
        for move in self.filtered(lambda move: move.state == "posted"):
            origins |= move.reversed_entry_id or move
        return origins

    def _clinic_get_share_accounts(self):
        """Return what this invoice bills of each share, and what was paid of that.

        Money goes to the shares that somebody has named, see clinic.share.allocation;
        the rest fills the lines in their order.

        :return: what is billed less what is credited, and what is paid, by share
        :rtype: dict[clinic.service.share, tuple[float, float]]
        """
        self.ensure_one()
        rounding = self.currency_id.rounding
        nets, paid = self._clinic_sum_family()
        named = self.clinic_allocation_ids._sum_paid() if paid else {}
        parts = smallest_units.allocate_as_shown(
            paid, [named.get(key, 0) for key in nets], list(nets.values())
        )
        return {
            key: (net * rounding, part * rounding)
            for (key, net), part in zip(nets.items(), parts, strict=True)
            if key._name == "clinic.service.share"
        }

    def _clinic_sum_family(self):
        """Return what this invoice and its credit notes bill, and what is paid of it.

        :return: in smallest units: by share, or by line without one, and altogether
        :rtype: tuple[dict, int]
        """
        rounding = self.currency_id.rounding
        nets = defaultdict(int)
        total = residual = 0
        # No union, which forgets that other invoices are on the same page.
        for move in (self, *self.reversal_move_ids):
            if move.state != "posted":
                continue
            sign = -1 if move.move_type == "out_refund" else 1
            total += sign * smallest_units.to_smallest_unit(move.amount_total, rounding)
            residual += sign * smallest_units.to_smallest_unit(
                move.amount_residual, rounding
            )
            for line, amount in move._clinic_get_line_totals().items():
                # A line added by hand takes its turn like the shares do.
                key = line.clinic_share_id or line
                nets[key] += sign * smallest_units.to_smallest_unit(amount, rounding)
        return nets, total - residual
