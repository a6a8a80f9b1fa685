import contextlib
import json
import time
from dataclasses import dataclass

from odoo.exceptions import UserError
from odoo.fields import Command

from ..cards.common_cards import SavedCardsCommon
from ..common import Undone
from .common_privacy import MARK, PrivacyCommon, every_level

JOBS = (
    "ask_unanswered",
    "book_again",
    "check_ledger",
    "detach_cards",
    "process_events",
    "refresh_disputes",
    "sweep_events",
    "warn_of_expiry",
)

DAY = 24 * 3600
# A bank wants the payer's consent.
CONSENT = {
    "mandate_data[customer_acceptance][type]": "online",
    "mandate_data[customer_acceptance][online][ip_address]": "127.0.0.1",
    "mandate_data[customer_acceptance][online][user_agent]": "test",
}


@dataclass(frozen=True)
class Recording:
    """What left the database while a practice did everything that it does.

    :ivar list requests: as the emulator received them
    :ivar list lines: of every logger, at every level
    :ivar list names: what else than marks must not be among it
    :ivar list inbox: what is kept of messages
    """

    requests: list
    lines: list
    names: list
    inbox: list


class FlowsCommon(SavedCardsCommon, PrivacyCommon):
    """Everything that a practice, its clients and Stripe do; recorded once."""

    _recorded = []

    def _recording(self):
        """Return the recording; whichever test comes first makes it."""
        if not FlowsCommon._recorded:
            with every_level(), self.assertLogs(level="DEBUG") as logs:
                self._all_flows()
                self._more_flows()
            FlowsCommon._recorded.append(
                Recording(
                    self._sent_by_odoo(),
                    [self._without_worthless(line) for line in logs.output],
                    self.env["account.move"].search([]).filtered("name").mapped("name"),
                    [json.dumps(self._received().read(), default=str)],
                )
            )
        return FlowsCommon._recorded[0]

    def _without_worthless(self, line):
        """Leave out secrets of intents that were cancelled right after the look."""
        for intent in self.control.objects("setup_intent"):
            if intent["status"] == "canceled":
                line = line.replace(intent["client_secret"], "")
        return line

    def _sent_by_odoo(self):
        """Return what was not sent by the payers' browsers.

        With the publishable key Odoo only looks whether it works.
        """
        return [
            each
            for each in self.control.requests(path="/v1/*")
            if not each["key_prefix"].startswith("pk_") or each["method"] == "GET"
        ]

    def _more_flows(self):
        for flow in (
            self._give_back,
            self._void_invoices,
            self._hold_and_decide,
            self._debit,
            self._allocate,
            self._dispute,
            self._fail,
            self._forget,
            self._manage_cards,
            self._administrate,
            self._tell_odd_things,
        ):
            self._forget_numbers()
            flow()
        for job in JOBS:
            self._run_job(f"clinic_stripe_gateway.ir_cron_{job}")

    def _forget_numbers(self):
        """Number entries anew: requests and jobs have used numbers meanwhile."""
        self.env["account.move"]._get_sequence_cache().clear()

    # === UNDOING === #

    def _paid(self, amount=50):
        """Return the transaction of a bill that is paid."""
        return self._pay_and_settle(self._bill(amount, name=f"{MARK}: session"))

    def _reverse(self, payment, **values):
        wizard = self.env["clinic.payment.reversal"].create(
            {"payment_id": payment.id, "reason": f"{MARK} F41.1", **values}
        )
        wizard.action_confirm()

    def _void(self, invoice, **values):
        wizard = self.env["clinic.invoice.void"].create(
            {
                "invoice_ids": [Command.set(invoice.ids)],
                "reason": f"{MARK} F41.1",
                **values,
            }
        )
        wizard.action_confirm()

    def _give_back(self):
        tx = self._paid()
        self._reverse(tx.payment_id, mode="refund", amount=20)
        self._reverse(tx.payment_id, mode="refund", amount=30)
        self._deliver("charge.refunded")
        self.control.fail_refund(tx.child_transaction_ids[:1].provider_reference)
        self._deliver("charge.refund.updated")
        tx = self._paid()
        self.control.dashboard_refund(tx.provider_reference)
        self._reverse(tx.payment_id, mode="already_refunded")
        # Older at Stripe than what is compared, so that it is asked for.
        self.control.freeze(int(time.time()) - 30 * DAY)
        self._reverse(self._paid().payment_id, mode="refund", amount=20)
        self.control.unfreeze()

    def _void_invoices(self):
        self._void(self._paid().invoice_ids)
        self._void(self._paid().invoice_ids, services="write_off")
        # What is open is closed at Stripe.
        invoice = self._bill(50)
        self._start(invoice)
        self._void(invoice)
        # Paid a moment ago: Stripe is asked what has become of it.
        invoice = self._bill(50)
        self._pay_by_card(invoice)
        with contextlib.suppress(UserError):
            self._void(invoice)

    def _hold_and_decide(self):
        methods = self.provider.payment_method_ids
        self._authorise(self._bill(50))._capture()._post_process()
        self._deliver("payment_intent.succeeded")
        self._authorise(self._bill(50))._void()
        self._deliver("payment_intent.canceled")
        self._void(self._authorise(self._bill(50)).invoice_ids)
        tx = self._authorise(self._bill(50))
        self.control.dashboard_capture(tx.provider_reference, amount=2000)
        self._deliver("payment_intent.succeeded")
        self.assertEqual(tx.invoice_ids.amount_residual, 30)
        self.provider.capture_manually = False
        self.provider.payment_method_ids = methods

    def _debit(self):
        """Pay from a bank account, which takes days."""
        method = self.env.ref("payment.payment_method_ach_direct_debit")
        method.active = True
        self.provider.payment_method_ids += method
        tx, secret = self._start(self._bill(50), payment_method_id=method.id)
        self.browser._post(
            f"payment_intents/{tx.provider_reference}/confirm",
            client_secret=secret,
            payment_method="pm_usBankAccount_success",
            return_url="https://practice.example/back",
            **CONSENT,
        )
        self._deliver("payment_intent.processing")
        self.assertEqual(tx.state, "pending")
        self.control.succeed_payment(tx.provider_reference)
        self._deliver("payment_intent.succeeded")
        self.assertEqual(tx.invoice_ids.amount_residual, 0)

    def _allocate(self):
        """Use money that belongs to no invoice, and give such money back."""
        payments = [self._pay_and_settle(amount=50).payment_id for _ in range(2)]
        self._bill(50)
        payments[0].action_clinic_allocate()
        self.assertFalse(payments[0].clinic_amount_unallocated)
        self._reverse(payments[1], mode="refund", amount=50)

    def _dispute(self):
        for decide in (self.control.lose_dispute, self.control.win_dispute):
            tx = self._paid()
            self.control.warn_of_fraud(tx.provider_reference)
            self._deliver("radar.early_fraud_warning.created")
            dispute = self.control.create_dispute(tx.provider_reference)
            self._deliver("charge.dispute.created")
            self._deliver("charge.dispute.funds_withdrawn")
            decide(dispute["id"])
            self._deliver("charge.dispute.closed")

    # === TROUBLE === #

    def _fail(self):
        """Lose an answer, be declined, be slow, and be out of order."""
        token = self._save_card(card="visa_chargeCustomerFail")
        with contextlib.suppress(Exception):
            self._charge_at_the_desk(self._bill(50), token)
        token = self._save_card()
        for fault in ("error_after", "error_before", "rate_limit"):
            self.control.fault(
                fault, method="POST", path="/v1/payment_intents", count=9
            )
            with contextlib.suppress(Exception):
                self._charge_at_the_desk(self._bill(50), token)
            self.control.clear_faults()
        waiting = self.env["payment.transaction"].search([("state", "=", "pending")])
        waiting.action_clinic_stripe_ask()
        self._pay_on_the_portal(self._bill(50), "visa_chargeDeclined")

    def _forget(self):
        """Charge a card in a request that is rolled back; find it again."""
        token, invoice = self._save_card(), self._bill(50)
        with contextlib.suppress(Undone), self.env.cr.savepoint():
            self._charge_at_the_desk(invoice, token)
            raise Undone
        self._deliver("payment_intent.succeeded")

    # === PEOPLE WHO LOOK AFTER IT === #

    def _manage_cards(self):
        token = self._save_card(card="mastercard")
        token.action_clinic_make_default()
        rename = self.env["clinic.card.rename"]
        rename.create({"token_id": token.id, "nickname": f"{MARK}'s"}).action_save()
        self.control.emit("customer.deleted", {"id": token.provider_ref})
        self._deliver("customer.deleted")
        # Somebody else has removed it: Stripe is asked whose it is.
        self.dashboard.payment_methods.detach(token.stripe_payment_method)
        token.action_clinic_remove()
        self._run_job("clinic_stripe_gateway.ir_cron_detach_cards")

    def _administrate(self):
        self.provider.action_clinic_stripe_check_keys()
        self.provider.stripe_webhook_secret = False
        self.provider.action_stripe_create_webhook()
        self.provider.action_clinic_stripe_check_health()
        self.provider.action_clinic_stripe_repair_endpoint()
        # An endpoint whose secret nobody knows is replaced.
        self.provider.stripe_webhook_secret = False
        self.provider.action_clinic_stripe_repair_endpoint()
        self.client.action_clinic_stripe_disclosures()
        self._listen(self.provider)
        check = self.env["clinic.stripe.check"].create(
            {"provider_id": self.provider.id}
        )
        check.action_run()

    def _tell_odd_things(self):
        payer = {"name": f"Clara {MARK}", "client_secret": f"pi_1_secret_{MARK}"}
        for kind in ("payment_intent.succeeded", "charge.refunded", "customer.updated"):
            self.control.emit(kind, {"id": "ob_1", "billing_details": payer})
            body, signature = self._message(kind)
            self._post(body, "t=1,v1=abc")
            self._post(body, signature)
        self._process_events()
