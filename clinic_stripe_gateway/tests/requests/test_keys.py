from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from workbench.emulator import PUBLISHABLE_KEY, SECRET_KEY

from ..common import StripeAdminCommon

NAMES = ("stripe_publishable_key", "stripe_secret_key", "stripe_webhook_secret")
KEPT = "not saved; those before stay in use"
# Of another place than its own, whatever was there before.
MISPLACED = (
    ("stripe_secret_key", PUBLISHABLE_KEY),
    ("stripe_secret_key", "whsec_1"),
    ("stripe_publishable_key", SECRET_KEY),
    ("stripe_publishable_key", "rk_test_1"),
    ("stripe_publishable_key", "whsec_1"),
    ("stripe_webhook_secret", SECRET_KEY),
    ("stripe_webhook_secret", "rk_live_1"),
    ("stripe_webhook_secret", PUBLISHABLE_KEY),
)


@tagged("post_install", "-at_install")
class TestKeys(StripeAdminCommon):
    """Keys that do not work never take the place of those that do."""

    # === HELPERS === #

    def _type(self, user=None, **values):
        """Save the provider's form, as every button of it does first."""
        self.provider.with_user(user or self.admin).web_save(values, {})

    def _get_stored(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return [self.provider[name] for name in (*NAMES, "clinic_stripe_account_ref")]

    def _prove(self):
        """Let the keys that are there be known to work."""
        self._check_keys()
        self.assertTrue(self.provider.clinic_stripe_account_ref)
        self.control.clear_requests()

    def assertKept(self, reason, **values):
        """What is typed is refused, and nothing of what was there is changed."""
        before = self._get_stored()
        told = self.assertRaisesRegex(ValidationError, reason)
        with told as refusal, self.env.cr.savepoint():
            self._type(**values)
        for value in values.values():
            self.assertNotIn(value, str(refusal.exception))
        self.assertEqual(self._get_stored(), before)

    def assertNotStored(self, reason, name, value):
        told = self.assertRaisesRegex(ValidationError, reason)
        with told, self.env.cr.savepoint():
            self.provider.write({name: value})

    # === ASKED BEFORE THEY ARE STORED === #

    def test_keys_that_do_not_work_do_not_replace_those_that_do(self):
        self.control.add_account("second")
        wrong = (
            {"stripe_secret_key": "sk_test_this_key_was_withdrawn"},
            {"stripe_secret_key": "something else"},
            {"stripe_publishable_key": "pk_test_this_key_was_withdrawn"},
            {"stripe_publishable_key": "pk_test_emulator_second"},
        )
        for prove in (lambda: None, self._prove):
            prove()
            for values in wrong:
                with self.subTest(values=values, proven=prove == self._prove):
                    self.assertKept(KEPT, **values)

    def test_keys_that_work_are_stored_with_their_account(self):
        self._prove()
        second = self.control.add_account("second")
        self._type(
            stripe_publishable_key="pk_test_emulator_second",
            stripe_secret_key="sk_test_emulator_second",
        )
        publishable, secret, _webhook, account = self._get_stored()
        self.assertEqual(publishable, "pk_test_emulator_second")
        self.assertEqual(secret, "sk_test_emulator_second")
        self.assertEqual(account, f"{second['id']}/test")

    def test_keys_that_work_are_kept_while_stripe_cannot_be_asked(self):
        self.control.add_account("second")
        self._prove()
        for fault in ("refuse", "rate_limit"):
            with self.subTest(fault):
                self.control.fault(fault, path="/v1/*")
                self.assertKept(
                    f"{KEPT}.*(connection|busy)",
                    stripe_publishable_key="pk_test_emulator_second",
                    stripe_secret_key="sk_test_emulator_second",
                )
                self.control.clear_faults()

    def test_first_keys_are_stored_while_stripe_cannot_be_asked(self):
        self.provider.state = "disabled"
        self.provider.write(dict.fromkeys(NAMES[:2], False))
        self.control.fault("refuse", path="/v1/*")
        self._type(stripe_publishable_key=PUBLISHABLE_KEY, stripe_secret_key=SECRET_KEY)
        self.assertEqual(self._get_stored()[:2], [PUBLISHABLE_KEY, SECRET_KEY])

    def test_a_failed_check_changes_nothing(self):
        self._prove()
        before = self._get_stored()
        self.control.fault("refuse", path="/v1/*")
        with self.assertRaises(ValidationError):
            self._check_keys()
        self.assertEqual(self._get_stored(), before)

    # === NOT ASKED === #

    def test_stripe_is_asked_about_keys_that_were_typed_and_nothing_else(self):
        self._type(name="Cards")
        self._type(stripe_secret_key=SECRET_KEY)
        self.provider.state = "disabled"
        self._type(stripe_secret_key=False)
        self.provider.stripe_secret_key = "sk_test_1"
        self.assertFalse(self._sent())

    def test_who_may_not_enter_keys_cannot_have_them_tried(self):
        for user in (self.manager, self.biller, self.client_user):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self._type(user, stripe_secret_key="sk_test_emulator_second")
        self.assertFalse(self._sent())

    # === IN ANOTHER ONE'S PLACE === #

    def test_a_key_in_the_place_of_another_one_is_told_at_once(self):
        for name, value in MISPLACED:
            with self.subTest(name=name, value=value):
                self.control.fault("refuse", path="/v1/*")
                self.assertNotStored("not a key for the field", name, value)
        self.assertFalse(self._sent())

    def test_keys_of_two_modes_are_told_at_once(self):
        for name, value in (
            ("stripe_publishable_key", "pk_live_emulator_default"),
            ("stripe_secret_key", "sk_live_emulator_default"),
            ("stripe_secret_key", "rk_live_1"),
        ):
            with self.subTest(name=name, value=value):
                self.assertNotStored("for real payments", name, value)

    def test_what_belongs_there_is_taken(self):
        for values in (
            {"stripe_secret_key": "rk_test_1"},
            {"stripe_secret_key": "dummy", "stripe_publishable_key": "dummy"},
            {"stripe_publishable_key": "pk_live_1", "stripe_secret_key": "sk_live_1"},
            {"stripe_webhook_secret": "whsec_1"},
            {"stripe_webhook_secret": "dummy"},
        ):
            with self.subTest(values=values):
                self.provider.write(values)

    # === THE WEBHOOK'S SECRET === #

    def test_an_old_endpoint_that_stays_does_not_cost_the_new_secret(self):
        url = self.provider._get_stripe_webhook_url()
        old = self.control.add_endpoint(url, enabled_events=["account.updated"])
        self.provider.stripe_webhook_secret = False
        self.control.fault("refuse", "DELETE", "/v1/webhook_endpoints/*")
        admins = self.provider.with_user(self.admin)
        action = admins.action_clinic_stripe_repair_endpoint()
        self.assertEqual(action["params"]["type"], "warning")
        endpoints = self.control.objects("webhook_endpoint")
        self.assertEqual(sum(each["url"] == url for each in endpoints), 2)
        secret = self.provider.stripe_webhook_secret
        self.assertTrue(secret.startswith("whsec_"))
        self.assertNotEqual(secret, old["secret"])
