from odoo.tests import TransactionCase, tagged

from ..routes.common_routes import find_routes

# What starts money, or an agreement to take some, is compared with what was read.
STARTS = {
    "/clinic/desk/deposit/<int:event_id>/<string:payer_id>/transaction",
    "/clinic/desk/deposit/<int:event_id>/<string:way>",
    "/clinic/desk/pay/<int:invoice_id>/<string:invoice_ids>/transaction",
    "/clinic/desk/pay/<int:invoice_id>/<string:way>",
    "/clinic/pay/<string:token>/transaction",
    "/my/billing/autopay/on",
    "/my/billing/pay/<string:invoice_ids>",
    "/my/billing/plans/<int:plan_id>/accept",
    "/my/programs/<int:program_id>/register",
}
# And what does not, with the reason.
OTHERS = {
    "/clinic/desk/pay/<int:invoice_id>/email": "asks; the page behind it shows",
    "/clinic/desk/pay/<int:invoice_id>/news": "tells only",
    "/clinic/desk/pay/<int:invoice_id>/write-off": "compares what was shown, and takes "
    "no money",
    "/clinic/desk/result/<string:key>/news": "tells only",
    "/invoice/transaction/<int:invoice_id>": "Core's page of one invoice: it sends "
    "the amount that it shows, which has nothing to be allocated to but that invoice",
    "/my/billing/autopay/off": "ends an agreement",
    "/my/billing/plans/<int:plan_id>/decline": "ends an offer",
    "/my/programs/registrations/<int:registration_id>/cancel": "compares its terms",
    "/my/invoices/<int:invoice_id>": "Core's page, which shows",
    "/payment/archive_token": "Core's, removes a card",
    "/payment/status": "Core's, tells only",
    "/payment/stripe/webhook": "Stripe says what was paid",
}


@tagged("post_install", "-at_install")
class TestStarts(TransactionCase):
    """No route starts money without having been told what the page has shown."""

    def test_each_route_that_does_something_is_in_one_of_the_tables(self):
        doing = {
            route.url for route in find_routes(self.env) if "POST" in route.methods
        }
        self.assertEqual(doing, STARTS | OTHERS.keys())

    def test_each_start_takes_what_was_shown(self):
        for route in find_routes(self.env):
            if route.url in STARTS and "POST" in route.methods:
                self.assertIn("shown", route.parameters, route.url)
