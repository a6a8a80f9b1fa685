from datetime import timedelta

from lxml import html

from ..common_online import OnlineCommon
from ..common_pages import PagesCommon

JOB = "clinic_invoicing.ir_cron_scheduled_charges"


class ChargesCommon(OnlineCommon, PagesCommon):
    """A practice that offers autopay; its provider answers as the test says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.clinic_autopay = True
        cls.bill = cls._invoice(cls._create_service())
        cls.other_client.email = "otto@example.com"
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self._go_online(self.provider)
        self.answers, self.sent = [], []
        self.needs_authentication = False
        transactions = type(self.env["payment.transaction"])
        # A method of the test would not be one of the transaction.
        self.patch(transactions, "_send_payment_request", lambda tx: self._answer(tx))
        self.patch(
            transactions,
            "_clinic_needs_authentication",
            lambda tx: self.needs_authentication,
        )
        self.card = self._save_card(self.client)

    def _answer(self, tx):
        """Do what a provider's addon would: the next answer, else success."""
        self.sent.append(tx.amount)
        answer = self.answers.pop(0) if self.answers else "done"
        if answer == "dead":
            raise ZeroDivisionError
        if answer != "pending":
            allowed = ("draft", "pending")
            tx._update_state(allowed, answer, "Insufficient funds.")

    def _save_card(self, partner, **values):
        return self._create_token(partner_id=partner.id, **values)

    def _run(self):
        """Run the job in its own cursor, as the scheduler does."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(JOB).sudo().method_direct_trigger()
        self.env.invalidate_all()
        # It has numbered entries: the next number that this cursor kept is taken.
        self.env["account.move"]._get_sequence_cache().clear()

    def _come(self, charges):
        """Let the day of these charges come, and the job work."""
        charges.next_date = self._get_today()
        self._run()

    def _agree(self, user=None, company=None, **values):
        """Turn autopay on as the client's page does."""
        user = user or self.client_user
        company = company or self.practice
        values.setdefault("card_id", str(self.card.id))
        values.setdefault("cap", "500")
        values.setdefault("wording", company._clinic_get_autopay_wording())
        # sudo: as the page, which looks everything up by the client.
        agreements = self.env["clinic.autopay"].sudo()
        return agreements._agree(user, company, ip="203.0.113.7", **values)

    def _get_charges(self, bill=None):
        # sudo: nobody writes charges, and the tests let their day come.
        return (bill or self.bill).sudo().clinic_charge_ids

    def _get_mails(self, subject, partner=None):
        """Return the e-mails to a client with this in their subject."""
        partner = partner or self.client
        return (
            self.env["mail.mail"]
            .search([("subject", "like", subject)])
            .filtered(lambda mail: partner in mail.recipient_ids)
        )

    def _get_activities(self, record):
        return self.env["mail.activity"].search(
            [("res_model", "=", record._name), ("res_id", "in", record.ids)]
        )

    # === PAGES === #

    def _get_text(self, url):
        """Return what a person reads on a page."""
        response = self._get(url)
        self.assertEqual(response.status_code, 200, url)
        page = html.fromstring(response.text).xpath("//div[@id='wrap']")[0]
        return " ".join(page.text_content().split())

    @classmethod
    def _in_days(cls, days):
        return cls._get_today() + timedelta(days=days)

    def _notice(self, bill=None, **values):
        """Return the charge of a client on autopay who has been told of it."""
        self._agree(**values)
        self._run()
        charge = self._get_charges(bill)
        self.assertEqual(charge.state, "noticed")
        return charge
