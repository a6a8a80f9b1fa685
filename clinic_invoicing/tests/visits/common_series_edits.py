import os

from odoo.fields import Datetime

STEPS = int(os.environ.get("CLINIC_SEQUENCE_STEPS", "8"))
BILLED = ("invoiced", "paid")


class SeriesEdits:
    """A booked series, what people do to it, and what must be true after each step."""

    def __init__(self, case, chance):
        self.case = case
        self.chance = chance
        self.told = []
        self.kept = {}
        self.events = case._book(
            chance.choice(([case.rate], [case.rate, case.insurer_rate])),
            count=chance.randint(3, 5),
        )
        self.rates = self.events[0].clinic_service_ids.mapped("rate_id.name")
        self.edits = (
            self.move,
            self.move_all,
            self.repeat_otherwise,
            self.rename,
            self.leave_one,
            self.delete,
            self.complete,
            self.invoice,
            self.close,
        )

    def play(self):
        for _number in range(STEPS):
            self.events = self._find_events()
            if not self.events:
                return
            event = self.chance.choice(self.events)
            edit = self.chance.choice(self.edits)
            self.told.append(f"{edit.__name__} {event.start}")
            edit(event)
            self.case.env.flush_all()
            self.case.env.invalidate_all()
            self.check()

    def _find_events(self):
        domain = [("clinic_patient_id", "=", self.case.client.id)]
        return self.case.env["calendar.event"].search(domain, order="start")

    def _write(self, event, scope, vals):
        self.told[-1] += f" {scope} {vals}"
        if not event.recurrence_id and scope != "self_only":
            return
        event.with_user(self.case.front_desk).write(
            {"recurrence_update": scope, **vals}
        )

    # === WHAT PEOPLE DO === #

    def move(self, event):
        self._write(event, "self_only", self.case._later(event, 1))

    def move_all(self, event):
        scope = self.chance.choice(("all_events", "future_events"))
        hours = self.chance.choice((-2, 1, 24))
        self._write(event, scope, self.case._later(event, hours))

    def repeat_otherwise(self, event):
        scope = self.chance.choice(("all_events", "future_events"))
        vals = {"count": self.chance.randint(1, 6)}
        if self.chance.random() < 0.3:
            vals["interval"] = self.chance.randint(1, 2)
        self._write(event, scope, {**vals, "end_type": "count"})

    def rename(self, event):
        scope = self.chance.choice(("self_only", "all_events", "future_events"))
        self._write(event, scope, {"name": f"Visit {len(self.told)}"})

    def leave_one(self, event):
        """End the series, now and then: afterwards hardly anything can happen."""
        scope = self.chance.choice(("all_events", "future_events"))
        if self.chance.random() < 0.5:
            self._write(event, scope, {"recurrency": False})

    def delete(self, event):
        scope = self.chance.choice(("self_only", "future_events"))
        self.told[-1] += f" {scope}"
        if scope == "self_only" or not event.recurrence_id:
            event.unlink()
        else:
            event.action_mass_deletion(scope)

    def complete(self, event):
        if event.clinic_status == "planned":
            event.with_user(self.case.front_desk).action_clinic_complete()
            self._keep(event)

    def invoice(self, event):
        if event.clinic_billing_state in ("planned", "to_invoice"):
            event.with_user(self.case.front_desk).action_clinic_invoice()
            self._keep(event)

    def close(self, event):
        if event.clinic_status == "planned":
            event._clinic_close("no_show", self.case.client)

    def _keep(self, event):
        """Remember what was rendered or billed: that must not change any more."""
        for service in event.clinic_service_ids:
            if service.appointment_status == "completed" or service.state in BILLED:
                self.kept[service] = self._read(service)

    def _read(self, service):
        return (
            service.date,
            service.patient_id,
            service.practitioner_id,
            service.rate_id,
            service.amount_total,
            service.bill_to_id,
        )

    # === WHAT MUST BE TRUE === #

    def check(self):
        story = "\n".join(self.told)
        for service, values in self.kept.items():
            self.case.assertTrue(service.exists(), story)
            self.case.assertNotIn(service.state, ("planned", "cancelled"), story)
            self.case.assertEqual(self._read(service), values, story)
        for service in self.case._all_services():
            if not (service.event_id.active or service.is_fee or service in self.kept):
                self.case.assertEqual(service.state, "cancelled", story)
        lines = self.case.env["account.move.line"].search(
            [("clinic_service_id.patient_id", "=", self.case.client.id)]
        )
        self.case.assertEqual(len(lines), len(lines.clinic_service_id), story)
        for event in self._find_events():
            services = event.clinic_service_ids.filtered(
                lambda one: not (one.is_fee or one.is_cancelled)
            )
            found = services.sorted("id").mapped("rate_id.name")
            self.case.assertEqual(found, self.rates, f"{story}\n{event.start}")
            if event.clinic_status == "planned" and event.start > Datetime.now():
                states = set(services.mapped("state"))
                self.case.assertLessEqual(states, {"planned", "insurance", *BILLED})
