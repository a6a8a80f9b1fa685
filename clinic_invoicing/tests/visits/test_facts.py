from contextlib import contextmanager
from datetime import date, datetime

from odoo.fields import Command
from odoo.tests import Form, tagged

from .common_facts import FACTS, FactsCommon

# What tells that it was billed once.
OF_FORMER_INVOICES = ("invoice_date",)
# What nobody changes any more when it is billed. Of an included tax, Odoo itself would
# credit another amount than was invoiced.
FACTS_BEFORE_INVOICES = {
    fact
    for fact in FACTS
    if fact.startswith(("company", "prices of the practice", "rate", "variant"))
} | {"included tax"}
# What insurers who are not billed yet say of a service.
OF_INSURERS = ("billing_obstacle", "insurer_id")


@tagged("post_install", "-at_install")
class TestFacts(FactsCommon):
    """What a service says follows its facts until it is billed."""

    @contextmanager
    def _booked(self, fact):
        """Give a visit, of which a fact is going to change."""
        before, _change = FACTS[fact]
        with self.subTest(fact=fact), self._undoing():
            if before:
                before(self)
            event = self._book()
            self.env.flush_all()
            yield event

    def _change_fact(self, fact, event):
        _before, change = FACTS[fact]
        change(self, event)

    def test_each_fact_is_followed(self):
        for fact in FACTS:
            with self._booked(fact) as event:
                self._change_fact(fact, event)
                self.assertSameAsBooked(event)

    # === BILLED === #

    def test_what_is_billed_stays_and_follows_when_it_is_credited(self):
        for fact in [fact for fact in FACTS if fact not in FACTS_BEFORE_INVOICES]:
            with self._booked(fact) as event:
                event.action_clinic_invoice()
                billed = event.clinic_service_ids.filtered("is_billed")
                self.assertEqual(len(billed), 5)
                before = self._describe_billed(billed)
                self._change_fact(fact, event)
                self.assertEqual(self._describe_billed(billed), before)
                self._credit(billed.invoice_ids)
                self.assertSameAsBooked(event, ignored=OF_FORMER_INVOICES)

    def _describe_billed(self, services):
        """Return what these say, without what insurers are still to be asked for."""
        self.env.flush_all()
        self.env.invalidate_all()
        described = []
        for service in services:
            shares = service.share_ids.filtered(lambda share: share._is_billed())
            values = self._read(service)
            for name in OF_INSURERS:
                values.pop(name)
            described.append((values, [self._read(share) for share in shares]))
        return described

    def test_prepaid_visit_that_was_moved_has_its_new_day_on_the_receipt(self):
        self.practice.clinic_use_held_money = True
        self.rates = [self.rate]
        event = self._book()
        event.action_clinic_invoice()
        service = event.clinic_service_ids
        first = service.invoice_ids
        self._pay(first)
        self._rebook(
            event,
            start=datetime(2024, 3, 20, 14, 0),
            stop=datetime(2024, 3, 20, 15, 0),
        )
        self.assertEqual(service.date, date(2024, 3, 12))
        first.with_user(self.manager)._clinic_void("Moved", money="keep")
        self.assertFalse(service.is_billed)
        self.assertEqual(service.date, date(2024, 3, 20))
        event.action_clinic_invoice()
        second = service.invoice_ids.filtered(
            lambda move: move.move_type == "out_invoice" and move != first
        )
        self.assertEqual(second.payment_state, "paid")
        self.assertIn("03/20/2024", self._render_receipt(second))
        self.assertNotIn("03/12/2024", self._render_receipt(second))

    def _render_receipt(self, invoice):
        reports = self.env["ir.actions.report"].with_user(self.biller)
        content, _kind = reports._render_qweb_html(
            "clinic_invoicing.account_move_report_receipt", invoice.ids
        )
        return content.decode()

    def test_invoice_that_was_never_posted_is_given_up(self):
        event = self._book()
        service = event.clinic_service_ids[0]
        share = service.share_ids
        draft = (
            self.env["account.move"]
            .sudo()
            .create(share._prepare_invoice(self.patient, "2024-03-12"))
        )
        self.assertTrue(service.is_billed)
        self._rebook(
            event,
            start=datetime(2024, 3, 20, 14, 0),
            stop=datetime(2024, 3, 20, 15, 0),
        )
        draft.button_cancel()
        self.env.flush_all()
        self.assertEqual(service.date, date(2024, 3, 20))

    # === DECISIONS === #

    def _decide(self, service):
        """Give another value for each field that follows; return them."""
        values = {
            "name": "As agreed",
            "date": date(2024, 3, 1),
            "duration": 0.25,
            "practitioner_id": self.manager.id,
            "quantity": 3,
            "bill_to_id": self.other_client.id,
            "billing": "insurance",
            "price_unit": 55,
            "tax_ids": [Command.set(self.foreign.ids)],
        }
        service.write(values)
        return {**values, "tax_ids": self.foreign.ids}

    def test_decisions_stay(self):
        service = self._book().clinic_service_ids[0]
        event = service.event_id
        values = self._decide(service)
        followed = set(service._clinic_get_following())
        # Whose service it is, is decided by the appointment: see group sessions.
        self.assertEqual(values.keys(), followed - {"patient_id"})
        self._insure()
        self._rebook(
            event,
            start=datetime(2024, 3, 20, 14, 0),
            stop=datetime(2024, 3, 20, 16, 0),
            user_id=self.employee.id,
        )
        self.patient.clinic_guarantor_id = self.guarantor
        self.patient.property_account_position_id = self.abroad
        self.env.flush_all()
        self.env.invalidate_all()
        found = self._read(service)
        many2ones = {
            name for name in values if service._fields[name].type == "many2one"
        }
        self.assertEqual(
            {
                name: found[name][0] if name in many2ones else found[name]
                for name in values
            },
            values,
        )
        self.assertIn("Bill to", service.by_hand_label)

    def test_decisions_outlive_an_invoice(self):
        service = self._create_service(price_unit=55)
        self._credit(self._invoice(service))
        self.assertEqual(service.price_unit, 55)

    def test_what_was_shown_and_comes_back_is_no_decision(self):
        service = self._book().clinic_service_ids[0]
        service.write(
            {
                "name": service.name,
                "date": service.date,
                "price_unit": service.price_unit,
                "bill_to_id": service.bill_to_id.id,
                "tax_ids": [Command.set(service.tax_ids.ids)],
            }
        )
        self.assertFalse(service.by_hand)
        self.patient.clinic_guarantor_id = self.guarantor
        self.assertEqual(service.bill_to_id, self.guarantor)

    def test_what_is_emptied_follows_again(self):
        service = self._create_service(
            patient=self.patient, bill_to_id=self.other_client.id
        )
        self.assertEqual(service.by_hand, "bill_to_id")
        service.bill_to_id = False
        self.assertEqual(service.bill_to_id, self.patient)
        self.assertFalse(service.by_hand)

    def test_another_rate_is_another_price(self):
        service = self._create_service(price_unit=55, name="As agreed", quantity=3)
        service.rate_id = self.taxed_rate
        self.assertRecordValues(
            service, [{"price_unit": 110, "name": "Massage", "quantity": 3}]
        )
        service.rate_id = self.counted_rate
        self.assertEqual(service.quantity, 1)

    def test_editing_a_rate_rewrites_nothing(self):
        self._insure()
        event = self._book()
        before = self._describe(event)
        self.rate.write(
            {"list_price": 500, "name": "Dear", "clinic_is_invoiced": False}
        )
        self.covered_rate.clinic_cover = 10
        self.patient.clinic_guarantor_id = self.guarantor
        self._rebook(event, stop=datetime(2024, 3, 12, 15, 0))
        after = self._describe(event)
        for service, former in zip(after, before, strict=True):
            for name in ("name", "billing", "rate_price", "price_unit", "amount_total"):
                self.assertEqual(service[name], former[name])

    def test_form_keeps_what_is_typed(self):
        service = self._create_service(self.counted_rate, patient=self.patient)
        with Form(service.with_user(self.biller)) as form:
            form.price_unit = 33
            form.quantity = 7
            form.bill_to_id = self.other_client
            self.assertEqual((form.price_unit, form.quantity), (33, 7))
        self.assertRecordValues(
            service,
            [
                {
                    "price_unit": 33,
                    "quantity": 7,
                    "bill_to_id": self.other_client.id,
                    "by_hand": "bill_to_id,price_unit,quantity",
                }
            ],
        )

    # === AT VOLUME === #

    def _book_many(self, number):
        """Return as many services of each of four rates of the patient."""
        rates = self.rate | self.insurer_rate | self.covered_rate | self.taxed_rate
        services = self.env["clinic.service"].create(
            [
                {"patient_id": self.patient.id, "rate_id": rate.id}
                for rate in rates
                for _each in range(number)
            ]
        )
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        return services

    def _change_many_facts(self):
        # Context: that of the tests would have nothing logged.
        patient = self.patient.with_context(tracking_disable=False, mail_notrack=False)
        patient.write(
            {
                "clinic_insurer_id": self.insurer.id,
                "clinic_guarantor_id": self.guarantor.id,
                "country_id": self.env.ref("base.be").id,
            }
        )
        patient.env.flush_all()
        self.env.cr.precommit.run()

    def test_many_services_are_one_batch(self):
        counts = []
        for number in (3, 30):
            with self._undoing():
                self._book_many(number)
                before = self.env.cr.sql_log_count
                self._change_many_facts()
                counts.append(self.env.cr.sql_log_count - before)
        # Odoo writes at most 100 rows at once.
        self.assertLessEqual(counts[1], counts[0] + 10, counts)

    def test_many_services_tell_what_has_changed(self):
        for number in (1, 30):
            with self.subTest(number=4 * number), self._undoing():
                services = self._book_many(number)
                self._change_many_facts()
                for service in services:
                    (told,) = service.message_ids.sudo().tracking_value_ids
                    self.assertEqual(told.field_id.name, "bill_to_id")
                    self.assertEqual(told.old_value_char, "Paula Patient")
                    self.assertEqual(told.new_value_char, "Gus Guarantor")
