from odoo.tests import tagged

from ..desk.common_desk import KEY, DeskCommon

OTHER_KEY = "1" * 32


@tagged("post_install", "-at_install")
class TestJointInvoices(DeskCommon):
    """Deposits pay the visits that they were taken for, whatever else is billed."""

    def _bill_together(self, events):
        """Complete visits of one client and return their one invoice."""
        events.action_clinic_complete()
        bill = self._invoice(events.clinic_service_ids)
        self.assertEqual(len(bill), 1)
        return bill

    def assertVisitsPaid(self, events, *amounts):
        self.env.flush_all()
        self.env.invalidate_all()
        shares = [event.clinic_service_ids.share_ids for event in events]
        self.assertEqual([share.amount_paid for share in shares], list(amounts))

    def test_deposit_pays_its_own_visit_on_an_invoice_of_several(self):
        first, second, own = (self._create_event(self.client) for _n in range(3))
        events = first | second | own
        deposit = self._take_deposit(event=own, key=KEY).with_user(self.manager)
        later = self._take_deposit(50, event=second, key=OTHER_KEY)
        bill = self._bill_together(events)
        self.assertEqual(bill.amount_residual, 220)
        self.assertVisitsPaid(events, 0, 50, 30)
        outbound = deposit._clinic_undo("already_refunded", 30, "Test")
        self.assertVisitsPaid(events, 0, 50, 0)
        outbound._clinic_undo("never_charged", 30, "Test")
        self.assertVisitsPaid(events, 0, 50, 30)
        self._pay(bill, 120)
        self.assertVisitsPaid(events, 100, 70, 30)
        self.assertEqual(later.clinic_amount_unallocated, 0)

    def test_what_a_deposit_has_over_pays_the_others_on_its_invoice(self):
        other, own = (self._create_event(self.client) for _n in range(2))
        self._take_deposit(70, event=own, key=KEY)
        self._take_deposit(30, event=own, key=OTHER_KEY)
        own.clinic_service_ids.price_unit = 60
        self._bill_together(other | own)
        self.assertVisitsPaid(other | own, 40, 60)
