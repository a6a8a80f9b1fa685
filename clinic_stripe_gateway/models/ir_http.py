from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _pre_dispatch(cls, rule, args):
        """Prepare no page for Stripe: no language, no visitor, no debug mode."""
        if rule.endpoint.routing.get("clinic_for_machines"):
            return request.dispatcher.pre_dispatch(rule, args)
        return super()._pre_dispatch(rule, args)
