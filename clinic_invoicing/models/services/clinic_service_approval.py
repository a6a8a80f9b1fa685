from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class ClinicService(models.Model):
    """Services of some rates are billed only after somebody has looked at them."""

    _inherit = "clinic.service"

    needs_approval = fields.Boolean(
        compute="_compute_needs_approval",
        store=True,
        precompute=True,
        help="Decided by the rate when the service is recorded.",
    )
    approved_by_id = fields.Many2one(
        "res.users", string="Approved by", readonly=True, copy=False, tracking=True
    )
    approved_on = fields.Datetime(readonly=True, copy=False)

    @api.depends("rate_id")
    def _compute_needs_approval(self):
        for service in self:
            service.needs_approval = service.rate_id.clinic_needs_approval

    def action_approve(self):
        """Let these services be invoiced; managers do it.

        :raise AccessError: the user is no manager
        :raise UserError: none of them waits for it
        """
        if not self.env.user.has_group("clinic_invoicing.group_manager"):
            raise AccessError(self.env._("Only managers may approve services."))
        self.check_access("write")
        waiting = self.filtered(
            lambda service: service.needs_approval and not service.approved_by_id
        )
        if not waiting:
            raise UserError(self.env._("None of these services needs approval."))
        # sudo: nobody writes it but this action.
        waiting.sudo().write(
            {"approved_by_id": self.env.uid, "approved_on": fields.Datetime.now()}
        )
