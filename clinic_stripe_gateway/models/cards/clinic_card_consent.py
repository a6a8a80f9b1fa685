from odoo import api, fields, models


class ClinicCardConsent(models.Model):
    """The consent of somebody to save a card: what they read, and when.

    Written once, when the payment starts, and never changed.
    """

    _name = "clinic.card.consent"
    _description = "Consent to Save a Card"
    _inherit = ["clinic.guarded"]
    _order = "id desc"
    _rec_name = "create_date"

    partner_id = fields.Many2one(
        "res.partner",
        string="Payer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="Whose card it is.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Given by",
        readonly=True,
        help="Who ticked it: the client, or an employee whom the client has told.",
    )
    is_by_staff = fields.Boolean(
        string="Recorded by Staff",
        readonly=True,
        help="The client has told an employee.",
    )
    company_id = fields.Many2one(
        "res.company",
        string="Practice",
        required=True,
        readonly=True,
        index=True,
        help="The only practice that may use the card.",
    )
    scope = fields.Selection(
        [("agreed", "Payments the client makes, and invoices agreed to be collected")],
        default="agreed",
        required=True,
        readonly=True,
    )
    text = fields.Text(required=True, readonly=True, help="As it was shown.")
    transaction_id = fields.Many2one(
        "payment.transaction",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    token_id = fields.Many2one(
        "payment.token", readonly=True, index="btree_not_null", ondelete="set null"
    )

    @api.model
    def _record(self, transactions):
        """Record what the person in front of the form agrees to."""
        user = self.env.user
        # sudo: nobody may write consents, and payers do not read providers.
        self.sudo().create(
            [
                {
                    "partner_id": tx.partner_id.id,
                    "user_id": user.id,
                    "is_by_staff": user._is_internal(),
                    "company_id": tx.company_id.id,
                    "text": tx.provider_id._clinic_get_consent_text(),
                    "transaction_id": tx.id,
                }
                for tx in transactions
            ]
        )
