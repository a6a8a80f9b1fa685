from freezegun import freeze_time

from odoo import fields
from odoo.tests import Form, tagged

from ..common_online import OnlineCommon

# In Honolulu it is the evening before, in another month and year.
EVENING = "2025-01-01 05:00:00"
# What people are given as the day of what they do.
PROPOSED = (
    ("clinic.aging.date", "date"),
    ("clinic.billing.run", "invoice_date"),
    ("clinic.remittance", "date"),
    ("clinic.reminder", "date"),
    ("clinic.reminder.line", "date"),
    ("clinic.service.flip", "invoice_date"),
    ("clinic.share.settlement", "date"),
)
ZONES = ("UTC", "Pacific/Auckland", "Pacific/Honolulu")


@tagged("post_install", "-at_install")
class TestPracticeDays(OnlineCommon):
    """The practice's day counts, not that of the job or the client that happens by."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.partner_id.tz = "Pacific/Honolulu"
        cls.last_day = fields.Date.to_date("2024-12-31")

    def setUp(self):
        super().setUp()
        # The employee's own clock: there it is the next day, month and year.
        self.env.user.tz = "Pacific/Auckland"

    def _bill(self):
        return self._invoice(self._create_service(), invoice_date="2024-12-01")

    def test_the_practices_zone_is_one_of_its_settings(self):
        moment = fields.Datetime.to_datetime(EVENING)
        for zone, day in (
            ("Pacific/Auckland", "2025-01-01"),
            ("Pacific/Honolulu", "2024-12-31"),
        ):
            # context: of whoever sets it.
            settings = self.env["res.config.settings"].with_context(tz="UTC")
            with Form(settings) as form:
                form.clinic_zone = zone
            form.record.execute()
            self.assertEqual(str(self.practice._clinic_get_day(moment)), day)

    def test_a_branch_is_where_its_practice_is_unless_it_says_otherwise(self):
        branch = self.env["res.company"].create(
            {"name": "North", "parent_id": self.practice.id}
        )
        moment = fields.Datetime.to_datetime(EVENING)
        self.assertEqual(branch._clinic_get_day(moment), self.last_day)
        branch.partner_id.tz = "Pacific/Auckland"
        self.assertEqual(str(branch._clinic_get_day(moment)), "2025-01-01")
        branch.partner_id.tz = False
        self.practice.partner_id.tz = False
        # context: of whoever asks, which counts where nobody has told a zone.
        asking = branch.with_context(tz="Pacific/Auckland")
        self.assertEqual(str(asking._clinic_get_day(moment)), "2025-01-01")
        given = asking._clinic_get_day(moment, "Pacific/Honolulu")
        self.assertEqual(given, self.last_day)

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

    # === WHAT PEOPLE DO === #

    def test_a_visit_is_of_the_practices_day_whoever_has_planned_it(self):
        visit = self._create_event(
            start=EVENING, stop="2025-01-01 06:00:00", event_tz="Pacific/Auckland"
        )
        self.assertEqual(visit.clinic_service_ids.date, self.last_day)
        self.practice.partner_id.tz = False
        self.assertEqual(str(visit._clinic_get_date(self.practice)), "2025-01-01")

    def test_the_practices_day_is_proposed(self):
        with freeze_time(EVENING):
            for model, name in PROPOSED:
                with self.subTest(model):
                    proposed = self.env[model].default_get([name])[name]
                    self.assertEqual(fields.Date.to_date(proposed), self.last_day)

    def test_a_service_is_of_the_practices_day(self):
        values = {"patient_id": self.client.id, "rate_id": self.rate.id}
        with freeze_time(EVENING):
            service = self.env["clinic.service"].create(values)
        self.assertEqual(service.date, self.last_day)

    def test_a_visit_is_invoiced_on_the_practices_day(self):
        with freeze_time(EVENING):
            visit = self._create_event()
            visit.action_clinic_complete_and_invoice()
        invoice = visit.clinic_service_ids.invoice_ids
        self.assertEqual(invoice.invoice_date, self.last_day)

    def test_an_invoice_is_voided_on_the_practices_day(self):
        bill = self._bill()
        with freeze_time(EVENING):
            bill._clinic_void("Wrong client")
        self.assertEqual(bill.reversal_move_ids.invoice_date, self.last_day)

    def test_a_part_is_credited_on_the_practices_day(self):
        bill = self._bill()
        line = bill.invoice_line_ids
        values = {"name": "Less", "account_id": line.account_id.id, "price_unit": 10}
        with freeze_time(EVENING):
            note = bill._clinic_credit_parts({bill: [values]}, "Too much")
        self.assertEqual(note.invoice_date, self.last_day)

    def test_a_statement_ends_on_the_practices_day(self):
        with freeze_time(EVENING):
            period = self.env["clinic.statement"]._get_period("this_year")
        self.assertEqual(period, (fields.Date.to_date("2024-01-01"), self.last_day))

    def test_nothing_is_overdue_before_the_practices_day_is_over(self):
        bill = self._bill()
        # Due that day.
        bill._clinic_get_open_lines().date_maturity = self.last_day
        self.env.flush_all()
        items = [("move_id", "=", bill.id)]
        with freeze_time(EVENING):
            item = self.env["clinic.open.item"].search(items)
            self.assertLessEqual(item.days_overdue, 0)

    def test_instalments_begin_on_the_practices_day_at_the_earliest(self):
        proposals = self.env["clinic.payment.plan.proposal"]
        with freeze_time(EVENING):
            plan = proposals.create({"invoice_ids": self._bill().ids})
            self.assertEqual(plan.first_date, fields.Date.to_date("2025-01-31"))
            plan.first_date = self.last_day
            self.assertEqual(plan._get_parts()[0][0], self.last_day)
