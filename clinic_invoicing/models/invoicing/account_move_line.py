from odoo import fields, models
from odoo.tools.sql import column_exists, create_column


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = ["account.move.line", "clinic.guarded"]

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

    def _clinic_bills_its_share(self):
        """Whether the line counts: a draft credit note has taken nothing back yet."""
        self.ensure_one()
        is_draft_refund = (
            self.parent_state == "draft" and self.move_id.move_type == "out_refund"
        )
        return self.parent_state != "cancel" and not is_draft_refund

    def _auto_init(self):
        """Create the stored field empty: Odoo would compute it for every line there is.

        No line that exists at the installation bills a service.
        """
        if not column_exists(self.env.cr, self._table, "clinic_service_id"):
            create_column(self.env.cr, self._table, "clinic_service_id", "int4")
        return super()._auto_init()

    def _copy_data_extend_business_fields(self, values):
        """Carry the share to credit notes; a duplicate bills nothing twice."""
        values["clinic_share_id"] = self.clinic_share_id.id
        return super()._copy_data_extend_business_fields(values)
