from datetime import timedelta
from unittest.mock import patch

from lxml import html

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common_online import OnlineCommon
from ..common_pages import PagesCommon

JOB = "clinic_invoicing.ir_cron_request_payments"


@tagged("post_install", "-at_install")
class TestPaymentLinks(OnlineCommon, PagesCommon):
    """A link pays what is owed now, without login, and tells nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._invoice(cls._create_service(patient=cls.child))
        cls.second_bill = cls._invoice(cls._create_service(price_unit=40))
        cls.foreign_bill = cls._invoice(cls._create_service(patient=cls.other_client))
        cls.bills = cls.bill | cls.second_bill
        cls.links = cls.env["clinic.payment.link"].sudo()
        cls.link = cls.bills._clinic_get_payment_link().sudo()
        cls.path = f"/clinic/pay/{cls.link.token}"
        cls.env.flush_all()

    # === HELPERS === #

    def _get(self, path=None, **params):
        return super()._get(path or self.path, **params)

    def _get_form(self, **params):
        page = html.fromstring(self._get(**params).text)
        (form,) = page.xpath("//form[@id='o_payment_form']")
        return form, " ".join(page.xpath("string(//main)").split())

    def _start(self, amount, path=None, **values):
        """Return ``(result, error)``, as the payment form would get them."""
        values = {"landing_route": self.path, "amount": amount, **values}
        path = path or self.path
        values.setdefault("shown", self._read_shown(path, amount=amount))
        return self._rpc(f"{path}/transaction", **self._pay_values(**values))

    def _add_letter_box(self):
        """Let the client's bills go to an address that has no e-mail."""
        return self.env["res.partner"].create(
            {"name": "Letter box", "type": "invoice", "parent_id": self.client.id}
        )

    def assertRefused(self, amount, reason, **values):
        before = self._get_attempts()
        with mute_logger("odoo.http"):
            _result, error = self._start(amount, **values)
        self.assertEqual(self._get_attempts(), before)
        self.assertRegex(error or "no error", reason)

    def _pay_by_link(self, amount, **values):
        before = self._get_attempts()
        self._start(amount, **values)
        attempt = self._get_attempts() - before
        self._book_attempt(attempt)
        return attempt

    # === WHAT IT SHOWS === #

    def test_link_asks_for_what_is_owed_now_without_login(self):
        form, text = self._get_form()
        self.assertEqual(float(form.get("data-amount")), 140)
        self.assertIn(self.bill.name, text)
        self._pay(self.bill, 30)
        form, _text = self._get_form()
        self.assertEqual(float(form.get("data-amount")), 110)

    def test_page_names_no_service_and_no_person(self):
        text = self._get().text
        for word in ("Consultation", "Charlie", "Clara", "Practitioner", "03/12/2024"):
            self.assertNotIn(word, text)
        self.assertIn("Harbour Clinic", text)

    def _let_provider_fill_in_who_pays(self):
        """Give the provider a form like those of some of Core's providers."""
        form = self.env["ir.ui.view"].create(
            {
                "name": "Filled-in form",
                "type": "qweb",
                "arch": """
                    <div name="filled_in">
                        <t t-set="payers" t-value="provider_sudo.env['res.partner']"/>
                        <t t-set="payer" t-value="payers.browse(partner_id)"/>
                        <t t-out="payer.name"/>
                        <t t-out="payer.email"/>
                        <t t-out="payer.street"/>
                    </div>
                """,
            }
        )
        self.env["ir.model.data"].create(
            {
                "module": "clinic_invoicing",
                "name": "filled_in_form",
                "model": form._name,
                "res_id": form.id,
            }
        )
        self.provider.inline_form_view_id = form

    def _get_filled_in(self):
        page = html.fromstring(self._get().text)
        (filled_in,) = page.xpath("//div[@name='filled_in']")
        return filled_in.text_content()

    def test_providers_form_tells_a_visitor_nothing_of_the_payer(self):
        self._let_provider_fill_in_who_pays()
        self.client.write({"street": "3 Quiet Lane", "email": "clara@example.com"})
        # sudo: nobody belongs to no company.
        visitor = self.env.ref("base.public_user").sudo().partner_id
        for login, partner in (
            (None, visitor),
            ("other_client", self.other_client),
        ):
            with self.subTest(login=login):
                self.authenticate(login, login)
                form, _text = self._get_form()
                self.assertEqual(int(form.get("data-partner-id")), partner.id)
                filled_in = self._get_filled_in()
                for word in ("Clara", "clara@example.com", "3 Quiet Lane"):
                    self.assertNotIn(word, filled_in)
        self.assertEqual(self._pay_by_link(140).partner_id, self.client)

    def test_providers_form_is_filled_in_for_the_payer(self):
        self._let_provider_fill_in_who_pays()
        self.authenticate("client", "client")
        self.assertIn("Clara Client", self._get_filled_in())

    def test_page_is_neither_kept_nor_passed_on(self):
        headers = self._get().headers
        self.assertEqual(headers["Cache-Control"], "no-store")
        self.assertEqual(headers["Referrer-Policy"], "no-referrer")
        self.assertIn("noindex", headers["X-Robots-Tag"])

    def test_paid_link_says_so_and_takes_nothing_more(self):
        attempt = self._pay_by_link(140)
        self.assertEqual(attempt.partner_id, self.client)
        self.assertEqual(set(self.bills.mapped("payment_state")), {"paid"})
        text = self._get().text
        self.assertIn("Thank you", text)
        self.assertIn("nothing to pay here", text)
        self.assertNotIn("o_payment_form", text)
        self.assertRefused(140, "nothing to pay")

    def test_part_is_paid_as_the_page_said(self):
        self.second_bill.line_ids.filtered("date_maturity").date_maturity = "2099-01-01"
        form, text = self._get_form(amount="120")
        self.assertEqual(float(form.get("data-amount")), 120)
        self.assertIn(f"{self.second_bill.name} $ 20.00 $ 20.00", text)
        self._pay_by_link(120)
        self.assertEqual(self.second_bill.amount_residual, 20)

    def test_cancelled_and_draft_invoices_are_not_asked_for(self):
        self.bills.button_draft()
        self.bill.button_cancel()
        text = self._get().text
        self.assertIn("nothing to pay here", text)
        self.assertNotIn("INV/", text)
        self.assertRefused(140, "nothing to pay")

    def test_invoice_that_somebody_else_owes_now_is_not_asked_for(self):
        self._bill_to(self.bill, self.other_client)
        form, text = self._get_form()
        self.assertEqual(float(form.get("data-amount")), 40)
        self.assertNotIn(self.bill.name, text)

    def test_nothing_is_paid_while_online_payment_is_switched_off(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("account_payment.enable_portal_payment", False)
        text = self._get().text
        self.assertNotIn("o_payment_form", text)
        # Once, not for each of both invoices.
        self.assertEqual(text.count("cannot be paid online at the moment"), 1)
        self.assertNotIn("nothing to pay here", text)
        self.assertRefused(140, "nothing to pay")

    def test_thanks_are_for_what_was_paid_by_this_link(self):
        other = self.bill._clinic_get_payment_link().sudo()
        self._pay_by_link(140)
        self.assertNotIn("140.00", self._get(f"/clinic/pay/{other.token}").text)

    # === WHO USES IT === #

    def _get_gone(self, path):
        response = self._get(path)
        self.assertEqual(response.status_code, 404, path)
        page = html.fromstring(response.text)
        return " ".join(page.xpath("string(//main)").split())

    def test_whatever_is_no_living_link_looks_the_same(self):
        guessed = self._get_gone("/clinic/pay/" + "A" * 32)
        altered = self.link.token[:-1] + ("A" if self.link.token[-1] != "A" else "B")
        self.assertEqual(self._get_gone(f"/clinic/pay/{altered}"), guessed)
        with self.subTest("expired"):
            self.link.expires_on = fields.Datetime.now() - timedelta(seconds=1)
            self.assertEqual(self._get_gone(self.path), guessed)
            self.assertRefused(140, "not valid any more")
        with self.subTest("revoked"):
            self.link.expires_on = fields.Datetime.now() + timedelta(days=1)
            self.link.with_user(self.front_desk).action_revoke()
            self.assertEqual(self._get_gone(self.path), guessed)
            self.assertRefused(140, "not valid any more")

    def test_strange_tokens_are_no_links(self):
        for token in (
            "0",
            "a" * 5000,
            "%00",
            "..%2F..",
            "'--",
            "\u00e9" * 32,
            "A" * 31 + "%0A",
        ):
            with self.subTest(token=token[:9]):
                self.assertEqual(self._get(f"/clinic/pay/{token}").status_code, 404)

    def test_tampered_amounts_are_refused(self):
        for amount in (0, -1, 140.01, 1e30, None):
            self.assertRefused(amount, "more than zero|still owed")
        for amount in (float("nan"), float("inf"), 10**400, "140", [140], {}, True):
            self.assertRefused(amount, "not an amount|more than zero")
        self.practice.clinic_minimum_part = 50
        self.assertRefused(49, "at least")

    def test_tampered_parameters_are_refused(self):
        self.assertRefused(140, ".", invoice_ids=[self.foreign_bill.id])
        self.assertRefused(140, ".", partner_id=self.other_client.id)
        self.assertRefused(140, ".", currency_id=1)
        self.assertFalse(self.foreign_bill.clinic_payment_attempts)

    def test_saved_cards_are_for_their_owner_alone(self):
        card = self._create_token(partner_id=self.client.id)
        url = f"/invoice/transaction/{self.bill.id}"
        token = self.bill._portal_ensure_token()
        for login in (None, "other_client"):
            self.authenticate(login, login)
            self.assertNotIn("o_payment_tokens_heading", self._get().text)
            self.assertRefused(140, "Log in", token_id=card.id, flow="token")
        self.authenticate(None, None)
        before = self._get_attempts()
        with mute_logger("odoo.http"):
            self._rpc(
                url,
                **self._pay_values(
                    access_token=token,
                    payment_method_id=None,
                    token_id=card.id,
                    flow="token",
                    amount=100,
                ),
            )
        self.assertEqual(self._get_attempts(), before)
        self.authenticate("client", "client")
        self.assertIn("o_payment_tokens_heading", self._get().text)

    def test_a_client_pays_what_is_billed_to_their_address_with_their_own_card(self):
        address = self._add_letter_box()
        bill = self._invoice(self._create_service())
        self.assertEqual(bill.partner_id, address)
        card = self._create_token(partner_id=self.client.id)
        path = bill._clinic_get_payment_link().sudo().url
        path = path.removeprefix(self.link.get_base_url())
        self.authenticate("client", "client")
        self.assertIn("o_payment_tokens_heading", self._get(path).text)
        attempt = self._pay_by_link(100, path=path, token_id=card.id, flow="token")
        self.assertEqual((attempt.partner_id, bill.amount_residual), (self.client, 0))
        self.assertIn("Thank you", self._get(path).text)

    def test_card_is_not_saved_for_who_is_not_logged_in(self):
        self.provider.allow_tokenization = True
        before = self._get_attempts()
        self._start(140, tokenization_requested=True)
        self.assertFalse((self._get_attempts() - before).tokenize)

    # === MAKING LINKS === #

    def test_living_link_is_used_again(self):
        self.assertEqual(self.bills._clinic_get_payment_link(), self.link)
        self.assertNotEqual(self.bill._clinic_get_payment_link(), self.link)
        self.link.expires_on = fields.Datetime.now() + timedelta(days=1)
        self.assertNotEqual(self.bills._clinic_get_payment_link(), self.link)

    def test_link_is_for_posted_invoices_of_one_payer(self):
        draft = self.second_bill
        draft.button_draft()
        for wrong in (self.bill | self.foreign_bill, draft, self.bill.browse()):
            with self.assertRaisesRegex(UserError, "one payer"):
                wrong._clinic_get_payment_link()

    def test_front_desk_shows_the_link_of_its_own_practice(self):
        action = self.bill.with_user(self.front_desk).action_clinic_payment_link()
        link = self.links.browse(action["res_id"])
        self.assertEqual(link.invoice_ids, self.bill)
        elsewhere = self.setup_other_company()["company"]
        self.front_desk.write(
            {"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id}
        )
        with self.assertRaises(AccessError):
            self.bill.with_user(self.front_desk).with_company(
                elsewhere
            ).action_clinic_payment_link()

    def test_front_desk_makes_no_link_for_what_bills_no_services(self):
        other = self.init_invoice("out_invoice", self.client, post=True, amounts=[10])
        with self.assertRaises(UserError):
            (self.bill | other).with_user(self.front_desk).action_clinic_payment_link()

    def test_only_the_front_desk_shows_and_revokes_links(self):
        for user in (self.employee, self.client_user):
            with self.assertRaises(AccessError):
                self.bill.with_user(user).action_clinic_payment_link()
            with self.assertRaises(AccessError):
                self.link.with_user(user).action_revoke()
            with self.assertRaises(AccessError):
                self.link.with_user(user).read(["url"])
        for user in (self.front_desk, self.manager):
            with self.assertRaises(AccessError):
                self.link.with_user(user).read(["token"])
        self.assertIn(self.link.token, self.link.with_user(self.biller).url)

    # === DOCUMENTS AND CORE'S OWN LINKS === #

    def test_document_carries_the_link_as_a_code_while_it_can_be_paid(self):
        self.assertTrue(self.bill._clinic_is_link_printed())
        with patch.object(
            self.env.registry["ir.actions.report"],
            "barcode",
            side_effect=self.env["ir.actions.report"].barcode,
        ) as barcode:
            self.env["ir.actions.report"]._render_qweb_html(
                "account.report_invoice", self.bill.ids
            )
        link = self.bill._clinic_get_payment_link().sudo()
        self.assertIn(link.url, [call.kwargs["value"] for call in barcode.mock_calls])
        self._pay(self.bill)
        self.assertFalse(self.bill._clinic_is_link_printed())

    def test_dialog_of_core_makes_our_link(self):
        wizard = self.env["payment.link.wizard"].create(
            {
                "res_model": "account.move",
                "res_id": self.bill.id,
                "amount": 60,
                "amount_max": 100,
                "currency_id": self.bill.currency_id.id,
                "partner_id": self.client.id,
            }
        )
        self.assertEqual(wizard.link, self.bill._clinic_get_payment_link().sudo().url)

    def test_link_of_core_leads_visitors_to_ours(self):
        token = self.bill._portal_ensure_token()
        response = self._get(
            f"/my/invoices/{self.bill.id}", access_token=token, payment="True"
        )
        self.assertEqual(response.status_code, 303)
        self.assertIn("/clinic/pay/", response.headers["Location"])
        response = self._get(
            f"/my/invoices/{self.bill.id}", access_token="guessed", payment="True"
        )
        self.assertNotIn("/clinic/pay/", response.headers["Location"])

    # === E-MAILS === #

    def _request_payments(self):
        moves = self.env["account.move"].search([("clinic_ask_on", "!=", False)])
        moves.sudo().clinic_ask_on = fields.Datetime.now()
        before = self.env["mail.mail"].sudo().search([])
        with self.enter_registry_test_mode():
            self.env.ref(JOB).sudo().method_direct_trigger()
        return self.env["mail.mail"].sudo().search([]) - before

    def test_visits_are_asked_for_once_if_the_practice_wants_it(self):
        self.client.email = "clara@example.com"
        self._invoice(self._create_service())
        self.assertFalse(self._request_payments())
        self.practice.clinic_email_pay_requests = True
        bill = self._invoice(self._create_service(patient=self.child))
        mail = self._request_payments()
        self.assertEqual(
            mail.recipient_ids | mail.mail_message_id.partner_ids, self.client
        )
        link = bill._clinic_get_payment_link().sudo()
        self.assertIn(link.url, mail.body_html)
        self.assertIn("$\u00a0100.00", mail.body_html)
        for word in ("Consultation", "Charlie"):
            self.assertNotIn(word, mail.body_html + mail.subject)
        self.assertFalse(self._request_payments())

    def test_an_address_without_email_is_asked_at_the_client_behind_it(self):
        self._add_letter_box()
        self.practice.clinic_email_pay_requests = True
        self._invoice(self._create_service())
        mail = self._request_payments()
        self.assertEqual(
            mail.recipient_ids | mail.mail_message_id.partner_ids, self.client
        )

    def test_what_was_paid_meanwhile_is_not_asked_for(self):
        self.practice.clinic_email_pay_requests = True
        self._pay(self._invoice(self._create_service()))
        self.assertFalse(self._request_payments())

    def test_what_was_sent_otherwise_is_not_asked_for_again(self):
        self.practice.clinic_email_pay_requests = True
        self._invoice(self._create_service()).is_move_sent = True
        self.assertFalse(self._request_payments())

    def test_draft_is_asked_for_when_it_is_posted_again(self):
        self.practice.clinic_email_pay_requests = True
        bill = self._invoice(self._create_service())
        bill.button_draft()
        self.assertFalse(self._request_payments())
        bill.action_post()
        self.assertTrue(self._request_payments())

    def test_link_by_which_nobody_can_pay_is_not_sent(self):
        self.client.email = False
        with self.assertRaisesRegex(UserError, "no e-mail"):
            self.link.action_send()
        self.client.email = "clara@example.com"
        self._pay(self.bills)
        with self.assertRaisesRegex(UserError, "nothing to pay"):
            self.link.action_send()

    def test_link_is_sent_by_hand(self):
        before = self.env["mail.mail"].sudo().search([])
        self.link.with_user(self.front_desk).action_send()
        mail = self.env["mail.mail"].sudo().search([]) - before
        self.assertIn(self.link.url, mail.body_html)
