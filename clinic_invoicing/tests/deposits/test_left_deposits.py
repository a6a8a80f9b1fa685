from odoo.tests import tagged

from ..common_online import OnlineCommon
from ..desk.common_desk import KEY, DeskCommon

LEFT = "A deposit is left"


@tagged("post_install", "-at_install")
class TestLeftDeposits(DeskCommon, OnlineCommon):
    """A manager is told, once, of a deposit whose visit owes nothing any more.

    Each way is a method; what it is called is what happens to the visit.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        twin = cls.insurer_rate.product_tmpl_id
        cls.rate.product_tmpl_id.clinic_counterpart_rate_id = twin
        cls.env.flush_all()

    def _commit(self):
        """Do what Odoo does before it commits."""
        self.env.flush_all()
        self.env.cr.flush()
        self.env.invalidate_all()

    def _book(self, number, **values):
        event = self._create_event(self.client, **values)
        deposit = self._take_deposit(event=event, key=f"{number:032x}")
        self._commit()
        self.assertFalse(deposit.activity_ids)
        return event, event.clinic_service_ids, deposit

    def assertToldOnce(self, deposit):
        self._commit()
        self.assertEqual(deposit.activity_ids.mapped("summary"), [LEFT])
        self.assertIn("30.00", deposit.activity_ids.note)
        for button in ("Allocate", "Reverse Payment"):
            self.assertIn(button, deposit.activity_ids.note)
        deposit.clinic_deposit_event_id._clinic_watch_deposits()
        self._commit()
        self.assertEqual(len(deposit.activity_ids), 1)

    # === THE WAYS === #

    def _flip(self, event, service):
        service.with_user(self.biller)._flip_rate("Insured after all")

    def _say_that_an_insurer_pays(self, event, service):
        service.with_user(self.biller).billing = "insurance"

    def _cancel_the_service(self, event, service):
        service.with_user(self.biller).action_cancel()

    def _delete_the_service(self, event, service):
        service.with_user(self.biller).unlink()

    def _move_the_service_to_another_visit(self, event, service):
        service.event_id = self._create_event(self.client, rates=self.free_rate)

    def _ask_nothing_for_it(self, event, service):
        service.price_unit = 0

    def _let_off_all(self, event, service):
        service.discount = 100

    def _use_a_rate_that_is_free(self, event, service):
        service.rate_id = self.free_rate

    def _split_all_to_the_insurer(self, event, service):
        share = service.share_ids.with_user(self.biller)
        share._move({share: share.amount}, "insurer", self.insurer)

    def _write_the_share_off(self, event, service):
        share = service.share_ids.with_user(self.biller)
        share._move({share: share.amount}, "write_off")

    def _bill_it_to_somebody_else(self, event, service):
        service.bill_to_id = self.other_client

    def _see_another_patient(self, event, service):
        event.clinic_patient_id = self.other_client

    def _close_it_without_a_fee(self, event, service):
        event.with_user(self.front_desk)._clinic_close("no_show", self.client)

    def _cancel_the_visit(self, event, service):
        event.with_user(self.front_desk)._clinic_close("cancelled", self.client)

    def _be_absent_from_a_group(self, event, service):
        self._create_service(event_id=event.id, patient=self.other_client)
        event.with_user(self.front_desk)._clinic_close("no_show", self.client)

    def _archive_the_visit(self, event, service):
        event.action_archive()

    def _delete_the_visit(self, event, service):
        event.unlink()

    def _void_its_invoice_and_write_it_off(self, event, service):
        bill = self._bill_visit(event)
        self.assertEqual(bill.amount_residual, 70)
        bill._clinic_void("Never came", services="write_off", money="keep")

    def _flip_what_was_invoiced(self, event, service):
        self._bill_visit(event)
        service.with_user(self.biller)._flip_rate("Insured after all")

    def _get_ways(self):
        return [
            self._flip,
            self._say_that_an_insurer_pays,
            self._cancel_the_service,
            self._delete_the_service,
            self._move_the_service_to_another_visit,
            self._ask_nothing_for_it,
            self._let_off_all,
            self._use_a_rate_that_is_free,
            self._split_all_to_the_insurer,
            self._write_the_share_off,
            self._bill_it_to_somebody_else,
            self._see_another_patient,
            self._close_it_without_a_fee,
            self._cancel_the_visit,
            self._be_absent_from_a_group,
            self._archive_the_visit,
            self._delete_the_visit,
            self._void_its_invoice_and_write_it_off,
            self._flip_what_was_invoiced,
        ]

    def test_whatever_ends_what_is_owed_the_manager_is_told_once(self):
        for number, way in enumerate(self._get_ways()):
            with self.subTest(way=way.__name__):
                event, service, deposit = self._book(number)
                way(event, service)
                self.assertToldOnce(deposit)
                # What the manager is asked is not done without them.
                self.assertEqual(deposit.clinic_amount_unallocated, deposit.amount)

    # === NOBODY IS TOLD === #

    def test_what_is_still_to_be_paid_is_nobodys_errand(self):
        event, service, deposit = self._book(0)
        service.price_unit = 40
        service.bill_to_id = self.client
        self._commit()
        self.assertFalse(deposit.activity_ids)
        bill = self._bill_visit(event)
        self._commit()
        self.assertFalse(deposit.activity_ids)
        # It is corrected: the deposit comes back when it is posted.
        bill.button_draft()
        self._commit()
        self.assertFalse(deposit.activity_ids)
        bill.action_post()
        self._commit()
        self.assertFalse(deposit.activity_ids)
        self.assertEqual(bill.amount_residual, 10)

    def test_who_owes_again_needs_the_deposit_again(self):
        event, service, deposit = self._book(0)
        service.with_user(self.biller).billing = "insurance"
        self.assertToldOnce(deposit)
        service.with_user(self.biller).billing = "client"
        self._commit()
        self.assertFalse(deposit.activity_ids)
        self.assertEqual(self._bill_visit(event).amount_residual, 70)

    # === MONEY THAT COMES BACK === #

    def test_a_deposit_that_comes_back_pays_its_visit(self):
        event, _service, deposit = self._book(0)
        back = deposit._clinic_give_back(30, "Disputed")
        bill = self._bill_visit(event)
        self.assertEqual(bill.amount_residual, 100)
        deposit._clinic_undo_net(back)
        self.assertEqual(bill.amount_residual, 70)
        self.assertFalse(deposit.clinic_amount_unallocated)
        self._commit()
        self.assertFalse(deposit.activity_ids)

    def test_a_deposit_that_comes_back_for_nothing_is_told(self):
        event, service, deposit = self._book(0)
        back = deposit._clinic_give_back(30, "Disputed")
        service.with_user(self.biller).action_cancel()
        self._commit()
        self.assertFalse(deposit.activity_ids)
        deposit._clinic_undo_net(back)
        self.assertToldOnce(deposit)

    def test_a_deposit_that_was_on_the_invoice_is_on_it_again(self):
        event, _service, deposit = self._book(int(KEY[:1], 16))
        bill = self._bill_visit(event)
        back = deposit._clinic_give_back(30, "Disputed")
        self.assertEqual(bill.amount_residual, 100)
        deposit._clinic_undo_net(back)
        self.assertEqual(bill.amount_residual, 70)
