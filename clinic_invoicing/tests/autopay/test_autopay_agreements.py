from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..charges.common_charges import ChargesCommon

MODELS = ("clinic.autopay", "clinic.scheduled.charge", "clinic.payment.plan")


@tagged("post_install", "-at_install")
class TestAutopayAgreements(ChargesCommon):
    """The agreement to autopay: who turns it on and off, and who reads it."""

    # === AGREEING === #

    def test_the_agreement_keeps_what_was_read_by_whom_and_from_where(self):
        agreement = self._agree(cap="12,5")
        self.assertRecordValues(
            agreement,
            [
                {
                    "partner_id": self.client.id,
                    "agreed_by_id": self.client_user.id,
                    "agreed_ip": "203.0.113.7",
                    "wording": self.practice._clinic_get_autopay_wording(),
                    "cap": 12.5,
                    "active": True,
                }
            ],
        )

    def test_another_limit_is_another_agreement(self):
        first = self._agree()
        second = self._agree(cap="50")
        self.assertRecordValues(
            first | second,
            [
                {"active": False, "end_reason": "replaced"},
                {"active": True, "end_reason": False},
            ],
        )

    def test_what_is_tampered_with_turns_nothing_on(self):
        foreign = self._save_card(self.other_client)
        removed = self._save_card(self.client, active=False)
        tampered = [
            {"cap": text}
            for text in ("", "0", "-5", "nan", "inf", "1e12", "0.001", "ten", "1;2")
        ]
        tampered += [
            {"card_id": text}
            for text in ("", "x", str(foreign.id), str(removed.id), str(2**40))
        ]
        tampered += [{"wording": ""}, {"wording": "I agree to everything."}]
        for values in tampered:
            with self.subTest(values), self.assertRaises(UserError):
                self._agree(**values)
        self.assertFalse(self.env["clinic.autopay"].search([]))

    def test_it_is_not_offered_when_the_practice_does_not_want_it(self):
        self.practice.clinic_autopay = False
        with self.assertRaises(UserError):
            self._agree()

    # === RIGHTS === #

    def test_clients_and_visitors_reach_nothing_over_rpc(self):
        charge = self._notice()
        public = self.env.ref("base.public_user")
        for user in (self.client_user, public, self.employee):
            for name in MODELS:
                records = self.env[name].with_user(user)
                with self.subTest(user=user.id, model=name):
                    with self.assertRaises(AccessError):
                        records.search([])
                    with self.assertRaises(AccessError):
                        records.create({})
            with self.assertRaises(AccessError):
                charge.with_user(user).action_cancel()
            with self.assertRaises(AccessError):
                charge.autopay_id.with_user(user).action_end()

    def test_staff_turn_it_off_and_nobody_turns_it_on_or_changes_it(self):
        charge = self._notice()
        agreement = charge.autopay_id
        for user in (self.biller, self.manager):
            for record, values in (
                (agreement, {"cap": 9999}),
                (charge, {"amount": 9999}),
                (charge, {"state": "charging"}),
            ):
                with self.assertRaises(AccessError):
                    record.with_user(user).write(values)
            with self.assertRaises(AccessError):
                self.env["clinic.autopay"].with_user(user).create(
                    agreement.copy_data()[0]
                )
        with self.assertRaises(AccessError):
            agreement.with_user(self.front_desk).action_end()
        agreement.with_user(self.biller).action_end()
        self.assertEqual(agreement.end_reason, "staff")
        self.assertEqual(len(self._get_mails("autopay is off")), 1)

    def test_billers_of_another_company_see_none_of_it(self):
        charge = self._notice()
        company = self.env["res.company"].create({"name": "Hill Clinic"})
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups="clinic_invoicing.group_biller",
            company_id=company.id,
            company_ids=company.ids,
        )
        for record in (charge, charge.autopay_id):
            self.assertFalse(record.with_user(stranger).search([]))
            with self.assertRaises(AccessError):
                record.with_user(stranger).read(["partner_id"])

    # === PAGES === #

    def _turn_on(self, **data):
        values = {
            "company_id": self.practice.id,
            "card_id": self.card.id,
            "cap": "200",
            "wording": self.practice._clinic_get_autopay_wording(),
            "agree": "yes",
            "shown": self._read_input("/my/billing/autopay"),
            **data,
        }
        return self._post("/my/billing/autopay/on", **values)

    def test_a_client_turns_it_on_sees_what_comes_and_turns_it_off(self):
        self.authenticate("client", "client")
        self.assertIn("How autopay works", self._get_text("/my/billing"))
        self.assertIn("Turn autopay on", self._get_text("/my/billing/autopay"))
        self.assertEqual(self._turn_on().status_code, 303)
        self._run()
        page = self._get_text("/my/billing/autopay")
        self.assertIn("Autopay is on", page)
        self.assertIn("100.00", page)
        self.assertIn("Autopay is on", self._get_text("/my/billing"))
        off = {"company_id": self.practice.id}
        for _click in range(2):
            answer = self._post("/my/billing/autopay/off", **off)
            self.assertEqual(answer.status_code, 303)
        self.assertIn("Autopay is off", self._get_text("/my/billing/autopay"))
        self.assertEqual(self._get_charges().state, "cancelled")
        self.assertEqual(len(self._get_mails("autopay is off")), 1)

    def test_without_a_tick_or_with_anything_altered_nothing_is_turned_on(self):
        foreign = self._save_card(self.other_client)
        elsewhere = self.env["res.company"].create({"name": "Hill Clinic"})
        elsewhere.clinic_autopay = True
        self.authenticate("client", "client")
        for data, status in (
            ({"agree": ""}, 200),
            ({"card_id": foreign.id}, 200),
            ({"cap": "-1"}, 200),
            ({"cap": "9" * 400}, 200),
            ({"wording": "x"}, 200),
            ({"company_id": elsewhere.id}, 404),
            ({"company_id": 2**40}, 404),
            ({"company_id": "x"}, 404),
        ):
            with self.subTest(data):
                self.assertEqual(self._turn_on(**data).status_code, status)
        self.assertFalse(self.env["clinic.autopay"].search([]))

    def test_nobody_turns_off_what_is_somebody_elses(self):
        agreement = self._agree()
        self.authenticate("other_client", "other_client")
        self._post("/my/billing/autopay/off", company_id=self.practice.id)
        self.assertTrue(agreement.active)
        self.assertNotIn("Autopay is on", self._get_text("/my/billing/autopay"))
        self.authenticate(None, None)
        self.assertEqual(self._get("/my/billing/autopay").status_code, 303)
