import re

from odoo.http import Request
from odoo.tests import tagged

from ..desk.common_desk import DeskCommon
from ..statements.common_money_owed import MoneyOwedCommon

MISSING = 2**31 - 1
# Odoo's own, which show the same documents as ours.
OF_ODOO = re.compile(
    "/my(/|$)|/payment/|/invoice/|/account/download_|/calendar/meeting/"
    "|/report/(<|download)|/web/content|/mail/attachment/(pdf|zip)"
    "|/web/export/(csv|xlsx)|/web/pivot"
)
ARGUMENT = re.compile(r"<[^>]*>")


@tagged("post_install", "-at_install")
class TestPrivatePages(MoneyOwedCommon, DeskCommon):
    """After *Log out* and *Back* nothing is shown, and nobody frames our pages."""

    def assertPrivate(self, response):
        headers = response.headers
        self.assertEqual(headers.get("Cache-Control"), "no-store", response.url)
        self.assertIn("frame-ancestors 'self'", headers["Content-Security-Policy"])
        self.assertIn(headers["X-Frame-Options"], ("SAMEORIGIN", "DENY"))

    def assertShown(self, url, *texts, **params):
        """The document is really shown, and private."""
        response = self._get(url, **params)
        self.assertEqual(response.status_code, 200, url)
        for text in texts:
            self.assertIn(text, response.text)
        self.assertPrivate(response)

    # === EVERY ROUTE === #

    def _find_routes(self):
        """Return ``(address, routing)`` of what we answer, and of Odoo's own."""
        modules = self.env.registry._init_modules
        for url, endpoint in self.env["ir.http"]._generate_routing_rules(modules, {}):
            # Machines keep nothing and see nothing.
            is_for_machines = endpoint.routing.get("clinic_for_machines")
            is_ours = any(
                endpoint.func.__name__ in cls.__dict__
                for cls in type(endpoint.func.__self__).mro()
                if cls.__module__.startswith("odoo.addons.clinic_")
            )
            if not is_for_machines and (is_ours or OF_ODOO.match(url)):
                yield url, endpoint.routing

    def _ask(self, url, routing):
        """Ask for what is not there, in the way that the route understands."""
        url = ARGUMENT.sub(str(MISSING), url.replace("<converter>", "pdf"))
        if routing["type"] == "jsonrpc":
            return self.url_open(url, json={"params": {}}, allow_redirects=False)
        if "GET" in (routing["methods"] or ["GET"]):
            return self.url_open(url, allow_redirects=False)
        form = {"csrf_token": Request.csrf_token(self)}
        return self.url_open(url, data=form, allow_redirects=False)

    def test_no_route_forgets_it_whatever_it_answers(self):
        routes = list(self._find_routes())
        addresses = [url for url, _routing in routes]
        self.assertIn("/my/billing", addresses)
        self.assertIn("/my/payment_method", addresses)
        for login in ("client", "front_desk"):
            self.authenticate(login, login)
            for url, routing in routes:
                with self.subTest(url=url, login=login):
                    self.assertPrivate(self._ask(url, routing))

    # === DOCUMENTS === #

    def test_what_clients_are_shown_is_kept_nowhere(self):
        self.authenticate("client", "client")
        number = self.february.name
        self.assertShown("/my/billing", number)
        self.assertShown(f"/my/invoices/{self.february.id}", number)
        self.assertShown("/my/invoices", number)
        for kind in ("html", "pdf"):
            url = f"/my/invoices/{self.february.id}"
            self.assertShown(url, number, report_type=kind)
        self.assertShown(f"/my/billing/receipt/{self.february.id}", "80.00")
        self.assertShown("/my/billing/statement")
        self.assertShown("/my/payment_method")
        self.assertShown("/my/programs")

    def test_what_links_show_is_kept_nowhere(self):
        # sudo: nobody writes links by hand.
        link = self.env["clinic.payment.link"].sudo()._create_for([self.january])
        self.authenticate(None, None)
        self.assertShown(f"/clinic/pay/{link.token}")

    def test_what_the_desk_is_shown_is_kept_nowhere(self):
        self.authenticate("front_desk", "front_desk")
        self.assertShown(f"/clinic/desk/pay/{self.january.id}", self.january.name)

    def _attach(self, **values):
        return self.env["ir.attachment"].create(
            {
                "name": "a.pdf",
                "raw": b"%PDF-1.4",
                "mimetype": "application/pdf",
                **values,
            }
        )

    def test_attached_documents_are_kept_nowhere(self):
        document = self._attach(res_model="account.move", res_id=self.january.id)
        token = document.generate_access_token()[0]
        self.authenticate("biller", "biller")
        self.assertShown(f"/web/content/{document.id}")
        self.authenticate(None, None)
        # Odoo lets everything on the way keep this one for a year.
        self.assertShown(f"/web/content/{document.id}", access_token=token, unique="1")

    def test_pictures_and_what_everybody_may_see_are_left_alone(self):
        poster = self._attach(public=True)
        self.authenticate(None, None)
        for url in (
            f"/web/content/{poster.id}",
            "/web/login",
            "/web/static/img/logo.png",
            "/web/image/res.company/1/logo",
            "/report/barcode/QR/example",
        ):
            response = self._get(url)
            self.assertEqual(response.status_code, 200, url)
            self.assertNotIn("no-store", response.headers.get("Cache-Control", ""))
