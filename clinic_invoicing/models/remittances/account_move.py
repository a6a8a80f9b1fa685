from collections import defaultdict

from odoo import models

from ...rules.smallest_units import pair_off, to_smallest_unit


class AccountMove(models.Model):
    """What pays which share is written down before an insurer takes something back."""

    _inherit = "account.move"

    def _clinic_name_paid(self):
        """Name the shares that payments of these pay in order, as nobody has yet."""
        named = []
        for invoice in self._clinic_get_billing_origins():
            named += invoice._clinic_get_unnamed()
        self.env["clinic.share.allocation"]._remember(named)

    def _clinic_get_unnamed(self):
        """Return what payments pay of which share without having named it.

        :return: see clinic.share.allocation._remember()
        """
        self.ensure_one()
        rounding = self.currency_id.rounding
        haves, wants = defaultdict(int), {}
        for partial in self.line_ids.matched_credit_ids:
            payment = partial.credit_move_id.move_id.origin_payment_id
            amount = to_smallest_unit(partial.debit_amount_currency, rounding)
            haves[payment] += amount * (
                partial.credit_move_id.move_id not in self.reversal_move_ids
            )
        for share, (_billed, paid) in self._clinic_get_share_accounts().items():
            wants[share] = to_smallest_unit(paid, rounding)
        for payment, parts in self.clinic_allocation_ids._sum_by_payment().items():
            for share, part in parts.items():
                haves[payment] -= part
                wants[share] = wants.get(share, 0) - part
        pairs = pair_off(list(haves.values()), list(wants.values()))
        payments, shares = list(haves), list(wants)
        return [
            (
                payments[have],
                self,
                shares[want],
                self.currency_id.round(part * rounding),
            )
            for have, want, part in pairs
            if payments[have]
        ]
