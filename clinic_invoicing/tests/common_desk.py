import re

from lxml import html

from .common import ClinicInvoicingCommon
from .common_pages import PagesCommon


class DeskCommon(ClinicInvoicingCommon, PagesCommon):
    """An employee of the front desk in front of the desk's pages."""

    def setUp(self):
        super().setUp()
        self.authenticate("front_desk", "front_desk")

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

    def _get_csrf_token(self):
        page = self._get("/web/login", redirect="/").text
        if "csrf_token" not in page:
            page = self.url_open("/my").text
        return re.search(r'csrf_token: "([^"]+)"', page).group(1)

    def _get_cash(self):
        """Return the id of the method by which cash is received."""
        journal = self.company_data["default_journal_cash"]
        return journal.inbound_payment_method_line_ids[:1].id
