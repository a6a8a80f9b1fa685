from odoo.fields import Command
from odoo.tests import tagged

from ..common import StripeGatewayCommon, Undone

OPAQUE = r"^[0-9a-f]{24}(-\d+)?$"


@tagged("post_install", "-at_install")
class TestReference(StripeGatewayCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._bill()
        cls.other_invoice = cls._bill()

    def _compute(self, invoices, code="stripe", **values):
        return self.env["payment.transaction"]._compute_reference(
            code, invoice_ids=[Command.set(invoices.ids)], **values
        )

    def test_a_reference_says_nothing_about_the_invoice(self):
        tx, _secret = self._start(self.invoice)
        self.assertRegex(tx.reference, OPAQUE)
        self.assertNotIn(self.invoice.name, tx.reference)
        (payment,) = self.control.ledger()["payments"]
        self.assertEqual(payment["description"], tx.reference)

    def test_every_invoice_and_every_set_of_invoices_has_its_own_reference(self):
        both = self.invoice | self.other_invoice
        references = {self._compute(i) for i in (*both, both)}
        self.assertEqual(len(references), 3)

    def test_nobody_can_guess_the_invoice_from_a_list_of_numbers(self):
        before = self._compute(self.invoice)
        self._set_parameter("database.secret", "another practice's")
        self.assertNotEqual(self._compute(self.invoice), before)

    def test_a_request_that_is_run_again_finds_the_same_reference(self):
        with self.assertRaises(Undone), self.env.cr.savepoint():
            first = self._create_transaction(self.invoice).reference
            raise Undone
        self.assertEqual(self._create_transaction(self.invoice).reference, first)

    def test_a_second_attempt_has_a_reference_of_its_own(self):
        references = {self._create_transaction(self.invoice).reference for _ in "123"}
        self.assertEqual(len(references), 3)
        for reference in references:
            self.assertRegex(reference, OPAQUE)

    def test_a_prefix_that_somebody_chose_is_hidden_too(self):
        reference = self._compute(self.invoice, prefix="Therapy of Clara")
        self.assertRegex(reference, OPAQUE)

    def test_an_instalment_is_hidden_too(self):
        reference = self._compute(self.invoice, name_next_installment="INV-1-2")
        self.assertRegex(reference, OPAQUE)

    def test_refunds_and_captures_have_references_that_say_nothing(self):
        tx = self._create_transaction(self.invoice)
        children = tx._create_child_transaction(10, is_refund=True)
        children |= tx._create_child_transaction(10, is_refund=True)
        children |= tx._create_child_transaction(10)
        for child in children:
            self.assertRegex(child.reference, OPAQUE)
        self.assertEqual(len(set(children.mapped("reference"))), 3)

    def test_without_a_document_the_reference_is_that_of_core(self):
        reference = self.env["payment.transaction"]._compute_reference("stripe")
        self.assertRegex(reference, r"^tx-\d{14}$")

    def test_references_of_other_providers_stay_as_they_are(self):
        self.assertEqual(self._compute(self.invoice, "none"), self.invoice.name)
        self.assertEqual(self._compute(self.invoice, "none", prefix="P"), "P")

    def test_the_payment_names_the_invoices_that_it_is_for(self):
        both = self.invoice | self.other_invoice
        tx = self._pay_and_settle(both)
        self.assertEqual(
            tx.payment_id.memo,
            f"{self.invoice.name}, {self.other_invoice.name} - {tx.reference} - "
            f"{tx.provider_reference}",
        )
        self.assertEqual(both.mapped("amount_residual"), [0, 0])

    def test_a_payment_of_no_invoice_is_known_by_its_reference(self):
        tx = self._pay_and_settle(amount=10, reference="Deposit")
        self.assertEqual(tx.payment_id.memo, f"Deposit - {tx.provider_reference}")

    def test_payments_of_other_providers_keep_their_memo(self):
        other = self.env["payment.provider"].create({"name": "Other", "code": "none"})
        journal = self.company_data["default_journal_bank"]
        self._create_dummy_payment_method_for_provider(other, journal)
        tx = self._create_transaction(
            self.invoice, provider_id=other.id, reference=self.invoice.name
        )
        tx._set_done()
        tx._post_process()
        self.assertEqual(tx.payment_id.memo, f"{self.invoice.name} - ")
