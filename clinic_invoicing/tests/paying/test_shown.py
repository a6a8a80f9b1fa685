from lxml import html

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..charges.common_charges import ChargesCommon
from ..common_online import OnlineCommon
from ..desk.common_desk import KEY, DeskCommon
from ..programs.common_programs import ProgramsCommon

SUBMIT = "o_payment_submit_button"
NOT_SHOWN = "not what the page has shown"


class ShownCommon(DeskCommon, OnlineCommon):
    """Somebody reads a page; then the button of the page is pressed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._invoice(cls._create_service())
        cls.second_bill = cls._invoice(cls._create_service(price_unit=50))
        cls.bills = cls.bill | cls.second_bill
        cls.ids = ",".join(map(str, cls.bills.ids))
        cls.env.flush_all()

    def _find(self, text, path):
        return html.fromstring(text).xpath(path)

    def _read(self, element):
        return " ".join(element.text_content().replace("\xa0", " ").split())


@tagged("post_install", "-at_install")
class TestShownOnline(ShownCommon):
    """What clients read beside the button is what is started: else nothing is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # sudo: whoever has the link.
        cls.link = cls.bills._clinic_get_payment_link().sudo()
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.card = self._create_token(partner_id=self.client.id)

    # === HELPERS === #

    def _read_before(self, page, **params):
        """Return the seal of a page."""
        shown = self._read_shown(page, **params)
        self.assertTrue(shown, page)
        return shown

    def _start_online(self, start, page, amount, read_amount, **params):
        """Read a page, press "Pay" with an amount; return the error, if any."""
        shown = self._read_before(page, amount=read_amount, **params)
        return self._press_pay(start, amount, shown)

    def _press_pay(self, start, amount, shown, **values):
        values = {"flow": "redirect", **values}
        with mute_logger("odoo.http"):
            _answer, error = self._rpc(
                start, **self._pay_values(amount=amount, shown=shown, **values)
            )
        return error

    def assertNothingStarted(self, error):
        self.assertIn(NOT_SHOWN, error)
        self.assertFalse(self._get_attempts())

    # === STARTS === #

    def _get_online_starts(self):
        """Return the address of each start, its page, and the page's parameters."""
        link = f"/clinic/pay/{self.link.token}"
        return {
            "client": (
                f"/my/billing/pay/{self.ids}",
                "/my/billing/pay",
                {"invoice_ids": self.ids},
            ),
            None: (f"{link}/transaction", link, {}),
        }

    def test_another_amount_than_the_page_showed_is_not_started(self):
        for login, (start, page, params) in self._get_online_starts().items():
            with self.subTest(login):
                self.authenticate(login, login)
                error = self._start_online(start, page, 150, 10, **params)
                self.assertNothingStarted(error)
                error = self._start_online(start, page, 10, "", **params)
                self.assertNothingStarted(error)

    def test_what_a_page_showed_is_started(self):
        for login, (start, page, params) in self._get_online_starts().items():
            with self.subTest(login):
                self.authenticate(login, login)
                before = self._get_attempts()
                self.assertFalse(self._start_online(start, page, 10, 10, **params))
                self.assertEqual((self._get_attempts() - before).amount, 10)

    def test_a_start_without_what_was_read_is_refused(self):
        for login, (start, _page, _params) in self._get_online_starts().items():
            for shown in ("", "x", None, 1, ["x"], {"x": 1}, True):
                with self.subTest(login=login, shown=shown):
                    self.authenticate(login, login)
                    self.assertNothingStarted(self._press_pay(start, 10, shown))

    def test_another_allocation_than_the_page_showed_is_not_started(self):
        for login, (start, page, params) in self._get_online_starts().items():
            with self.subTest(login):
                self.authenticate(login, login)
                shown = self._read_before(page, amount=60, **params)
                self._pay(self.second_bill, 5)
                self._pay(self.bill, 5)
                self.assertNothingStarted(self._press_pay(start, 60, shown))

    def test_a_card_that_became_another_one_is_not_charged(self):
        self.authenticate("client", "client")
        start, page, params = self._get_online_starts()["client"]
        shown = self._read_before(page, amount=10, **params)
        self.card.payment_details = "9999"
        card = {"flow": "token", "token_id": self.card.id}
        self.assertNothingStarted(self._press_pay(start, 10, shown, **card))

    def test_the_amount_stands_on_the_button(self):
        for login, (_start, page, params) in self._get_online_starts().items():
            with self.subTest(login):
                self.authenticate(login, login)
                for amount, label in (("10", "Pay $ 10.00"), ("", "Pay $ 150.00")):
                    text = self._get(page, amount=amount, **params).text
                    (button,) = self._find(text, f"//button[@name='{SUBMIT}']")
                    self.assertEqual(self._read(button), label)


@tagged("post_install", "-at_install")
class TestShown(ShownCommon, ChargesCommon, ProgramsCommon):
    """What is read at the desk, or agreed to, is what is done: else nothing is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rate.clinic_deposit = 30
        cls.visit = cls._create_event(cls.client)
        cls.env.flush_all()

    # === HELPERS === #

    def _press_old(self, url, shown, **form):
        """Press a button at the desk with an old seal; return what the page says."""
        place = self._press(url, KEY, shown=shown, **form)
        return self._see(place)[0]

    def assertNothingTaken(self, text):
        self.assertIn(NOT_SHOWN, text)
        self.assertFalse(self._get_attempts())
        self.assertFalse(self.desk._find_done(KEY))

    # === AT THE DESK === #

    def _get_desk_url(self):
        return f"/clinic/desk/pay/{self.bill.id}"

    def test_the_desk_takes_no_other_amount_than_it_showed(self):
        url = self._get_desk_url()
        cash = {"choice": self._get_cash(), "invoice_ids": self.ids}
        shown = self._read_form(f"{url}/outside", amount=5, **cash)
        for amount in (150, 6):
            text = self._press_old(f"{url}/outside", shown, amount=amount, **cash)
            self.assertNothingTaken(text)
        self.assertNothingTaken(self._press_old(f"{url}/outside", "", amount=5, **cash))
        self._press_old(f"{url}/outside", shown, amount=5, **cash)
        self.assertEqual(self.desk._find_done(KEY).amount, 5)

    def test_the_desk_takes_no_money_for_something_else_than_it_showed(self):
        url = self._get_desk_url()
        cash = {"choice": self._get_cash(), "amount": 60}
        shown = self._read_form(f"{url}/outside", invoice_ids=self.ids, **cash)
        ids = self.bill.id
        text = self._press_old(f"{url}/outside", shown, invoice_ids=ids, **cash)
        self.assertNothingTaken(text)
        self._pay(self.bill, 5)
        text = self._press_old(f"{url}/outside", shown, invoice_ids=self.ids, **cash)
        self.assertNothingTaken(text)

    def test_the_desk_charges_no_other_card_than_it_showed(self):
        url = self._get_desk_url()
        other = self._save_card(self.client, payment_details="8888")
        form = {"choice": self.card.id, "amount": 150, "invoice_ids": self.ids}
        shown = self._read_form(f"{url}/card", **form)
        self.assertTrue(shown)
        form["choice"] = other.id
        self.assertNothingTaken(self._press_old(f"{url}/card", shown, **form))
        form["choice"] = self.card.id
        self.card.payment_details = "9999"
        self.assertNothingTaken(self._press_old(f"{url}/card", shown, **form))
        self.assertFalse(self.sent)

    def test_no_other_deposit_is_taken_than_the_desk_showed(self):
        url = f"/clinic/desk/deposit/{self.visit.id}"
        cash = {"choice": self._get_cash(), "payer_id": self.client.id}
        shown = self._read_form(f"{url}/outside", amount=5, **cash)
        self.assertTrue(shown)
        text = self._press_old(f"{url}/outside", shown, amount=30, **cash)
        self.assertNothingTaken(text)
        self._press_old(f"{url}/outside", shown, amount=5, **cash)
        self.assertEqual(self.visit.clinic_deposit_ids.amount, 5)

    def test_no_button_of_the_desk_pays_before_the_page_is_ready(self):
        for url in (self._get_desk_url(), f"/clinic/desk/deposit/{self.visit.id}"):
            text = self._get(url).text
            for way in ("card", "outside"):
                buttons = self._find(text, f"//form[@action='{url}/{way}']//button")
                self.assertTrue(buttons)
                for button in buttons:
                    self.assertTrue(button.get("disabled"), url)
                    self.assertIn("$", self._read(button))

    # === WHAT IS AGREED === #

    def test_a_program_whose_price_has_changed_is_not_registered_for(self):
        self.authenticate("client", "client")
        url = f"/my/programs/{self.program.id}"
        form = {"patient_id": self.client.id, "shown": self._read_input(url)}
        self.program_rate.list_price = 95
        self.assertIn(NOT_SHOWN, self._post(f"{url}/register", **form).text)
        self.assertFalse(self.program.registration_ids)
        form["shown"] = self._read_input(url)
        self.assertEqual(self._post(f"{url}/register", **form).status_code, 303)

    def test_autopay_is_not_turned_on_with_a_card_that_became_another_one(self):
        self.authenticate("client", "client")
        url = "/my/billing/autopay"
        form = {
            "company_id": self.practice.id,
            "card_id": self.card.id,
            "cap": "200",
            "wording": self._read_input(url, "wording"),
            "shown": self._read_input(url),
            "agree": "yes",
        }
        self.card.payment_details = "9999"
        self.assertIn(NOT_SHOWN, self._post(f"{url}/on", **form).text)
        self.assertFalse(self.env["clinic.autopay"].search([]))

    def test_a_plan_whose_dates_have_changed_is_not_accepted(self):
        # sudo: as the client's page, which looks it up.
        wizard = self.env["clinic.payment.plan.proposal"].with_user(self.biller)
        action = wizard.create(
            {"invoice_ids": self.bill.ids, "first_date": self._in_days(10)}
        ).action_propose()
        plan = self.env["clinic.payment.plan"].sudo().browse(action["res_id"])
        self.authenticate("client", "client")
        url = f"/my/billing/plans/{plan.id}"
        form = {
            "card_id": self.card.id,
            "wording": self._read_input(url, "wording"),
            "shown": self._read_input(url),
            "agree": "yes",
        }
        first = plan._get_upcoming()[0]
        first.date = fields.Date.add(first.date, days=-3)
        self.assertIn(NOT_SHOWN, self._post(f"{url}/accept", **form).text)
        self.assertEqual(plan.state, "proposed")
        form["shown"] = self._read_input(url)
        self.assertEqual(self._post(f"{url}/accept", **form).status_code, 303)
        self.assertEqual(plan.state, "active")
