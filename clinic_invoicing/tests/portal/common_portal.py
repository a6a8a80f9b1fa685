from lxml import html

from odoo.tools import mute_logger

from ..common_online import OnlineCommon
from ..common_pages import PagesCommon


class PortalCommon(OnlineCommon, PagesCommon):
    """A logged-in client with bills: a child's, an own one, and somebody else's."""

    MALFORMED = (
        "",
        " ",
        ",",
        "abc",
        "-1",
        "0",
        "1e3",
        "1.5",
        "0x10",
        "None",
        "1;DROP TABLE account_move",
        "<script>",
        "%00",
        "\u00b2",
        "\u0663",
        str(2**31),
        str(2**63),
        "9" * 5000,
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visit = cls._create_event(
            cls.child, rates=[cls.rate, cls._create_rate("Report", 35)]
        )
        cls.visit.action_clinic_complete_and_invoice()
        # Billed to the parent of the child, to the client and to somebody else.
        cls.childs_bill = cls.visit.clinic_service_ids.invoice_ids
        cls.own_bill = cls._invoice(cls._create_service(price_unit=80))
        cls.foreign_bill = cls._invoice(cls._create_service(patient=cls.other_client))
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.authenticate("client", "client")

    # === HELPERS === #

    def _get_page(self, url="/my/billing", **params):
        response = self._get(url, **params)
        self.assertEqual(response.status_code, 200, url)
        return html.fromstring(response.text)

    def _get_badge(self, page):
        """Return the number beside Billing in the user's menu."""
        (menu,) = page.xpath("//li[contains(@class, 'o_clinic_billing_menu')]")
        self.assertEqual(menu.xpath(".//a/@href"), ["/my/billing"])
        numbers = menu.xpath(".//span[contains(@class, 'text-bg-danger')]/text()")
        return int("".join(numbers).strip() or 0)

    def _get_rows(self, page, section=None):
        """Return ``{invoice id: text}`` of the page, or of one of its sections."""
        condition = f"[@aria-labelledby='{section}']" if section else ""
        rows = page.xpath(f"//section{condition}//div[@data-invoice-id]")
        return {
            int(row.get("data-invoice-id")): " ".join(row.text_content().split())
            for row in rows
        }

    def _get_asked(self):
        """Return the large amount that is to be paid now."""
        page = self._get_page()
        (amount,) = page.xpath("//div[contains(@class, 'o_clinic_owed')]/div/span[1]")
        return " ".join(amount.text_content().split())

    def _start_payment(self, ids, amount, url="/my/billing/pay/%s", **values):
        if url.startswith("/my/billing") and "shown" not in values:
            page = {"invoice_ids": ids, "amount": amount}
            values["shown"] = self._read_shown("/my/billing/pay", **page)
        return self._rpc(url % ids, **self._pay_values(amount=amount, **values))

    def assertRefused(self, ids, amount, reason, **values):
        """Return the error; nothing was created."""
        before = self._get_attempts()
        with mute_logger("odoo.http"):
            _result, error = self._start_payment(ids, amount, **values)
        self.assertEqual(self._get_attempts(), before)
        self.assertRegex(error or "no error", reason)
        return error

    def _call(self, model, method, *args, **kwargs):
        """Call a method as the web client of the logged-in user would.

        :return: ``(result, error message)``
        """
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._rpc(f"/web/dataset/call_kw/{model}/{method}", **params)

    def assertForbidden(self, model, method, *args, **kwargs):
        with mute_logger("odoo.http"):
            result, error = self._call(model, method, *args, **kwargs)
        self.assertFalse(result)
        self.assertRegex(error or "no error", "AccessError|rights to export|remotely")

    def _colleagues(self):
        """Let client and other client be contacts of the same employer."""
        employer = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        (self.client | self.other_client).parent_id = employer
        self.env.flush_all()
