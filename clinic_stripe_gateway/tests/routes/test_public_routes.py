from odoo.http import Request
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.clinic_invoicing.tests.programs.common_programs import ProgramsCommon

from .common_attacks import RoutesCommon
from .common_routes import TEXTS, VALUES, find_routes

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# Others are answered the same whatever they hold.
FORM_VALUES = {
    "amount",
    "flow",
    "landing_route",
    "payment_method_id",
    "provider_id",
    "token_id",
}
OF_RECORDS = {
    "event_id",
    "invoice_id",
    "invoice_ids",
    "payer_id",
    "plan_id",
    "program_id",
    "registration_id",
    "token",
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@tagged("post_install", "-at_install")
class TestPublicRoutes(RoutesCommon, ProgramsCommon):
    """No request of a stranger breaks anything, changes anything or learns anything.

    The routes are read from Odoo: a new one is attacked as soon as it is there. When it
    has an argument in its address that is new here, ``_get_places`` has to know it.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own_bill = cls._bill(80)
        cls.foreign_bill = cls._bill(100, patient=cls.other_client)
        cls.own_registration = cls._register_online()
        cls.foreign_registration = cls._register_online(user=cls.other_client_user)
        cls.hidden_program = cls._create_program(is_published=False)
        cls.visit = cls._create_event()
        cls.foreign_visit = cls._create_event(cls.other_client)
        # sudo: nobody reads the token, and nobody writes when a link expires.
        links = (cls.own_bill | cls.foreign_bill).sudo()
        cls.own_link, cls.expired_link = (
            bill._clinic_get_payment_link() for bill in links
        )
        cls.expired_link.expires_on = "2024-03-12 12:00:00"
        cls.routes = find_routes(cls.env)
        cls.env.flush_all()

    # === THE ROUTES === #

    def test_every_route_is_known(self):
        urls = {route.url for route in self.routes}
        for url in (
            "/my/billing",
            "/my/billing/pay/<string:invoice_ids>",
            "/invoice/transaction/<int:invoice_id>",
            "/payment/stripe/return",
            "/payment/stripe/webhook",
            "/payment/archive_token",
        ):
            self.assertIn(url, urls)
        known = self._get_places().keys()
        for route in self.routes:
            self.assertLessEqual(route.arguments, known, route.url)

    # === ODD VALUES === #

    def _attack_pages(self, is_staffs=False):
        for route in self._each("http", is_staffs):
            for name in sorted(route.parameters | route.arguments):
                for text in TEXTS:
                    places, values = self._places(route), {}
                    if name in places and "\0" in text:
                        # Odoo stumbles over it in any address that leads nowhere.
                        continue
                    (places if name in places else values)[name] = text
                    status, answer = self._ask(route, places, values)
                    about = (route.url, route.methods, name, ascii(text)[:40])
                    self._require(status < 500, *about, status, answer)

    def _attack_calls(self, is_staffs=False):
        for route in self._each("jsonrpc", is_staffs):
            for name in sorted(route.parameters):
                for value in VALUES if name in FORM_VALUES else VALUES[::4]:
                    values = {**self._get_values(route), name: value}
                    error = self._call(route, self._places(route), values)
                    about = (route.url, name, ascii(value)[:40])
                    self._require_refusal(error, *about)

    def test_odd_values_in_pages_change_nothing(self):
        self._log_in("client")
        self._attack_pages()

    def test_odd_values_in_calls_change_nothing(self):
        self._log_in("client")
        self._attack_calls()

    def test_odd_addresses_of_calls_are_refused(self):
        self._log_in("client")
        for route in self._each("jsonrpc"):
            for name in sorted(route.arguments):
                # As above.
                for text in filter(lambda text: "\0" not in text, TEXTS):
                    places = {**self._places(route), name: text}
                    error = self._call(route, places, self._get_values(route))
                    about = (route.url, name, ascii(text)[:40])
                    self._require(error[0], *about, "is accepted")
                    if not error[0].startswith("4"):
                        self._require_refusal(error, *about)

    def test_missing_values_are_refused(self):
        self._log_in("client")
        for route in self._each("jsonrpc"):
            whole = self._get_values(route)
            for name in whole:
                values = {key: whole[key] for key in whole if key != name}
                error = self._call(route, self._places(route), values)
                self._require_refusal(error, route.url, "without", name)
            error = self._call(route, self._places(route), {})
            self._require_refusal(error, route.url, "without anything")

    # === WHAT CANNOT BE PAID === #

    def _try_to_pay(self, reason, amount=80, **more):
        """Try it on each route that takes money for a bill."""
        self._log_in("client")
        self._remember()
        for route in self._each("jsonrpc"):
            if route.arguments:
                values = {**self._get_values(route), "amount": amount, **more}
                error = self._call(route, self._places(route), values)
                self._require(error[0], route.url, reason, "is accepted")
                self._require_refusal(error, route.url, reason)

    def _look_at_pages(self, reason):
        for route in self._each("http"):
            status, _text = self._ask(route, self._places(route))
            self._require(status < 500, route.url, reason)

    def test_other_amounts_are_refused(self):
        for amount in (80.01, 5000, 0, 0.001, -80, "80", True, [80]):
            self._try_to_pay(f"amount {amount}", amount)

    def test_other_currencies_are_refused(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self._try_to_pay("a currency", currency_id=euro.id)

    def test_bills_that_are_no_bills_any_more_are_refused(self):
        self.own_bill.button_draft()
        self._try_to_pay("a draft")
        self._look_at_pages("a draft")
        self.own_bill.button_cancel()
        self._try_to_pay("a cancelled bill")

    def test_what_was_paid_is_not_paid_again_by_the_same_request(self):
        self._log_in("client")
        (route,) = (r for r in self.routes if r.url.startswith("/my/billing/pay/<"))
        values = self._get_values(route)
        self.assertEqual(self._call(route, self._places(route), values), ("", ""))
        self.env.invalidate_all()
        tx = self._get_attempts() - self.attempts
        self.browser.confirm(self._secret_of(tx))
        self._settle(tx)
        self.assertPaidOnce(self.own_bill, tx)
        self._try_to_pay("a replayed request")
        self._come_back(tx)
        self._remember()
        self._come_back(tx)
        self._require_no_change(route)

    def _secret_of(self, tx):
        intent = tx._clinic_stripe_fetch_intent(tx.provider_reference)
        return intent["client_secret"]

    def _come_back(self, tx):
        params = {"reference": tx.reference, "payment_intent": tx.provider_reference}
        self.env.flush_all()
        self.url_open("/payment/stripe/return", params=params, allow_redirects=False)

    # === SOMEBODY ELSE'S === #

    def test_what_is_not_ones_own_is_answered_like_what_does_not_exist(self):
        self._log_in("client")
        for route in self._each("http"):
            foreign, missing = (self._places(route, which) for which in (1, 2))
            if route.arguments & OF_RECORDS:
                ids = {*foreign.values(), *missing.values()}
                answers = [
                    (status, self._strip(text, *ids))
                    for status, text in (
                        self._ask(route, places) for places in (foreign, missing)
                    )
                ]
                self._require(answers[0] == answers[1], route.url, "tells")

    def test_calls_about_somebody_elses_are_answered_like_about_nothing(self):
        self._log_in("client")
        for route in self._each("jsonrpc"):
            values = self._get_values(route)
            foreign, missing = (
                self._call(route, self._places(route, which), values)
                for which in (1, 2)
            )
            if route.arguments:
                self._require(foreign[0], route.url, "is accepted")
                self._require(foreign == missing, route.url, foreign, missing)

    # === WITHOUT LOGIN, FORM OR RIGHT === #

    def test_visitor_learns_and_changes_nothing(self):
        self.authenticate(None, None)
        for is_staffs in (False, True):
            for route in self._each("jsonrpc", is_staffs):
                error = self._call(route, self._places(route, 1), {})
                self._require_refusal(error, route.url)
            for route in self._each("http", is_staffs):
                status, text = self._ask(route, self._places(route, 1))
                self._require(status < 500, route.url, status, text)
                if route.auth == "user":
                    self._require(status in (303, 400), route.url, status)

    def test_forms_of_other_sites_are_refused(self):
        self._log_in("client")
        for route in (*self._each("http"), *self._each("http", True)):
            if "POST" not in route.methods or not route.is_checked:
                continue
            for form in ("a=1", "csrf_token=0", "csrf_token=%00"):
                url = route.at(**self._places(route))
                status, _text = self._open(url, form, FORM, "POST")
                self._require(status == 400, route.url, form, status)

    def test_files_are_no_values(self):
        self._log_in("client")
        for route in self._each("http"):
            for name in sorted(route.parameters):
                if "POST" in route.methods:
                    self._send_file(route, name)

    def _send_file(self, route, name):
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_http"):
            answer = self.url_open(
                route.at(**self._places(route)),
                data={"csrf_token": Request.csrf_token(self)},
                files={name: ("name.txt", b"1")},
                allow_redirects=False,
                timeout=60,
            )
        self._require(answer.status_code < 500, route.url, name, answer.text)

    def test_other_methods_are_refused(self):
        self._log_in("client")
        answered = {}
        for route in self.routes:
            answered.setdefault(route.url, set()).update(route.methods)
        for route in self._each("http"):
            for method in METHODS:
                if method not in answered[route.url]:
                    status, _text = self._ask(route, self._places(route), {}, method)
                    self._require(400 <= status < 500, route.url, method, status)

    def test_clients_do_not_get_to_the_desk(self):
        self._log_in("client")
        for route in self._each("http", True):
            status, _text = self._ask(route, self._places(route))
            self._require(status in (403, 404), route.url, status)
        for route in self._each("jsonrpc", True):
            error = self._call(route, self._places(route), self._get_values(route))
            self._require_refusal(error, route.url)
            self._require(error[0], route.url, "is answered")

    def test_odd_values_at_the_desk_break_nothing(self):
        # What staff may do is done; no value stops the page.
        self.patch(type(self), "_require_no_change", lambda *_args: None)
        self._log_in("front_desk")
        self._attack_pages(is_staffs=True)
        self._attack_calls(is_staffs=True)
