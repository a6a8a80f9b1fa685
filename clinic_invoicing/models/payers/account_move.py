from collections import defaultdict

from odoo import models

from ...rules import smallest_units


class AccountMove(models.Model):
    """What of an invoice was paid for which of the shares that it bills."""

    _inherit = "account.move"

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
            for line in move.invoice_line_ids.sorted("sequence"):
                # A line added by hand takes its turn like the shares do.
                key = line.clinic_share_id or line
                nets[key] += sign * smallest_units.to_smallest_unit(
                    line.price_total, rounding
                )
        if not nets:
            return {}
        # Taxes rounded per invoice may differ by a cent from those of the lines.
        nets[next(reversed(nets))] += total - sum(nets.values())
        parts = smallest_units.allocate_in_order(total - residual, list(nets.values()))
        return {
            key.id: part * rounding
            for key, part in zip(nets, parts, strict=True)
            if key._name == "clinic.service.share"
        }
