from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from workbench.emulator import PUBLISHABLE_KEY, SECRET_KEY

from ..common import StripeAdminCommon

SECRETS = ("stripe_secret_key", "stripe_webhook_secret", "clinic_stripe_account_ref")


@tagged("post_install", "-at_install")
class TestProvider(StripeAdminCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.staff = (cls.front_desk, cls.biller, cls.manager, cls.employee)
        # Else exporting would be refused for another reason.
        cls.manager.group_ids += cls.env.ref("base.group_allow_export")
        cls.outsiders = (*cls.staff, cls.client_user)

    def _refuse(self, **keys):
        """Return what an administrator reads when keys do not work."""
        self.provider.write(keys)
        with self.assertRaises(ValidationError) as refusal:
            self._check_keys()
        self.assertFalse(self.provider.clinic_stripe_account_ref)
        return str(refusal.exception)

    # === CHECK KEYS === #

    def test_keys_that_work_name_their_account(self):
        action = self._check_keys()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(action["params"]["type"], "success")
        (account,) = self.control.accounts()
        self.assertIn(account["id"], action["params"]["message"])
        self.assertEqual(
            self.provider.clinic_stripe_account_ref, f"{account['id']}/test"
        )

    def test_checking_leaves_nothing_open_at_stripe(self):
        self._check_keys()
        statuses = {each["status"] for each in self.control.objects("setup_intent")}
        self.assertEqual(statuses, {"canceled"})
        self.assertFalse(self.control.ledger()["payments"])
        self.assertFalse(self.control.objects("customer"))

    def test_a_secret_key_that_does_not_work_is_told(self):
        text = self._refuse(stripe_secret_key="sk_test_this_key_was_withdrawn")
        self.assertIn("Invalid API Key", text)
        self.assertNotIn("sk_test_this_key_was_withdrawn", text)

    def test_a_publishable_key_that_does_not_work_is_told(self):
        text = self._refuse(stripe_publishable_key="pk_test_this_key_was_withdrawn")
        self.assertIn("Invalid API Key", text)

    def test_keys_of_two_accounts_are_told(self):
        self.control.add_account("second")
        text = self._refuse(stripe_publishable_key="pk_test_emulator_second")
        self.assertIn("No such setup", text)

    def test_missing_keys_are_told(self):
        self.provider.state = "disabled"
        self._refuse(stripe_publishable_key=False)
        self.assertIn("is not set", self._refuse(stripe_secret_key=False))

    def test_a_broken_connection_is_told(self):
        self.control.fault("refuse", path="/v1/*")
        self.assertIn("Could not establish the connection", self._refuse())

    def test_only_administrators_check_keys(self):
        for user in (*self.outsiders, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                self._check_keys(user)
        self.assertFalse(self._sent())

    def _call_as(self, user, method, *args, **kwargs):
        """Call a method of the provider as the web client does."""
        self.authenticate(user.login, user.login)
        self.env.flush_all()
        params = {
            "model": "payment.provider",
            "method": method,
            "args": args,
            "kwargs": kwargs,
        }
        url = f"/web/dataset/call_kw/payment.provider/{method}"
        answer = self.url_open(url, json=self.build_rpc_payload(params)).json()
        self.env.invalidate_all()
        return answer

    def test_only_administrators_check_keys_over_rpc(self):
        for user in self.outsiders:
            answer = self._call_as(
                user, "action_clinic_stripe_check_keys", self.provider.ids
            )
            self.assertEqual(
                answer["error"]["data"]["name"], "odoo.exceptions.AccessError"
            )
        self.assertFalse(self._sent())
        answer = self._call_as(
            self.admin, "action_clinic_stripe_check_keys", self.provider.ids
        )
        self.assertEqual(answer["result"]["params"]["type"], "success")

    # === SECRETS === #

    def assertHidden(self, function, *args, **kwargs):
        """Nothing of a secret is told: there is an error, or an answer without it."""
        try:
            answer = function(*args, **kwargs)
        except UserError as error:
            answer = error
        for secret in (SECRET_KEY, self.provider.stripe_webhook_secret, "acct_"):
            self.assertNotIn(secret, str(answer))
        return answer

    def test_an_administrator_reads_the_secrets(self):
        """What the tests below look for is there to be found."""
        self._check_keys()
        provider = self.provider.with_user(self.admin)
        values = provider.read(SECRETS)[0]
        self.assertEqual(values["stripe_secret_key"], SECRET_KEY)
        self.assertTrue(values["stripe_webhook_secret"].startswith("whsec_"))
        self.assertTrue(values["clinic_stripe_account_ref"].endswith("/test"))
        domain = [("stripe_secret_key", "=like", "sk_test%")]
        self.assertIn(provider, provider.search(domain))

    def test_nobody_else_reads_the_secrets(self):
        self._check_keys()
        for user in self.outsiders:
            provider = self.provider.with_user(user)
            for name in SECRETS:
                self.assertHidden(provider.read, [name])
                self.assertHidden(provider.web_read, {name: {}})
                self.assertHidden(provider.export_data, [name])
                self.assertHidden(provider.search_read, [], [name])
                self.assertHidden(getattr, provider, name)
                self.assertHidden(provider.formatted_read_group, [], [name])
                self.assertHidden(provider.copy_data)
            self.assertHidden(provider.read)
            self.assertNotIn("stripe_secret_key", provider.fields_get())

    def test_who_may_read_providers_does_not_read_their_secrets(self):
        self._check_keys()
        self.env["ir.model.access"].sudo().create(
            {
                "name": "everybody reads providers",
                "model_id": self.env["ir.model"]._get_id("payment.provider"),
                "group_id": self.env.ref("base.group_user").id,
                "perm_read": True,
            }
        )
        for user in self.staff:
            provider = self.provider.with_user(user)
            self.assertEqual(provider.read(["name"])[0]["name"], "Stripe")
            for name in SECRETS:
                with self.assertRaises(AccessError):
                    provider.read([name])
                with self.assertRaises(AccessError):
                    provider.search([(name, "!=", False)])
                self.assertNotIn(name, provider.fields_get())
            self.assertHidden(provider.read)
            self.assertHidden(provider.copy_data)

    def test_nobody_else_guesses_a_secret_letter_by_letter(self):
        self._check_keys()
        provider = self.provider
        for user in self.outsiders:
            for name in SECRETS:
                for domain in (
                    [(name, "=like", f"{provider[name][:2]}%")],
                    [(name, "=", provider[name])],
                    [(name, "!=", False)],
                ):
                    with self.assertRaises(AccessError):
                        self.env["payment.provider"].with_user(user).search(domain)
                    with self.assertRaises(AccessError):
                        self.env["payment.transaction"].with_user(user).search(
                            [(f"provider_id.{name}", *domain[0][1:])]
                        )
                with self.assertRaises(AccessError):
                    provider.with_user(user).search([], order=name)

    def test_nobody_else_reads_the_secrets_over_rpc(self):
        self._check_keys()
        for user in self.outsiders:
            for method, args in (
                ("read", (self.provider.ids, list(SECRETS))),
                ("web_read", (self.provider.ids, {name: {} for name in SECRETS})),
                ("export_data", (self.provider.ids, list(SECRETS))),
                ("search_read", ([("stripe_secret_key", "=like", "sk%")],)),
            ):
                answer = self._call_as(user, method, *args)
                self.assertIn("error", answer, f"{user.login}: {method}")
                self.assertNotIn(SECRET_KEY, str(answer))

    def test_nobody_else_changes_the_keys(self):
        for user in self.outsiders:
            with self.assertRaises(AccessError):
                self.provider.with_user(user).write({"stripe_secret_key": "sk_mine"})
        self.assertEqual(self.provider.stripe_secret_key, SECRET_KEY)

    def test_nobody_else_reads_what_stripe_has_told(self):
        self.env["clinic.stripe.event"].sudo().create(
            {"provider_id": self.provider.id, "event_id": "evt_1", "event_type": "a"}
        )
        for user in (self.front_desk, self.biller, self.employee, self.client_user):
            events = self.env["clinic.stripe.event"].with_user(user)
            self.assertFalse(events.has_access("read"))
        for user in (self.manager, self.admin):
            events = self.env["clinic.stripe.event"].with_user(user)
            self.assertEqual(events.search([]).mapped("event_id"), ["evt_1"])

    def test_nobody_makes_up_what_stripe_has_told(self):
        for user in (*self.outsiders, self.admin):
            with self.assertRaises(AccessError):
                self.env["clinic.stripe.event"].with_user(user).create(
                    {
                        "provider_id": self.provider.id,
                        "event_id": "1",
                        "event_type": "a",
                    }
                )

    # === ACCOUNT === #

    def test_another_secret_key_forgets_the_account(self):
        self._check_keys()
        self.provider.stripe_publishable_key = PUBLISHABLE_KEY
        self.assertTrue(self.provider.clinic_stripe_account_ref)
        self.provider.stripe_secret_key = "sk_test_another"
        self.assertFalse(self.provider.clinic_stripe_account_ref)

    def test_a_copied_provider_has_neither_secrets_nor_an_account(self):
        self._check_keys()
        copy = self.provider.with_user(self.admin).copy({"state": "disabled"})
        for name in SECRETS:
            self.assertFalse(copy[name], name)

    def test_the_account_is_found_when_it_is_needed(self):
        self.assertFalse(self.provider.clinic_stripe_account_ref)
        self._start(amount=10)
        self.assertTrue(self.provider.clinic_stripe_account_ref.endswith("/test"))

    # === WHAT THE BROWSER IS TOLD === #

    def test_the_card_form_starts_without_the_payers_identity(self):
        self.client.write({"street": "1 Harbour Road", "city": "Springfield"})
        values = self.provider._stripe_get_inline_form_values(
            120.0,
            self.env.company.currency_id,
            self.client.id,
            False,
            payment_method_sudo=self.card_method.sudo(),
        )
        for word in ("Clara", "clara@example.com", "555", "Harbour", "Springfield"):
            self.assertNotIn(word, values)
        self.assertIn('"billing_details": {}', values)
        self.assertIn(PUBLISHABLE_KEY, values)
        self.assertIn('"minor_amount": 12000', values)
        self.assertNotIn(SECRET_KEY, values)
