from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools.sql import column_exists, create_column

BASE_AMOUNTS = ("balance", "amount_currency")


class AccountMoveLine(models.Model):
    """Invoice lines, each of which bills what one payer owes of a service."""

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

    clinic_amount = fields.Monetary(
        string="Owed of the Service",
        currency_field="currency_id",
        copy=False,
        readonly=True,
        help="What its payer owed of the service when this line was made.",
    )

    # === CRUD METHODS === #

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

    # === BUSINESS METHODS === #

    def _clinic_bills_its_share(self):
        """Whether the line counts: a draft credit note has taken nothing back yet."""
        self.ensure_one()
        is_draft_refund = (
            self.parent_state == "draft" and self.move_id.move_type == "out_refund"
        )
        return self.parent_state != "cancel" and not is_draft_refund

    @api.model
    def _clinic_set_base_amounts(self, amounts):
        """Store what Odoo's taxes have computed for lines that were just created.

        It does what a compute method would: nobody has seen the lines without, so that
        nothing is to be checked or synchronized for each of them.

        :param list amounts: pairs of a line and its values, by the names of fields
        """
        lines = self.union(*(line for line, _values in amounts))
        by_tags = defaultdict(self.browse)
        with self.env.protecting([self._fields[name] for name in BASE_AMOUNTS], lines):
            for line, values in amounts:
                for name in BASE_AMOUNTS:
                    line[name] = values[name]
                [(_command, _id, tag_ids)] = values["tax_tag_ids"]
                if tag_ids:
                    by_tags[tuple(tag_ids)] += line
        lines.modified(BASE_AMOUNTS)
        for tag_ids, tagged in by_tags.items():
            tagged.write({"tax_tag_ids": [Command.set(tag_ids)]})
