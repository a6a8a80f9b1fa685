import json
from datetime import datetime

from odoo.tests import tagged

from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestBilledVisits(ClinicInvoicingCommon):
    """Who changes an invoiced visit reads what stays as it was."""

    def _read_told(self, user):
        """Return what was shown to a user, and forget it."""
        self.env.cr.precommit.run()
        bus = (
            self.env["bus.bus"]
            .sudo()
            .search([("channel", "like", f'"res.partner",{user.partner_id.id}]')])
        )
        messages = [json.loads(one.message) for one in bus]
        bus.unlink()
        return [
            one["payload"]["message"]
            for one in messages
            if one["type"] == "simple_notification"
        ]

    def _change(self, event, user=None, **values):
        user = user or self.front_desk
        self._read_told(user)
        event.with_user(user).write(values)
        return self._read_told(user)

    def _bill(self, **values):
        event = self._create_event(**values)
        event.action_clinic_invoice()
        return event

    def test_moved_visit(self):
        event = self._bill()
        (told,) = self._change(
            event, start=datetime(2024, 3, 20, 14, 0), stop=datetime(2024, 3, 20, 16, 0)
        )
        self.assertIn("Date 03/12/2024, Duration (hours) 01:00", told)
        self.assertNotIn("Practitioner", told)

    def test_visit_of_somebody_else(self):
        event = self._bill()
        (told,) = self._change(
            event,
            user_id=self.employee.id,
            clinic_patient_id=self.other_client.id,
        )
        self.assertIn("Practitioner Pat Practitioner, Patient Clara Client", told)

    def test_nobody_is_told_of_what_stays_anyway(self):
        event = self._bill()
        self.assertFalse(self._change(event, name="Check-up"))
        self.assertFalse(self._change(event, start=event.start))
        self.assertFalse(
            self._change(
                self._create_event(),
                start=datetime(2024, 3, 20, 14, 0),
                stop=datetime(2024, 3, 20, 15, 0),
            )
        )

    def test_who_does_not_read_services_is_not_told(self):
        event = self._bill()
        self.assertFalse(
            self._change(
                event,
                self.practitioner,
                start=datetime(2024, 3, 20, 14, 0),
                stop=datetime(2024, 3, 20, 15, 0),
            )
        )

    def test_series_that_is_moved(self):
        events = self._create_series()
        events[1].action_clinic_invoice()
        told = self._change(
            events[0],
            recurrence_update="all_events",
            start=datetime(2024, 3, 13, 14, 0),
            stop=datetime(2024, 3, 13, 15, 0),
            tue=False,
            wed=True,
        )
        self.assertEqual(len(told), 1)
        self.assertIn("Date 03/19/2024", told[0])
