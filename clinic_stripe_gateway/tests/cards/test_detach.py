from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import Undone
from .common_cards import SavedCardsCommon


@tagged("post_install", "-at_install")
class TestDetach(SavedCardsCommon):
    def _later(self, **delta):
        """Let the next attempt be due."""
        self._removals().next_attempt = fields.Datetime.now() - timedelta(seconds=1)

    def _detached(self):
        return self._sent("POST", "payment_methods/*/detach")

    def test_a_removed_card_is_gone_here_at_once_and_at_stripe_soon(self):
        token = self._save_card()
        self.assertEqual(self._attached(), {token.stripe_payment_method})
        token.with_user(self.biller).action_clinic_remove()
        self.assertFalse(token.active)
        self.assertEqual(token.clinic_state, "removing")
        self.assertFalse(self._detached())
        self._remove_at_stripe()
        self.assertFalse(self._attached())
        self.assertEqual(token.clinic_state, "removed")

    def test_the_client_removes_a_card_at_stripe_too(self):
        token = self._save_card()
        token.active = False
        self._remove_at_stripe()
        self.assertFalse(self._attached())

    def test_a_removal_that_was_rolled_back_removes_nothing(self):
        token = self._save_card()
        with self.assertRaises(Undone), self.env.cr.savepoint():
            token.active = False
            raise Undone
        self._remove_at_stripe()
        self.assertEqual(self._attached(), {token.stripe_payment_method})
        self.assertFalse(self._detached())

    def test_while_stripe_is_down_the_removal_waits_and_is_seen(self):
        token = self._save_card()
        token.active = False
        for fault in ("refuse", "error_before"):
            fault_id = self.control.fault(fault, path="*detach")["id"]
            self._later()
            self._remove_at_stripe()
            self.control.remove_fault(fault_id)
            self.assertEqual(token.clinic_state, "removing")
            self.assertTrue(self._removals().reason)
            self.assertGreater(self._removals().next_attempt, fields.Datetime.now())
        self.assertEqual(self._removals().attempts, 2)
        self._remove_at_stripe()
        self.assertEqual(token.clinic_state, "removing", "It is not due yet.")
        self._later()
        self._remove_at_stripe()
        self.assertEqual(token.clinic_state, "removed")
        self.assertFalse(self._attached())

    def test_one_silence_of_stripe_spares_the_other_cards_of_that_run(self):
        tokens = self._save_card() | self._save_card(card="mastercard")
        tokens.active = False
        self.control.fault("error_before", path="*detach")
        self._remove_at_stripe()
        self.assertEqual(len({each["path"] for each in self._detached()}), 1)
        self.assertEqual(self._removals().mapped("attempts"), [1, 1])

    def test_an_answer_that_was_lost_is_not_asked_for_for_ever(self):
        token = self._save_card()
        token.active = False
        self.control.fault("error_after", path="*detach", count=3)
        self._remove_at_stripe()
        self._later()
        self._remove_at_stripe()
        self.assertEqual(token.clinic_state, "removed")

    def test_a_card_that_was_detached_in_the_dashboard_is_fine(self):
        token = self._save_card()
        self.dashboard.payment_methods.detach(token.stripe_payment_method)
        token.active = False
        self._remove_at_stripe()
        self.assertEqual(token.clinic_state, "removed")

    def test_a_card_that_the_account_does_not_know_is_fine(self):
        token = self._save_card()
        token.stripe_payment_method = "pm_nobody"
        token.active = False
        self._remove_at_stripe()
        self.assertEqual(token.clinic_state, "removed")

    def test_a_card_that_is_deleted_is_removed_at_stripe_as_well(self):
        tx = self._pay_and_settle(amount=1, partner_id=self.client.id, tokenize=True)
        token, tx.token_id = tx.token_id, False
        # No flag that a client sends keeps it at Stripe.
        token.with_context(clinic_put_aside=True).unlink()
        self.assertTrue(self._removals())
        self._remove_at_stripe()
        self.assertFalse(self._attached())

    def test_who_may_not_delete_a_card_queues_nothing(self):
        token = self._save_card()
        with self.assertRaises(AccessError):
            token.with_user(self.biller).unlink()
        self.assertFalse(self._removals())

    def test_a_card_of_another_key_is_not_asked_for_with_this_one(self):
        token = self._save_card()
        token.active = False
        self._move_to("moved")
        self._remove_at_stripe()
        self.assertFalse(self._detached())
        self.assertEqual(token.clinic_state, "removing")
        self.assertIn("key", self._removals().reason)
        self._connect(self.env.company)
        self._later()
        self._remove_at_stripe()
        self.assertEqual(token.clinic_state, "removed")
        self.assertFalse(self._attached())

    def test_switching_the_provider_puts_cards_aside_and_sends_nothing(self):
        token = self._save_card()
        self.provider.write(
            {
                "state": "enabled",
                "stripe_secret_key": "sk_live_emulator_default",
                "stripe_publishable_key": "pk_live_emulator_default",
            }
        )
        self._remove_at_stripe()
        self.assertFalse(token.active)
        self.assertEqual(token.clinic_state, "aside")
        self.assertFalse(self._removals())
        self.assertFalse(self._detached())

    def test_a_provider_that_is_turned_off_and_on_has_its_cards(self):
        token = self._save_card()
        for state in ("disabled", "test"):
            self.provider.state = state
            self.assertEqual(token.active, state == "test")
        self.assertEqual(token.clinic_state, "usable")
        self._remove_at_stripe()
        self.assertTrue(self._attached())

    def test_a_card_of_another_account_does_not_come_back(self):
        token = self._save_card()
        agreement = self._agree(token)
        self.provider.state = "disabled"
        self.assertEqual(agreement.pause_reason, "turned_off")
        self._move_to("moved")
        self.assertFalse(token.active)
        # Nobody can charge it any more, and its owner is told.
        self.assertEqual(agreement.end_reason, "card")
        self.assertFalse(self._removals())

    def _agree(self, token):
        self.practice.clinic_autopay = True
        self._bill(120)
        # sudo: as the client's page.
        agreements = self.env["clinic.autopay"].sudo()
        return agreements._agree(
            self.client_user,
            self.practice,
            card_id=str(token.id),
            cap="500",
            wording=self.practice._clinic_get_autopay_wording(),
            ip="203.0.113.7",
        )

    def test_a_card_stays_aside_until_its_account_is_known(self):
        token = self._save_card()
        self.provider.state = "disabled"
        self.provider.sudo().clinic_stripe_account_ref = False
        self.control.fault("refuse", path="*account*")
        self.provider.state = "test"
        self.assertFalse(token.active)
        self.assertEqual(token.clinic_state, "aside")
        self.control.clear_faults()
        self.provider.action_clinic_stripe_check_keys()
        self.assertTrue(token.active)

    def test_a_card_that_was_removed_meanwhile_does_not_come_back(self):
        token = self._save_card()
        self.provider.state = "disabled"
        token.with_user(self.biller).action_clinic_remove()
        self.provider.state = "test"
        self.assertFalse(token.active)

    def test_a_card_that_was_put_aside_can_be_removed_later(self):
        token = self._save_card()
        self.provider.state = "disabled"
        self.assertEqual(token.clinic_state, "aside")
        token.with_user(self.biller).action_clinic_remove()
        self._remove_at_stripe()
        self.assertEqual(token.clinic_state, "removed")
        self.assertFalse(self._attached())

    def test_a_payment_method_that_is_switched_off_puts_cards_aside(self):
        token = self._save_card()
        token.payment_method_id.active = False
        self.assertFalse(token.active)
        self.assertEqual(token.clinic_state, "aside")

    def test_a_removal_can_be_called_off_until_it_is_done(self):
        token = self._save_card()
        token.active = False
        token.active = True
        self.assertEqual(token.clinic_state, "usable")
        self._remove_at_stripe()
        self.assertTrue(self._attached())
        token.active = False
        self._remove_at_stripe()
        with self.assertRaisesRegex(UserError, "removed at Stripe"):
            token.active = True

    def test_what_another_card_still_stands_for_is_kept(self):
        token = self._save_card()
        other = token.sudo().copy({"partner_id": self.other_client.id})
        token.active = False
        self._remove_at_stripe()
        self.assertEqual(self._attached(), {other.stripe_payment_method})
        self.assertFalse(self._removals())
        (token | other).active = False
        self._remove_at_stripe()
        self.assertFalse(self._attached())

    def test_before_an_uninstall_what_is_waiting_is_removed_or_named(self):
        token, other = self._save_card(), self._save_card(card="mastercard")
        token.active = False
        removals = self._removals()
        removals._remove_before_uninstall()
        self.assertEqual(token.clinic_state, "removed")
        other.active = False
        self.control.fault("refuse", path="*detach")
        with self.assertLogs("odoo.addons.clinic_stripe_gateway") as log:
            removals._remove_before_uninstall()
        self.assertIn(other.stripe_payment_method, log.output[-1])

    def test_only_billers_remove_cards_and_only_of_their_companies(self):
        token = self._save_card()
        for user in (self.front_desk, self.employee, self.client_user):
            with self.assertRaises(AccessError):
                token.with_user(user).action_clinic_remove()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.biller.write(
            {"company_ids": [(6, 0, elsewhere.ids)], "company_id": elsewhere.id}
        )
        with self.assertRaises(AccessError):
            token.with_user(self.biller).action_clinic_remove()
        self.assertTrue(token.active)

    def test_only_ids_are_sent_to_remove_a_card(self):
        self._save_card().active = False
        self._remove_at_stripe()
        (sent,) = self._detached()
        self.assertFalse(sent["params"])
        self.assertTrue(sent["idempotency_key"])
