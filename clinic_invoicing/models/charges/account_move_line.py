from odoo import models

from ...rules.askers import CHARGED, get_barring
from .clinic_scheduled_charge import OPEN_CHARGE_STATES


class AccountMoveLine(models.Model):
    """What a saved card is about to pay: its payer is told of that."""

    _inherit = "account.move.line"

    def _clinic_get_reasons(self, asker, day):
        reasons = super()._clinic_get_reasons(asker, day)
        for line in self if CHARGED in get_barring(asker) else ():
            if line._clinic_is_charged():
                reasons[line] |= {CHARGED}
        return reasons

    def _clinic_is_charged(self):
        """Whether a charge is under way that pays what is due on its day."""
        self.ensure_one()
        due = self._clinic_get_due_day()
        # sudo: the fact is for everybody who asks for money.
        return any(
            charge.state in OPEN_CHARGE_STATES and charge._covers(due)
            for charge in self.move_id.sudo().clinic_charge_ids
        )
