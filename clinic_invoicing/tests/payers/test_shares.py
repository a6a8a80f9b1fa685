from ast import literal_eval
from datetime import date

from lxml import etree

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common_shares import SharesCommon


@tagged("post_install", "-at_install")
class TestShares(SharesCommon):
    """Who owes what of a service: split, moved, settled."""

    # === SPLITTING === #

    def test_service_is_split_between_two_insurers_nobody_and_the_client(self):
        service = self._create_service()
        self._split(
            service,
            cover=70,
            second_insurer_id=self.second_insurer.id,
            second_cover=10,
            second_cover_type="amount",
            write_off=5,
        )
        self.assertLedger(
            service,
            ("insurer", 70, 0, 0, 70),
            ("insurer", 10, 0, 0, 10),
            ("patient", 15, 0, 0, 15),
            ("write_off", 5, 0, 0, 0),
        )
        self.assertEqual(
            self._get_share(service, "insurer").partner_id,
            self.insurer | self.second_insurer,
        )
        self.assertEqual(service.state, "to_invoice")

    def test_percentage_follows_the_price_until_it_is_invoiced(self):
        service = self._create_service()
        self._split(service, cover=70)
        service.price_unit = 200
        self.assertLedger(
            service, ("insurer", 140, 0, 0, 140), ("patient", 60, 0, 0, 60)
        )

    def test_covers_never_take_more_than_the_price(self):
        service = self._create_service()
        self._split(
            service,
            cover=80,
            second_insurer_id=self.second_insurer.id,
            second_cover=80,
        )
        self.assertLedger(service, ("insurer", 80, 0, 0, 80), ("insurer", 20, 0, 0, 20))
        self.assertEqual(service.state, "insurance")

    def test_splitting_again_replaces_the_split(self):
        service = self._create_service()
        self._split(service, cover=70)
        self._split(service, cover=20, cover_type="amount")
        self.assertLedger(service, ("insurer", 20, 0, 0, 20), ("patient", 80, 0, 0, 80))

    def test_rate_with_a_cover_splits_its_services(self):
        self.rate.write({"clinic_cover_type": "percent", "clinic_cover": 60})
        service = self._create_service()
        self.assertLedger(service, ("insurer", 60, 0, 0, 60), ("patient", 40, 0, 0, 40))
        self.client.clinic_insurer_id = False
        self.assertLedger(self._create_service(), ("patient", 100, 0, 0, 100))

    def test_preview_says_who_will_owe_what(self):
        wizard = self.env["clinic.service.split"].create(
            {
                "service_ids": [Command.set(self._create_service().ids)],
                "cover": 70,
            }
        )
        self.assertRegex(wizard.effect, "Sea Mutual.*70.00.*Clara Client.*30.00")

    def test_invoiced_service_is_not_split(self):
        service = self._create_service()
        self._invoice(service)
        with self.assertRaisesRegex(UserError, "already invoiced"):
            self._split(service, cover=70)

    # === INVOICING SHARES === #

    def test_client_is_invoiced_only_for_the_own_share(self):
        service = self._create_service()
        self._split(service, cover=70)
        invoice = self._invoice(service)
        self.assertRecordValues(
            invoice, [{"partner_id": self.client.id, "amount_total": 30}]
        )
        self.assertRecordValues(service, [{"state": "insurance", "amount_due": 100}])

    def test_insurer_is_invoiced_where_the_practice_says_so(self):
        self._invoice_insurers()
        services = self._create_services(2)
        self._split(services, cover=70)
        invoices = self._invoice(services)
        self.assertEqual(
            sorted((move.partner_id.name, move.amount_total) for move in invoices),
            [("Clara Client", 60), ("Sea Mutual", 140)],
        )
        self.assertEqual(services.mapped("state"), ["invoiced"] * 2)

    def test_insurers_rate_is_invoiced_to_the_insurer(self):
        self._invoice_insurers()
        service = self._create_service(self.insurer_rate)
        self.assertFalse(service.billing_obstacle)
        invoice = self._invoice(service)
        self.assertRecordValues(
            invoice, [{"partner_id": self.insurer.id, "amount_total": 80}]
        )
        self._pay(invoice)
        self.assertEqual(service.state, "paid")

    def test_lines_of_the_shares_sum_to_the_service_with_its_taxes(self):
        self._invoice_insurers()
        included = self._create_tax(5, price_include_override="tax_included")
        for taxes, price in (
            (self._create_tax(13), 33.33),
            (self._create_tax(21) | self._create_tax(5.5), 0.99),
            (included, 77.77),
            (self._create_tax(19.6), 1234.56),
        ):
            with self.subTest(price=price):
                service = self._create_service(
                    tax_ids=[Command.set(taxes.ids)], price_unit=price
                )
                self._split(service, cover=33.33)
                invoices = self._invoice(service)
                self.assertAlmostEqual(
                    sum(invoices.mapped("amount_total")), service.amount_total, 2
                )
                whole = service._get_tax_details()
                self.assertAlmostEqual(
                    sum(invoices.mapped("amount_tax")),
                    sum(data["tax_amount_currency"] for data in whole["taxes_data"]),
                    2,
                )
                for share in service.share_ids:
                    self.assertAlmostEqual(share.amount_invoiced, share.amount, 2)

    # === THREE PARTIES === #

    def test_insurer_pays_70_outside_and_the_client_30(self):
        service = self._create_service()
        self._split(service, cover=70)
        invoice = self._invoice(service)
        self._pay(invoice)
        self.assertRecordValues(service, [{"state": "insurance", "amount_due": 70}])
        self._answer(service, {service: 70})
        self.assertRecordValues(service, [{"state": "paid", "amount_due": 0}])
        self.assertLedger(
            service, ("insurer", 70, 0, 70, 0), ("patient", 30, 30, 30, 0)
        )
        share = self._get_share(service, "insurer")
        self.assertRecordValues(
            share,
            [{"settled_date": date(2024, 4, 20), "settled_reference": "REMIT-1"}],
        )

    def test_what_the_insurer_leaves_moves_to_the_client(self):
        service = self._create_service()
        self._split(service, cover=70)
        first = self._invoice(service)
        self._answer(service, {service: 60})
        self.assertLedger(
            service,
            ("insurer", 60, 0, 60, 0),
            ("patient", 30, 30, 0, 30),
            ("patient", 10, 0, 0, 10),
        )
        self.assertEqual(service.state, "to_invoice")
        second = self._invoice(service)
        self.assertRecordValues(
            second, [{"partner_id": self.client.id, "amount_total": 10}]
        )
        self._pay(first | second)
        self.assertRecordValues(service, [{"state": "paid", "amount_due": 0}])

    def test_what_an_invoiced_insurer_leaves_is_credited_and_moves(self):
        self._invoice_insurers()
        services = self._create_services(2)
        self._split(services, cover=70)
        invoices = self._invoice(services)
        to_insurer = invoices.filtered(lambda move: move.partner_id == self.insurer)
        self._pay(to_insurer, 120)
        self._answer(services)
        self.assertRecordValues(
            to_insurer,
            [{"payment_state": "paid", "amount_residual": 0}],
        )
        credit_note = to_insurer.reversal_move_ids
        self.assertRecordValues(
            credit_note, [{"amount_total": 20, "payment_state": "paid"}]
        )
        self.assertEqual(services[0].state, "invoiced")
        self.assertLedger(
            services[1],
            ("insurer", 50, 50, 50, 0),
            ("patient", 30, 30, 0, 30),
            ("patient", 20, 0, 0, 20),
        )

    def test_what_the_insurer_leaves_is_written_off(self):
        service = self._create_service(self.insurer_rate)
        self._answer(service, {service: 55.5}, rest="write_off")
        self.assertLedger(
            service, ("insurer", 55.5, 0, 55.5, 0), ("write_off", 24.5, 0, 0, 0)
        )
        self.assertEqual(service.state, "paid")

    def test_insurer_may_pay_in_two_parts(self):
        service = self._create_service(self.insurer_rate)
        self._answer(service, {service: 50}, rest="keep")
        self.assertRecordValues(service, [{"state": "insurance", "amount_due": 30}])
        self._answer(service, {service: 30}, rest="keep", reference="REMIT-2")
        self.assertRecordValues(service, [{"state": "paid", "amount_due": 0}])

    def test_insurer_settles_no_more_than_is_owed(self):
        service = self._create_service(self.insurer_rate)
        with (
            self.assertRaisesRegex(UserError, r"Only .*80.00 is open"),
            self.cr.savepoint(),
        ):
            self._answer(service, {service: 80.01})
        self.assertLedger(service, ("insurer", 80, 0, 0, 80))

    # === MOVING === #

    def test_share_that_is_not_invoiced_is_just_moved(self):
        service = self._create_service()
        self._move(service.share_ids, 40, "insurer", self.insurer)
        self.assertLedger(service, ("insurer", 40, 0, 0, 40), ("patient", 60, 0, 0, 60))
        self._move(self._get_share(service, "insurer"), 40, "patient")
        self.assertLedger(service, ("patient", 100, 0, 0, 100))

    def test_part_of_an_invoiced_and_partly_paid_share_is_moved(self):
        service = self._create_service()
        invoice = self._invoice(service)
        self._pay(invoice, 25)
        share = service.share_ids
        with self.assertRaisesRegex(ValidationError, r"only .*75"):
            self._move(share, 75.01, "insurer", self.insurer)
        self._move(share, 75, "insurer", self.insurer)
        self.assertRecordValues(
            invoice, [{"amount_residual": 0, "payment_state": "paid"}]
        )
        self.assertLedger(
            service, ("patient", 25, 25, 25, 0), ("insurer", 75, 0, 0, 75)
        )
        self.assertEqual(service.state, "insurance")

    def test_move_is_on_the_record(self):
        service = self._create_service()
        self._move(service.share_ids, 40, "insurer", self.insurer)
        bodies = " ".join(service.message_ids.mapped("body"))
        self.assertRegex(bodies, "40.00 moved from Clara Client to Sea Mutual")
        self.assertRegex(bodies, "by Bill Biller. Because")

    def test_only_billers_say_who_owes_what(self):
        service = self._create_service()
        front_desk = service.with_user(self.front_desk)
        for action in (
            lambda: self._move(
                service.share_ids, 40, "insurer", self.insurer, self.front_desk
            ),
            front_desk.action_split,
            front_desk.action_flip_rate,
            front_desk.share_ids.action_move,
            front_desk.action_insurer_answered,
            lambda: front_desk.share_ids.write({"fixed_amount": 1}),
            lambda: (
                self.env["clinic.share.settlement"]
                .with_user(self.front_desk)
                .create(
                    {"share_id": service.share_ids.id, "amount": 1, "reference": "x"}
                )
            ),
        ):
            with self.assertRaises(AccessError):
                action()

    def test_payer_who_owes_nothing_of_it_is_refused(self):
        service = self._create_service()
        with self.assertRaisesRegex(UserError, "Choose the insurer"):
            self._move(service.share_ids, 40, "insurer")
        for amount in (0, -1):
            with self.assertRaisesRegex(ValidationError, "more than zero"):
                self._move(service.share_ids, amount, "write_off")

    # === OBSTACLES, APPROVAL, QUANTITIES === #

    def test_what_cannot_be_billed_says_why(self):
        self.rate.clinic_needs_approval = True
        waiting = self._create_service()
        self.rate.clinic_needs_approval = False
        ready = self._create_service()
        planned = self._create_event().clinic_service_ids
        self.child.clinic_insurer_id = False
        uninsured = self._create_service(self.insurer_rate, self.child)
        obstacles = (waiting | ready | planned | uninsured).mapped("billing_obstacle")
        self.assertEqual(
            obstacles, ["needs_approval", False, "not_completed", "not_invoiced"]
        )
        self._invoice_insurers()
        self.assertEqual(uninsured.billing_obstacle, "no_insurer")
        ready.price_unit = 0
        self.assertEqual(ready.billing_obstacle, "no_price")
        with self.assertRaises(AccessError):
            ready.with_user(self.biller).billing_obstacle = False

    def test_worklist_knows_the_insurer_and_what_it_can_be_grouped_by(self):
        service = self._create_service()
        self.assertFalse(service.insurer_id)
        self._split(service, cover=70)
        self.assertEqual(service.insurer_id, self.insurer)
        self._split(service, cover=0)
        self.assertFalse(service.insurer_id)
        self.rate.clinic_needs_approval = True
        self._create_service()
        groups = self.env["clinic.service"]._read_group(
            [("patient_id", "=", self.client.id)], ["billing_obstacle"], ["__count"]
        )
        self.assertEqual(sorted(groups, key=str), [("needs_approval", 1), (False, 1)])

    def test_every_filter_of_the_worklist_can_be_searched(self):
        view = self.env.ref("clinic_invoicing.clinic_service_view_search")
        filters = etree.fromstring(view.arch).xpath("//filter[@domain]")
        self.assertGreater(len(filters), 10)
        for node in filters:
            with self.subTest(node.get("name")):
                domain = literal_eval(node.get("domain"))
                self.env["clinic.service"].search(domain, limit=1)

    def test_manager_approves_before_it_is_billed(self):
        self.rate.clinic_needs_approval = True
        service = self._create_service()
        with self.assertRaisesRegex(UserError, "needs approval"):
            service.with_user(self.biller).action_invoice()
        with self.assertRaises(AccessError):
            service.with_user(self.biller).action_approve()
        service.with_user(self.manager).action_approve()
        self.assertEqual(service.approved_by_id, self.manager)
        self.assertFalse(service.billing_obstacle)
        with self.assertRaisesRegex(UserError, "None of these"):
            service.with_user(self.manager).action_approve()
        self.assertEqual(len(self._invoice(service)), 1)

    def test_minutes_are_counted_from_how_long_the_visit_took(self):
        self.rate.write(
            {"clinic_quantity_mode": "minutes", "clinic_minutes_per_unit": 15}
        )
        service = self._create_event().clinic_service_ids
        self.assertRecordValues(service, [{"quantity": 4, "amount_total": 400}])
        service.duration = 50 / 60
        self.assertRecordValues(service, [{"quantity": 4, "amount_total": 400}])
        service.duration = 0.5
        self.assertRecordValues(service, [{"quantity": 2, "amount_total": 200}])
        service.quantity = 3
        self.assertEqual(service.amount_total, 300)

    def test_patient_of_age_is_billed_directly(self):
        self.child.clinic_birthdate = "2006-03-13"
        young = self._create_service(patient=self.child, date="2024-03-12")
        grown = self._create_service(patient=self.child, date="2024-03-13")
        self.assertEqual(young.bill_to_id, self.client)
        self.assertEqual(grown.bill_to_id, self.child)
        self.child.clinic_guarantor_always = True
        self.assertEqual(grown.bill_to_id, self.client)
