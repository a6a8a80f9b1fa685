from odoo import fields, models
from odoo.exceptions import AccessError

READERS = "clinic_invoicing.group_manager,base.group_system"


class ResPartner(models.Model):
    """Contacts with what Stripe was told about them."""

    _inherit = "res.partner"

    clinic_stripe_disclosure_ids = fields.Many2many(
        "clinic.stripe.disclosure",
        string="Sent to Stripe",
        compute="_compute_clinic_stripe_disclosures",
        groups=READERS,
    )
    clinic_stripe_disclosed = fields.Char(
        string="Kinds of Data",
        compute="_compute_clinic_stripe_disclosures",
        groups=READERS,
        help="The names of all fields that were ever sent about this contact.",
    )

    def _compute_clinic_stripe_disclosures(self):
        rows = self.env["clinic.stripe.disclosure"].search(
            [("partner_ref", "in", self.ids)]
        )
        rows_by_partner = rows.grouped("partner_ref")
        for partner in self:
            own = rows_by_partner.get(partner.id, rows.browse())
            names = {
                line.partition(" = ")[0]
                for payload in own.mapped("payload")
                for line in (payload or "").splitlines()
            }
            partner.clinic_stripe_disclosure_ids = own
            partner.clinic_stripe_disclosed = ", ".join(sorted(names))

    def action_clinic_stripe_disclosures(self):
        """Show what was sent to Stripe about this contact."""
        self.ensure_one()
        self.check_access("read")
        if not any(self.env.user.has_group(name) for name in READERS.split(",")):
            raise AccessError(self.env._("Only managers may see what was sent."))
        view = "clinic_stripe_gateway.res_partner_view_form_disclosures"
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What Stripe Knows"),
            "res_model": "res.partner",
            "res_id": self.id,
            "view_mode": "form",
            "views": [(self.env.ref(view).id, "form")],
        }
