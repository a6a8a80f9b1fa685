from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_cards import SavedCardsCommon


@tagged("post_install", "-at_install")
class TestCards(SavedCardsCommon):
    def _offered(self, partner=None):
        tokens = self.env["payment.token"]
        partner = partner or self.client
        return tokens._get_available_tokens(self.provider.ids, partner.id)

    def _expire(self, token, year=2020):
        token.sudo().write({"clinic_exp_month": 1, "clinic_exp_year": year})

    # === WHAT A CARD LOOKS LIKE === #

    def test_a_saved_card_tells_brand_last_digits_and_expiry(self):
        token = self._save_card()
        (method,) = self.control.objects("payment_method")
        self.assertRecordValues(
            token,
            [
                {
                    "clinic_brand": "Visa",
                    "payment_details": "4242",
                    "clinic_exp_month": method["card"]["exp_month"],
                    "clinic_exp_year": method["card"]["exp_year"],
                    "clinic_fingerprint": method["card"]["fingerprint"],
                    "clinic_account_ref": self.provider.clinic_stripe_account_ref,
                    "clinic_state": "usable",
                }
            ],
        )
        year = method["card"]["exp_year"] % 100
        self.assertEqual(token.display_name, f"Visa •••• 4242, 12/{year}")

    def test_a_nickname_is_part_of_the_name(self):
        token = self._save_card(card="amex")
        token.with_user(self.biller)._clinic_set_nickname(" Family card ")
        token.sudo().write({"clinic_exp_month": 4, "clinic_exp_year": 2030})
        self.assertEqual(
            token.display_name, "American Express •••• 0005, 04/30 (Family card)"
        )
        self.assertEqual(
            token._build_display_name(max_length=21), "American Express •••• 0005"[-21:]
        )

    def test_billers_name_a_card_in_a_dialog(self):
        token = self._save_card()
        action = token.with_user(self.biller).action_clinic_rename()
        wizard = self.env[action["res_model"]].with_user(self.biller)
        wizard = wizard.with_context(**action["context"]).create({"nickname": "Mum"})
        wizard.action_save()
        self.assertEqual(token.clinic_nickname, "Mum")
        with self.assertRaises(AccessError):
            token.with_user(self.front_desk).action_clinic_rename()

    def test_a_bank_account_is_told_by_its_bank(self):
        values = self.env["payment.token"]._clinic_read_payment_method(
            {
                "type": "us_bank_account",
                "us_bank_account": {"bank_name": "TEST BANK", "fingerprint": "F"},
            }
        )
        self.assertEqual(values["clinic_brand"], "TEST BANK")
        self.assertEqual(values["clinic_fingerprint"], "F")
        self.assertFalse(values["clinic_exp_year"])

    # === ONE CARD, ONE TOKEN === #

    def test_the_same_card_is_saved_once_and_the_newer_method_is_used(self):
        first = self._save_card()
        before = first.stripe_payment_method
        second = self._save_card()
        self.assertEqual(first, second)
        self.assertEqual(len(self.client.payment_token_ids), 1)
        self.assertNotEqual(first.stripe_payment_method, before)
        self.assertEqual(self._removals().payment_method_ref, before)
        self._remove_at_stripe()
        self.assertEqual(self._attached(), {first.stripe_payment_method})
        self.assertEqual(first.clinic_state, "usable")
        self.assertEqual(self._pay_with(first).state, "done")

    def test_a_removed_card_that_is_saved_again_comes_back(self):
        token = self._save_card()
        token.active = False
        self._remove_at_stripe()
        self.assertEqual(self._save_card(), token)
        self.assertTrue(token.active)
        self.assertEqual(token.clinic_state, "usable")
        self.assertEqual(self._pay_with(token).state, "done")

    def test_a_renewed_card_gets_its_new_expiry_and_is_warned_of_anew(self):
        token = self._save_card()
        self._expire(token)
        token.sudo().clinic_warned_on = "2020-01-01"
        self._save_card()
        self.assertFalse(token.clinic_is_expired)
        self.assertFalse(token.clinic_warned_on)

    def test_a_card_is_good_until_the_last_day_of_its_month_at_the_practice(self):
        token = self._save_card()
        self._expire(token, 2030)
        self.practice.partner_id.tz = "Pacific/Honolulu"
        self.env.user.tz = "Pacific/Auckland"
        for moment, is_over in (
            ("2030-02-01 05:00:00", False),
            ("2030-02-01 15:00:00", True),
        ):
            with freeze_time(moment):
                token.invalidate_recordset(["clinic_is_expired"])
                self.assertEqual(token.clinic_is_expired, is_over)

    def test_another_card_or_another_payer_is_another_token(self):
        tokens = self._save_card() | self._save_card(card="mastercard")
        tokens |= self._save_card(self.other_client)
        self.assertEqual(len(tokens), 3)

    def test_the_same_message_twice_changes_nothing(self):
        tx = self._pay_and_settle(amount=1, partner_id=self.client.id, tokenize=True)
        self._settle(tx)
        self.assertEqual(len(self.client.payment_token_ids), 1)
        self.assertFalse(self._removals())

    def test_a_payment_counts_even_if_its_card_cannot_be_saved(self):
        """As when two workers save the same card at the same moment."""
        token = self._save_card()
        token.partner_id = self.other_client
        invoice = self._bill()
        tx = self._pay_and_settle(invoice, tokenize=True)
        self.assertFalse(tx.token_id)
        self.assertPaidInFull(invoice)
        self._remove_at_stripe()
        self.assertEqual(self._attached(), {token.stripe_payment_method})

    def assertPaidInFull(self, invoice):
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(invoice.payment_state, invoice._get_invoice_in_payment_state())

    def test_merged_contacts_keep_all_their_cards(self):
        cards = self._save_card() | self._save_card(self.other_client)
        cards |= self._save_card(card="mastercard")
        cards.with_user(self.biller)[0].action_clinic_make_default()
        self.other_client_user.unlink()
        self.client_user.unlink()
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (self.client | self.other_client).ids, self.client
        )
        self.assertEqual(cards.partner_id, self.client)
        self.assertEqual(len(cards.filtered("clinic_is_default")), 1)

    # === THE DEFAULT === #

    def test_the_default_is_offered_first_and_there_is_always_one(self):
        first, second = self._save_card(), self._save_card(card="mastercard")
        self.assertEqual((first | second).mapped("clinic_is_default"), [False, True])
        first.with_user(self.biller).action_clinic_make_default()
        self.assertEqual((first | second).mapped("clinic_is_default"), [True, False])
        self.assertEqual(list(self._offered()), [first, second])
        first.active = False
        self.assertTrue(second.clinic_is_default)

    def test_an_expired_card_is_offered_last_and_never_as_the_default(self):
        first, second = self._save_card(), self._save_card(card="mastercard")
        self._expire(second)
        self.assertEqual(list(self._offered()), [first, second])
        self.assertTrue(first.clinic_is_default)
        self._expire(first)
        self.assertFalse(self._offered()._clinic_get_preselected())

    def test_cards_of_the_practices_own_gateway_come_first(self):
        own, chosen = self._save_card(), self._save_card(card="mastercard")
        other = self.provider.copy({"name": "Second"})
        chosen.sudo().write({"provider_id": other.id, "clinic_account_ref": False})
        chosen.action_clinic_make_default()
        for gateway, first in ((self.provider, own), (other, chosen)):
            self.practice.clinic_gateway_id = gateway
            self.assertEqual((own | chosen)._clinic_sort_offered()[0], first)
            self.assertEqual((own | chosen)._clinic_get_preselected(), first)
        self._expire(chosen)
        self.assertEqual((own | chosen)._clinic_get_preselected(), own)

    def test_staff_are_offered_the_default_card_too(self):
        first, second = self._save_card(), self._save_card(card="mastercard")
        third = self._save_card(card="amex")
        second.action_clinic_make_default()
        self._expire(third)
        wizard = self._register(self._bill())
        self.assertEqual(wizard.payment_token_id, second)
        second.active = False
        self.assertEqual(self._register(self._bill()).payment_token_id, first)
        self._expire(first)
        self.assertFalse(self._register(self._bill()).payment_token_id)

    def _register(self, invoice):
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.biller)
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({})
        )
        wizard.payment_method_line_id = (
            wizard.available_payment_method_line_ids.filtered(
                lambda line: line.payment_provider_id == self.provider
            )
        )
        return wizard

    def test_only_billers_choose_the_default(self):
        token = self._save_card()
        for user in (self.front_desk, self.client_user):
            with self.assertRaises(AccessError):
                token.with_user(user).action_clinic_make_default()

    # === ANOTHER ACCOUNT === #

    def test_cards_of_another_account_are_not_offered_and_say_why(self):
        token = self._save_card()
        self._move_to("moved")
        self.assertFalse(self._offered())
        self.assertEqual(token.clinic_state, "other_account")
        self.assertFalse(token.clinic_is_default)
        self.assertFalse(self._register(self._bill()).suitable_payment_token_ids)
        self._connect(self.env.company)
        self.assertEqual(self._offered(), token)

    def test_a_card_of_another_account_is_refused_before_stripe_is_asked(self):
        token = self._save_card()
        self._move_to("moved")
        self.control.clear_requests()
        tx = self._pay_with(token)
        self.assertEqual(tx.state, "error")
        self.assertIn("another Stripe account", tx.state_message)
        self.assertFalse(self._sent("POST"))

    def test_cards_from_before_are_marked_when_the_key_changes(self):
        token = self._save_card()
        token.sudo().clinic_account_ref = False
        self.assertEqual(self._offered(), token)
        self._move_to("moved")
        self.assertFalse(self._offered())

    # === GONE AT STRIPE === #

    def test_a_customer_that_was_deleted_is_made_anew(self):
        gone = self._save_card()
        self.dashboard.customers.delete(gone.provider_ref)
        tx, secret = self._start(self._bill())
        self.browser.confirm(secret)
        self._settle(tx)
        self.assertEqual(tx.state, "done")
        customer = self.control.payment(tx.provider_reference)["customer"]
        self.assertNotEqual(customer, gone.provider_ref)
        self.assertEqual(gone.clinic_state, "removed")
        again = self._save_card()
        self.assertEqual(again.provider_ref, customer)
        self.assertEqual(again, gone)

    def test_a_customer_is_made_anew_to_save_a_card_as_well(self):
        gone = self._save_card()
        self.dashboard.customers.delete(gone.provider_ref)
        _tx, secret = self._start(
            amount=0, operation="validation", reference="save", tokenize=True
        )
        self.assertTrue(secret)

    def test_a_card_of_a_deleted_customer_says_so_and_is_taken_away(self):
        token = self._save_card()
        self.dashboard.customers.delete(token.provider_ref)
        tx = self._pay_with(token)
        self.assertEqual(tx.state, "error")
        self.assertIn("removed at Stripe", tx.state_message)
        self.assertFalse(token.active)

    def test_a_card_that_was_detached_says_so_and_is_taken_away(self):
        token = self._save_card()
        self.dashboard.payment_methods.detach(token.stripe_payment_method)
        tx = self._pay_with(token)
        self.assertIn("removed at Stripe", tx.state_message)
        self.assertEqual(token.clinic_state, "removed")

    def test_a_declined_card_is_kept(self):
        token = self._save_card(card="visa")
        token.stripe_payment_method = self._attach("pm_card_chargeCustomerFail", token)
        tx = self._pay_with(token)
        self.assertEqual(tx.state, "error")
        self.assertTrue(token.active)

    def _attach(self, card, token):
        return self.dashboard.payment_methods.attach(
            card, {"customer": token.provider_ref}
        ).id

    # === CHANGED AT STRIPE === #

    def _tell(self, kind, object_id):
        """Settle a message about an object; return what became of it."""
        event = self.env["clinic.stripe.event"].sudo()
        event = event.create(
            {
                "provider_id": self.provider.id,
                "event_id": f"evt_{kind}_{object_id}",
                "event_type": kind,
                "object_id": object_id,
            }
        )
        event._process_one_by_one()
        return event.state

    def test_a_card_that_the_bank_has_renewed_is_known_with_its_new_expiry(self):
        token = self._save_card()
        token.sudo().write({"clinic_exp_year": 2020, "clinic_warned_on": "2020-01-01"})
        told = self._tell("payment_method.updated", token.stripe_payment_method)
        self.assertEqual(told, "done")
        self.assertEqual(token.clinic_state, "usable")
        self.assertFalse(token.clinic_warned_on)

    def test_a_card_that_was_removed_in_the_dashboard_is_not_offered_any_more(self):
        token = self._save_card()
        self.dashboard.payment_methods.detach(token.stripe_payment_method)
        for _time in range(2):
            self.env["clinic.stripe.event"].sudo().search([]).unlink()
            told = self._tell("payment_method.detached", token.stripe_payment_method)
            self.assertEqual(told, "done")
        self.assertEqual(token.clinic_state, "removed")
        self.assertFalse(self._offered())

    def test_the_cards_of_a_customer_that_was_deleted_are_not_offered_any_more(self):
        token = self._save_card()
        self._tell("customer.deleted", token.provider_ref)
        self.assertTrue(token.active, "The customer is still there.")
        self.dashboard.customers.delete(token.provider_ref)
        self.env["clinic.stripe.event"].sudo().search([]).unlink()
        self.assertEqual(self._tell("customer.deleted", token.provider_ref), "done")
        self.assertEqual(token.clinic_state, "removed")

    def test_cards_that_were_saved_elsewhere_are_nobodys_business(self):
        self.assertEqual(self._tell("payment_method.updated", "pm_other"), "ignored")
        self.assertEqual(self._tell("customer.deleted", "cus_other"), "ignored")

    # === EXPIRY === #

    def test_a_card_about_to_expire_is_told_to_a_biller_once(self):
        tokens = self._save_card() | self._save_card(card="mastercard")
        tokens[0].sudo().write({"clinic_exp_month": 4, "clinic_exp_year": 2030})
        tokens[1].sudo().write({"clinic_exp_month": 5, "clinic_exp_year": 2030})
        with freeze_time("2030-03-30 12:00:00"):
            self.env["payment.token"].sudo()._cron_warn_of_expiry()
            self.assertFalse(self.client.activity_ids)
            self.assertEqual(tokens[0].clinic_state, "usable")
        for _day in range(2):
            with freeze_time("2030-04-02 12:00:00"):
                self.env["payment.token"].sudo()._cron_warn_of_expiry()
        activity = self.client.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertTrue(activity.user_id.has_group("clinic_invoicing.group_biller"))
        self.assertIn("4242", activity.note)
        self.assertIn("04/30", activity.note)
        self.assertEqual(tokens[0].clinic_warned_on.isoformat(), "2030-04-02")

    def test_a_short_month_is_not_overlooked(self):
        token = self._save_card()
        token.sudo().write({"clinic_exp_month": 2, "clinic_exp_year": 2030})
        with freeze_time("2030-01-30 12:00:00"):
            self.assertTrue(token._clinic_expires_soon())

    def test_many_cards_are_told_of_with_few_queries(self):
        token = self._save_card()
        token.sudo().write({"clinic_exp_month": 4, "clinic_exp_year": 2030})
        for number in range(20):
            token.sudo().copy({"payment_details": f"00{number:02d}"})
        with freeze_time("2030-04-02 12:00:00"):
            self.env["payment.token"].sudo()._cron_warn_of_expiry()
        self.assertEqual(len(self.client.activity_ids), 21)
