from odoo import fields, models


class AccountMove(models.Model):
    """Invoices know the billing run that has made them."""

    _inherit = "account.move"

    clinic_billing_run_id = fields.Many2one(
        "clinic.billing.run",
        string="Billing Run",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
