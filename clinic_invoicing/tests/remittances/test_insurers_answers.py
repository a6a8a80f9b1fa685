from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common_remittances import RemittancesCommon


@tagged("post_install", "-at_install")
class TestInsurersAnswers(RemittancesCommon):
    """A single answer is a remittance that says that everything was paid."""

    def _open(self, services):
        action = services.with_user(self.biller).action_insurer_answered()
        return Form(
            self.env[action["res_model"]]
            .with_user(self.biller)
            .with_context(**action["context"])
        )

    def test_one_click_says_that_everything_was_paid(self):
        remittance = self._open(self.services).save()
        self.assertRecordValues(
            remittance, [{"amount": 240, "amount_left": 0, "problem_count": 0}]
        )
        remittance.action_post()
        self.assertEqual(set(self.services.mapped("state")), {"paid"})
        self.assertEqual(remittance.payment_id.amount, 240)

    def test_less_is_typed_and_the_rest_moves_to_the_client(self):
        form = self._open(self.services[1])
        with form.line_ids.edit(0) as line:
            self.assertEqual(line.paid, 80)
            line.paid = 60
            self.assertEqual(line.amount_rest, 20)
        form.amount = 60
        form.save().action_post()
        self.assertLedger(
            self.services[1], ("insurer", 60, 60, 60, 0), ("patient", 20, 20, 0, 20)
        )

    def test_nothing_is_stored_before_it_is_saved(self):
        count = self.env["clinic.remittance"].search_count([])
        self._open(self.services)
        self.assertEqual(self.env["clinic.remittance"].search_count([]), count)

    def test_several_insurers_answer_one_by_one(self):
        other = self._create_service(self.insurer_rate)
        other.sudo().share_ids.partner_id = self.second_insurer
        self._invoice(other)
        with self.assertRaisesRegex(UserError, "Hill Mutual"):
            (self.services | other).with_user(self.biller).action_insurer_answered()

    def test_what_was_answered_is_answered_once(self):
        self._open(self.services[1]).save().action_post()
        service = self.services[1].with_user(self.biller)
        with self.assertRaisesRegex(UserError, "No insurer owes"):
            service.action_insurer_answered()
        with self.assertRaises(UserError):
            service.action_cancel()
        with self.assertRaises(UserError):
            self._move(self.shares[1], 1, "patient")

    def test_what_was_settled_outside_is_answered_once(self):
        self.practice.clinic_insurer_settlement = "outside"
        service = self._create_service(self.insurer_rate)
        self._open(service).save().action_post()
        service = service.with_user(self.biller)
        with self.assertRaisesRegex(UserError, "No insurer owes"):
            service.action_insurer_answered()
        with self.assertRaises(UserError):
            self._move(service.share_ids, 1, "patient")
        self._flip(service)
        self.assertEqual(service.rate_id, self.insurer_rate)
