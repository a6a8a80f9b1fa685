from odoo import models

# It changes with the meaning of the wording, not with its language.
AUTOPAY_WORDING = "2026-11"


class ResCompany(models.Model):
    """A practice that offers autopay, and the wording that its clients agree to."""

    _inherit = "res.company"

    def _clinic_after_change(self, vals):
        if vals.get("clinic_autopay") is False:
            # sudo: people who set up a practice need not read agreements.
            agreements = self.env["clinic.autopay"].sudo()
            agreements.search([("company_id", "in", self.ids)])._end("company")
        return super()._clinic_after_change(vals)

    def _clinic_get_autopay_wording(self):
        """Return what a client agrees to, in the client's language."""
        self.ensure_one()
        return self.env._(
            "I allow %(practice)s to charge my saved card for the invoices billed to "
            "me, never more at once than the limit that I have set. I am told by "
            "e-mail at least %(days)s days before each charge. I can stop this at any "
            "time under Billing.",
            practice=self.name,
            days=self.clinic_autopay_notice_days,
        )
