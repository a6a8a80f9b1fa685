from odoo.exceptions import ValidationError


class OutcomePending(ValidationError):
    """Nobody knows whether Stripe acted: it is found out, and never tried anew."""
