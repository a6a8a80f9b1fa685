from datetime import datetime

from odoo.tests import tagged

from .common_shares import SharesCommon


@tagged("post_install", "-at_install")
class TestInsurance(SharesCommon):
    """Insurers who are known late, or wrongly, and what they are not asked for."""

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

    def _complete(self, event):
        event.with_user(self.front_desk).action_clinic_complete_and_invoice()
        return event.clinic_service_ids.invoice_ids

    # === ENTERED LATE === #

    def test_insurance_that_is_entered_at_check_in(self):
        event = self._create_event(self.patient, rates=[self.covered_rate])
        service = event.clinic_service_ids
        self.assertLedger(service, ("patient", 100, 0, 0, 100))
        self.patient.with_user(self.front_desk).clinic_insurer_id = self.insurer
        self.assertEqual(self._complete(event).amount_total, 30)
        self.assertLedger(
            service, ("insurer", 70, 0, 0, 70), ("patient", 30, 30, 0, 30)
        )

    def test_insurer_who_was_missing_is_entered(self):
        self._invoice_insurers()
        event = self._create_event(self.patient, rates=[self.insurer_rate])
        event.action_clinic_complete()
        service = event.clinic_service_ids
        self.assertEqual(service.billing_obstacle, "no_insurer")
        message = service.action_why_not()["params"]["message"]
        self.assertIn("Enter one on the patient's contact", message)
        self.patient.clinic_insurer_id = self.insurer
        self.assertFalse(service.billing_obstacle)
        self.assertEqual(self._invoice(service).partner_id, self.insurer)

    def test_insurance_that_is_entered_when_the_client_has_the_invoice(self):
        service = self._create_service(self.covered_rate, self.patient)
        self._invoice(service)
        self.patient.clinic_insurer_id = self.insurer
        self.assertLedger(service, ("patient", 100, 100, 0, 100))
        self._credit(service.invoice_ids)
        self.assertLedger(service, ("insurer", 70, 0, 0, 70), ("patient", 30, 0, 0, 30))

    def test_insurer_is_exchanged_when_the_client_has_the_invoice(self):
        self.patient.clinic_insurer_id = self.insurer
        service = self._create_service(self.covered_rate, self.patient)
        self._invoice(service)
        self.patient.clinic_insurer_id = self.second_insurer
        share = self._get_share(service, "insurer")
        self.assertEqual(share.partner_id, self.second_insurer)
        self.patient.clinic_insurer_id = False
        self.assertEqual(share.partner_id, self.second_insurer)
        self.assertLedger(
            service, ("insurer", 70, 0, 0, 70), ("patient", 30, 30, 0, 30)
        )

    def test_cover_is_never_more_than_the_price(self):
        self.covered_rate.write({"clinic_cover_type": "amount", "clinic_cover": 70})
        service = self._create_service(self.covered_rate, self.client)
        service.discount = 50
        self.assertLedger(service, ("insurer", 50, 0, 0, 50))

    # === THE WRONG PATIENT === #

    def test_nothing_of_the_wrong_patient_stays(self):
        self._invoice_insurers()
        self.client.clinic_guarantor_id = self.other_client
        event = self._create_event(
            self.client, rates=[self.covered_rate, self.insurer_rate, self.rate]
        )
        covered, insured, plain = event.clinic_service_ids.sorted("id")
        self._split(covered, cover=20, write_off=10)
        plain.billing = "insurance"
        insured.bill_to_id = self.child
        event.with_user(self.front_desk).clinic_patient_id = self.patient
        right = self._create_event(
            self.patient, rates=[self.covered_rate, self.insurer_rate, self.rate]
        )
        for one, other in zip(
            event.clinic_service_ids.sorted("id"),
            right.clinic_service_ids.sorted("id"),
            strict=True,
        ):
            self.assertEqual(one.bill_to_id, other.bill_to_id)
            self.assertEqual(one.billing, other.billing)
            self.assertFalse(one.by_hand)
            self.assertEqual(
                [(share.partner_id, share.amount) for share in one.share_ids],
                [(share.partner_id, share.amount) for share in other.share_ids],
            )
        partners = event.clinic_service_ids.share_ids.partner_id
        self.assertEqual(partners, self.patient)

    def test_wrong_patient_of_a_service_without_appointment(self):
        service = self._create_service(self.covered_rate, self.client)
        self._split(service, cover=20)
        service.write({"patient_id": self.patient.id, "bill_to_id": self.child.id})
        self.assertLedger(service, ("patient", 100, 0, 0, 100))
        self.assertEqual(service.bill_to_id, self.child)

    # === DECISIONS === #

    def test_split_by_hand_stays(self):
        service = self._create_service(self.covered_rate, self.patient)
        self._move(
            service.share_ids.filtered("takes_rest"), 20, "insurer", self.insurer
        )
        self.patient.clinic_insurer_id = self.second_insurer
        self.patient.clinic_guarantor_id = self.client
        self.assertLedger(service, ("insurer", 20, 0, 0, 20), ("patient", 80, 0, 0, 80))
        self.assertEqual(service.insurer_id, self.insurer)
        self.assertEqual(service.bill_to_id, self.client)

    def test_split_of_the_rate_stays_once_somebody_has_moved_a_part(self):
        service = self._create_service(self.covered_rate, self.client)
        self._move(service.share_ids.filtered("takes_rest"), 10, "write_off")
        self.client.clinic_insurer_id = False
        self.assertLedger(
            service,
            ("insurer", 70, 0, 0, 70),
            ("patient", 20, 0, 0, 20),
            ("write_off", 10, 0, 0, 0),
        )

    def test_what_was_moved_of_an_invoice_stays(self):
        service = self._create_service(self.covered_rate, self.patient)
        self._invoice(service)
        self.patient.clinic_insurer_id = self.insurer
        rest = service.share_ids.filtered("takes_rest")
        self._move(rest, 100, "insurer", self.second_insurer)
        self.assertLedger(service, ("insurer", 100, 0, 0, 100))
        self.assertEqual(service.insurer_id, self.second_insurer)

    def test_write_off_after_a_void_stays(self):
        service = self._create_service(self.covered_rate, self.client)
        invoice = self._invoice(service)
        self._move(self._get_share(service, "insurer"), 70, "write_off")
        self._credit(invoice)
        self.assertLedger(
            service, ("write_off", 70, 0, 0, 0), ("patient", 30, 0, 0, 30)
        )

    # === PRICES THAT FALL === #

    def test_visit_of_split_services_is_shortened(self):
        rate = self._create_rate(
            "Coaching", 20, clinic_quantity_mode="minutes", clinic_minutes_per_unit=15
        )
        event = self._create_event(self.client, rates=[rate])
        service = event.clinic_service_ids
        self._split(service, cover_type="amount", cover=60, write_off=10)
        desk = event.with_user(self.front_desk)
        desk.stop = datetime(2024, 3, 12, 14, 30)
        self.assertLedger(service, ("insurer", 40, 0, 0, 40))
        desk.stop = datetime(2024, 3, 12, 15, 0)
        self.assertLedger(
            service,
            ("insurer", 60, 0, 0, 60),
            ("patient", 10, 0, 0, 10),
            ("write_off", 10, 0, 0, 0),
        )

    def test_part_is_moved_to_whom_somebody_says_after_the_price_fell(self):
        service = self._create_service(self.rate, self.client)
        self._split(service, cover_type="amount", cover=70, write_off=20)
        service.price_unit = 60
        self.assertLedger(service, ("insurer", 60, 0, 0, 60))
        self._move(self._get_share(service, "insurer"), 10, "patient")
        self.assertLedger(service, ("insurer", 50, 0, 0, 50), ("patient", 10, 0, 0, 10))
        service.price_unit = 100
        self.assertLedger(service, ("insurer", 50, 0, 0, 50), ("patient", 50, 0, 0, 50))

    # === WHOLE DAYS === #

    def test_whole_day_is_not_forty_units(self):
        rate = self._create_rate(
            "Coaching", 20, clinic_quantity_mode="minutes", clinic_minutes_per_unit=15
        )
        event = self._create_event(
            rates=[rate],
            allday=True,
            start=datetime(2024, 3, 12, 8, 0),
            stop=datetime(2024, 3, 12, 18, 0),
            start_date="2024-03-12",
            stop_date="2024-03-12",
        )
        service = event.clinic_service_ids
        self.assertRecordValues(service, [{"quantity": 1, "amount_total": 20}])
        service.duration = 1.5
        self.assertEqual(service.quantity, 6)
