from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_shares import SharesCommon


@tagged("post_install", "-at_install")
class TestPayersStay(SharesCommon):
    """Whom services name is archived, and not deleted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.covered_rate = cls._create_rate(
            "Therapy", 100, clinic_cover_type="percent", clinic_cover=70
        )
        cls.patient = cls.env["res.partner"].create(
            {"name": "Paula Patient", "clinic_is_patient": True}
        )
        cls.env.flush_all()

    def test_payers_with_services_cannot_be_deleted(self):
        partners = self.env["res.partner"]
        guarantor, insurer = partners.create(
            [{"name": "Gus Guarantor"}, {"name": "Bay Mutual", "is_company": True}]
        )
        self.patient.write(
            {"clinic_guarantor_id": guarantor.id, "clinic_insurer_id": insurer.id}
        )
        service = self._create_service(self.covered_rate, self.patient)
        self.env.flush_all()
        for payer in (guarantor, insurer, self.patient):
            with (
                self.subTest(payer=payer.name),
                self.assertRaisesRegex(UserError, f"{payer.name}.* Archive"),
                self.cr.savepoint(),
            ):
                payer.unlink()
        (guarantor | insurer).action_archive()
        self.assertEqual(service.bill_to_id, guarantor)
        self.assertEqual(self._get_share(service, "insurer").partner_id, insurer)
        self.assertTrue(self._invoice(service))

    def test_practitioners_with_services_cannot_be_deleted(self):
        practitioner = self._create_user("leaving", "base.group_user", name="Lea Ving")
        event = self._create_event(user_id=practitioner.id)
        self.env.flush_all()
        with (
            self.assertRaisesRegex(UserError, "Lea Ving.* Archive"),
            self.cr.savepoint(),
        ):
            practitioner.unlink()
        practitioner.action_archive()
        self.assertEqual(event.clinic_service_ids.practitioner_id, practitioner)

    def test_who_has_no_services_can_be_deleted(self):
        guarantor = self.env["res.partner"].create({"name": "Gus Guarantor"})
        self.patient.clinic_guarantor_id = guarantor
        guarantor.unlink()
        self.assertFalse(self.patient.clinic_guarantor_id)
