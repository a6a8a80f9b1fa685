from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..charges.common_charges import ChargesCommon


@tagged("post_install", "-at_install")
class TestPaused(ChargesCommon):
    """Agreements that wait: for a biller after a dispute, or for a provider."""

    def _notice(self):
        """Return an agreement, and its charge of which the client was told."""
        agreement = self._agree()
        self._run()
        charge = self._get_charges()
        self.assertEqual(charge.state, "noticed")
        return agreement, charge

    def _propose(self):
        """Return a plan of one instalment by card, which is due today."""
        invoice = self._invoice(self._create_service(price_unit=40))
        plans = self.env["clinic.payment.plan"].sudo()
        plan = plans._propose(invoice, [(self._in_days(0), 40)])
        plan._accept(
            self.client_user,
            card_id=str(self.card.id),
            wording=plan._get_wording(),
            ip="203.0.113.7",
        )
        return plan

    # === A BANK HAS TAKEN A CHARGE BACK === #

    def test_a_card_whose_bank_took_money_back_is_charged_after_a_biller_said_so(self):
        agreement, charge = self._notice()
        plan = self._propose()
        self.card.sudo()._clinic_pause_for_dispute()
        self.assertEqual(
            self._get_activities(agreement).mapped("summary"),
            ["Resume the charges of a card, or end them"],
        )
        self.assertEqual(len(self._get_activities(plan)), 1)
        for each in (charge, plan.charge_ids):
            self._come(each)
        self.assertEqual(self.sent, [])
        self.assertIn("taken a charge back", charge.reason)
        self.assertTrue(agreement.active)
        self.assertFalse(self._get_mails("autopay is off"))
        later = self._invoice(self._create_service(price_unit=70))
        self._run()
        self.assertFalse(self._get_charges(later))
        for each in (agreement, plan):
            each.with_user(self.biller).action_resume()
        self.assertFalse(self._get_activities(agreement) | self._get_activities(plan))
        self._run()
        self.assertEqual(self._get_charges(later).state, "noticed")
        # Of the instalment the client has still to be told.
        for each in (charge, plan.charge_ids, plan.charge_ids):
            self._come(each)
        self.assertEqual(sorted(self.sent), [40, 100])

    def test_the_biller_is_asked_once_and_nobody_else_resumes(self):
        agreement, _charge = self._notice()
        for _time in range(2):
            self.card.sudo()._clinic_pause_for_dispute()
        self.assertEqual(len(self._get_activities(agreement)), 1)
        for user in (self.front_desk, self.client_user, self.employee):
            with self.assertRaises(AccessError):
                agreement.with_user(user).action_resume()
        self.assertEqual(agreement.pause_reason, "disputed")

    def test_who_ends_an_agreement_has_done_what_was_asked(self):
        agreement, _charge = self._notice()
        plan = self._propose()
        self.card.sudo()._clinic_pause_for_dispute()
        agreement.with_user(self.biller).action_end()
        plan.with_user(self.biller).action_cancel()
        for each in (agreement, plan):
            self.assertFalse(each.pause_reason)
            self.assertFalse(self._get_activities(each))

    # === AGREEING ANEW === #

    def test_nobody_agrees_with_such_a_card_before_a_biller_has_resumed(self):
        agreement, _charge = self._notice()
        plan = self._propose()
        self.card.sudo()._clinic_pause_for_dispute()
        proposed = self._propose_to_accept()
        self._assert_refused(proposed)
        # The client turns it off, and a biller ends the plan.
        agreement._end("client")
        plan.with_user(self.biller).action_cancel()
        self._assert_refused(proposed)
        self.card.with_user(self.biller).action_clinic_allow_agreements()
        self.assertTrue(self._agree().active)
        proposed._accept(self.client_user, **self._get_consent(proposed))
        self.assertEqual(proposed.token_id, self.card)

    def _propose_to_accept(self):
        plans = self.env["clinic.payment.plan"].sudo()
        invoice = self._invoice(self._create_service(price_unit=40))
        return plans._propose(invoice, [(self._in_days(1), 40)])

    def _get_consent(self, plan):
        return {
            "card_id": str(self.card.id),
            "wording": plan._get_wording(),
            "ip": "203.0.113.7",
        }

    def _assert_refused(self, plan):
        """Neither autopay nor a plan begins with the card; others are offered."""
        other = self._save_card(self.client)
        agreements = self.env["clinic.autopay"].sudo()
        self.assertEqual(agreements._get_cards(self.client, self.practice), other)
        self.assertEqual(plan._get_cards(self.client_user), other)
        with self.assertRaisesRegex(UserError, "bank has taken a charge back"):
            self._agree()
        with self.assertRaisesRegex(UserError, "bank has taken a charge back"):
            plan._accept(self.client_user, **self._get_consent(plan))
        self.assertEqual(plan.state, "proposed")
        other.sudo().active = False

    def test_a_biller_who_resumes_lets_the_card_be_agreed_to(self):
        agreement, _charge = self._notice()
        self.card.sudo()._clinic_pause_for_dispute()
        agreement.with_user(self.biller).action_resume()
        self.assertFalse(self.card.clinic_is_barred)
        self.assertTrue(self._agree(cap="300").active)

    def test_a_card_that_paid_once_is_refused_as_well(self):
        self.card.sudo()._clinic_pause_for_dispute()
        with self.assertRaisesRegex(UserError, "bank has taken a charge back"):
            self._agree()
        for user in (self.front_desk, self.client_user, self.employee):
            with self.assertRaises(AccessError):
                self.card.with_user(user).action_clinic_allow_agreements()
        self.assertTrue(self.card.clinic_is_barred)

    def test_the_pages_say_why_a_card_is_not_offered(self):
        self.card.sudo()._clinic_pause_for_dispute()
        plan = self._propose_to_accept()
        self.authenticate("client", "client")
        for page in ("/my/billing/autopay", f"/my/billing/plans/{plan.id}"):
            text = self._get_text(page)
            self.assertIn("its bank has taken a charge back", text, page)
            self.assertNotIn("You have no saved card yet", text, page)

    def test_other_cards_go_on(self):
        agreement, charge = self._notice()
        self._save_card(self.other_client).sudo()._clinic_pause_for_dispute()
        self.assertFalse(agreement.pause_reason)
        self._come(charge)
        self.assertEqual(self.sent, [100])

    def test_a_pause_in_the_last_moment_stops_the_charge(self):
        agreement, charge = self._notice()
        tx = charge._start(100)
        agreement.pause_reason = "disputed"
        charge._send(tx)
        self.assertEqual(
            (self.sent, tx.state, charge.state), ([], "cancel", "retrying")
        )

    def test_the_client_reads_that_it_is_paused(self):
        agreement, _charge = self._notice()
        self.authenticate("client", "client")
        self.assertIn("Autopay is on", self._get_text("/my/billing/autopay"))
        agreement.pause_reason = "disputed"
        text = self._get_text("/my/billing/autopay")
        self.assertIn("Autopay is paused", text)
        self.assertIn("Your card is not charged at present", text)

    # === THE PROVIDER IS TURNED OFF === #

    def test_a_provider_that_is_turned_off_and_on_has_its_cards_and_agreements(self):
        agreement, charge = self._notice()
        plan = self._propose()
        state = self.provider.state
        self.provider.state = "disabled"
        self.assertFalse(self.card.active)
        self._come(charge)
        self.assertEqual(self.sent, [])
        self.assertTrue(agreement.active)
        self.assertEqual(plan.token_id, self.card)
        self.assertFalse(self._get_mails("autopay is off"))
        self.assertFalse(self._get_activities(agreement) | self._get_activities(plan))
        self._turn_on(state)
        self.assertTrue(self.card.active)
        self.assertFalse(self.card.clinic_aside_state)
        self._go_online(self.provider)
        self._come(charge)
        self.assertEqual(self.sent, [100])
        self.assertFalse(self._get_mails("autopay is off"))

    def test_cards_of_tests_are_none_of_real_payments(self):
        agreement, _charge = self._notice()
        self.provider.state = "enabled"
        self.card.active = True
        for state in ("test", "disabled", "test"):
            self.provider.state = state
            self.assertFalse(self.card.active, state)
            self.assertTrue(agreement.active)
        self._turn_on("enabled")
        self.assertTrue(self.card.active)

    def _turn_on(self, state):
        """Turn the provider on, and the method that Odoo turns on with most."""
        self.provider.state = state
        self.card.payment_method_id.active = True

    def test_a_card_that_its_owner_has_removed_does_not_come_back(self):
        agreement, _charge = self._notice()
        state = self.provider.state
        self.card.active = False
        self.assertEqual(agreement.end_reason, "card")
        self.provider.state = "disabled"
        self._turn_on(state)
        self.assertFalse(self.card.active)

    def test_a_dispute_outlasts_the_provider(self):
        agreement, _charge = self._notice()
        state = self.provider.state
        self.card.sudo()._clinic_pause_for_dispute()
        self.provider.state = "disabled"
        self._turn_on(state)
        self.assertTrue(self.card.active)
        self.assertEqual(agreement.pause_reason, "disputed")
        self.provider.state = "disabled"
        agreement.with_user(self.biller).action_resume()
        self.assertEqual(agreement.pause_reason, "turned_off")
        self._turn_on(state)
        self.assertFalse(agreement.pause_reason)

    def test_a_method_that_is_turned_off_and_on_has_its_cards(self):
        agreement, _charge = self._notice()
        method = self.card.payment_method_id
        method.active = False
        self.assertFalse(self.card.active)
        self.assertTrue(agreement.active)
        self.assertEqual(agreement.pause_reason, "turned_off")
        method.active = True
        self.assertTrue(self.card.active)
        self.assertFalse(agreement.pause_reason)
