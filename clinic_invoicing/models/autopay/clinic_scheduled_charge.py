from odoo import api, models
from odoo.fields import Domain


class ClinicScheduledCharge(models.Model):
    """Charges of autopay are planned whenever the job begins."""

    _inherit = "clinic.scheduled.charge"

    def _get_told_for_same_day(self):
        """Return the other charges of its day that their payer was told of before.

        Where they exceed the limit together, those that come first are charged.
        """
        self.ensure_one()
        told = ("charging", "retrying", "done")
        return self.autopay_id.charge_ids.filtered(
            lambda charge: (
                charge != self
                and charge.date == self.date
                and (
                    charge.state in told
                    or (charge.state == "noticed" and charge._comes_before(self))
                )
                # Closed without a charge.
                and (charge.state != "done" or charge.transaction_id)
            )
        )

    def _comes_before(self, other):
        """Whether this, that its payer was told of, is charged before the other."""
        return other.state != "noticed" or self.id < other.id

    @api.model
    def _get_taken_up_domain(self):
        """Return the domain of charges that have taken up what they pay, for good."""
        return Domain("origin", "=", "autopay") & (
            Domain("state", "!=", "cancelled") | Domain("is_called_off", "=", True)
        )

    def _is_taken_up(self):
        """Whether autopay does not take up again what it pays."""
        return bool(self.filtered_domain(self._get_taken_up_domain()))

    @api.model
    def _get_preparations(self):
        return [self.env["clinic.autopay"]._plan_charges, *super()._get_preparations()]
