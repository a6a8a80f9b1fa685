import re

from werkzeug.exceptions import NotFound

from odoo.http import request, route

from odoo.addons.payment_stripe.controllers.main import StripeController

# The one parameter that says which intent belongs to an operation, and its shape.
SETUP_INTENT = ("setup_intent", re.compile(r"seti_[A-Za-z0-9_]+"))
PAYMENT_INTENT = ("payment_intent", re.compile(r"pi_[A-Za-z0-9_]+"))


class ClinicStripeReturn(StripeController):
    """The page to which Stripe sends payers back."""

    @route()
    def stripe_return(self, **data):
        """Refuse a return that names no transaction or no intent of Stripe's.

        Whether the intent is that transaction's is decided where it is processed.
        """
        # sudo: the payer may have no user. Nothing of the transaction is shown.
        transactions = request.env["payment.transaction"].sudo()
        tx_sudo = transactions._search_by_reference("stripe", data)
        # Nobody is sent back from a refund.
        if not tx_sudo or tx_sudo.operation == "refund":
            raise NotFound()
        if request.env["payment.provider"]._clinic_stripe_uses_sdk():
            is_validation = tx_sudo.operation == "validation"
            name, shape = SETUP_INTENT if is_validation else PAYMENT_INTENT
            if not shape.fullmatch(data.get(name) or ""):
                raise NotFound()
        return super().stripe_return(**data)
