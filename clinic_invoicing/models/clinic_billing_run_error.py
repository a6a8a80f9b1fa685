from odoo import fields, models


class ClinicBillingRunError(models.Model):
    """Why a service of a billing run was not invoiced."""

    _name = "clinic.billing.run.error"
    _description = "Clinic Billing Run Error"

    run_id = fields.Many2one(
        "clinic.billing.run", required=True, index=True, ondelete="cascade"
    )
    service_id = fields.Many2one("clinic.service", required=True, ondelete="cascade")
    reason = fields.Char(required=True)
