import re
from datetime import timedelta

from lxml import html

from odoo.http import root
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common_pages import PagesCommon
from ..payers.common_whose import WhoseCommon


@tagged("post_install", "-at_install")
class TestActing(WhoseCommon, PagesCommon):
    """A care home's clerk sees and pays what is billed to the home; others do not."""

    def _log_in(self, name):
        # Passwords of these users are their logins.
        login = self.users[name].login
        self.authenticate(login, login)

    def _see(self, url="/my/billing"):
        """Return the ids of the invoices on a Billing page, and its tabs."""
        self.env.flush_all()
        response = self.url_open(url, timeout=60)
        self.assertEqual(response.status_code, 200, response.text[-3000:])
        page = html.fromstring(response.text)
        rows = page.xpath("//div[@data-invoice-id]/@data-invoice-id")
        tabs = page.xpath("//nav[contains(@class, 'o_clinic_payers')]//a")
        return set(map(int, rows)), [tab.text_content().strip() for tab in tabs]

    def _start(self, invoices, amount):
        ids = ",".join(map(str, invoices.ids))
        page = {"invoice_ids": ids, "amount": amount}
        shown = self._read_shown("/my/billing/pay", **page)
        values = self._pay_values(amount=amount, shown=shown)
        return self._rpc(f"/my/billing/pay/{ids}", **values)

    # === WHAT IS SEEN === #

    def test_a_clerk_chooses_whose_bills_are_shown(self):
        self._log_in("clerk")
        rows, tabs = self._see()
        self.assertEqual(rows, set(self.bills["clerk"].ids))
        self.assertEqual(tabs, ["My bills", self.people["home"].name])
        home = self.people["home"].id
        rows, _tabs = self._see(f"/my/billing/for/{home}")
        self.assertEqual(rows, set(self.bills["home"].ids))
        # It stays so.
        self.assertEqual(self._see()[0], rows)
        own = self.people["clerk"].id
        self.assertEqual(self._see(f"/my/billing/for/{own}")[0], self._own("clerk"))

    def _own(self, name):
        return set(self.bills[name].ids)

    def test_a_clerk_without_bills_begins_with_the_homes(self):
        self._bill_to(self.bills["clerk"], self.people["stranger"])
        self._log_in("clerk")
        self.assertEqual(self._see()[0], self._own("home"))

    def test_a_colleague_sees_nothing_of_the_home(self):
        self._log_in("nurse")
        for payer in (self.people["home"], self.people["clerk"]):
            rows, tabs = self._see(f"/my/billing/for/{payer.id}")
            self.assertEqual(rows, self._own("nurse"))
            self.assertEqual(tabs, [])
        bill = self.bills["home"]
        response = self._get(f"/my/invoices/{bill.id}", report_type="pdf")
        self.assertEqual(response.status_code, 303)
        self.assertEqual(self._get(f"/my/billing/receipt/{bill.id}").status_code, 404)
        self.assertNotIn(bill.name, self._get("/my/invoices").text)

    def test_a_clerk_fetches_the_homes_documents(self):
        bill = self.bills["home"]
        self._pay(bill)
        self._log_in("clerk")
        # Tests render no PDF otherwise.
        self.session.context["force_report_rendering"] = True
        root.session_store.save(self.session)
        for url, params in (
            (f"/my/invoices/{bill.id}", {"report_type": "pdf"}),
            (f"/my/billing/receipt/{bill.id}", {}),
            ("/my/billing/statement", {}),
        ):
            response = self._get(url, **params)
            self.assertEqual(response.status_code, 200, url)
            self.assertTrue(response.content.startswith(b"%PDF"), url)

    def test_what_a_clerk_has_paid_ahead_covers_nothing_of_the_home(self):
        self.practice.clinic_use_held_money = False
        clerk = self.people["clerk"]
        ahead = {"amount": 250, "partner_id": clerk.commercial_partner_id.id}
        payment = self.env["account.payment"].create(
            {**ahead, "clinic_payer_id": clerk.id}
        )
        payment.action_post()
        self.env.flush_all()
        # Of their own nothing is asked, of the home's all.
        self.assertEqual(self.users["clerk"]._clinic_get_unpaid_count(), 1)

    # === WHAT IS PAID === #

    def test_a_clerk_pays_as_the_home(self):
        self._log_in("clerk")
        self._get(f"/my/billing/for/{self.people['home'].id}")
        result, error = self._start(self.bills["home"], 100)
        self.assertFalse(error)
        tx = self._get_attempts().filtered(
            lambda one: one.reference == result["reference"]
        )
        self.assertEqual(tx.partner_id, self.people["home"])
        payment = self._book_attempt(tx)
        self.assertEqual(payment.clinic_payer_id, self.people["home"])
        self.assertEqual(self.bills["home"].payment_state, "paid")

    def test_bills_of_several_payers_are_paid_one_by_one(self):
        self._log_in("clerk")
        both = self.bills["home"] | self.bills["clerk"]
        with mute_logger("odoo.http"):
            _result, error = self._start(both, 200)
        self.assertIn("several payers", error)
        self.assertFalse(self._get_attempts())

    def test_a_colleague_cannot_pay_them_under_billing(self):
        self._log_in("nurse")
        with mute_logger("odoo.http"):
            _result, error = self._start(self.bills["home"], 100)
        self.assertIn("nothing to pay", error)

    def test_a_link_knows_who_acts_for_its_payer(self):
        link = self.bills["home"]._clinic_get_payment_link().sudo()
        self._create_token(partner_id=self.people["home"].id)
        for name, is_payer in (("clerk", True), ("nurse", False)):
            self._log_in(name)
            page = self.url_open(f"/clinic/pay/{link.token}", timeout=60).text
            has_card = "o_payment_option" in page and 'data-payment-option-type="token"'
            self.assertEqual(has_card and has_card in page, is_payer, name)

    # === WHAT IS AGREED === #

    def _agree_for_home(self, **values):
        """Let the home be on autopay, by its own login."""
        self.practice.clinic_autopay = True
        home = self.people["home"]
        home.email = "home@example.com"
        card = self._create_token(partner_id=home.id, payment_details="home 4242")
        # sudo: as the client's page.
        agreement = (
            self.env["clinic.autopay"]
            .sudo()
            ._agree(
                self.users["home"],
                self.practice,
                card_id=str(card.id),
                cap="500",
                wording=self.practice._clinic_get_autopay_wording(),
                ip="203.0.113.7",
            )
        )
        return agreement, card

    def _read(self, url="/my/billing"):
        self.env.flush_all()
        text = self.url_open(url, timeout=60).text
        page = html.fromstring(text).xpath("//div[@id='wrap']")[0]
        return " ".join(page.text_content().split())

    def test_a_clerk_reads_the_homes_autopay_and_who_may_change_it(self):
        self._go_online(self.provider)
        agreement, _card = self._agree_for_home()
        home = self.people["home"].id
        self._log_in("clerk")
        self.assertNotIn("Autopay is on", self._read())
        text = self._read(f"/my/billing/for/{home}")
        self.assertIn("Autopay is on", text)
        text = self._read("/my/billing/autopay")
        self.assertIn("Whose home", text)
        self.assertIn("with their own login", text)
        self.assertNotIn("Turn autopay", text)
        token = self._get_csrf_token()
        for way in ("off", "on"):
            self.url_open(
                f"/my/billing/autopay/{way}",
                data={"csrf_token": token, "company_id": self.practice.id},
                timeout=60,
            )
        self.assertTrue(agreement.active)
        agreement._end("client")
        text = self._read(f"/my/billing/for/{home}")
        self.assertIn("with their own login", text)
        self.assertNotIn("How autopay works", text)

    def _get_csrf_token(self):
        page = self.url_open("/my", timeout=60).text
        return re.search(r'csrf_token: "([^"]+)"', page).group(1)

    def _propose_to_home(self):
        # sudo: as the biller's dialog.
        plans = self.env["clinic.payment.plan"].sudo()
        bill = self.bills["home"]
        day = self._get_today() + timedelta(days=9)
        return plans._propose(bill, [(day, 100)])

    def _answer(self, plan, way="accept", **form):
        url = f"/my/billing/plans/{plan.id}"
        page = html.fromstring(self.url_open(url, timeout=60).text)
        for name in ("wording", "shown"):
            form[name] = next(iter(page.xpath(f"//input[@name='{name}']/@value")), "")
        form["csrf_token"] = self._get_csrf_token()
        self.env.flush_all()
        response = self.url_open(
            f"{url}/{way}", data={"agree": "yes", **form}, timeout=60
        )
        self.env.invalidate_all()
        return response

    def test_a_clerk_accepts_a_plan_of_the_home_with_the_homes_card(self):
        self._go_online(self.provider)
        _agreement, card = self._agree_for_home()
        own = self._create_token(partner_id=self.people["clerk"].id)
        plan = self._propose_to_home()
        self._log_in("clerk")
        self.assertNotIn("Payment plan to accept", self._read())
        text = self._read(f"/my/billing/for/{self.people['home'].id}")
        self.assertIn("Payment plan to accept", text)
        text = self._read(f"/my/billing/plans/{plan.id}")
        self.assertIn("I act for Whose home. I agree to pay", text)
        self.assertIn("home 4242", text)
        self._answer(plan, card_id=own.id)
        self.assertEqual(plan.state, "proposed")
        self._answer(plan, card_id=card.id)
        self.assertEqual((plan.state, plan.token_id), ("active", card))
        self.assertEqual(plan.agreed_by_id, self.users["clerk"])
        self.assertIn("I act for Whose home", plan.wording)
        self.assertIn("charged to the card", self._read(f"/my/billing/plans/{plan.id}"))

    def test_a_clerk_declines_a_plan_of_the_home(self):
        plan = self._propose_to_home()
        self._log_in("clerk")
        self._answer(plan, "decline")
        self.assertEqual(plan.state, "cancelled")

    def test_a_colleague_reads_no_plan_of_the_home(self):
        plan = self._propose_to_home()
        self._log_in("nurse")
        for way in ("accept", "decline"):
            self.assertEqual(self._answer(plan, way).status_code, 404)
        self.assertEqual(plan.state, "proposed")

    # === ODOO'S OWN PAGES === #

    def test_nobody_removes_a_companys_card(self):
        companys = self._create_token(partner_id=self.people["employer"].id)
        homes = self._create_token(partner_id=self.people["home"].id)
        for name, card, stays in (
            ("employee", companys, True),
            ("nurse", homes, True),
            ("clerk", homes, False),
        ):
            self._log_in(name)
            page = self._get("/my/payment_method").text
            shown = f'data-payment-option-id="{card.id}"' in page
            self.assertEqual(shown, not stays, name)
            self._rpc("/payment/archive_token", token_id=card.id)
            self.assertEqual(card.active, stays, name)
