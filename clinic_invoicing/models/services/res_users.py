from odoo import api, models
from odoo.exceptions import UserError


class ResUsers(models.Model):
    """Practitioners, whose names stay on what they have rendered."""

    _inherit = "res.users"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_practitioner(self):
        # sudo: whoever deletes users need not read services.
        services = self.env["clinic.service"].sudo()
        service = services.search([("practitioner_id", "in", self.ids)], limit=1)
        if service:
            raise UserError(
                self.env._(
                    "Services of %(name)s are recorded: their name stands on receipts. "
                    "Archive the user instead.",
                    name=service.practitioner_id.name,
                )
            )
