from odoo.exceptions import ValidationError


class OutcomePending(ValidationError):
    """Nobody knows whether Stripe acted: it is found out, and never tried anew."""

    # The web client knows Odoo's own errors by name; others it shows as a crash.
    context = {"exception_class": "odoo.exceptions.ValidationError"}
