from datetime import datetime

from odoo.fields import Command
from odoo.tests import tagged

from ..payers.common_shares import SharesCommon


@tagged("post_install", "-at_install")
class TestFeesFollow(SharesCommon):
    """The fee of the wrong patient, when the visit is given to the right one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.write(
            {
                "clinic_no_show_rate_id": cls.rate.id,
                "clinic_late_cancel_rate_id": cls.rate.id,
            }
        )
        cls.patient = cls.env["res.partner"].create(
            {"name": "Paula Patient", "clinic_is_patient": True}
        )
        cls.env.flush_all()

    def _miss(self, event, status="no_show", **values):
        """Return the fee of a visit that did not take place."""
        return event._clinic_close(status, event.clinic_patient_id, **values)

    def _correct(self, event, **values):
        event.with_user(self.front_desk).write(
            {"clinic_patient_id": self.patient.id, **values}
        )

    def test_fee_of_the_wrong_patient(self):
        for status in ("no_show", "cancelled"):
            with self.subTest(status=status):
                event = self._create_event(self.child)
                fee = self._miss(event, status)
                self.assertEqual(fee.bill_to_id, self.client)
                self._split(fee, write_off=10)
                self._correct(event)
                self.assertRecordValues(
                    fee,
                    [
                        {
                            "patient_id": self.patient.id,
                            "bill_to_id": self.patient.id,
                            "billing": "client",
                            "state": "to_invoice",
                        }
                    ],
                )
                self.assertLedger(fee, ("patient", 100, 0, 0, 100))
                self.assertEqual(fee.share_ids.partner_id, self.patient)

    def test_waived_fee_stays_waived(self):
        event = self._create_event()
        fee = self._miss(event, waiver_reason="Was in hospital")
        self._correct(event)
        self.assertRecordValues(
            fee, [{"patient_id": self.patient.id, "state": "no_charge"}]
        )

    def test_billed_fee_follows_when_it_is_credited(self):
        event = self._create_event()
        fee = self._miss(event)
        invoice = self._invoice(fee)
        self._correct(event)
        self.assertEqual(fee.patient_id, self.client)
        self._credit(invoice)
        self.env.flush_all()
        self.assertEqual(fee.patient_id, self.patient)
        self.assertEqual(self._invoice(fee).partner_id, self.patient)

    def test_fee_of_another_patient_of_a_group_stays(self):
        event = self._create_event(
            clinic_service_ids=[
                Command.create({"rate_id": self.rate.id, "patient_id": patient.id})
                for patient in self.client | self.other_client
            ]
        )
        fee = event._clinic_close("no_show", self.other_client)
        self._correct(event)
        self.assertEqual(fee.patient_id, self.other_client)

    def test_fee_stays_where_its_slot_is_used_again(self):
        moved = {
            "start": datetime(2024, 3, 20, 14, 0),
            "stop": datetime(2024, 3, 20, 15, 0),
        }
        at_once, later = self._create_event(), self._create_event()
        fees = self._miss(at_once) | self._miss(later)
        self._correct(at_once, **moved)
        later.write(moved)
        self._correct(later)
        self.assertEqual(fees.patient_id, self.client)

    def test_preview_of_a_flip_asks_no_insurer_for_a_fee(self):
        fee = self._miss(self._create_event())
        preview = fee._preview_flip()
        self.assertEqual(preview.rate_id, self.insurer_rate)
        self.assertEqual(preview.share_ids.payer_type, "patient")
        fee.with_user(self.biller)._flip_rate("Because")
        self.assertEqual(fee.share_ids.payer_type, "patient")
