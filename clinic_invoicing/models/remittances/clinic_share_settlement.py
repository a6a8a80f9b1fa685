from odoo import fields, models


class ClinicShareSettlement(models.Model):
    """Which line of a remittance tells of it, so that undoing it finds it."""

    _inherit = "clinic.share.settlement"

    remittance_line_id = fields.Many2one(
        "clinic.remittance.line",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
