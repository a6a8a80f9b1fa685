from odoo.exceptions import UserError, ValidationError
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

    def test_what_was_answered_stays_until_its_remittance_is_undone(self):
        remittance = self._open(self.services[1]).save()
        remittance.reference = "REMIT-1"
        remittance.action_post()
        self.assertAnswered(self.services[1], remittance)
        before = self._photograph(self.services)
        self._undo(remittance)
        self._flip(self.services[1])
        self.assertNotEqual(self.services[1].rate_id, self.insurer_rate)
        self.assertNotEqual(self._photograph(self.services), before)

    def test_what_was_settled_outside_stays_until_its_remittance_is_undone(self):
        self.practice.clinic_insurer_settlement = "outside"
        service = self._create_service(self.insurer_rate)
        remittance = self._open(service).save()
        remittance.reference = "REMIT-1"
        remittance.action_post()
        self.assertAnswered(service, remittance)
        self._undo(remittance)
        service.with_user(self.biller).action_cancel()
        self.assertEqual(service.state, "cancelled")

    def test_what_was_denied_is_flipped(self):
        remittance = self._open(self.services[1]).save()
        remittance.line_ids.paid = remittance.amount = 0
        remittance.action_post()
        self._flip(self.services[1])
        self.assertNotEqual(self.services[1].rate_id, self.insurer_rate)
        with self.assertRaisesRegex(UserError, "does not owe any more"):
            self._undo(remittance)

    def test_what_was_taken_back_is_flipped(self):
        self._open(self.services[1]).save().action_post()
        other = self._create_service(self.insurer_rate)
        self._invoice(other)
        self._post([(self.shares[1], -80), (other.share_ids, 80)])
        self._flip(self.services[1])
        self.assertNotEqual(self.services[1].rate_id, self.insurer_rate)

    def assertAnswered(self, service, remittance):
        """Nothing changes a service that is answered, and each door names the way back.

        The button that has answered it opens the answer.
        """
        service = service.with_user(self.biller)
        share = service.share_ids
        doors = (
            service.action_flip_rate,
            service.action_cancel,
            service.action_split,
            lambda: service._flip_rate("Test"),
            lambda: service.write({"rate_id": self.rate.id}),
            lambda: self._move(share, 1, "patient"),
        )
        before = self._photograph(service)
        for number, door in enumerate(doors):
            with self.subTest(door=number):
                with (
                    self.assertRaisesRegex(
                        (UserError, ValidationError),
                        "Sea Mutual.* has paid .*80.00 .*undo remittance REMIT-1",
                    ),
                    self.cr.savepoint(),
                ):
                    door()
                self.assertEqual(self._photograph(service), before)
        action = service.action_insurer_answered()
        self.assertEqual(
            (action["res_model"], action["res_id"]), (remittance._name, remittance.id)
        )
        self.assertEqual(action["views"], [(False, "form")])
