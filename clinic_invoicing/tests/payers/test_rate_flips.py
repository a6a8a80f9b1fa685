from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common_shares import SharesCommon


@tagged("post_install", "-at_install")
class TestRateFlips(SharesCommon):
    """Services that change between a rate and its counterpart."""

    # === FLIPPING === #

    def test_flip_before_invoicing_is_a_change(self):
        service = self._create_service()
        self._flip(service)
        self.assertRecordValues(
            service,
            [
                {
                    "rate_id": self.insurer_rate.id,
                    "billing": "insurance",
                    "price_unit": 80,
                    "name": "Consultation (insurer)",
                    "state": "insurance",
                }
            ],
        )
        self.assertLedger(service, ("insurer", 80, 0, 0, 80))
        self._flip(service)
        self.assertRecordValues(
            service, [{"rate_id": self.rate.id, "state": "to_invoice"}]
        )
        self.assertLedger(service, ("patient", 100, 0, 0, 100))

    def test_flip_after_invoicing_credits_and_bills_the_new_payer(self):
        self._invoice_insurers()
        flipped, kept = self._create_service(), self._create_service()
        invoice = self._invoice(flipped | kept)
        self._flip(flipped, reason="Insured after all")
        self.assertRecordValues(
            invoice, [{"amount_residual": 100, "payment_state": "partial"}]
        )
        credit_note = invoice.reversal_move_ids
        self.assertRecordValues(
            credit_note,
            [
                {
                    "amount_total": 100,
                    "payment_state": "paid",
                    "ref": "Insured after all",
                }
            ],
        )
        self.assertLedger(flipped, ("insurer", 80, 80, 0, 80))
        to_insurer = flipped.invoice_ids - invoice - credit_note
        self.assertRecordValues(
            to_insurer,
            [
                {
                    "partner_id": self.insurer.id,
                    "amount_total": 80,
                    "invoice_date": date(2024, 5, 2),
                }
            ],
        )
        self.assertEqual(kept.state, "invoiced")

    def test_flip_of_a_paid_service_leaves_the_money_as_credit(self):
        services = self._create_services(2)
        invoice = self._invoice(services)
        payment = self._pay(invoice)
        self._flip(services[0])
        self.assertEqual(payment.clinic_amount_unallocated, 100)
        self.assertRecordValues(
            services,
            [{"state": "insurance"}, {"state": "paid"}],
        )
        self.assertEqual(invoice.amount_residual, 0)

    def test_preview_of_a_flip_changes_nothing(self):
        service = self._create_service()
        orphan = self._create_service(self._create_rate("Report", 10))
        wizard = self.env["clinic.service.flip"].create(
            {"service_ids": [Command.set((service | orphan).ids)]}
        )
        self.assertRecordValues(
            wizard.line_ids,
            [
                {
                    "service_id": service.id,
                    "rate_id": self.insurer_rate.id,
                    "former_amount": 100,
                    "amount": 80,
                    "obstacle": False,
                },
                {
                    "service_id": orphan.id,
                    "rate_id": False,
                    "former_amount": 10,
                    "amount": 0,
                    "obstacle": "Its rate has no counterpart.",
                },
            ],
        )
        self.assertEqual(service.rate_id, self.rate)
        wizard.action_confirm()
        self.assertEqual(
            (service.rate_id, orphan.rate_id.name), (self.insurer_rate, "Report")
        )

    def test_service_that_an_insurer_has_settled_is_not_flipped(self):
        service = self._create_service(self.insurer_rate)
        self._answer(service, {service: 10}, rest="keep")
        with self.assertRaisesRegex(UserError, "undo remittance REMIT-1"):
            service.with_user(self.biller).action_flip_rate()

    def test_part_that_was_billed_twice_is_credited_newest_first(self):
        self._invoice_insurers()
        service = self._create_service(self.insurer_rate)
        first = self._invoice(service)
        self._credit(first)
        self.assertEqual(service.state, "insurance")
        second = self._invoice(service)
        self._flip(service, invoice_now=False)
        self.assertEqual(second.payment_state, "reversed")
        self.assertEqual(len(first.reversal_move_ids), 1)
        self.assertLedger(service, ("patient", 100, 0, 0, 100))
