from lxml import html

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..common_online import OnlineCommon
from ..desk.common_desk import DeskCommon
from ..programs.common_programs import ProgramsCommon

ACCOUNT = "US00 1234 5678"
SUBMIT = "//button[@name='o_payment_submit_button']"
DEAD_ENDS = ("No payment method available", "website administrator")


@tagged("post_install", "-at_install")
class TestOffline(DeskCommon, OnlineCommon, ProgramsCommon):
    """Where nothing can be paid online, nothing is offered, and the way is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.partner_id.write(
            {
                "phone": "555-0100",
                "bank_ids": [Command.create({"acc_number": ACCOUNT})],
            }
        )
        cls.practice.write({"clinic_autopay": True, "clinic_email_pay_requests": True})
        cls.bill = cls._invoice(cls._create_service())
        cls.bill.invoice_date_due = "2024-04-01"
        # sudo: whoever has the link.
        cls.link = cls.bill._clinic_get_payment_link().sudo()
        cls.env.flush_all()

    # === WHY NOT === #

    def _each_reason(self):
        """Yield why nothing can be paid online, while it is so."""
        euro = self.env.ref("base.EUR")
        portal = "account_payment.enable_portal_payment"
        for reason, values in {
            "no provider": {"state": "disabled", "is_published": False},
            "not published": {"is_published": False},
            "another currency": {"available_currency_ids": [Command.set(euro.ids)]},
            "no method": {"payment_method_ids": [Command.clear()]},
            "another country": {
                "available_country_ids": [Command.set(self.env.ref("base.fr").ids)]
            },
            "switched off": {},
        }.items():
            self.client.country_id = self.env.ref("base.us")
            with self.subTest(reason), self.env.cr.savepoint() as savepoint:
                self.provider.write(values)
                if not values:
                    self.env["ir.config_parameter"].sudo().set_param(portal, "False")
                self.env.flush_all()
                self.env.invalidate_all()
                yield reason
                savepoint.rollback()
            self.env.invalidate_all()
            # Parameters are remembered beyond a rollback.
            self.env.registry.clear_all_caches()

    # === WHAT IS READ === #

    def _read(self, login, url, **params):
        """Return the parts of a page that somebody reads."""
        self.authenticate(login, login)
        response = self._get(url, **params)
        self.assertEqual(response.status_code, 200, url)
        page = html.fromstring(response.text)
        text = " ".join(page.xpath("string(//main)").split())
        for dead_end in DEAD_ENDS:
            self.assertNotIn(dead_end, text)
        return page, text

    def assertTold(self, text):
        for told in ("How to pay", ACCOUNT, "555-0100", "Harbour Clinic"):
            self.assertIn(told, text)

    def assertNothingOffered(self, page):
        self.assertFalse(page.xpath(SUBMIT))
        for name in ("o_clinic_pay", "o_clinic_pay_all", "o_clinic_pay_chosen"):
            path = f"//*[contains(concat(' ', @class, ' '), ' {name} ')]"
            self.assertFalse(page.xpath(path), name)

    # === PAGES OF CLIENTS === #

    def test_the_portal_offers_nothing_and_tells_how_to_pay(self):
        page, text = self._read("client", "/my/billing")
        self.assertTrue(page.xpath("//a[contains(@class, 'o_clinic_pay_all')]"))
        self.assertNotIn("How to pay", text)
        for _reason in self._each_reason():
            page, text = self._read("client", "/my/billing")
            self.assertNothingOffered(page)
            self.assertTold(text)
            page, text = self._read(
                "client", "/my/billing/pay", invoice_ids=self.bill.id
            )
            self.assertNothingOffered(page)
            self.assertTold(text)

    def test_the_link_offers_nothing_and_tells_how_to_pay(self):
        path = f"/clinic/pay/{self.link.token}"
        page, text = self._read(None, path)
        self.assertTrue(page.xpath(SUBMIT))
        for _reason in self._each_reason():
            page, text = self._read(None, path)
            self.assertNothingOffered(page)
            self.assertTold(text)
            self.assertIn(self.bill.payment_reference or self.bill.name, text)

    def test_no_more_is_offered_than_a_provider_takes_at_once(self):
        self.provider.maximum_amount = 60
        for login, path, params in (
            ("client", "/my/billing/pay", {"invoice_ids": self.bill.id}),
            (None, f"/clinic/pay/{self.link.token}", {}),
        ):
            with self.subTest(path):
                page, text = self._read(login, path, **params)
                self.assertTrue(page.xpath(SUBMIT))
                self.assertIn("Pay $ 60.00", text.replace("\xa0", " "))
                page, text = self._read(login, path, **params, amount=70)
                self.assertIn("60.00 can be paid online at once", text)
                page, _text = self._read(login, path, **params, amount=50)
                self.assertTrue(page.xpath(SUBMIT))

    def test_odoos_own_page_of_the_invoice_offers_nothing(self):
        self.assertTrue(self.bill._has_to_be_paid())
        for _reason in self._each_reason():
            self.assertFalse(self.bill._has_to_be_paid())
            page, _text = self._read("client", f"/my/invoices/{self.bill.id}")
            self.assertNotIn("Pay Now", _text)
            self.assertNothingOffered(page)

    def test_autopay_leads_to_no_page_on_which_no_card_can_be_saved(self):
        page, _text = self._read("client", "/my/billing/autopay")
        self.assertTrue(page.xpath("//a[@href='/my/payment_method']"))
        for reason in self._each_reason():
            if reason != "switched off":
                page, text = self._read("client", "/my/billing/autopay")
                self.assertFalse(page.xpath("//main//a[@href='/my/payment_method']"))
                self.assertIn("No card can be saved", text)

    def test_who_cannot_pay_online_keeps_the_place_in_a_program(self):
        for _reason in self._each_reason():
            registration = self._register_online()
            self.assertFalse(registration.reserved_until)
            self.assertFalse(registration._get_payable_bill())

    # === WHAT STAFF DO AND SEND === #

    def test_the_desk_offers_what_can_be_done_and_says_what_is_missing(self):
        url = f"/clinic/desk/pay/{self.bill.id}"
        self.assertNotIn("Clients cannot pay online", self._see(url)[0])
        for _reason in self._each_reason():
            text, key = self._see(url)
            self.assertIn("Clients cannot pay online", text)
            self.assertNotIn("Payment link", text)
            self.assertIn("Record as received", text)
            self.assertTrue(key)
            for dead_end in DEAD_ENDS:
                self.assertNotIn(dead_end, text)

    def test_no_link_is_sent_by_which_nothing_can_be_paid(self):
        self.bill.sudo().clinic_asked_on = False
        self.assertTrue(self.bill._clinic_is_pay_request_wanted())
        for _reason in self._each_reason():
            self.assertFalse(self.bill._clinic_is_pay_request_wanted())
            with self.assertRaisesRegex(UserError, "Clients cannot pay"):
                self.bill.with_user(self.biller).action_clinic_remind()
            with self.assertRaisesRegex(UserError, "nothing to pay by this link"):
                self.link.with_user(self.front_desk).action_send()
        self.assertTrue(self.bill._clinic_is_pay_request_wanted())
        self.bill.with_user(self.biller).action_clinic_remind()

    def test_no_code_is_printed_by_which_nothing_can_be_paid(self):
        self.assertTrue(self.bill._clinic_is_link_printed())
        for _reason in self._each_reason():
            self.assertFalse(self.bill._clinic_is_link_printed())
