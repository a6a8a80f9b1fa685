from odoo import api, fields, models


class PaymentToken(models.Model):
    """Who has agreed to a card being saved."""

    _inherit = "payment.token"

    clinic_consent_ids = fields.One2many(
        "clinic.card.consent",
        "token_id",
        string="Consents",
        readonly=True,
        groups="clinic_invoicing.group_biller",
    )
    clinic_consent_user_id = fields.Many2one(
        "res.users",
        string="Consent Given by",
        compute="_compute_clinic_consent",
        groups="clinic_invoicing.group_biller",
    )
    clinic_consent_date = fields.Datetime(
        string="Consent Given on",
        compute="_compute_clinic_consent",
        groups="clinic_invoicing.group_biller",
    )

    @api.depends("clinic_consent_ids")
    def _compute_clinic_consent(self):
        for token in self:
            latest = token.clinic_consent_ids[:1]
            token.clinic_consent_user_id = latest.user_id
            token.clinic_consent_date = latest.create_date
