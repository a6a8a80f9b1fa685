from odoo import models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """The merge of contacts, with what was sent to Stripe about them."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Let what was sent about duplicates follow them: it has no foreign key."""
        # SQL: nobody may write these rows, and there may be thousands.
        self.env.execute_query(
            SQL(
                """UPDATE clinic_stripe_disclosure SET partner_ref = %s
                    WHERE partner_ref IN %s RETURNING id""",
                dst_partner.id,
                tuple(src_partners.ids) or (0,),
            )
        )
        return super()._update_foreign_keys(src_partners, dst_partner)
