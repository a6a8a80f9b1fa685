from odoo.tests import tagged

from .test_shown import ShownCommon


@tagged("post_install", "-at_install")
class TestPreview(ShownCommon):
    """What a page has shown that a payment pays is what is booked, line by line."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.three = cls.env["account.move"].union(
            *(cls._invoice(cls._create_service(price_unit=85)) for _each in range(3))
        )
        cls.first, cls.second, cls.third = cls.three
        cls.env.flush_all()

    # === HELPERS === #

    def _start_online(self, amount=100):
        """Read what 100 pay of the three, and press "Pay"; return the transaction."""
        self.authenticate("client", "client")
        ids = ",".join(map(str, self.three.ids))
        shown = self._read_shown("/my/billing/pay", invoice_ids=ids, amount=amount)
        values = self._pay_values(amount=amount, shown=shown, flow="redirect")
        _answer, error = self._rpc(f"/my/billing/pay/{ids}", **values)
        self.assertFalse(error)
        return self._get_attempts()[-1]

    def _take_back(self, payments):
        """Leave the money of these payments unallocated, as staff do."""
        payments.move_id.line_ids.remove_move_reconcile()
        payments._clinic_get_receivable_lines()._clinic_leave_to_staff()

    def assertPaid(self, *parts):
        """Check what is paid of the three."""
        paid = [move.amount_total - move.amount_residual for move in self.three]
        self.assertEqual(paid, list(parts))

    def assertPreview(self, *parts):
        shown = self.three._clinic_get_allocation(100)
        expected = [
            (move, part) for move, part in zip(self.three, parts, strict=True) if part
        ]
        self.assertEqual(shown, expected)

    # === DUE ON THE SAME DAY === #

    def test_what_is_paid_online_is_booked_as_shown(self):
        self.assertPreview(85, 15, 0)
        self._book_attempt(self._start_online())
        self.assertPaid(85, 15, 0)

    def test_what_nobody_was_shown_pays_the_oldest_first_as_well(self):
        self._book_attempt(self._attempt(self.three, 100, reference="by-itself"))
        self.assertPaid(85, 15, 0)

    def test_what_is_taken_at_the_desk_is_booked_as_shown(self):
        self._take_cash(self._get_due(self.three), 100)
        self.assertPaid(85, 15, 0)

    def test_what_staff_register_pays_the_oldest_first(self):
        payment = self._pay(self.three, 100)
        self.assertPaid(85, 15, 0)
        self.assertEqual(payment.invoice_ids, self.first | self.second)

    def test_what_is_allocated_later_pays_the_oldest_first(self):
        payment = self._pay(self.three, 100)
        self._take_back(payment)
        self.assertPaid(0, 0, 0)
        (self.bill | self.second_bill).button_cancel()
        payment.action_clinic_allocate()
        self.assertPaid(85, 15, 0)

    # === CHANGES BETWEEN READING AND BOOKING === #

    def test_what_becomes_due_earlier_meanwhile_changes_nothing(self):
        tx = self._start_online()
        for early in (self.second, self.third):
            terms = early.line_ids.filtered("date_maturity")
            terms.date_maturity = "2020-01-01"
        self._book_attempt(tx)
        self.assertPaid(85, 15, 0)

    def test_what_was_paid_meanwhile_goes_to_what_is_open_of_the_same(self):
        tx = self._start_online()
        self._pay(self.first, 50)
        self._book_attempt(tx)
        self.assertPaid(85, 65, 0)

    def test_what_finds_nothing_open_of_them_is_kept(self):
        tx = self._start_online()
        self._pay(self.first | self.second)
        payment = self._book_attempt(tx)
        self.assertPaid(85, 85, 0)
        self.assertEqual(payment.clinic_amount_unallocated, 100)

    def test_what_is_open_again_meanwhile_gets_no_more_than_was_shown(self):
        earlier = self._pay(self.first, 50)
        self.assertPreview(35, 65, 0)
        tx = self._start_online()
        self._take_back(earlier)
        self._book_attempt(tx)
        self.assertPaid(35, 65, 0)

    # === WHICH INVOICES AN ATTEMPT IS LINKED TO === #

    def test_an_attempt_is_linked_to_what_its_money_reaches(self):
        tx = self._start_online()
        self.assertEqual(tx.invoice_ids, self.first | self.second)
        tx._set_pending()
        self._go_online(self.provider)
        self.assertFalse(self.third.clinic_is_clearing)
        self.assertEqual(self._book_attempt(tx).invoice_ids, self.first | self.second)

    def test_a_card_that_staff_charge_is_linked_to_what_its_money_reaches(self):
        self.patch(
            type(self.env["payment.transaction"]),
            "_send_payment_request",
            lambda tx: tx._set_done(),
        )
        card = self._create_token(partner_id=self.client.id)
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=self.three.ids)
            .create({"group_payment": True})
        )
        lines = wizard.available_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == card.provider_id
        )
        wizard.write(
            {
                "payment_method_line_id": lines[:1].id,
                "payment_token_id": card.id,
                "amount": 100,
            }
        )
        tx = wizard._create_payments().payment_transaction_id
        self.assertEqual(tx.invoice_ids, self.first | self.second)
        self.assertPaid(85, 15, 0)
