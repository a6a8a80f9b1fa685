from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from .common_online import OnlineCommon

# In Honolulu it is the evening before, in another month and year.
EVENING = "2025-01-01 05:00:00"
ZONES = ("UTC", "Pacific/Auckland", "Pacific/Honolulu")


@tagged("post_install", "-at_install")
class TestPracticeDays(OnlineCommon):
    """The practice's day counts, not that of the job or the client that happens by."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.partner_id.tz = "Pacific/Honolulu"
        cls.last_day = fields.Date.to_date("2024-12-31")

    def _bill(self):
        return self._invoice(self._create_service(), invoice_date="2024-12-01")

    def test_money_is_booked_on_the_day_that_it_is_in_the_practice(self):
        for zone in ZONES:
            # context: of whoever books it.
            tx = self._attempt(self._bill(), reference=zone).with_context(tz=zone)
            with self.subTest(zone=zone), freeze_time(EVENING):
                self.assertEqual(self._book_attempt(tx).date, self.last_day)

    def test_the_day_of_a_moment_is_that_of_the_practice(self):
        moment = fields.Datetime.to_datetime(EVENING)
        for zone in ZONES:
            # context: of whoever asks.
            practice = self.practice.with_context(tz=zone)
            self.assertEqual(practice._clinic_get_day(moment), self.last_day)
