from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from workbench.emulator import SECRET_KEY

from ... import const
from ...adapter import EventHint
from ..common import CORE_VERSION, StripeAdminCommon


@tagged("post_install", "-at_install")
class TestHealth(StripeAdminCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wanted = sorted(cls.env["clinic.stripe.event"]._get_settle_methods())

    def setUp(self):
        super().setUp()
        self.admins = self.provider.with_user(self.admin)

    def _add_own_endpoint(self, **settings):
        """Let the account have an endpoint with this database's address."""
        settings.setdefault("enabled_events", self.wanted)
        settings.setdefault("api_version", const.API_VERSION)
        url = self.provider._get_stripe_webhook_url()
        endpoint = self.control.add_endpoint(url, **settings)
        self.provider.stripe_webhook_secret = endpoint["secret"]
        return endpoint

    def _look(self):
        """Return the levels of what an administrator sees, by subject."""
        self.admins.action_clinic_stripe_check_health()
        lines = self.provider.clinic_stripe_health_ids
        self.assertEqual(len(lines), len(set(lines.mapped("subject"))))
        for line in lines:
            self.assertNotIn(SECRET_KEY, line.message)
            self.assertNotIn("whsec_", line.message)
        return {line.subject: line.level for line in lines}

    def _told(self, subject):
        lines = self.provider.clinic_stripe_health_ids
        return lines.filtered(lambda line: line.subject == subject).message

    def _own_endpoints(self):
        url = self.provider._get_stripe_webhook_url()
        endpoints = self.control.objects("webhook_endpoint")
        return [endpoint for endpoint in endpoints if endpoint["url"] == url]

    # === LOOKING === #

    def test_all_is_well(self):
        self.endpoint = self._add_own_endpoint()["id"]
        self._pay_and_settle(self._bill(120))
        self._receive_something()
        self.env["clinic.stripe.check"].create(
            {"provider_id": self.provider.id}
        ).action_run()
        levels = self._look()
        self.assertEqual(set(levels.values()), {"ok"}, levels)
        self.assertEqual(self.provider.clinic_stripe_health, "ok")
        self.assertTrue(self.provider.clinic_stripe_health_on)

    def _receive_something(self):
        self.control.emit("account.updated", {"object": "account"})
        self.assertEqual(self._post(*self._message("account.updated")), 200)
        self.env["clinic.stripe.event"].search([]).sudo().action_retry()

    def _hint(self, event_id):
        return EventHint(event_id, "account.updated", "acct_1")

    def test_nothing_is_told_before_somebody_has_looked(self):
        self.assertFalse(self.provider.clinic_stripe_health)

    def test_a_key_that_does_not_work_is_repaired_first(self):
        self.provider.stripe_secret_key = "sk_test_withdrawn"
        levels = self._look()
        self.assertEqual(levels["keys"], "danger")
        self.assertNotIn("endpoint", levels)
        self.assertEqual(self.provider.clinic_stripe_health, "danger")

    def test_keys_of_two_modes_are_told(self):
        # SQL: nobody can store such keys any more.
        self.env.cr.execute(
            "UPDATE payment_provider SET stripe_publishable_key = %s WHERE id = %s",
            ["pk_live_emulator_default", self.provider.id],
        )
        self.provider.invalidate_recordset(["stripe_publishable_key"])
        self.assertEqual(self._look()["mode"], "danger")

    def test_live_keys_in_test_mode_and_the_other_way_round_are_told(self):
        self.provider.write(
            {
                "stripe_publishable_key": "pk_live_emulator_default",
                "stripe_secret_key": "sk_live_emulator_default",
            }
        )
        self.assertEqual(self._look()["mode"], "danger")
        self.provider.state = "enabled"
        self.assertEqual(self._look()["mode"], "ok")
        self._connect(self.env.company)
        self.provider.state = "enabled"
        self.assertEqual(self._look()["mode"], "danger")

    def test_a_missing_endpoint_and_secret_are_told(self):
        self.provider.stripe_webhook_secret = False
        levels = self._look()
        self.assertEqual((levels["endpoint"], levels["secret"]), ("danger", "danger"))
        self.assertIn("/payment/stripe/webhook", self._told("endpoint"))

    def test_a_disabled_endpoint_is_told(self):
        endpoint = self._add_own_endpoint()
        self._disable(endpoint)
        self.assertEqual(self._look()["endpoint"], "danger")

    def _disable(self, endpoint):
        self.provider._send_api_request(
            "POST", f"webhook_endpoints/{endpoint['id']}", data={"disabled": "true"}
        )

    def test_missing_events_are_named(self):
        self._add_own_endpoint(enabled_events=["payment_intent.succeeded"])
        self.assertEqual(self._look()["events"], "danger")
        self.assertIn("charge.refund.updated", self._told("events"))
        self.assertNotIn("payment_intent.succeeded", self._told("events"))

    def test_an_endpoint_that_gets_everything_lacks_nothing(self):
        self._add_own_endpoint(enabled_events=["*"])
        self.assertEqual(self._look()["events"], "ok")

    def test_two_endpoints_with_one_address_are_told(self):
        self._add_own_endpoint()
        self._add_own_endpoint()
        self.assertEqual(self._look()["endpoint"], "warning")

    def test_the_version_matters_only_without_the_sdk(self):
        self._add_own_endpoint()
        self.assertEqual(self._look()["version"], "ok")
        self._set_parameter(const.PARAM_USE_SDK, "False")
        levels = self._look()
        self.assertEqual(
            (levels["version"], levels["transport"]), ("danger", "warning")
        )

    def test_what_failed_is_counted(self):
        listener = self.provider._clinic_stripe_as_listener()
        events = self.env["clinic.stripe.event"]
        row = events._store_hints(listener, [self._hint("evt_1")])
        row.sudo().state = "failed"
        levels = self._look()
        self.assertEqual(levels["backlog"], "warning")
        self.assertIn("1 failed", self._told("backlog"))
        row.sudo().write({"state": "received", "next_attempt": "2024-01-01 00:00:00"})
        self.assertEqual(self._look()["backlog"], "danger")

    # === MESSAGES THAT DO NOT ARRIVE === #

    def _find_by_asking(self, hours=2):
        """Ask Stripe for what it has not delivered; return what was found."""
        events = self.env["clinic.stripe.event"].sudo()
        found = events._sweep(self.provider.sudo())
        self._make_old(found, hours)
        return found

    def _make_old(self, events, hours):
        events.flush_recordset()
        # SQL: the ORM sets the date itself.
        self.env.cr.execute(
            "UPDATE clinic_stripe_event SET create_date = create_date"
            " - %s * interval '1 hour' WHERE id IN %s",
            [hours, tuple(events.ids)],
        )
        events.invalidate_recordset(["create_date"])

    def test_what_odoo_has_to_ask_for_was_not_delivered(self):
        self._pay_by_card(self._bill(120))
        self.assertTrue(self._find_by_asking(hours=0))
        self.assertEqual(self._look()["delivery"], "warning")
        self.assertIn("not told anything", self._told("delivery"))
        self.provider.sudo().clinic_stripe_swept_until = False
        self._pay_by_card(self._bill(120))
        self.assertTrue(self._find_by_asking())
        self.assertEqual(self._look()["delivery"], "warning")
        self.assertIn("do not arrive", self._told("delivery"))

    def test_a_message_that_arrives_after_all_was_delivered(self):
        self._pay_by_card(self._bill(120))
        self._find_by_asking()
        for event in self.control.events("payment_intent.*"):
            signed = self.control.payload(event["id"], self.endpoint)
            self.assertEqual(
                self._post(signed["body"].encode(), signed["signature"]), 200
            )
        self.assertEqual(self._look()["delivery"], "ok")

    def test_an_endpoint_that_signs_with_another_secret_is_replaced(self):
        endpoint = self._add_own_endpoint()
        self.provider.stripe_webhook_secret = "whsec_of_another_endpoint"
        other = self._connect(self.setup_other_company(name="Second Clinic")["company"])
        other.stripe_webhook_secret = "whsec_of_another_endpoint"
        self._pay_by_card(self._bill(120))
        self._find_by_asking()
        self.assertEqual(self._look()["delivery"], "warning")
        self.admins.action_clinic_stripe_repair_endpoint()
        (replaced,) = self._own_endpoints()
        self.assertNotEqual(replaced["id"], endpoint["id"])
        self.assertEqual(
            other.stripe_webhook_secret, self.provider.stripe_webhook_secret
        )
        self.endpoint = replaced["id"]
        self._receive_something()
        self.assertEqual(self._look()["delivery"], "ok")

    def test_what_a_company_got_is_not_missed_by_who_shares_its_endpoint(self):
        other = self._connect(self.setup_other_company(name="Second Clinic")["company"])
        other.stripe_webhook_secret = self.provider.stripe_webhook_secret
        self._receive_something()
        event = self._received()
        self.assertTrue(event.delivered)
        copy = event.copy({"provider_id": other.id, "delivered": False})
        self._make_old(copy, hours=2)
        self.assertFalse(self.provider._clinic_stripe_is_unheard())
        self.assertFalse(other._clinic_stripe_is_unheard())

    def test_differences_of_the_books_are_told(self):
        self.assertEqual(self._look()["ledger"], "warning")
        check = self.env["clinic.stripe.check"].create(
            {"provider_id": self.provider.id}
        )
        check.action_run()
        self.assertEqual(self._look()["ledger"], "ok")
        check.sudo().difference_count = 2
        self.assertEqual(self._look()["ledger"], "danger")
        self.assertIn("2 differences", self._told("ledger"))

    def test_a_second_look_replaces_the_first(self):
        self._look()
        self._add_own_endpoint()
        self.assertEqual(self._look()["endpoint"], "ok")

    # === REPAIRING === #

    def test_a_missing_endpoint_is_made_and_signs_what_odoo_believes(self):
        self.provider.stripe_webhook_secret = False
        self.admins.action_clinic_stripe_repair_endpoint()
        (endpoint,) = self._own_endpoints()
        self.assertEqual(endpoint["enabled_events"], self.wanted)
        self.assertEqual(endpoint["api_version"], CORE_VERSION)
        self.endpoint = endpoint["id"]
        self._pay_by_card(self._bill(120))
        self.assertEqual(self._post(*self._message("payment_intent.succeeded")), 200)
        levels = self._look()
        good = ("keys", "endpoint", "events", "version", "secret", "delivery")
        self.assertEqual({levels[name] for name in good}, {"ok"})

    def test_an_endpoint_is_repaired_and_keeps_its_secret_and_other_events(self):
        endpoint = self._add_own_endpoint(
            enabled_events=["payment_intent.succeeded", "payout.paid"]
        )
        self._disable(endpoint)
        self.admins.action_clinic_stripe_repair_endpoint()
        (repaired,) = self._own_endpoints()
        self.assertEqual(repaired["id"], endpoint["id"])
        self.assertEqual(repaired["status"], "enabled")
        self.assertEqual(set(repaired["enabled_events"]), {*self.wanted, "payout.paid"})
        self.assertEqual(self.provider.stripe_webhook_secret, endpoint["secret"])

    def test_an_endpoint_whose_secret_nobody_knows_is_replaced(self):
        endpoint = self._add_own_endpoint()
        self.provider.stripe_webhook_secret = False
        self.admins.action_clinic_stripe_repair_endpoint()
        (replaced,) = self._own_endpoints()
        self.assertNotEqual(replaced["id"], endpoint["id"])
        self.assertTrue(self.provider.stripe_webhook_secret.startswith("whsec_"))

    def test_companies_that_share_an_account_share_its_endpoint(self):
        endpoint = self._add_own_endpoint()
        self.provider._clinic_stripe_get_account_ref()
        company = self.setup_other_company(name="Second Clinic")["company"]
        other = self._connect(company)
        for action in (
            "action_stripe_create_webhook",
            "action_clinic_stripe_repair_endpoint",
        ):
            other.stripe_webhook_secret = False
            getattr(other.sudo(), action)()
            self.assertEqual(other.stripe_webhook_secret, endpoint["secret"], action)
        (only,) = self._own_endpoints()
        self.assertEqual(only["id"], endpoint["id"])

    def test_other_endpoints_of_the_account_are_left_alone(self):
        self.admins.action_clinic_stripe_repair_endpoint()
        others = self.control.objects("webhook_endpoint")
        self.assertIn(self.endpoint, [each["id"] for each in others])

    def test_the_core_button_makes_an_endpoint_for_all_events_once(self):
        self.provider.stripe_webhook_secret = False
        action = self.admins.action_stripe_create_webhook()
        self.assertEqual(action["params"]["type"], "success")
        action = self.admins.action_stripe_create_webhook()
        self.assertEqual(action["params"]["type"], "warning")
        (endpoint,) = self._own_endpoints()
        self.assertEqual(endpoint["enabled_events"], self.wanted)

    def test_the_core_button_needs_a_key(self):
        self.provider.state = "disabled"
        self.provider.write(
            {"stripe_secret_key": False, "stripe_webhook_secret": False}
        )
        action = self.admins.action_stripe_create_webhook()
        self.assertEqual(action["params"]["type"], "danger")
        with self.assertRaises(UserError):
            self.admins.action_clinic_stripe_repair_endpoint()
        self.assertFalse(self._sent("POST"))

    def test_without_the_sdk_the_endpoint_is_of_the_version_that_core_reads(self):
        self._set_parameter(const.PARAM_USE_SDK, "False")
        self.provider.stripe_webhook_secret = False
        self.admins.action_stripe_create_webhook()
        (endpoint,) = self._own_endpoints()
        self.assertEqual(endpoint["api_version"], CORE_VERSION)
        with self.assertRaises(UserError):
            self.admins.action_clinic_stripe_repair_endpoint()

    # === RIGHTS === #

    def test_only_administrators_look_and_repair(self):
        self.provider.stripe_webhook_secret = False
        self._look()
        self.control.clear_requests()
        users = self.manager, self.biller, self.front_desk, self.client_user
        for user in users:
            provider = self.provider.with_user(user)
            for name in (
                "action_clinic_stripe_check_health",
                "action_clinic_stripe_repair_endpoint",
                "action_stripe_create_webhook",
            ):
                with self.assertRaises(AccessError):
                    getattr(provider, name)()
            with self.assertRaises(AccessError):
                provider.clinic_stripe_health_ids.read(["message"])
        self.assertFalse(self._sent())

    def test_the_form_shows_it_to_administrators(self):
        views = self.admins.get_views([(False, "form")])
        self.assertIn("clinic_stripe_health_ids", views["views"]["form"]["arch"])
