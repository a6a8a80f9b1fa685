from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    clinic_share_id = fields.Many2one(
        "clinic.service.share",
        string="Service Share",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    clinic_service_id = fields.Many2one(
        related="clinic_share_id.service_id",
        string="Service",
        store=True,
        index="btree_not_null",
    )

    def _copy_data_extend_business_fields(self, values):
        """Carry the share to credit notes; a duplicate bills nothing twice."""
        values["clinic_share_id"] = self.clinic_share_id.id
        return super()._copy_data_extend_business_fields(values)
