from werkzeug.exceptions import abort

from odoo import SUPERUSER_ID, models
from odoo.http import request

# Core's route.
WEBHOOK = "/payment/stripe/webhook"
# Longer ones are left to the route, which refuses what is too long.
LONGEST_REPEATED = 2**18


class IrHttp(models.AbstractModel):
    """The web server, answering Stripe with as little work as possible."""

    _inherit = "ir.http"

    @classmethod
    def _match(cls, path):
        """Acknowledge a repeated message before anything is prepared for it."""
        if path == WEBHOOK and cls._clinic_is_repeated(request.httprequest):
            request.session.can_save = False
            abort(request.make_json_response(""))
        return super()._match(path)

    @classmethod
    def _clinic_is_repeated(cls, message):
        signature = message.headers.get("Stripe-Signature")
        is_short = 0 < (message.content_length or 0) <= LONGEST_REPEATED
        # What is said to be a form is not read as a message.
        if not (signature and is_short and message.is_json):
            return False
        events = request.env["clinic.stripe.event"].with_user(SUPERUSER_ID)
        return events._is_repeated(message.get_data(), signature)

    @classmethod
    def _pre_dispatch(cls, rule, args):
        """Prepare no page for Stripe: no language, no visitor, no debug mode."""
        if rule.endpoint.routing.get("clinic_for_machines"):
            return request.dispatcher.pre_dispatch(rule, args)
        return super()._pre_dispatch(rule, args)
