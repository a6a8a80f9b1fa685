from odoo import fields, models


class ClinicShareAllocation(models.Model):
    """Which line of a remittance has named a share, so that undoing it finds it."""

    _inherit = "clinic.share.allocation"

    remittance_line_id = fields.Many2one(
        "clinic.remittance.line",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
