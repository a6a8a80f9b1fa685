from odoo import api, models
from odoo.exceptions import ValidationError

from ...rules.payers import PAYER_INSURER


class ClinicServiceShare(models.Model):
    """Who never owes a fee for a visit that did not take place."""

    _inherit = "clinic.service.share"

    @api.constrains("payer_type", "service_id")
    def _check_fee_is_clients(self):
        fees = self.filtered(
            lambda share: share.payer_type == PAYER_INSURER and share.service_id.is_fee
        )
        if fees:
            raise ValidationError(fees.service_id._get_refusal_of_insurers())
