from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..payers.common_shares import SharesCommon


@tagged("post_install", "-at_install")
class TestFeesAndInsurers(SharesCommon):
    """No insurer is asked for a fee for a visit that did not take place."""

    def test_no_fee_is_split_to_an_insurer(self):
        covered = self._create_rate(
            "Therapy", 100, clinic_cover_type="percent", clinic_cover=70
        )
        for rate in (covered, self.insurer_rate):
            for name, status in (
                ("clinic_no_show_rate_id", "no_show"),
                ("clinic_late_cancel_rate_id", "cancelled"),
            ):
                self.practice[name] = rate
                event = self._create_event(self.client)
                fee = event._clinic_close(status, self.client)
                with self.subTest(rate=rate.name, status=status):
                    self.assertEqual(fee.billing, "client")
                    self.assertEqual(fee.share_ids.partner_id, self.client)
                    self.assertFalse(fee.billing_obstacle)
                self._assert_no_insurer_takes(fee)

    def _assert_no_insurer_takes(self, fee):
        refused = "No insurer is asked for it"
        with self.assertRaisesRegex(ValidationError, refused), self.cr.savepoint():
            fee.with_user(self.biller).billing = "insurance"
            fee.flush_recordset()
        with self.assertRaisesRegex(ValidationError, refused), self.cr.savepoint():
            self._split(fee, cover=50)
        with self.assertRaisesRegex(ValidationError, refused), self.cr.savepoint():
            self._move(fee.share_ids, 5, "insurer", self.insurer)
        fee.rate_id = self.insurer_rate
        self.assertEqual(fee.billing, "client")
        self.assertEqual(fee.share_ids.partner_id, self.client)
