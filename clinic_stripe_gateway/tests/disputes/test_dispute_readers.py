from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common_disputes import DisputeCommon


@tagged("post_install", "-at_install")
class TestDisputeReaders(DisputeCommon):
    """Who reads of a dispute, and who settles it."""

    # === WHAT THE CLIENT SEES === #

    def test_the_client_reads_why_the_invoice_cannot_be_paid(self):
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx, "created")
        self.assertFalse(self.invoice._has_to_be_paid())
        self.assertIn("bank is checking", self.invoice._get_online_payment_error())
        with self.assertRaisesRegex(ValidationError, "bank is checking"):
            self.invoice._clinic_start_online_payment(120, self.invoice.currency_id)
        self.assertTrue(self.invoice.clinic_stripe_dispute_notice)
        page = self._open_billing()
        self.assertIn("Being checked by your bank", page)
        self.assertIn("Your bank is checking an earlier payment", page)
        self.assertNotIn("o_clinic_pay", page)
        self.assertIn("You have nothing to pay", page)
        self.control.lose_dispute(dispute_id)
        self._tell("closed")
        page = self._open_billing()
        self.assertNotIn("Being checked by your bank", page)
        self.assertIn("o_clinic_pay", page)

    def _open_billing(self):
        self.env.flush_all()
        self.authenticate("client", "client")
        page = self.url_open("/my/billing")
        self.assertEqual(page.status_code, 200)
        self.env.invalidate_all()
        return page.text

    # === WHO MAY === #

    def test_managers_read_disputes_and_nobody_writes_them(self):
        tx = self._pay_and_settle(self.invoice)
        dispute_id = self._dispute(tx, "created")
        dispute = self._find().with_user(self.manager)
        self.assertTrue(dispute.read(["status", "amount", "entry_ids"]))
        for vals in ({"is_held": False}, {"status": "won"}):
            with self.assertRaises(AccessError):
                dispute.write(vals)
        self.control.win_dispute(dispute_id)
        dispute.action_refresh()
        self.assertEqual(dispute.status, "won")
        for user in (self.biller, self.front_desk, self.client_user):
            stranger = dispute.with_user(user)
            with self.assertRaises(AccessError):
                stranger.read(["status"])
            with self.assertRaises(AccessError):
                stranger.action_refresh()

    def test_who_reads_the_invoice_reads_that_it_is_disputed(self):
        tx = self._pay_and_settle(self.invoice)
        self._dispute(tx, "created")
        invoice = self.invoice.with_user(self.biller)
        self.assertIn("disputes", invoice.clinic_stripe_dispute_notice)
        for user in (self.biller, self.manager):
            for record in (self.invoice, tx.payment_id):
                record.with_user(user).get_views([(False, "form")])
        for record in (self.invoice, tx.payment_id):
            action = record.with_user(self.manager).action_clinic_stripe_view_disputes()
            self.assertEqual(action["res_id"], self._find().id)
            with self.assertRaises(AccessError):
                record.with_user(self.biller).action_clinic_stripe_view_disputes()

    def test_another_company_neither_reads_nor_settles_it(self):
        company = self.env["res.company"].create({"name": "Hill Clinic"})
        other = self._connect(company)
        other.stripe_webhook_secret = "whsec_of_the_other"
        tx = self._pay_and_settle(self.invoice)
        self.control.create_dispute(tx.provider_reference)
        body, _signature = self._message("charge.dispute.created")
        self._post(body, self._sign(body, "whsec_of_the_other"))
        self._process_events()
        self.assertEqual(self._received().state, "unmatched")
        self.assertFalse(self._find())
        self._tell("funds_withdrawn")
        stranger = self._create_user(
            "stranger",
            "clinic_invoicing.group_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        disputes = self.env["clinic.stripe.dispute"]
        self.assertFalse(disputes.with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            self._find().with_user(stranger).action_refresh()
        self.assertTrue(disputes.with_user(self.manager).search([]))
