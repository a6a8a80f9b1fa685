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

    def _take_back(self, payments):
        """Leave the money of these payments unallocated."""
        payments.move_id.line_ids.remove_move_reconcile()

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

    def test_what_is_taken_at_the_desk_is_booked_as_shown(self):
        self._take_cash(self._get_due(self.three), 100)
        self.assertPaid(85, 15, 0)

    def test_what_staff_register_pays_the_oldest_first(self):
        self._pay(self.three, 100)
        self.assertPaid(85, 15, 0)

    def test_what_is_allocated_later_pays_the_oldest_first(self):
        payment = self._pay(self.three, 100)
        self._take_back(payment)
        self.assertPaid(0, 0, 0)
        (self.bill | self.second_bill).button_cancel()
        payment.action_clinic_allocate()
        self.assertPaid(85, 15, 0)
