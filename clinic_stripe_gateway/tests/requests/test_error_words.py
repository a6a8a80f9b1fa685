from uuid import uuid4

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import html2plaintext, mute_logger

from odoo.addons.clinic_invoicing.tests.desk.common_desk import DeskCommon

from ..cards.common_cards import SavedCardsCommon
from ..common import StripeHttpCommon

CHARGES_JOB = "clinic_invoicing.ir_cron_scheduled_charges"
DECLINED = "pm_card_chargeCustomerFail"
# What people read of each kind of failure; "busy" is Stripe's 429.
WORDS = {
    "busy": "Stripe is busy at the moment and has done nothing",
    "declined": "declined",
    "refused": "refused the request",
    "unanswered": "not answer|[Cc]ould not establish|on its way|being charged",
}
# The words of the kinds that are not what people read: a rate limit is no refusal.
OTHER_WORDS = {
    kind: "|".join(words for other, words in WORDS.items() if other != kind)
    for kind in WORDS
}
# Only a charge asks a bank.
WITHOUT_BANK = {kind: kind for kind in WORDS if kind != "declined"}
ALL = {kind: kind for kind in WORDS}
PLACES = {
    "portal": WITHOUT_BANK,
    "link": WITHOUT_BANK,
    "typed at the desk": WITHOUT_BANK,
    "saved card at the desk": ALL,
    # It is announced before it is sent, and looked up until it is known.
    "scheduled charge": {**ALL, "busy": "unanswered"},
    "refund": WITHOUT_BANK,
    "removal of a card": WITHOUT_BANK,
    "keys": WITHOUT_BANK,
    "health": WITHOUT_BANK,
}


@tagged("post_install", "-at_install")
class TestErrorWords(SavedCardsCommon, StripeHttpCommon, DeskCommon):
    """Each kind of failure reads as what it is, wherever somebody reads it."""

    def setUp(self):
        super().setUp()
        self.practice.write({"clinic_autopay": True, "clinic_desk_card_entry": True})

    def _start_anew(self):
        """Let everything work, with an invoice, a payment and a card of its own."""
        self.control.clear_faults()
        self._connect(self.practice)
        self.invoice = self._bill(50)
        self.paid = self._pay_and_settle(self._bill(30)).payment_id
        self.card = self._save_card()
        # Whose keys they are is known before anything fails.
        self.provider._clinic_stripe_get_account_ref()

    # === THE TABLE === #

    # A test for each place: PostgreSQL plans badly for what one transaction piles up.

    def test_in_the_portal(self):
        self._try("portal")

    def test_by_a_link(self):
        self._try("link")

    def test_with_a_card_typed_at_the_desk(self):
        self._try("typed at the desk")

    def test_with_a_saved_card_at_the_desk(self):
        self._try("saved card at the desk")

    def test_in_a_scheduled_charge(self):
        self._try("scheduled charge")

    def test_in_a_refund(self):
        self._try("refund")

    def test_in_the_removal_of_a_card(self):
        self._try("removal of a card")

    def test_in_the_check_of_the_keys(self):
        self._try("keys")

    def test_in_health(self):
        self._try("health")

    def _try(self, place):
        """Let each kind of failure happen in a place, and read what people read."""
        prepare = getattr(self, f"_prepare_{_name(place)}", lambda: None)
        read = getattr(self, f"_read_{_name(place)}")
        for kind, words in PLACES[place].items():
            with self.subTest(kind=kind):
                self._start_anew()
                prepare()
                getattr(self, f"_fail_{kind}")()
                text = html2plaintext(read() or "")
                self.assertRegex(text, WORDS[words])
                self.assertNotRegex(text, OTHER_WORDS[words])

    # === WAYS TO FAIL === #

    def _fail_busy(self):
        self.control.fault("rate_limit", path="/v1/*")

    def _fail_unanswered(self):
        self.control.fault("refuse", path="/v1/*")

    def _fail_refused(self):
        # As a key that was withdrawn; no form would store it.
        self.provider.stripe_secret_key = "sk_test_withdrawn"
        # It is the key that is refused, not the account that has changed.
        provider = self.provider._clinic_unguarded()
        provider.clinic_stripe_account_ref = self.card.clinic_account_ref

    def _fail_declined(self):
        self.card.stripe_payment_method = DECLINED

    # === PLACES === #

    def _press(self, route, page, **params):
        values = self._pay_values(
            amount=50, shown=self._read_shown(page, amount=50, **params)
        )
        with mute_logger("odoo.http"):
            answer, error = self._rpc(route, **values)
        return error or answer["state_message"]

    def _read_portal(self):
        self.authenticate("client", "client")
        page = {"invoice_ids": self.invoice.id}
        route = f"/my/billing/pay/{self.invoice.id}"
        return self._press(route, "/my/billing/pay", **page)

    def _read_link(self):
        self.authenticate(None, None)
        # sudo: whoever has the link.
        page = f"/clinic/pay/{self.invoice._clinic_get_payment_link().sudo().token}"
        return self._press(f"{page}/transaction", page)

    def _read_typed_at_the_desk(self):
        self.authenticate("front_desk", "front_desk")
        page = f"/clinic/desk/pay/{self.invoice.id}"
        route = f"{page}/{self.invoice.id}/transaction"
        return self._press(route, page, invoice_ids=self.invoice.id)

    def _read_saved_card_at_the_desk(self):
        self.authenticate("front_desk", "front_desk")
        key = uuid4().hex
        self.desk._charge(self._get_due(self.invoice), self.card.id, 50, key)
        return self._see(f"/clinic/desk/result/{key}")[0]

    def _prepare_scheduled_charge(self):
        # sudo: as the client's page.
        self.env["clinic.autopay"].sudo()._agree(
            self.client_user,
            self.practice,
            card_id=str(self.card.id),
            cap="100000",
            wording=self.practice._clinic_get_autopay_wording(),
            ip="203.0.113.7",
        )
        self._run_job(CHARGES_JOB)

    def _read_scheduled_charge(self):
        # sudo: nobody writes charges, and the test lets their day come.
        charge = self.invoice.sudo().clinic_charge_ids
        charge.next_date = self._get_today()
        self._run_job(CHARGES_JOB)
        return charge.reason or charge.transaction_id.state_message

    def _read_refund(self):
        try:
            self.paid.with_user(self.manager)._clinic_undo("refund", 30, "Test")
        except UserError as error:
            return str(error)
        tx = self.paid.payment_transaction_id
        return tx.child_transaction_ids.state_message

    def _read_removal_of_a_card(self):
        self.card.active = False
        self._run("ir_cron_detach_cards")
        method = self.card.stripe_payment_method
        rows = self._removals(self.card)
        return rows.filtered(lambda row: row.payment_method_ref == method).reason

    def _read_keys(self):
        try:
            self.provider.sudo().action_clinic_stripe_check_keys()
        except UserError as error:
            return str(error)
        return ""

    def _read_health(self):
        self.provider.sudo()._clinic_stripe_check_health()
        seen = self.provider.clinic_stripe_health_ids
        return seen.filtered(lambda each: each.subject == "keys").message


def _name(place):
    return place.replace(" ", "_")
