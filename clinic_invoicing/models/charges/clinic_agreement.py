from odoo import fields, models


class ClinicAgreement(models.AbstractModel):
    """A payer's agreement to charges: what they read, and when they said yes."""

    _name = "clinic.agreement"
    _description = "Agreement to Charges"
    _inherit = "clinic.collected"

    company_id = fields.Many2one(string="Practice")
    agreed_on = fields.Datetime(readonly=True)
    agreed_by_id = fields.Many2one("res.users", readonly=True)
    agreed_ip = fields.Char(string="From the Address", readonly=True)
    wording_version = fields.Char(readonly=True)
    wording = fields.Text(readonly=True, help="As it was shown.")

    def _is_in_force(self):
        """Return whether its charges may still be made; each kind says it."""
        raise NotImplementedError

    def _get_notice_days(self):
        """Return how long before a charge the payer is told."""
        self.ensure_one()
        return self.company_id.clinic_autopay_notice_days

    def _get_page_path(self):
        """Return where its page stands below Billing; each kind says it."""
        raise NotImplementedError

    def _get_page_url(self):
        """Return where the payer reads and stops it; used by the e-mails."""
        self.ensure_one()
        return f"{self.company_id.get_base_url()}/my/billing/{self._get_page_path()}"
