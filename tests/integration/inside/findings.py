"""What Core's Stripe does wrong for a clinic, one scenario for each finding.

The same scenarios run on Odoo alone, where the defect must show, and with our addons,
where it must not. Each returns plain facts.
"""

import logging
from datetime import datetime

from findings_claims import Claims
from findings_money import MoneyBack, MoneyThatArrives

from odoo.exceptions import AccessError
from odoo.fields import Command


def all_of_them(env, emulator):
    """Run every scenario; one that cannot be run tells why in place of its facts."""
    practice = Findings(env, emulator)
    practice.prepare()
    facts = {}
    for name in sorted(dir(practice)):
        if name.startswith("find_"):
            try:
                facts[name.removeprefix("find_")] = getattr(practice, name)()
                env.cr.commit()
            except Exception as error:  # noqa: BLE001 - told to its own test
                env.cr.rollback()
                facts[name.removeprefix("find_")] = repr(error)
                logging.getLogger(__name__).exception("%s failed", name)
    return facts


class Findings(Claims, MoneyBack, MoneyThatArrives):
    """All of them, and the calendar."""

    def find_f11(self):
        """Move a series of appointments: what hangs on them?"""
        values = {
            "name": "Appointment",
            "start": datetime(2024, 3, 12, 14),
            "stop": datetime(2024, 3, 12, 15),
            "recurrency": True,
            "rrule_type": "weekly",
            "tue": True,
            "end_type": "count",
            "count": 3,
            "event_tz": "UTC",
        }
        has_services = "clinic.service" in self.env
        if has_services:
            values |= self._with_service()
        first = self.env["calendar.event"].create(values)
        events = first.recurrence_id.calendar_event_ids
        services = has_services and events.clinic_service_ids
        billed = has_services and [
            services.ids,
            services.mapped(lambda s: (s.patient_id.id, s.rate_id.id, s.price_unit)),
        ]
        first.write(
            {
                "recurrence_update": "all_events",
                "rrule_type": "daily",
                "start": datetime(2024, 3, 13, 16),
                "stop": datetime(2024, 3, 13, 17),
            }
        )
        self.env.cr.commit()
        replaced = len(events - events.exists().filtered("active"))
        kept = has_services and billed == [
            services.exists().ids,
            services.mapped(lambda s: (s.patient_id.id, s.rate_id.id, s.price_unit)),
        ]
        return {"replaced": replaced > 0, "services_kept": kept}

    def find_f11_access(self):
        """Note what an appointment costs: who else reads and changes it?"""
        values = {
            "name": "Appointment",
            "start": datetime(2024, 4, 2, 14),
            "stop": datetime(2024, 4, 2, 15),
            "partner_ids": [Command.link(self.user.partner_id.id)],
        }
        if "clinic.service" in self.env:
            event = self.env["calendar.event"].create(values | self._with_service())
            noted, change = event.clinic_service_ids, {"price_unit": 1}
        else:
            # Core has no other place for it.
            event = self.env["calendar.event"].create(values | {"notes": "100.00"})
            noted, change = event, {"notes": "1.00"}
        colleague = self.env["res.users"].create(
            {
                "name": "Colleague",
                "login": "colleague",
                "group_ids": [Command.set(self.env.ref("base.group_user").ids)],
            }
        )
        return {
            "attendee reads": self._may(noted, self.user, "read", list(change)),
            "colleague reads": self._may(noted, colleague, "read", list(change)),
            "colleague writes": self._may(noted, colleague, "write", change),
        }

    def _may(self, records, user, method, argument):
        """Return whether a user's call over RPC does it."""
        self.env.flush_all()
        self.env.invalidate_all()
        try:
            with self.env.cr.savepoint():
                return bool(getattr(records.with_user(user), method)(argument))
        except AccessError:
            return False

    def _with_service(self):
        rate = self.env["product.product"].create(
            {
                "name": "Consultation",
                "type": "service",
                "list_price": 100,
                "clinic_is_rate": True,
                "clinic_is_invoiced": True,
            }
        )
        client = self.create_client()
        client.clinic_is_patient = True
        return {
            "clinic_patient_id": client.id,
            "clinic_service_ids": [Command.create({"rate_id": rate.id})],
        }
