import runpy

from odoo.tests import tagged
from odoo.tools import file_path

from .common_facts import FactsCommon

# What an upgrade brings, and says of what was there before.
BROUGHT = {"by_hand", "by_rate", "is_billed", "rate_price"}


@tagged("post_install", "-at_install")
class TestUpgradeOfFacts(FactsCommon):
    """Services that were recorded before they followed all of their facts."""

    def _migrate(self):
        """Run the scripts of the upgrade, as if nothing of it were there."""
        self.env.flush_all()
        # SQL: as it was before.
        self.env.cr.execute(
            """SET CONSTRAINTS ALL IMMEDIATE;
               SET CONSTRAINTS ALL DEFERRED;
               ALTER TABLE clinic_service DROP COLUMN is_billed,
                     DROP COLUMN by_hand, DROP COLUMN rate_price;
               ALTER TABLE clinic_service_share DROP COLUMN by_hand,
                     DROP COLUMN by_rate"""
        )
        self.env.invalidate_all()
        for when in ("pre", "post"):
            path = file_path(f"clinic_invoicing/migrations/19.0.1.2.0/{when}-facts.py")
            runpy.run_path(path)["migrate"](self.env.cr, "19.0.1.1.0")
        self.env.invalidate_all()

    def _make_stale(self, event):
        """Change facts of a visit, and its services as little as it was done before."""
        self.env.flush_all()
        # SQL: nothing follows.
        self.env.cr.execute(
            "UPDATE res_partner SET clinic_guarantor_id = %s, clinic_insurer_id = %s"
            " WHERE id = %s",
            [self.guarantor.id, self.second_insurer.id, self.patient.id],
        )
        self.env.cr.execute(
            "UPDATE calendar_event SET start = start + interval '3 days' WHERE id = %s",
            [event.id],
        )
        self.env.invalidate_all()
        self.rate.list_price = 500

    def _describe_before(self, event):
        described = self._describe(event)
        for values in described:
            for each in (values, *values["shares"]):
                for name in BROUGHT:
                    each.pop(name, None)
        return described

    def test_no_amount_and_no_payer_changes(self):
        self._insure()
        event = self._book()
        event.action_clinic_invoice()
        unbilled = self._book()
        events = event | unbilled
        events.clinic_service_ids.share_ids._keep_as_they_are()
        self._make_stale(event)
        self._make_stale(unbilled)
        before = [self._describe_before(one) for one in events]
        self._migrate()
        self.assertEqual([self._describe_before(one) for one in events], before)
        # What has changed nothing then follows from now on.
        service = self._get_plain(unbilled)
        self.assertEqual(service.by_hand, "bill_to_id,date,price_unit")
        unbilled.user_id = self.employee
        self.assertEqual(service.practitioner_id, self.employee)
        billed = self._get_plain(event)
        self.assertTrue(billed.is_billed)
        self._credit(billed.invoice_ids)
        self.env.flush_all()
        self.assertRecordValues(
            billed, [{"price_unit": 100, "bill_to_id": self.guarantor.id}]
        )

    def _get_plain(self, event):
        return event.clinic_service_ids.filtered(lambda one: one.rate_id == self.rate)

    def test_what_was_missing_is_filled(self):
        self._invoice_insurers()
        service = self._create_service(self.insurer_rate, self.patient)
        self.env.flush_all()
        # SQL: nothing follows.
        self.env.cr.execute(
            "UPDATE res_partner SET clinic_insurer_id = %s WHERE id = %s",
            [self.insurer.id, self.patient.id],
        )
        self._migrate()
        self.assertEqual(service.share_ids.partner_id, self.insurer)

    def _invoice_insurers(self):
        self.practice.clinic_insurer_settlement = "invoice"
