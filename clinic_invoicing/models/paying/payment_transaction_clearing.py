from odoo import api, models
from odoo.fields import Domain

PROMISED_STATES = ("pending", "authorized")
# Their payments are confirmed by people; all others charge by themselves. A wire
# transfer is pending from the start and may never arrive.
OFFLINE_CODES = ("none", "custom")


class PaymentTransaction(models.Model):
    """Money on its way: promised, or come and not booked yet."""

    _inherit = "payment.transaction"

    def _clinic_is_clearing(self):
        """Whether its money is on its way; as the domain below."""
        self.ensure_one()
        if self.state == "done":
            return not self.is_post_processed
        return self.state in PROMISED_STATES and self.provider_code not in OFFLINE_CODES

    @api.model
    def _clinic_get_clearing_domain(self):
        """Transactions whose money is on its way: see :meth:`_clinic_is_clearing`."""
        arrived = Domain("state", "=", "done") & Domain("is_post_processed", "=", False)
        promised = Domain("state", "in", PROMISED_STATES) & Domain(
            "provider_code", "not in", OFFLINE_CODES
        )
        return arrived | promised
