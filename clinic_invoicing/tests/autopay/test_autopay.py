from datetime import timedelta

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..charges.common_charges import ChargesCommon

JOB_LOGGER = "odoo.addons.clinic_invoicing.models.charges.clinic_scheduled_charge_job"


@tagged("post_install", "-at_install")
class TestAutopay(ChargesCommon):
    """A saved card pays what is owed, after a notice, never more than was agreed."""

    # === THE COURSE OF A CHARGE === #

    def test_an_invoice_is_charged_after_a_notice_that_says_what_and_how_to_stop(self):
        agreement = self._agree()
        self._run()
        charge = self._get_charges()
        self.assertRecordValues(
            charge,
            [
                {
                    "state": "noticed",
                    "amount": 100,
                    "date": self._in_days(3),
                    "token_id": self.card.id,
                    "autopay_id": agreement.id,
                }
            ],
        )
        notice = self._get_mails("your card will be charged")
        self.assertEqual(len(notice), 1)
        for told in ("100.00", self.card.display_name, "Harbour Clinic", "autopay"):
            self.assertIn(told, notice.body_html)
        self.assertNotIn("Consultation", notice.body_html)
        self._run()
        self.assertEqual(self.sent, [], "its day has not come")
        self._come(charge)
        self.assertEqual((self.sent, charge.state), ([100], "done"))
        self.assertEqual(self.bill.amount_residual, 0)
        self.assertEqual(charge.transaction_id.payment_id.partner_id, self.client)
        self._come(charge)
        self.assertEqual(self.sent, [100])

    def test_what_is_posted_later_is_planned_too_and_other_clients_are_left_alone(self):
        self._notice()
        later = self._invoice(self._create_service(price_unit=40))
        foreign = self._invoice(self._create_service(patient=self.other_client))
        self._run()
        self.assertEqual(self._get_charges(later).amount, 40)
        self.assertFalse(self._get_charges(foreign))
        self.assertEqual(len(self._get_charges()), 1)

    def _invoice_with_discount(self):
        """Return an invoice of 100, of which 98 are enough within 7 days."""
        self.client.property_payment_term_id = self.env["account.payment.term"].create(
            {
                "name": "2 % within 7 days",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 7,
            }
        )
        return self._invoice(self._create_service(), invoice_date=self._in_days(0))

    def _let_discount_pass(self, invoice, charge):
        """Do what a week does: the day that was told is over, and the discount."""
        charge.discount_day = self._in_days(-2)
        invoice.line_ids.filtered("discount_date").discount_date = self._in_days(-1)

    def test_the_discount_of_the_day_of_the_charge_is_planned_and_given(self):
        early = self._invoice_with_discount()
        charge = self._notice(early)
        self.assertEqual((charge.amount, charge.invoice_ids), (198, self.bill | early))
        agreement = charge.autopay_id
        self.practice.clinic_autopay_notice_days = 10
        at_once = agreement._get_at_once(early, self._in_days(0))
        (values,) = agreement._prepare_charges(at_once, early)
        self.assertEqual(values["amount"], 100)
        self._come(charge)
        self.assertEqual((self.sent, charge.state), ([198], "done"))
        self.assertEqual((self.bill | early).mapped("amount_residual"), [0, 0])

    def test_a_retry_after_the_discount_day_closes_the_invoice_as_was_told(self):
        early = self._invoice_with_discount()
        self.answers = ["error"]
        charge = self._notice(early)
        self._come(charge)
        self._let_discount_pass(early, charge)
        self._come(charge)
        self.assertEqual((self.sent, charge.state), ([198, 198], "done"))
        self.assertEqual((self.bill | early).mapped("amount_residual"), [0, 0])

    def test_a_link_that_is_sent_after_the_discount_day_tells_what_it_asks_for(self):
        early = self._invoice_with_discount()
        charge = self._notice(early)
        self._let_discount_pass(early, charge)
        charge._give_up("The card was declined.")
        self.assertIn("200.00", self._get_mails("please pay").body_html)

    def test_no_link_to_pay_is_sent_for_what_is_charged_by_itself(self):
        self.practice.clinic_email_pay_requests = True
        self._notice()
        foreign = self._invoice(self._create_service(patient=self.other_client))
        (self.bill | foreign).sudo()._clinic_request_payment()
        links = self.env["clinic.payment.link"].search([])
        self.assertEqual(links.invoice_ids, foreign)

    def test_what_is_billed_for_a_child_is_charged_to_who_pays(self):
        child_bill = self._invoice(self._create_service(patient=self.child))
        charge = self._notice()
        self.assertEqual(charge.invoice_ids, self.bill | child_bill)

    def test_the_practice_pays_no_more_than_is_owed_by_then(self):
        charge = self._notice()
        self._pay(self.bill, 70)
        self._come(charge)
        self.assertEqual(self.sent, [30])

    def test_nothing_is_charged_that_has_been_paid_or_credited_meanwhile(self):
        charge = self._notice()
        self._credit(self.bill)
        self._come(charge)
        self.assertEqual((self.sent, charge.state), ([], "done"))

    def test_above_the_limit_a_link_is_sent_and_nothing_charged(self):
        self._agree(cap="99.99")
        self._run()
        charge = self._get_charges()
        self.assertEqual((charge.state, self.sent), ("link_sent", []))
        link = self._get_mails("please pay").body_html
        self.assertIn("limit", link)
        self.assertIn("/clinic/pay/", link)
        self.assertFalse(self._get_mails("your card will be charged"))
        self._pay(self.bill)
        self.assertEqual(charge.state, "done")

    def test_it_waits_while_money_is_on_its_way_and_goes_on_afterwards(self):
        charge = self._notice()
        tx = self._attempt(self.bill, state="pending")
        self._come(charge)
        self.assertEqual((charge.state, self.sent), ("noticed", []))
        self.assertIn("on its way", charge.reason)
        self.assertEqual(charge.next_date, self._in_days(1))
        tx._set_canceled()
        self._come(charge)
        self.assertEqual((charge.state, self.sent), ("done", [100]))

    def test_what_was_held_up_for_weeks_is_told_anew_before_it_is_charged(self):
        charge = self._notice()
        charge.date = self._in_days(-8)
        self._come(charge)
        self.assertRecordValues(
            charge, [{"state": "noticed", "date": self._in_days(3)}]
        )
        self.assertEqual(len(self._get_mails("your card will be charged")), 2)
        self.assertEqual(self.sent, [])
        self._come(charge)
        self.assertEqual((self.sent, charge.state), ([100], "done"))

    def test_a_retry_that_was_held_up_for_weeks_is_told_anew_as_well(self):
        self.answers = ["error"]
        self.practice.clinic_charge_retry_days = "1, 4"
        charge = self._notice()
        self._come(charge)
        charge.write(
            {"date": self._in_days(-20), "first_attempt_on": self._in_days(-12)}
        )
        self._come(charge)
        self.assertEqual((charge.state, self.sent), ("noticed", [100]))
        self._come(charge)
        self.assertEqual((self.sent, charge.state), ([100, 100], "done"))

    def test_cards_that_are_only_reserved_are_not_offered(self):
        charge = self._notice()
        self.provider.write({"support_manual_capture": "full_only"})
        self.provider.capture_manually = True
        self._come(charge)
        self.assertEqual((self.sent, charge.autopay_id.end_reason), ([], "card"))
        with self.assertRaises(UserError):
            self._agree()

    # === DECLINED === #

    def test_a_declined_card_is_tried_again_on_schedule_then_a_link_is_sent(self):
        self.answers = ["error"] * 3
        self.practice.clinic_charge_retry_days = "1, 4"
        charge = self._notice()
        self._come(charge)
        self.assertEqual((charge.state, charge.attempts), ("retrying", 1))
        self.assertEqual(charge.next_date, self._in_days(1))
        self.assertEqual(charge.reason, "Insufficient funds.")
        self._come(charge)
        self.assertEqual(charge.next_date, self._in_days(4))
        self.assertFalse(self._get_mails("please pay"))
        self._come(charge)
        self.assertEqual((charge.state, len(self.sent)), ("link_sent", 3))
        self.assertEqual(len(self._get_mails("please pay")), 1)
        self.assertTrue(self._get_activities(charge))
        self._run()
        self.assertEqual(len(self._get_charges()), 1, "it is not planned once more")

    def test_a_provider_that_was_too_busy_is_asked_again_and_nobody_is_told(self):
        self.answers = ["error"] * 3
        self.practice.clinic_charge_retry_days = "1"
        transactions = type(self.env["payment.transaction"])
        self.patch(transactions, "_clinic_was_turned_away", lambda _tx: True)
        charge = self._notice()
        for _day in range(3):
            self._come(charge)
            self.assertEqual((charge.state, charge.attempts), ("retrying", 0))
            self.assertEqual(charge.next_date, self._in_days(1))
        self.assertFalse(self._get_mails("please pay"))
        self.patch(transactions, "_clinic_was_turned_away", lambda _tx: False)
        self._come(charge)
        self.assertEqual((charge.state, self.bill.amount_residual), ("done", 0))

    def test_a_card_that_needs_its_owner_is_not_tried_again(self):
        self.answers = ["error"]
        self.needs_authentication = True
        charge = self._notice()
        self._come(charge)
        self.assertEqual((charge.state, charge.attempts), ("link_sent", 1))
        self.assertEqual(len(self._get_mails("please pay")), 1)

    def test_no_link_is_sent_for_what_was_paid_while_the_card_was_declined(self):
        self.answers = ["pending"]
        self.practice.clinic_charge_retry_days = ""
        charge = self._notice()
        self._come(charge)
        self._pay(self.bill)
        charge.transaction_id._set_error("Insufficient funds.")
        self._run()
        self.assertEqual(
            (charge.state, self._get_mails("please pay").ids), ("done", [])
        )

    # === EXACTLY ONCE === #

    def test_an_unanswered_charge_is_never_sent_again_and_goes_on_when_answered(self):
        self.answers = ["pending"]
        charge = self._notice()
        self._come(charge)
        self.assertEqual(charge.state, "charging")
        self._come(charge)
        self.assertEqual(self.sent, [100])
        self.assertTrue(self.bill._clinic_is_clearing())
        charge.transaction_id._set_done()
        self._run()
        self.assertEqual((charge.state, self.sent), ("done", [100]))

    @mute_logger(JOB_LOGGER)
    def test_a_worker_that_dies_after_asking_leaves_it_on_its_way(self):
        self.answers = ["dead"]
        charge = self._notice()
        self._come(charge)
        self.assertEqual(charge.state, "charging")
        self.assertEqual(charge.transaction_id.state, "pending")
        self._come(charge)
        self.assertEqual(self.sent, [100])
        with self.assertRaises(UserError):
            self.bill._clinic_start_online_payment(100, self.bill.currency_id)
        with self.assertRaises(UserError):
            charge.with_user(self.biller).action_cancel()

    def test_a_charge_without_answer_for_days_is_shown_to_people(self):
        self.answers = ["pending"]
        charge = self._notice()
        self._come(charge)
        # The ORM sets this column itself.
        self.env.cr.execute(
            "UPDATE clinic_scheduled_charge SET write_date = '2020-01-01'"
        )
        self._run()
        self.assertEqual(len(self._get_activities(charge)), 1)
        self.assertEqual(self.sent, [100])

    def test_an_attempt_that_succeeds_after_all_is_not_repeated(self):
        self.answers = ["error"]
        charge = self._notice()
        self._come(charge)
        charge.transaction_id._set_done(extra_allowed_states=("error",))
        self._come(charge)
        self.assertEqual((charge.state, self.sent), ("done", [100]))

    def test_what_was_paid_between_storing_and_sending_is_not_sent(self):
        charge = self._notice()
        tx = charge._start(100)
        self._pay(self.bill, 1)
        charge._send(tx)
        self.assertEqual((tx.state, self.sent), ("cancel", []))
        self.assertRecordValues(charge, [{"state": "retrying", "attempts": 0}])
        self._come(charge)
        self.assertEqual(self.sent, [99], charge.reason)

    # === TURNING IT OFF === #

    def test_turned_off_while_it_is_being_charged_it_is_not_tried_again(self):
        charge = self._notice()
        self.answers = ["pending"]
        self._come(charge)
        charge.autopay_id._end("client")
        charge.transaction_id._set_error("Insufficient funds.")
        self._run()
        self._come(charge)
        self.assertEqual((self.sent, charge.state), ([100], "cancelled"))

    def test_a_card_that_was_replaced_is_not_tried_again(self):
        charge = self._notice()
        self.answers = ["pending"]
        self._come(charge)
        self._agree(card_id=str(self._save_card(self.client).id), cap="10")
        charge.transaction_id._set_error("Insufficient funds.")
        self._run()
        self._come(charge)
        self.assertEqual((self.sent, charge.state), ([100], "cancelled"))

    def test_turned_off_between_storing_and_sending_nothing_is_sent(self):
        charge = self._notice()
        tx = charge._start(100)
        charge.autopay_id._end("client")
        charge._send(tx)
        self.assertEqual((self.sent, tx.state), ([], "cancel"))

    def test_what_is_billed_to_somebody_else_by_then_is_not_charged(self):
        charge = self._notice()
        self._bill_to(self.bill, self.other_client)
        self._come(charge)
        self.assertEqual((self.sent, charge.state), ([], "done"))

    def test_no_link_is_sent_for_what_is_billed_to_somebody_else_by_then(self):
        charge = self._notice()
        self._bill_to(self.bill, self.other_client)
        charge._send_link("The card was declined.")
        self.assertEqual(charge.state, "done")
        self.assertFalse(self.env["clinic.payment.link"].search([]))

    def test_what_cannot_be_told_to_one_client_keeps_nothing_from_the_others(self):
        charge = self._notice()
        self._invoice(self._create_service(patient=self.other_client))
        foreign = self._save_card(self.other_client)
        agreement = self._agree(self.other_client_user, card_id=str(foreign.id))
        self.env.ref("clinic_invoicing.autopay_mail_template_ended").unlink()
        foreign.flush_recordset()
        # The ORM would end autopay at once.
        self.env.cr.execute(
            "UPDATE payment_token SET active = FALSE WHERE id = %s", [foreign.id]
        )
        self.env.invalidate_all()
        with mute_logger(JOB_LOGGER):
            self._come(charge)
        self.assertTrue(agreement.active)
        self.assertEqual((self.sent, charge.state), ([100], "done"))

    def test_turned_off_it_charges_nothing_and_says_so(self):
        charge = self._notice()
        charge.autopay_id._end("client")
        self.assertEqual(charge.state, "cancelled")
        self._run()
        self.assertEqual((self.sent, len(self._get_charges())), ([], 1))
        self.assertEqual(len(self._get_mails("autopay is off")), 1)

    def test_a_card_that_is_removed_turns_it_off_with_notice(self):
        charge = self._notice()
        self.card.active = False
        self.assertRecordValues(
            charge.autopay_id, [{"active": False, "end_reason": "card"}]
        )
        self.assertEqual(len(self._get_mails("autopay is off")), 1)
        self.assertEqual(charge.state, "cancelled")

    def test_a_card_that_is_deleted_turns_it_off_with_notice(self):
        agreement = self._agree()
        self.card.unlink()
        self.assertEqual((agreement.active, agreement.end_reason), (False, "card"))

    def test_a_practice_that_stops_offering_it_tells_every_client(self):
        charge = self._notice()
        self.practice.clinic_autopay = False
        self.assertEqual(charge.autopay_id.end_reason, "company")
        self.assertEqual(len(self._get_mails("autopay is off")), 1)

    def test_who_cannot_sign_in_any_more_to_stop_it_is_not_charged(self):
        charge = self._notice()
        second = self.client_user.copy(
            {"login": "second", "partner_id": self.client.id}
        )
        self.client_user.active = False
        self.assertTrue(charge.autopay_id.active, "the second login can stop it")
        portal = self.env.ref("base.group_portal")
        public = self.env.ref("base.group_public")
        second.group_ids = [Command.unlink(portal.id), Command.link(public.id)]
        self.assertEqual(charge.autopay_id.end_reason, "access")
        self.assertEqual((charge.state, self.sent), ("cancelled", []))
        ended = self._get_mails("autopay is off")
        self.assertIn("cannot sign in", ended.body_html)

    def test_who_cannot_be_told_any_more_is_not_charged_and_the_billers_know(self):
        charge = self._notice()
        self.client.email = False
        self._come(charge)
        self.assertEqual((self.sent, charge.state), ([], "link_sent"))
        self.assertTrue(self._get_activities(charge))

    def test_a_client_whom_the_notice_did_not_reach_is_not_charged(self):
        charge = self._notice()
        self._get_mails("your card will be charged").state = "exception"
        for _run in range(2):
            self._come(charge)
        self.assertEqual((self.sent, charge.state), ([], "noticed"))
        self.assertIn("could not be sent", charge.reason)
        self.assertEqual(len(self._get_activities(charge)), 1)
        charge.date = self._in_days(-8)
        self._come(charge)
        self._come(charge)
        self.assertEqual((self.sent, charge.state), ([100], "done"))

    def test_a_shorter_notice_counts_for_later_agreements_only(self):
        self._agree()
        self.practice.clinic_autopay_notice_days = 1
        self._run()
        charge = self._get_charges()
        self.assertEqual(charge.date, self._in_days(3))
        charge.date = self._in_days(-8)
        self._come(charge)
        self.assertEqual(charge.date, self._in_days(3), "it is told anew in time, too")

    def test_a_longer_notice_counts_at_once(self):
        self._agree()
        self.practice.clinic_autopay_notice_days = 5
        self._run()
        self.assertEqual(self._get_charges().date, self._in_days(5))

    def test_no_card_is_charged_on_the_evening_before_the_day_that_was_told(self):
        self.env.ref("base.user_root").tz = "Pacific/Kiritimati"
        self.client.tz = "Pacific/Honolulu"
        charge = self._notice()
        today = charge._get_today()
        self.assertEqual(charge.date, today + timedelta(days=3))
        charge.next_date = today + timedelta(days=1)
        self._run()
        self.assertEqual(self.sent, [], "it is that day where the job is, only there")
        charge.next_date = today
        self._run()
        self.assertEqual((self.sent, charge.state), ([100], "done"))

    def test_a_card_is_charged_where_the_day_has_begun_before_that_of_the_job(self):
        self.practice.partner_id.tz = self.client.tz = "Pacific/Kiritimati"
        charge = self._notice()
        charge.next_date = charge._get_today()
        self.env.ref("base.user_root").tz = "Pacific/Pago_Pago"
        self._run()
        self.assertEqual((self.sent, charge.state), ([100], "done"))

    def test_what_a_biller_has_called_off_is_not_planned_again(self):
        charge = self._notice()
        charge.with_user(self.biller).action_cancel()
        self._run()
        self.assertEqual(self._get_charges().mapped("state"), ["cancelled"])

    def test_what_ended_with_another_limit_is_planned_again(self):
        charge = self._notice()
        agreement = self._agree(cap="400")
        self._run()
        self.assertEqual(charge.state, "cancelled")
        self.assertEqual((self._get_charges() - charge).autopay_id, agreement)
