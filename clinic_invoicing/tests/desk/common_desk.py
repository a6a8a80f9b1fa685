import re

from lxml import html

from ..common import ClinicInvoicingCommon
from ..common_pages import PagesCommon

# Of a form whose page was not asked for.
KEY = "0" * 32


class DeskCommon(ClinicInvoicingCommon, PagesCommon):
    """An employee of the front desk in front of the desk's pages."""

    def setUp(self):
        super().setUp()
        self.authenticate("front_desk", "front_desk")
        self.desk = self.env["clinic.desk"].with_user(self.front_desk)

    # === PAGES === #

    def _see(self, url, **params):
        """Return the page's text and the key of its forms."""
        response = self._get(url, **params)
        self.assertEqual(response.status_code, 200, url)
        page = html.fromstring(response.text)
        keys = set(page.xpath("//input[@name='key']/@value"))
        self.assertLessEqual(len(keys), 1)
        return " ".join(page.text_content().split()), next(iter(keys), "")

    def _press(self, url, key, **form):
        """Send one of the page's forms; return where it leads to."""
        form.setdefault("shown", self._read_form(url, **form))
        self.env.flush_all()
        response = self.url_open(
            url,
            data={"csrf_token": self._get_csrf_token(), "key": key, **form},
            allow_redirects=False,
            timeout=60,
        )
        self.env.invalidate_all()
        self.assertEqual(response.status_code, 303, response.text[:500])
        return re.sub(r"^https?://[^/]+", "", response.headers["Location"])

    def _read_form(self, url, choice=None, **params):
        """Return the seal in the form by which a page takes this payment, if any."""
        page, _slash, way = url.rpartition("/")
        text = self._get(page, **params).text
        for form in html.fromstring(text).xpath(f"//form[@action='{page}/{way}']"):
            seals = form.xpath(".//input[@name='shown']/@value")
            cards = form.xpath(".//input[@type='hidden' and @name='choice']/@value")
            if cards in ([], [str(choice)]):
                return next(iter(seals), "")
        return ""

    def _get_csrf_token(self):
        page = self._get("/web/login", redirect="/").text
        if "csrf_token" not in page:
            page = self.url_open("/my").text
        return re.search(r'csrf_token: "([^"]+)"', page).group(1)

    def _press_cash(self, bill, amount, key=KEY):
        """Record cash on the page of a bill; return where that leads to."""
        return self._press(
            f"/clinic/desk/pay/{bill.id}/outside",
            key,
            choice=self._get_cash(),
            amount=amount,
            invoice_ids=bill.id,
        )

    # === WITHOUT PAGES === #

    def _get_due(self, invoices):
        """Return what it is to pay these invoices of one payer."""
        invoice = self.desk._find_invoice(invoices[0].id)
        ids = ",".join(map(str, invoices.ids))
        return self.desk._get_due(self.desk._choose_invoices(invoice, ids))

    def _take_cash(self, due, amount, key=KEY):
        return self.desk._receive(due, self._get_cash(), amount, key)

    def _take_deposit(self, amount=30, event=None, payer=None, key=KEY):
        """Take a deposit in cash."""
        event = event or self.visit
        due = self.desk._find_deposit(event.id, payer and payer.id)
        return self._take_cash(due, amount, key)

    def _reserve_deposit(self, event, amount):
        """Do what comes before a deposit of the client."""
        due = event._clinic_get_deposit_due(self.client)
        self.env["payment.transaction"]._clinic_reserve(due, amount)

    def _bill_visit(self, event=None):
        """Complete a visit and return its invoices."""
        event = event or self.visit
        event.with_user(self.front_desk).action_clinic_complete_and_invoice()
        return event.clinic_service_ids.invoice_ids

    def _get_cash(self):
        """Return the id of the method by which cash is received."""
        journal = self.company_data["default_journal_cash"]
        return journal.inbound_payment_method_line_ids[:1].id

    # === SERIES === #

    def _create_coming_series(self):
        """Book a visit on three Thursdays; return all in their order."""
        return self._create_series(
            start="2099-03-12 14:00:00",
            stop="2099-03-12 15:00:00",
            tue=False,
            thu=True,
        )

    def _rewrite_series(self, series, **values):
        """Move all its visits to two hours later."""
        series[0].write(
            {
                "recurrence_update": "all_events",
                "start": "2099-03-12 16:00:00",
                "stop": "2099-03-12 17:00:00",
                **values,
            }
        )
