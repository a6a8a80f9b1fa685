from odoo import fields, models


class ClinicStripeHealth(models.Model):
    """One thing that must be right for payments to arrive, as it was last seen."""

    _name = "clinic.stripe.health"
    _description = "Stripe Gateway Health"
    _inherit = ["clinic.guarded"]
    _order = "id"
    _rec_name = "subject"

    provider_id = fields.Many2one(
        "payment.provider", required=True, index=True, ondelete="cascade"
    )
    subject = fields.Selection(
        [
            ("keys", "Keys"),
            ("mode", "Mode"),
            ("endpoint", "Webhook Endpoint"),
            ("events", "Events"),
            ("version", "API Version"),
            ("secret", "Signing Secret"),
            ("delivery", "Last Delivery"),
            ("backlog", "Backlog"),
            ("ledger", "Ledger"),
            ("transport", "Transport"),
        ],
        required=True,
    )
    level = fields.Selection(
        [("ok", "Good"), ("warning", "Please Look"), ("danger", "Repair")],
        required=True,
    )
    message = fields.Char(required=True)
