from odoo import fields, models

from ...models.paying.clinic_open_item import AS_OF


class ClinicAgingDate(models.TransientModel):
    """The question as of which date money is owed."""

    _name = "clinic.aging.date"
    _description = "Date of Money Owed"
    _inherit = "clinic.dialog"

    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._clinic_get_day(),
        help="What was posted and not matched at the end of that day is shown.",
    )

    def action_confirm(self):
        """Open the page as of that date."""
        self.ensure_one()
        aging = self.env["clinic.aging"]
        aging.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "clinic_invoicing.clinic_aging_action"
        )
        # Else the address would open the page of today.
        action.pop("path")
        return {
            **action,
            "name": aging._get_title(action["name"], self.date),
            "context": {
                AS_OF: fields.Date.to_string(self.date),
                "search_default_group_currency": 1,
            },
        }
