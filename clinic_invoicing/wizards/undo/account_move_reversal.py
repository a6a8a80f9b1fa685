from odoo import models

from ...models.guards.clinic_guarded import UNGUARDED


class AccountMoveReversal(models.TransientModel):
    """An invoice that replaces a credited one bills the same services."""

    _inherit = "account.move.reversal"

    def reverse_moves(self, is_modify=False):
        # context: Core copies the shares to the new invoice, and nobody by hand.
        wizard = self.with_context(**UNGUARDED)
        return super(AccountMoveReversal, wizard).reverse_moves(is_modify=is_modify)
