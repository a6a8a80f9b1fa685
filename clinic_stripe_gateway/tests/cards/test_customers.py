from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..common import StripeGatewayCommon, Undone


@tagged("post_install", "-at_install")
class TestCustomers(StripeGatewayCommon):
    def _customer_of(self, tx):
        """Return the customer whom Stripe knows as the payer of a transaction."""
        return self.control.payment(tx.provider_reference)["customer"]

    def _pay(self, partner=None, **values):
        partner = partner or self.client
        tx, _secret = self._start(amount=10, partner_id=partner.id, **values)
        return tx

    def _known(self, partner=None):
        return self.env["clinic.stripe.customer"].search(
            [("partner_id", "=", (partner or self.client).id)]
        )

    def _move_to(self, account):
        """Give the provider the keys of another account."""
        if account != "default":
            self.control.add_account(account)
        self._connect(self.env.company, account)

    def test_a_payer_is_one_customer_however_often_they_pay(self):
        customers = {self._customer_of(self._pay()) for _ in range(3)}
        self.assertEqual(len(customers), 1)
        self.assertEqual(len(self.control.objects("customer")), 1)
        self.assertEqual(len(self._sent("POST", "customers")), 1)

    def test_each_payer_is_a_customer_of_their_own(self):
        self.assertNotEqual(
            self._customer_of(self._pay()),
            self._customer_of(self._pay(self.other_client)),
        )

    def test_a_saved_card_belongs_to_the_same_customer(self):
        token = self._save_card()
        self.assertEqual(token.provider_ref, self._known().customer_ref)
        self._start(amount=0, operation="validation", reference="save a card")
        (_paid,) = self.control.objects("customer")
        (intent,) = self.control.objects("setup_intent")
        self.assertEqual(intent["customer"], token.provider_ref)

    def test_stripe_knows_a_customer_by_a_reference_that_means_nothing(self):
        self._pay()
        (customer,) = self.control.objects("customer")
        self.assertRegex(customer["metadata"]["reference"], "^[0-9a-f]{32}$")
        for name in ("name", "email", "phone", "address", "description", "shipping"):
            self.assertFalse(customer[name], name)

    def test_the_customer_of_a_card_that_was_saved_before_is_adopted(self):
        before = self._save_card()
        self._known().sudo().unlink()
        self.assertEqual(self._customer_of(self._pay()), before.provider_ref)
        self.assertEqual(self._known().customer_ref, before.provider_ref)
        self.assertEqual(len(self.control.objects("customer")), 1)

    def test_a_card_of_somebody_else_is_not_adopted(self):
        token = self._save_card(self.other_client)
        self.assertNotEqual(self._customer_of(self._pay()), token.provider_ref)

    def test_another_account_knows_the_payer_as_another_customer(self):
        first = self._customer_of(self._pay())
        self._move_to("moved")
        tx = self._pay()
        self.assertNotEqual(self._known()[-1].customer_ref, first)
        self.assertTrue(tx.provider_reference)
        self.assertEqual(len(self._known()), 2)
        self.assertEqual(len(set(self._known().mapped("account_ref"))), 2)

    def test_back_at_the_first_account_the_first_customer_is_used_again(self):
        first = self._customer_of(self._pay())
        self._move_to("moved")
        self._pay()
        self._move_to("default")
        self.assertEqual(self._customer_of(self._pay()), first)

    def test_a_card_that_was_saved_at_another_account_is_not_adopted(self):
        before = self._save_card()
        self._move_to("moved")
        tx = self._pay()
        self.assertEqual(tx.state, "draft", tx.state_message)
        self.assertNotEqual(self._known()[-1].customer_ref, before.provider_ref)

    def test_a_card_of_an_account_that_nobody_remembers_is_not_adopted(self):
        before = self._save_card()
        self._known().sudo().unlink()
        self._move_to("moved")
        tx = self._pay()
        self.assertEqual(tx.state, "draft", tx.state_message)
        self.assertNotEqual(self._known().customer_ref, before.provider_ref)

    def test_test_and_live_mode_are_different_accounts(self):
        reference = self.provider._clinic_stripe_get_account_ref()
        self.assertTrue(reference.endswith("/test"), reference)
        self.provider.write(
            {
                "stripe_publishable_key": "pk_live_emulator_default",
                "stripe_secret_key": "sk_live_emulator_default",
            }
        )
        live = self.provider._clinic_stripe_get_account_ref()
        self.assertEqual(live, reference.replace("/test", "/live"))

    def test_a_creation_that_was_undone_is_found_again(self):
        with self.assertRaises(Undone), self.env.cr.savepoint():
            first = self._customer_of(self._pay())
            raise Undone
        self.assertFalse(self._known())
        self.assertEqual(self._customer_of(self._pay()), first)
        self.assertEqual(len(self.control.objects("customer")), 1)

    def test_an_account_is_asked_for_its_name_once(self):
        for _ in range(3):
            self._pay()
        self.assertEqual(len(self._sent("GET", "account")), 1)

    def test_without_an_answer_no_customer_is_remembered(self):
        self.control.fault("refuse", path="/v1/customers")
        with self.assertRaises(ValidationError):
            self._create_transaction(amount=10)._stripe_create_customer()
        self.assertFalse(self._known())

    def test_staff_and_payers_do_not_read_how_stripe_knows_a_payer(self):
        self._pay()
        for user in (self.client_user, self.front_desk, self.biller, self.manager):
            customers = self._known().with_user(user)
            self.assertFalse(customers.has_access("read"))
