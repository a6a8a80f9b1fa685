import contextlib

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from ... import const
from ..common import StripeGatewayCommon


@tagged("post_install", "-at_install")
class TestDisclosures(StripeGatewayCommon):
    def _rows(self, partner=None):
        """Return what was sent about somebody, the first first."""
        domain = [("partner_ref", "=", (partner or self.client).id)]
        return self.env["clinic.stripe.disclosure"].search(domain, order="id")

    def _all_rows(self):
        return self.env["clinic.stripe.disclosure"].search([], order="id")

    def _posted(self):
        """Return what Stripe has been sent, as one text for each request."""
        sent = [each for each in self._sent() if each["method"] != "GET"]
        return [
            (each["path"].removeprefix("/v1/"), self._flat(each["params"]))
            for each in sent
        ]

    def _flat(self, params, prefix=""):
        """Return parameters as a set of all their plain values."""
        values = set()
        for value in params.values() if isinstance(params, dict) else params:
            if isinstance(value, dict | list):
                values |= self._flat(value)
            else:
                values.add(str(value))
        return values

    # === WHAT IS WRITTEN DOWN === #

    def test_what_is_written_down_is_what_stripe_was_sent(self):
        tx = self._pay_and_settle(self._bill(120), tokenize=True)
        tx.action_refund(50)
        rows = self._rows()
        posted = self._posted()
        self.assertEqual(rows.mapped("endpoint"), [path for path, _values in posted])
        for row, (_path, values) in zip(rows, posted, strict=True):
            told = {line.partition(" = ")[2] for line in row.payload.splitlines()}
            self.assertEqual(told, values)
        self.assertEqual(rows[:1].endpoint, "customers")
        self.assertEqual(rows[-1:].endpoint, "refunds")

    def test_a_row_names_the_fields_and_the_answer(self):
        tx, _secret = self._start(self._bill(120))
        row = self._rows().filtered(lambda row: row.endpoint == "payment_intents")
        self.assertIn("amount = 12000", row.payload.splitlines())
        self.assertIn(f"description = {tx.reference}", row.payload.splitlines())
        self.assertEqual(row.answer_ref, tx.provider_reference)
        self.assertEqual(row.method, "POST")
        self.assertEqual(row.company_ref, self.env.company.id)
        self.assertTrue(row.sent_on)

    def test_only_what_may_leave_is_written_down(self):
        self.client.write({"email": "clara@example.com", "street": "1 Main Road"})
        self._pay_and_settle(self._bill(120))
        text = "\n".join(self._all_rows().mapped("payload"))
        for personal in (self.client.name, "clara@example.com", "1 Main Road"):
            self.assertNotIn(personal, text)

    def test_asking_tells_nothing(self):
        tx = self._pay_and_settle(self._bill(120))
        before = len(self._all_rows())
        self._settle(tx)
        self.provider._clinic_stripe_call("list_endpoints")
        self.assertEqual(len(self._all_rows()), before)

    def test_what_is_sent_about_a_known_intent_is_about_its_payer(self):
        tx, _secret = self._start(self._bill(120))
        tx._clinic_stripe_close_attempt()
        row = self._rows()[-1:]
        self.assertEqual(
            row.endpoint, f"payment_intents/{tx.provider_reference}/cancel"
        )

    def test_what_is_sent_about_a_card_or_customer_is_about_its_payer(self):
        token = self._save_card()
        find = self.provider._clinic_stripe_find_payer
        card = f"payment_methods/{token.stripe_payment_method}/detach"
        self.assertEqual(find(card, {}), self.client.id)
        token.active = False
        self.assertEqual(find(card, {}), self.client.id)
        customer = self.env["clinic.stripe.customer"].search([]).customer_ref
        self.assertEqual(find("setup_intents", {"customer": customer}), self.client.id)
        self.assertEqual(find(f"customers/{customer}", {}), self.client.id)
        self.assertFalse(find("customers", {}))
        self.assertFalse(find("payment_intents/pi_unknown/cancel", {}))

    def test_set_up_is_written_down_without_a_payer(self):
        self.provider.stripe_webhook_secret = False
        self.provider.action_stripe_create_webhook()
        row = self._all_rows()
        self.assertEqual(row.endpoint, "webhook_endpoints")
        self.assertFalse(row.partner_ref)
        self.assertNotIn("whsec_", row.payload)

    def test_without_the_sdk_it_is_written_down_as_well(self):
        self._set_parameter(const.PARAM_USE_SDK, "False")
        tx, _secret = self._start(self._bill(120))
        row = self._rows().filtered(lambda row: row.endpoint == "payment_intents")
        self.assertIn("amount = 12000", row.payload.splitlines())
        self.assertEqual(row.answer_ref, tx.provider_reference)

    def test_what_may_not_be_sent_is_not_written_down(self):
        for uses_sdk in ("True", "False"):
            self._set_parameter(const.PARAM_USE_SDK, uses_sdk)
            with self.assertRaises(ValidationError):
                self.provider._send_api_request("POST", "invoices", data={"a": "b"})
        self.assertFalse(self._all_rows())

    # === BEFORE IT IS SENT === #

    def test_it_is_written_down_even_when_no_answer_comes(self):
        self.control.fault("refuse", path="/v1/payment_intents")
        tx = self._create_transaction(self._bill(120))
        payload = {"amount": 12000, "currency": "usd"}
        # Not assertRaises: it would undo what was written down.
        with contextlib.suppress(ValidationError):
            tx._send_api_request("POST", "payment_intents", data=payload)
            self.fail("Somebody has answered.")
        row = self._rows()
        self.assertEqual(row.payload, "amount = 12000\ncurrency = usd")
        self.assertFalse(row.answer_ref)

    def test_what_cannot_be_written_down_is_not_sent(self):
        tx = self._create_transaction(self._bill(120))
        # Stands for a database that does not take it.
        self.env.cr.execute(
            "ALTER TABLE clinic_stripe_disclosure ADD CHECK (method = 'GET') NOT VALID"
        )
        with self.assertRaises(Exception), self.env.cr.savepoint():  # noqa: B017, PT011
            tx._send_api_request("POST", "payment_intents", data={"amount": 12000})
        self.assertFalse(self._sent("POST"))

    def test_one_row_costs_one_insert_and_one_note(self):
        tx = self._create_transaction(self._bill(120))
        provider = self.provider._clinic_stripe_about(self.client)
        provider._clinic_stripe_call("get_account_id")
        self.env.flush_all()
        with self.assertQueryCount(2):
            provider._clinic_stripe_call(
                "create_customer", tx.reference, idempotency_key="once"
            )

    # === WHO READS IT === #

    def test_a_manager_reads_what_stripe_knows(self):
        self._pay_and_settle(self._bill(120))
        partner = self.client.with_user(self.manager)
        action = partner.action_clinic_stripe_disclosures()
        self.assertEqual(action["res_id"], partner.id)
        self.assertEqual(
            set(partner.clinic_stripe_disclosure_ids.ids), set(self._rows().ids)
        )
        self.assertIn("amount", partner.clinic_stripe_disclosed.split(", "))
        views = partner.get_views(action["views"])
        self.assertIn("typed into Stripe's own form", views["views"]["form"]["arch"])
        partner.get_views([(False, "form")])

    def test_of_somebody_else_stripe_knows_nothing(self):
        self._pay_and_settle(self._bill(120))
        other = self.env["res.partner"].create({"name": "Somebody else"})
        self.assertFalse(other.clinic_stripe_disclosure_ids)
        self.assertFalse(other.clinic_stripe_disclosed)

    def test_nobody_below_a_manager_reads_it_and_nobody_changes_it(self):
        self._pay_and_settle(self._bill(120))
        row = self._rows()[:1]
        for user in (self.front_desk, self.biller, self.client_user):
            with self.assertRaises(AccessError):
                row.with_user(user).read(["payload"])
            with self.assertRaises(AccessError):
                self.client.with_user(user).action_clinic_stripe_disclosures()
            with self.assertRaises(AccessError):
                self.client.with_user(user).read(["clinic_stripe_disclosed"])
        row = row.with_user(self.manager)
        with self.assertRaises(AccessError):
            row.write({"payload": "nothing"})
        with self.assertRaises(AccessError):
            row.unlink()

    def test_managers_read_what_their_companies_have_sent(self):
        self._pay_and_settle(self._bill(120))
        branch = self.env["res.company"].create({"name": "Branch"})
        self._all_rows().sudo().company_ref = branch.id
        self.assertFalse(
            self.env["clinic.stripe.disclosure"].with_user(self.manager).search([])
        )

    # === LATER === #

    def test_it_follows_a_contact_that_is_merged(self):
        self._pay_and_settle(self._bill(120))
        count = len(self._rows())
        double = self.env["res.partner"].create({"name": "Clara again"})
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.client | double).ids, double, extra_checks=False
        )
        self.assertEqual(len(self._rows(double)), count)

    def test_it_is_kept_for_years_and_then_forgotten(self):
        self._pay_and_settle(self._bill(120))
        rows = self._rows().sudo()
        model = self.env["clinic.stripe.disclosure"].sudo()
        rows[0].sent_on = "2010-01-01"
        rows[1].sent_on = fields.Date.add(fields.Datetime.now(), years=-5)
        model._gc_old()
        self.assertFalse(rows[0].exists())
        self.assertTrue(rows[1].exists())
        rows[1].partner_ref = False
        model._gc_old()
        self.assertFalse(rows[1].exists())
