import re
from datetime import timedelta

from lxml import html

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from ..common_pages import PagesCommon
from .common_programs import ProgramsCommon

MISSING = 2**31 - 1


@tagged("post_install", "-at_install")
class TestPortalPrograms(ProgramsCommon, AccountPaymentCommon, PagesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hidden = cls._create_program(name="Not published", is_published=False)
        cls.draft = cls._create_program(name="Not ready", start=False)
        other_company = cls.env["res.company"].create({"name": "Hill Clinic"})
        cls.elsewhere = cls._create_program(name="Elsewhere", places=9)
        # Its rate is for all companies.
        cls.elsewhere.company_id = other_company
        cls.foreign = cls._register(cls.other_client)
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.authenticate("client", "client")

    # === HELPERS === #

    def _get_page(self, url="/my/programs"):
        response = self._get(url)
        self.assertEqual(response.status_code, 200, url)
        return html.fromstring(response.text)

    def _register_at(self, program, patient, **data):
        patient_id = getattr(patient, "id", patient)
        data.setdefault("shown", self._read_input(f"/my/programs/{program.id}"))
        return self._post(
            f"/my/programs/{program.id}/register", patient_id=patient_id, **data
        )

    def _cancel_url(self, registration):
        return f"/my/programs/registrations/{registration.id}/cancel"

    def _cancel(self, registration):
        """Read the terms, then press the button; return the answer."""
        page = self._get_page(self._cancel_url(registration))
        (terms,) = page.xpath("//input[@name='terms']/@value")
        return self._post(self._cancel_url(registration), terms=terms)

    def _get_texts(self, page, name):
        """Return the texts of what has this class, as a person reads them."""
        found = page.xpath(f"//*[contains(concat(' ', @class, ' '), ' {name} ')]")
        return [" ".join(each.text_content().split()) for each in found]

    def _get_own(self):
        domain = [("patient_id", "in", (self.client | self.child).ids)]
        return self.env["clinic.program.registration"].search(domain)

    def assertTold(self, response, message):
        """The page says so; no place was taken."""
        self.assertEqual(response.status_code, 200)
        text = " ".join(html.fromstring(response.text).text_content().split())
        self.assertRegex(text, message)
        self.assertFalse(self._get_own())

    def assertNotTold(self, response):
        """The answer is the one for what does not exist."""
        missing = self._get(f"/my/programs/{MISSING}")
        self.assertEqual((response.status_code, missing.status_code), (404, 404))
        tokens = re.compile(r'csrf_token: "[^"]+"')
        self.assertEqual(
            tokens.sub("", response.text).replace(response.url, ""),
            tokens.sub("", missing.text).replace(missing.url, ""),
        )

    # === WHAT IS ON OFFER === #

    def test_published_programs_are_listed_with_price_and_places(self):
        page = self._get_page()
        (text,) = self._get_texts(page, "o_clinic_program")
        self.assertRegex(text, r"Back school in spring .* \$ 90.00 2 places left")
        for name in ("Not published", "Not ready", "Elsewhere"):
            self.assertNotIn(name, page.text_content())

    def test_full_programs_are_listed_as_full(self):
        self.program.places = 1
        (text,) = self._get_texts(self._get_page(), "o_clinic_program")
        self.assertRegex(text, "Full")
        page = self._get_page(f"/my/programs/{self.program.id}")
        self.assertEqual(
            self._get_texts(page, "o_clinic_obstacle"),
            ["All places of this program are taken."],
        )
        self.assertFalse(page.xpath("//form[contains(@class, 'o_clinic_register')]"))

    def test_closed_and_past_programs_are_not_on_offer(self):
        past = self._create_program(date_begin=fields.Datetime.now() - timedelta(20))
        self.program.action_close()
        self.assertFalse(self._get_texts(self._get_page(), "o_clinic_program"))
        for program in (past, self.program):
            page = self._get_page(f"/my/programs/{program.id}")
            self.assertTrue(self._get_texts(page, "o_clinic_obstacle"))

    def test_dates_are_told_in_the_time_of_the_practice(self):
        begin = fields.Datetime.to_datetime("2035-03-13 01:00:00")
        self.practitioner.tz = "Asia/Kolkata"
        program = self._create_program(date_begin=begin)
        page = self._get_page(f"/my/programs/{program.id}")
        self.assertIn("03/12/2035 09:00 PM", " ".join(page.text_content().split()))

    def test_the_card_is_on_the_home_page(self):
        page = self._get_page("/my")
        (card,) = page.xpath(
            "//div[@id='portal_client_category']//a[@href='/my/programs']"
        )
        self.assertIn("Programs", card.text_content())
        (icon,) = card.xpath(".//img/@src")
        self.assertEqual(self._get(icon).status_code, 200)

    def test_scripts_in_a_description_are_not_shown(self):
        self.program.description = "<p>Hello</p><script>alert(1)</script>"
        page = self._get(f"/my/programs/{self.program.id}").text
        self.assertIn("Hello", page)
        self.assertNotIn("alert(1)", page)

    def test_pages_that_do_not_exist_show_a_page(self):
        for number in (0, 2, 10**9, 10**30):
            self._get_page(f"/my/programs/page/{number}")

    # === WHAT IS NOT TOLD === #

    def test_programs_that_are_not_published_do_not_exist(self):
        for program in (self.hidden, self.draft, self.elsewhere):
            with self.subTest(program=program.name):
                self.assertNotTold(self._get(f"/my/programs/{program.id}"))
                response = self._register_at(program, self.client)
                self.assertEqual(response.status_code, 404)
        self.assertFalse(self._get_own())
        for number in (10**12, 10**30):
            self.assertEqual(self._get(f"/my/programs/{number}").status_code, 404)

    def test_registrations_of_others_do_not_exist(self):
        url = self._cancel_url(self.foreign)
        self.assertNotTold(self._get(url))
        self.assertEqual(self._post(url, terms="").status_code, 404)
        self.assertState(self.foreign, "reserved", taken=1)
        for page in ("/my/programs", f"/my/programs/{self.program.id}"):
            self.assertNotIn("Otto Other", self._get(page).text)

    def test_only_ones_own_dependants_are_offered(self):
        page = self._get_page(f"/my/programs/{self.program.id}")
        options = page.xpath("//select[@name='patient_id']/option/text()")
        self.assertEqual(
            [" ".join(each.split()) for each in options],
            ["Clara Client", "Charlie Client"],
        )
        self.authenticate("child", "child")
        page = self._get_page(f"/my/programs/{self.program.id}")
        self.assertFalse(page.xpath("//select"))
        self.assertIn("go to somebody else", page.text_content())

    def test_models_are_closed_to_clients(self):
        for record in (self.program, self.foreign):
            for operation in ("read", "write", "create", "unlink"):
                allowed = record.with_user(self.client_user).has_access(operation)
                self.assertFalse(allowed)

    def test_visitors_have_to_log_in(self):
        self.authenticate(None, None)
        for url in ("/my/programs", f"/my/programs/{self.program.id}"):
            response = self._get(url)
            self.assertEqual(response.status_code, 303)
            self.assertIn("/web/login", response.headers["Location"])

    # === REGISTERING === #

    def test_a_client_registers_a_child_and_goes_on_to_pay(self):
        response = self._register_at(self.program, self.child)
        registration = self._get_own()
        self.assertEqual(response.status_code, 303)
        self.assertURLEqual(
            response.headers["Location"],
            f"/my/billing/pay?invoice_ids={registration.invoice_id.id}",
        )
        self.assertEqual(registration.patient_id, self.child)
        self.assertState(registration, "reserved", taken=2)
        page = self._get_page(response.headers["Location"])
        self.assertIn("o_clinic_pay_dialog", html.tostring(page, encoding="unicode"))
        (text,) = self._get_texts(self._get_page(), "o_clinic_registration")
        self.assertRegex(text, "Charlie Client .* kept until .* To be paid")
        self._pay(registration.invoice_id)
        (text,) = self._get_texts(self._get_page(), "o_clinic_registration")
        self.assertRegex(text, "Confirmed Cancel$")

    def test_a_free_program_leads_back_to_the_list(self):
        program = self._create_program(rate_id=self.free_rate.id)
        response = self._register_at(program, self.client)
        self.assertURLEqual(response.headers["Location"], "/my/programs")
        self.assertState(self._get_own(), "confirmed", taken=1)
        page = self._get_page(f"/my/programs/{program.id}")
        self.assertIn("Free of charge", page.text_content())
        self.assertIn("Clara Client is registered", page.text_content())

    def test_a_double_submit_leads_to_the_same_payment(self):
        first = self._register_at(self.program, self.client)
        second = self._register_at(self.program, self.client)
        self.assertEqual(first.headers["Location"], second.headers["Location"])
        self.assertEqual(len(self._get_own()), 1)
        self._pay(self._get_own().invoice_id)
        third = self._register_at(self.program, self.client)
        self.assertURLEqual(third.headers["Location"], "/my/programs")
        self.assertEqual(len(self._get_own()), 1)

    def test_nobody_else_is_registered(self):
        for patient in (self.other_client, "", "0", "abc", MISSING, "1e3", "9" * 40):
            with self.subTest(patient=patient):
                response = self._register_at(self.program, patient)
                self.assertTold(response, "choose who is going to take part")
        self.assertEqual(self.program.places_taken, 1)

    def test_closed_full_and_past_programs_register_nobody(self):
        full = self._create_program(places=1)
        self._register(self.other_client, full)
        past = self._create_program(date_begin=fields.Datetime.now() - timedelta(20))
        off = self._create_program()
        off.action_cancel()
        closed = self._create_program()
        closed.action_close()
        for program, reason in (
            (full, "All places of this program are taken"),
            (past, "This program is over"),
            (off, "has been cancelled"),
            (closed, "Registration for this program is closed"),
        ):
            with self.subTest(reason=reason):
                self.assertTold(self._register_at(program, self.client), reason)

    def test_forms_of_other_sites_do_nothing(self):
        with mute_logger("odoo.http"):
            response = self._register_at(self.program, self.client, csrf_token="x")
        self.assertEqual(response.status_code, 400)
        self.assertFalse(self._get_own())
        # A link does not register either.
        url = f"/my/programs/{self.program.id}/register?patient_id={self.client.id}"
        self.assertIn(self._get(url).status_code, (404, 405))
        self.assertFalse(self._get_own())

    # === CANCELLING === #

    def test_a_client_reads_what_comes_back_and_cancels(self):
        registration = self._register_online(self.child)
        payment = self._pay(registration.invoice_id)
        page = self._get_page(self._cancel_url(registration))
        self.assertIn("$ 90.00 is given back.", self._get_texts(page, "o_clinic_terms"))
        # Nothing has happened yet.
        self.assertState(registration, "confirmed", taken=2)
        response = self._cancel(registration)
        self.assertURLEqual(response.headers["Location"], "/my/programs")
        self.assertState(registration, "cancelled", taken=1)
        self.assertEqual(payment._clinic_get_given_back(), 90)
        (text,) = self._get_texts(self._get_page(), "o_clinic_registration")
        self.assertRegex(text, "Cancelled$")

    def test_a_client_who_is_late_reads_that_the_money_stays(self):
        registration = self._register_online()
        payment = self._pay(registration.invoice_id)
        self._move_program(days=2)
        self._promise(registration, days=-5)
        page = self._get_page(self._cancel_url(registration))
        (terms,) = self._get_texts(page, "o_clinic_terms")
        self.assertIn("too late for a refund", terms)
        self._cancel(registration)
        self.assertState(registration, "cancelled", taken=1)
        self.assertEqual(payment._clinic_get_given_back(), 0)

    def test_terms_that_have_changed_are_read_again(self):
        registration = self._register_online()
        url = self._cancel_url(registration)
        for terms in ("", "Everything is given back."):
            response = self._post(url, terms=terms)
            self.assertIn("Please read again", response.text)
            self.assertState(registration, "reserved", taken=2)

    def test_cancelling_twice_is_cancelling_once(self):
        registration = self._register_online()
        payment = self._pay(registration.invoice_id)
        page = self._get_page(self._cancel_url(registration))
        (terms,) = page.xpath("//input[@name='terms']/@value")
        for _press in range(2):
            response = self._post(self._cancel_url(registration), terms=terms)
            self.assertEqual(response.status_code, 303)
        self.assertEqual(payment._clinic_get_given_back(), 90)
        page = self._get_page(self._cancel_url(registration))
        self.assertIn("It has been cancelled", page.text_content())

    def test_what_has_begun_is_not_cancelled(self):
        registration = self._register_online()
        self._move_program(days=-1)
        page = self._get_page(self._cancel_url(registration))
        self.assertFalse(page.xpath("//form//input[@name='terms']"))
        response = self._post(self._cancel_url(registration), terms="")
        self.assertIn("has begun", response.text)
        self.assertState(registration, "reserved", taken=2)

    def test_money_on_its_way_keeps_the_registration(self):
        registration = self._register_online()
        self._go_online(self.provider)
        self._start_paying(registration, "pending")
        response = self._cancel(registration)
        self.assertIn("is being processed", response.text)
        self.assertState(registration, "reserved", taken=2)

    def test_a_program_that_is_gone_from_the_portal_is_still_cancelled(self):
        registration = self._register_online()
        self.program.is_published = False
        page = self._get_page()
        links = page.xpath("//a/@href")
        self.assertNotIn(f"/my/programs/{self.program.id}", links)
        self._cancel(registration)
        self.assertState(registration, "cancelled", taken=1)
