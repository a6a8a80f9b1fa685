from itertools import permutations, product

from odoo.fields import Command
from odoo.tests import tagged

from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestThreeParties(ClinicInvoicingCommon):
    """The insurer pays 70 of 100, the client 30: everybody's books agree.

    Whether the split was known before the client was invoiced or only afterwards,
    and whoever pays first.
    """

    def _split_first(self, service):
        wizard = self.env["clinic.service.split"].with_user(self.biller)
        services = [Command.set(service.ids)]
        wizard.create({"service_ids": services, "cover": 70}).action_confirm()
        self._invoice(service)

    def _move_afterwards(self, service):
        self._invoice(service)
        share = service.share_ids.with_user(self.biller)
        share._move({share: 70}, "insurer", self.insurer, "Insured after all")
        if service.state == "insurance" and not service.billing_obstacle:
            self._invoice(service)

    def _client_pays(self, service):
        invoices = service.invoice_ids.filtered(
            lambda move: move.partner_id == self.client and move.amount_residual
        )
        self.assertEqual(sum(invoices.mapped("amount_residual")), 30)
        self._pay(invoices)

    def _insurer_pays(self, service):
        invoices = service.invoice_ids.filtered(
            lambda move: move.partner_id == self.insurer
        )
        if invoices:
            self.assertEqual(invoices.amount_residual, 70)
            self._pay(invoices)
            return
        service = service.with_user(self.biller)
        context = service.action_insurer_answered()["context"]
        answer = self.env["clinic.remittance"].with_user(self.biller)
        answer = answer.with_context(**context).create({"reference": f"R {service.id}"})
        self.assertEqual(answer.line_ids.paid, 70)
        answer.action_post()

    def test_books_of_all_parties_agree_in_every_order(self):
        starts = (self._split_first, self._move_afterwards)
        orders = permutations((self._client_pays, self._insurer_pays))
        for settlement, start, order in product(
            ("outside", "invoice"), starts, tuple(orders)
        ):
            names = [step.__name__ for step in (start, *order)]
            with self.subTest(settlement=settlement, order=names):
                self.practice.clinic_insurer_settlement = settlement
                service = self._create_service()
                for step in (start, *order):
                    step(service)
                    self._check_open(service)
                self._check_settled(service, settlement)

    def _check_open(self, service):
        """Whatever has happened so far, the shares say what the invoices say."""
        self.env.flush_all()
        for payer in (self.client, self.insurer):
            invoices = service.invoice_ids.filtered(
                lambda move, payer=payer: move.partner_id == payer
            )
            shares = service.share_ids.filtered(
                lambda share, payer=payer: (
                    share.partner_id == payer and share.state in ("invoiced", "paid")
                )
            )
            self.assertEqual(
                sum(invoices.mapped("amount_residual_signed")),
                sum(shares.mapped("amount_due")),
            )

    def _check_settled(self, service, settlement):
        self.assertRecordValues(service, [{"state": "paid", "amount_due": 0}])
        owed = {
            share.payer_type: (share.amount, share.amount_paid, share.amount_due)
            for share in service.share_ids
            if share.amount
        }
        self.assertEqual(owed, {"patient": (30, 30, 0), "insurer": (70, 70, 0)})
        # The client's portal.
        self.assertEqual(self.client_user._clinic_get_unpaid_count(), 0)
        # Accounting: what each has been billed in the end, and that it is settled.
        billed = {
            payer: sum(
                move.amount_total_signed
                for move in service.invoice_ids
                if move.partner_id == payer
            )
            for payer in (self.client, self.insurer)
        }
        expected = {self.client: 30, self.insurer: 70 * (settlement == "invoice")}
        self.assertEqual(billed, expected)
        receivable = service.invoice_ids.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        self.assertTrue(all(receivable.mapped("reconciled")))
        # The worklist.
        self.assertEqual(
            self.env["clinic.service"].search_count(
                [("id", "=", service.id), ("state", "=", "paid")]
            ),
            1,
        )
