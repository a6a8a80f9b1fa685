import random

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from ..common_online import OnlineCommon


@tagged("post_install", "-at_install")
class TestPaid(OnlineCommon):
    """What was paid is the same on the invoice, its shares, services and visits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.services = cls.env["clinic.service"]
        for number, price in enumerate((100, 60, 40), start=1):
            cls.services |= cls._create_service(
                price_unit=price, date=f"2024-03-0{number}"
            )
        cls.bill = cls._invoice(cls.services)
        cls.online_line = cls.provider.journal_id.inbound_payment_method_line_ids
        cls.online_line = cls.online_line.filtered("payment_provider_id")
        cls.paid_state = cls.bill._get_invoice_in_payment_state()
        cls.env.flush_all()

    def _mark_as_paid(self, services, user=None):
        """Return the wizard that the worklist's button opens."""
        action = services.with_user(user or self.biller).action_mark_as_paid()
        return Form(
            self.env[action["res_model"]]
            .with_user(user or self.biller)
            .with_context(**action["context"])
        )

    def assertPaid(self, services, parts):
        self.assertEqual(services.share_ids.mapped("amount_paid"), parts)

    # === PAYMENTS === #

    def test_partial_payments_fill_the_services_in_their_order(self):
        self.assertPaid(self.services, [0, 0, 0])
        self._pay(self.bill, 30)
        self.assertPaid(self.services, [30, 0, 0])
        self._pay(self.bill, 90)
        self.assertPaid(self.services, [100, 20, 0])
        self.assertRecordValues(
            self.services,
            [
                {"state": "paid", "amount_due": 0},
                {"state": "invoiced", "amount_due": 40},
                {"state": "invoiced", "amount_due": 40},
            ],
        )
        self.assertRecordValues(
            self.services.share_ids,
            [{"state": "paid"}, {"state": "invoiced"}, {"state": "invoiced"}],
        )
        self._pay(self.bill)
        self.assertPaid(self.services, [100, 60, 40])
        self.assertEqual(set(self.services.mapped("state")), {"paid"})

    def test_paid_is_paid_everywhere(self):
        event = self._create_event(self.child)
        event.action_clinic_complete_and_invoice()
        service = event.clinic_service_ids
        self.assertEqual(event.clinic_billing_state, "invoiced")
        payment = self._pay(service.invoice_ids)
        self.assertRecordValues(
            service.invoice_ids,
            [{"payment_state": self.paid_state, "amount_residual": 0}],
        )
        self.assertRecordValues(service, [{"state": "paid", "amount_due": 0}])
        self.assertRecordValues(
            service.share_ids, [{"state": "paid", "amount_paid": 100}]
        )
        self.assertEqual(event.clinic_billing_state, "paid")
        # And no more when the money did not arrive after all.
        payment.action_draft()
        payment.action_cancel()
        self.assertRecordValues(service, [{"state": "invoiced", "amount_due": 100}])
        self.assertEqual(event.clinic_billing_state, "invoiced")

    def test_online_payment_is_paid_everywhere(self):
        self._book_attempt(self._attempt(self.bill))
        self.assertEqual(self.bill.payment_state, self.paid_state)
        self.assertEqual(set(self.services.mapped("state")), {"paid"})
        self.assertPaid(self.services, [100, 60, 40])

    def test_service_of_an_invoice_in_another_currency_is_paid(self):
        # The practice bills in its own currency; the client pays in another one.
        euro = self.setup_other_currency("EUR", rates=[("2017-01-01", 0.5)])
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.bill.ids
        ).create(
            {"currency_id": euro.id, "amount": 100, "payment_date": "2024-04-02"}
        )._create_payments()
        self.assertEqual(self.bill.payment_state, self.paid_state)
        self.assertEqual(set(self.services.mapped("state")), {"paid"})

    # === MARK AS PAID === #

    def test_one_service_is_marked_as_paid(self):
        form = self._mark_as_paid(self.services[1])
        self.assertEqual(form.amount, 60)
        form.save()._create_payments()
        self.assertEqual(self.bill.amount_residual, 140)
        self.assertPaid(self.services, [0, 60, 0])

    def test_all_services_of_an_invoice_are_marked_as_paid(self):
        form = self._mark_as_paid(self.services)
        self.assertEqual(form.amount, 200)
        form.save()._create_payments()
        self.assertEqual(self.bill.payment_state, self.paid_state)
        self.assertEqual(set(self.services.mapped("state")), {"paid"})

    def test_several_invoices_are_marked_as_paid_at_once(self):
        others = self._create_service(patient=self.other_client)
        other_bill = self._invoice(others)
        # Nothing is due for these two; they are left out.
        waiting = self._create_service()
        paid = self._create_service(patient=self.other_client)
        self._pay(self._invoice(paid))
        form = self._mark_as_paid(self.services | others | waiting | paid)
        form.save()._create_payments()
        bills = self.bill | other_bill
        self.assertEqual(set(bills.mapped("payment_state")), {self.paid_state})
        self.assertEqual(set((self.services | others).mapped("state")), {"paid"})
        self.assertEqual(waiting.state, "to_invoice")
        self.assertEqual(bills.matched_payment_ids.mapped("create_uid"), self.biller)

    def test_marking_as_paid_offers_no_online_provider(self):
        model = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.bill.ids
        )
        # Elsewhere it is offered, as it was before.
        core = model.create({})
        self.assertIn(self.online_line, core.available_payment_method_line_ids)
        outside = model.with_context(clinic_received_outside=True).create({})
        self.assertTrue(outside.available_payment_method_line_ids)
        self.assertFalse(outside.available_payment_method_line_ids.payment_provider_id)
        action = self.services.action_mark_as_paid()
        self.assertTrue(action["context"]["clinic_received_outside"])

    def test_marking_as_paid_never_presets_an_online_provider(self):
        # Preferred by the client, and first in the journal.
        self.client.property_inbound_payment_method_line_id = self.online_line
        self.online_line.sequence = -1
        form = self._mark_as_paid(self.services)
        self.assertTrue(form.payment_method_line_id)
        self.assertFalse(form.payment_method_line_id.payment_provider_id)
        payment = form.save()._create_payments()
        self.assertFalse(payment.payment_method_line_id.payment_provider_id)
        self.assertFalse(payment.payment_transaction_id)
        self.assertEqual(self.bill.payment_state, self.paid_state)

    def test_nothing_due_cannot_be_marked_as_paid(self):
        waiting = self._create_service()
        with self.assertRaisesRegex(UserError, "Nothing is due"):
            waiting.with_user(self.biller).action_mark_as_paid()
        self._pay(self.bill)
        with self.assertRaisesRegex(UserError, "Nothing is due"):
            self.services.with_user(self.biller).action_mark_as_paid()

    def test_draft_invoice_cannot_be_marked_as_paid(self):
        self.bill.button_draft()
        with self.assertRaisesRegex(UserError, "Nothing is due"):
            self.services.with_user(self.biller).action_mark_as_paid()

    def test_front_desk_cannot_mark_as_paid(self):
        with self.assertRaises(AccessError):
            self.services.with_user(self.front_desk).action_mark_as_paid()

    # === CREDIT NOTES === #

    def _credit_line(self, line, quantity=1):
        """Return the posted credit note of one line of the bill."""
        credit_note = self.bill._reverse_moves([{"invoice_date": "2024-04-03"}])
        kept = credit_note.invoice_line_ids.filtered(
            lambda credited: credited.clinic_share_id == line.clinic_share_id
        )
        (credit_note.invoice_line_ids - kept).unlink()
        kept.quantity = quantity
        credit_note.action_post()
        return credit_note

    def _reconcile(self, *moves):
        lines = self.env["account.move.line"].union(*(move.line_ids for move in moves))
        lines.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()

    def test_draft_credit_note_takes_nothing_back_yet(self):
        services = self._create_services(1)
        invoice = self._invoice(services)
        credit_note = invoice._reverse_moves()
        self.assertEqual(credit_note.state, "draft")
        self.assertEqual(services.state, "invoiced")
        credit_note.action_post()
        self.assertEqual(services.state, "to_invoice")

    def test_credit_note_of_one_service_is_not_a_payment(self):
        credit_note = self._credit_line(self.bill.invoice_line_ids[0])
        self.assertPaid(self.services, [0, 0, 0])
        self._reconcile(self.bill, credit_note)
        self.assertEqual(self.bill.amount_residual, 100)
        self.assertPaid(self.services, [0, 0, 0])
        self.assertEqual(
            self.services.mapped("state"), ["to_invoice", "invoiced", "invoiced"]
        )
        self._pay(self.bill)
        self.assertPaid(self.services, [0, 60, 40])
        self.assertEqual(self.services.mapped("state"), ["to_invoice", "paid", "paid"])

    def test_partial_credit_leaves_what_was_not_credited_to_be_paid(self):
        line = self.bill.invoice_line_ids[0]
        credit_note = self._credit_line(line, quantity=0.25)
        self._reconcile(self.bill, credit_note)
        self.assertEqual(self.services[0].share_ids.amount_invoiced, 75)
        self.assertRecordValues(
            self.services[0], [{"state": "invoiced", "amount_due": 75}]
        )
        self._pay(self.bill, 75)
        self.assertPaid(self.services, [75, 0, 0])
        self.assertRecordValues(
            self.services,
            [
                {"state": "paid", "amount_due": 0},
                {"state": "invoiced", "amount_due": 60},
                {"state": "invoiced", "amount_due": 40},
            ],
        )

    def test_credit_note_after_payment_takes_the_money_back(self):
        self._pay(self.bill)
        credit_note = self._credit_line(self.bill.invoice_line_ids[2])
        self._pay(credit_note)
        self.assertPaid(self.services, [100, 60, 0])
        self.assertEqual(self.services.mapped("state"), ["paid", "paid", "to_invoice"])

    def test_credited_service_is_invoiced_and_paid_again(self):
        self.practice.clinic_use_held_money = False
        self._pay(self.bill)
        self._credit(self.bill)
        self.assertEqual(set(self.services.mapped("state")), {"to_invoice"})
        self.assertPaid(self.services, [0, 0, 0])
        again = self._invoice(self.services)
        self._pay(again, 100)
        self.assertPaid(self.services, [100, 0, 0])
        self._pay(again)
        self.assertEqual(set(self.services.mapped("state")), {"paid"})

    def test_line_added_by_hand_takes_its_turn(self):
        self.bill.button_draft()
        self.bill.invoice_line_ids = [
            Command.create(
                {"name": "Parking", "price_unit": 10, "tax_ids": [], "sequence": -1}
            )
        ]
        self.bill.action_post()
        self._pay(self.bill, 200)
        self.assertEqual(sum(self.services.share_ids.mapped("amount_paid")), 190)
        self._pay(self.bill)
        self.assertPaid(self.services, [100, 60, 40])

    # === NEVER OFF BY A CENT === #

    def _create_odd_bill(self, generator, tax_ids):
        """Return an invoice of services whose prices are hard to round."""
        services = self.env["clinic.service"]
        for _number in range(generator.randrange(2, 6)):
            services |= self._create_service(
                price_unit=generator.randrange(1, 9999) / 100,
                quantity=generator.choice((1, 3, 0.5, 1.25)),
                discount=generator.choice((0, 10, 33.33)),
                tax_ids=[Command.set(tax_ids)],
            )
        return services, self._invoice(services)

    def _check_odd_bill(self, services, bill):
        currency = bill.currency_id
        for owed in (
            services.share_ids.mapped("amount_invoiced"),
            services.mapped("amount_total"),
        ):
            self.assertEqual(currency.compare_amounts(sum(owed), bill.amount_total), 0)
        for _payment in range(3):
            if bill.amount_residual < 0.02:
                break
            self._pay(bill, currency.round(bill.amount_residual / 3))
            paid = sum(services.share_ids.mapped("amount_paid"))
            owed = bill.amount_total - bill.amount_residual
            self.assertEqual(currency.compare_amounts(paid, owed), 0)
        self._pay(bill)
        paid = sum(services.share_ids.mapped("amount_paid"))
        self.assertEqual(currency.compare_amounts(paid, bill.amount_total), 0)
        self.assertEqual(set(services.mapped("state")), {"paid"})
        for service in services:
            self.assertEqual(service.amount_due, 0)

    def test_paid_shares_sum_to_what_was_paid_whatever_the_prices(self):
        generator = random.Random(19)
        taxes = self._create_tax(21) | self._create_tax(
            7.7, price_include_override="tax_included"
        )
        for method in ("round_per_line", "round_globally"):
            self.practice.tax_calculation_rounding_method = method
            for tax_ids in ([], taxes[0].ids, taxes[1].ids, taxes.ids):
                with self.subTest(method=method, taxes=len(tax_ids)):
                    self._check_odd_bill(*self._create_odd_bill(generator, tax_ids))

    def test_service_is_worth_what_its_line_says(self):
        generator = random.Random(7)
        tax = self._create_tax(21)
        services, bill = self._create_odd_bill(generator, tax.ids)
        for service in services:
            line = bill.invoice_line_ids.filtered(
                lambda line, service=service: line.clinic_service_id == service
            )
            self.assertEqual(service.amount_total, line.price_total)

    def test_tax_corrected_by_hand_does_not_leave_a_cent_unpaid(self):
        tax = self._create_tax(21)
        for cent in (0.01, -0.01):
            service = self._create_service(tax_ids=[Command.set(tax.ids)])
            bill = self._invoice(service)
            bill.button_draft()
            tax_line = bill.line_ids.filtered("tax_line_id")
            receivable = bill.line_ids.filtered(
                lambda line: line.account_type == "asset_receivable"
            )
            bill.write(
                {
                    "line_ids": [
                        Command.update(
                            tax_line.id,
                            {"amount_currency": tax_line.amount_currency - cent},
                        ),
                        Command.update(
                            receivable.id,
                            {"amount_currency": receivable.amount_currency + cent},
                        ),
                    ]
                }
            )
            bill.action_post()
            self.assertAlmostEqual(bill.amount_total, 121 + cent)
            self._pay(bill)
            self.assertEqual(bill.payment_state, self.paid_state)
            self.assertEqual(service.state, "paid")
            self.assertEqual(service.amount_due, 0)

    # === NOTHING IS PAID THAT WAS NOT CHARGED === #

    def _register(self, invoices, line, **values):
        """Return the dialog of the button Pay, with a way to pay chosen in it."""
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.biller)
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create({"journal_id": line.journal_id.id, **values})
        )
        wizard.payment_method_line_id = line
        return wizard

    def test_an_online_provider_records_nothing_that_it_does_not_charge(self):
        self._go_online(self.provider)
        second = self._invoice(self._create_service(patient=self.child))
        for invoices, values in (
            (self.bill, {}),
            (self.bill | second, {"group_payment": False}),
            (self.bill | second, {"group_payment": True}),
        ):
            wizard = self._register(invoices, self.online_line, **values)
            with self.assertRaisesRegex(UserError, "would not be asked"):
                wizard.action_create_payments()
        self.assertEqual((self.bill | second).mapped("payment_state"), ["not_paid"] * 2)

    def test_what_people_confirm_is_recorded(self):
        manual = self.company_data["default_journal_bank"]
        line = manual.inbound_payment_method_line_ids.filtered(
            lambda line: not line.payment_provider_id
        )[:1]
        self._go_online(self.provider)
        self._register(self.bill, line).action_create_payments()
        self.assertEqual(self.bill.payment_state, self.paid_state)
