from odoo import fields, models
from odoo.exceptions import AccessError


class ClinicCollected(models.AbstractModel):
    """Money of a payer that a practice collects, by a saved card or by links.

    It is the ancestor of charges and of the agreements that they follow from. Nobody
    writes these by hand: clients agree on their pages, billers call off, and jobs do
    the rest.
    """

    _name = "clinic.collected"
    _description = "Collected by Itself"
    _inherit = ["mail.thread", "mail.activity.mixin", "clinic.guarded"]
    _mail_post_access = "read"

    partner_id = fields.Many2one(
        "res.partner",
        string="Payer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    token_id = fields.Many2one(
        "payment.token",
        string="Card",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    def _check_biller(self, refusal):
        """Make sure that the user is a biller who may read these.

        :raise AccessError: with the refusal; with Odoo's own for what they may not
            read
        """
        self.check_access("read")
        if not self.env.user.has_group("clinic_invoicing.group_biller"):
            raise AccessError(refusal)

    def _send_mail(self, template):
        """Return the id of an e-mail to the payer, which Odoo's queue will send."""
        # sudo: clients, billers and jobs have no right to send e-mails.
        return self.env.ref(template).sudo().send_mail(self.id)
