from collections import defaultdict

from odoo import models

from ...rules import proportions, smallest_units


class AccountMove(models.Model):
    """What an invoice says of each share that it bills, and what was paid of it."""

    _inherit = "account.move"

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

    def _clinic_get_paid_by_share(self):
        """Return what was paid of each share on these invoices.

        An invoice and its credit notes are one account: what is credited was not
        paid. What was paid fills the lines in their order.

        :return: amount in the invoice's currency by share id
        :rtype: dict[int, float]
        """
        paid_by_share = defaultdict(float)
        posted = self.filtered(lambda move: move.state == "posted")
        origins = self.browse()
        for move in posted:
            origins |= move.reversed_entry_id or move
        for origin in origins:
            for share_id, amount in origin._clinic_allocate_paid().items():
                paid_by_share[share_id] += amount
        return paid_by_share

    def _clinic_allocate_paid(self):
        """Return what was paid of each share of this invoice, by share id."""
        self.ensure_one()
        rounding = self.currency_id.rounding
        nets = defaultdict(int)
        total = residual = 0
        family = self | self.reversal_move_ids
        for move in family.filtered(lambda move: move.state == "posted"):
            sign = -1 if move.move_type == "out_refund" else 1
            total += sign * smallest_units.to_smallest_unit(move.amount_total, rounding)
            residual += sign * smallest_units.to_smallest_unit(
                move.amount_residual, rounding
            )
            for line, amount in move._clinic_get_line_totals().items():
                # A line added by hand takes its turn like the shares do.
                key = line.clinic_share_id or line
                nets[key] += sign * smallest_units.to_smallest_unit(amount, rounding)
        parts = smallest_units.allocate_in_order(total - residual, list(nets.values()))
        return {
            key.id: part * rounding
            for key, part in zip(nets, parts, strict=True)
            if key._name == "clinic.service.share"
        }
