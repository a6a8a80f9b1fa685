import random
import runpy

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import file_path

from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestToTheCent(ClinicInvoicingCommon):
    """What a service says before it is billed, its invoice says, and it says after."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.clinic_insurer_settlement = "invoice"
        included = {"price_include_override": "tax_included"}
        cls.tax = cls._create_tax(13)
        cls.taxes = cls._create_tax(5) | cls._create_tax(9.975)
        cls.included = cls._create_tax(6, **included) | cls._create_tax(7.7, **included)
        cls.env.flush_all()

    def _create_priced(self, price, taxes, **values):
        tax_ids = [Command.set(taxes.ids)]
        return self._create_service(price_unit=price, tax_ids=tax_ids, **values)

    def _set_currency(self, name, rounding):
        """Let the practice have this currency, with these digits."""
        currency = self.env["res.currency"].search(
            [("name", "=", name), ("active", "in", (True, False))]
        )
        currency.write({"active": True, "rounding": rounding})
        self.env["decimal.precision"].search(
            [("name", "=", "Product Price")]
        ).digits = 3
        # SQL: Odoo lets nobody change the currency of a company with entries, and the
        # database of the tests has some.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_company SET currency_id = %s WHERE id = %s",
            [currency.id, self.practice.id],
        )
        self.env.invalidate_all()

    def _use_mixed_discount(self, partners):
        """Let these have a term whose discount lowers the taxes of every invoice."""
        term = self._create_discount_term()
        term.early_pay_discount_computation = "mixed"
        partners.property_payment_term_id = term
        return term

    def assertAmounts(self, service, bills):
        """The service, its shares and these invoices say the same."""
        currency = service.currency_id
        shares = service.share_ids
        for total in (
            sum(shares.mapped("amount")),
            sum(shares.mapped("amount_invoiced")),
            sum(bills.mapped("amount_total")),
            sum(bills.mapped("amount_residual")),
            service.amount_due,
        ):
            self.assertEqual(currency.compare_amounts(service.amount_total, total), 0)
        for share in shares:
            bill = bills.filtered(
                lambda bill, one=share: bill.partner_id == one.partner_id
            )
            self.assertEqual(
                currency.compare_amounts(share.amount, bill.amount_total), 0
            )

    # === ONE SERVICE === #

    def test_service_says_before_what_its_invoice_says(self):
        generator = random.Random(15)
        for method in ("round_globally", "round_per_line"):
            self.practice.tax_calculation_rounding_method = method
            for taxes in (
                self.tax,
                self.taxes,
                self.included,
                self.taxes | self.included,
            ):
                for _number in range(5):
                    service = self._create_priced(
                        generator.randrange(1, 9999) / 100,
                        taxes,
                        quantity=generator.choice((1, 3, 0.5, 1.25)),
                        discount=generator.choice((0, 10, 33.33)),
                    )
                    with self.subTest(
                        method=method, taxes=taxes, service=service.price_unit
                    ):
                        before = service.amount_total
                        bill = self._invoice(service)
                        self.assertEqual(bill.amount_total, before)
                        self.assertAmounts(service, bill)

    def test_taxes_that_are_rounded_for_the_whole_invoice(self):
        self.practice.tax_calculation_rounding_method = "round_globally"
        service = self._create_priced(49.25, self.included)
        # Each tax rounded by itself would make 49.26 of it.
        self.assertEqual(service.amount_total, 49.25)
        bill = self._invoice(service)
        self.assertAmounts(service, bill)
        self._pay(bill, 49.25)
        self.assertEqual(service.state, "paid")

    def test_discount_that_lowers_the_taxes_of_every_invoice(self):
        self._use_mixed_discount(self.client)
        service = self._create_priced(100, self.tax)
        self.assertEqual(service.amount_total, 112.74)
        self.assertEqual(service.share_ids.amount, 112.74)
        bill = self._invoice(service)
        self.assertEqual(bill.amount_total, 112.74)
        self.assertAmounts(service, bill)
        self._pay(bill)
        self.assertEqual(service.state, "paid")

    def test_service_follows_the_payers_terms_until_it_is_billed(self):
        service = self._create_priced(100, self.tax)
        billed = self._create_priced(100, self.tax)
        bill = self._invoice(billed)
        term = self._use_mixed_discount(self.client)
        self.assertEqual(service.amount_total, 112.74)
        term.discount_percentage = 10
        self.assertEqual(service.amount_total, 111.70)
        self.assertEqual(billed.amount_total, 113)
        self._credit(bill)
        self.assertEqual(billed.amount_total, 111.70)

    def test_service_follows_rounding_and_taxes_until_it_is_billed(self):
        service = self._create_priced(49.25, self.included)
        billed = self._create_priced(100, self.tax)
        self._invoice(billed)
        self.env.flush_all()
        self.included[0].price_include_override = "tax_excluded"
        changed = service.amount_total
        self.assertNotEqual(changed, 49.25)
        self.tax.amount = 20
        self.assertEqual(billed.amount_total, 113)
        self.practice.tax_calculation_rounding_method = "round_globally"
        self.env.flush_all()
        bill = self._invoice(service)
        self.assertAmounts(service, bill)

    def test_cash_rounding_is_in_what_a_service_says(self):
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "To 0.05",
                "rounding": 0.05,
                "strategy": "biggest_tax",
                "rounding_method": "HALF-UP",
            }
        )
        self.env["ir.default"].set(
            "account.move", "invoice_cash_rounding_id", rounding.id
        )
        service = self._create_priced(19.97, self.tax)
        self.assertEqual(service.amount_total, 22.55)
        self.assertAmounts(service, self._invoice(service))

    def test_discount_of_everything_is_no_charge(self):
        service = self._create_service(discount=100)
        self.assertRecordValues(
            service,
            [{"state": "no_charge", "amount_due": 0, "billing_obstacle": "no_charge"}],
        )
        service.discount = 99
        self.assertEqual(service.state, "to_invoice")
        self.assertFalse(service.billing_obstacle)
        # One without a price still waits for it.
        service.write({"discount": 0, "price_unit": 0})
        self.assertRecordValues(
            service, [{"state": "to_invoice", "billing_obstacle": "no_price"}]
        )
        event = self._create_event()
        event.clinic_service_ids.discount = 100
        self.assertEqual(event.clinic_service_ids.state, "no_charge")

    # === SEVERAL OF THEM === #

    def test_services_of_one_invoice_sum_to_it(self):
        generator = random.Random(16)
        self.practice.tax_calculation_rounding_method = "round_globally"
        for taxes in (self.env["account.tax"], self.taxes, self.included):
            services = self.env["clinic.service"]
            for _number in range(5):
                services |= self._create_priced(generator.randrange(9999) / 100, taxes)
            bill = self._invoice(services)
            total = sum(services.mapped("amount_total"))
            with self.subTest(taxes=taxes):
                self.assertEqual(
                    bill.currency_id.compare_amounts(total, bill.amount_total), 0
                )
                due = sum(services.mapped("amount_due"))
                self.assertEqual(bill.currency_id.compare_amounts(total, due), 0)
            self._pay(bill, bill.currency_id.round(bill.amount_total / 3))
            due = sum(services.mapped("amount_due"))
            self.assertAlmostEqual(bill.amount_residual, due, 2)
            self._pay(bill)
            self.assertEqual(set(services.mapped("state")), {"paid"})

    def test_lowered_taxes_are_those_of_the_services_that_have_some(self):
        self._use_mixed_discount(self.client)
        taxed = self._create_priced(100, self.tax)
        untaxed = self._create_service()
        bill = self._invoice(taxed | untaxed)
        self.assertEqual(bill.amount_total, 212.74)
        self.assertEqual(taxed.amount_total, 112.74)
        self.assertEqual(untaxed.amount_total, 100)

    def test_shares_say_what_their_invoices_say(self):
        generator = random.Random(17)
        for method in ("round_globally", "round_per_line"):
            self.practice.tax_calculation_rounding_method = method
            for taxes in (self.tax, self.taxes, self.included):
                price = generator.randrange(1000, 9999) / 100
                service = self._create_priced(price, taxes)
                service._set_covers(
                    [("insurer", self.insurer, "percent", generator.randrange(1, 99))]
                )
                before = service.share_ids.mapped("amount")
                bills = self._invoice(service)
                with self.subTest(method=method, price=price, taxes=taxes):
                    self.assertEqual(len(bills), 2)
                    self.assertEqual(service.share_ids.mapped("amount"), before)
                    self.assertAmounts(service, bills)

    def test_shares_of_who_has_a_discount_and_who_has_none(self):
        self._use_mixed_discount(self.client)
        service = self._create_priced(100, self.tax)
        service._set_covers([("insurer", self.insurer, "percent", 50)])
        self.assertEqual(service.share_ids.mapped("amount"), [56.37, 56.5])
        self.assertEqual(service.amount_total, 112.87)
        bills = self._invoice(service)
        self.assertAmounts(service, bills)

    # === MOVED, CREDITED, FLIPPED === #

    def test_who_takes_all_of_a_share_owes_the_price_without_the_discount(self):
        self._use_mixed_discount(self.client)
        service = self._create_priced(100, self.tax)
        service._set_covers([("insurer", self.insurer, "amount", 0)])
        bill = self._invoice(service)
        share = service.share_ids
        share.with_user(self.manager)._move({share: 112.74}, "insurer", self.insurer)
        self.assertEqual(bill.amount_residual, 0)
        self.assertEqual(service.amount_total, 113)
        insurers = self._invoice(service)
        self.assertRecordValues(
            insurers, [{"partner_id": self.insurer.id, "amount_total": 113}]
        )
        self.assertEqual(sum(service.share_ids.mapped("amount_due")), 113)

    def test_part_that_is_moved_leaves_no_cent(self):
        self.practice.tax_calculation_rounding_method = "round_globally"
        services = self._create_priced(49.25, self.included)
        services |= self._create_priced(50.11, self.included)
        bill = self._invoice(services)
        for service in services:
            share = service.share_ids
            share.with_user(self.manager)._move({share: 20}, "insurer", self.insurer)
            self.assertAlmostEqual(
                sum(service.share_ids.mapped("amount_due")), service.amount_total, 2
            )
        self.assertAlmostEqual(
            bill.amount_residual, sum(services.mapped("amount_total")) - 40, 2
        )
        self._pay(bill)
        self._pay(self._invoice(services))
        self.assertEqual(set(services.mapped("state")), {"paid"})

    def test_flip_shows_and_credits_what_the_invoices_say(self):
        self._use_mixed_discount(self.client)
        twin = self._create_rate("Twin", 50, taxes_id=[Command.set(self.tax.ids)])
        self.rate.clinic_counterpart_rate_id = twin.product_tmpl_id
        services = self._create_priced(100, self.tax) | self._create_priced(
            33.33, self.tax
        )
        bill = self._invoice(services)
        service = services[0]
        self.assertEqual(service._preview_flip().amount_total, 56.37)
        _notes, again = service.with_user(self.manager)._flip_rate("Test", "2024-05-02")
        self.assertEqual(again.amount_total, 56.37)
        self.assertAmounts(service, again)
        self.assertAlmostEqual(bill.amount_residual, services[1].amount_total, 2)

    # === BEFORE AN INVOICE IS MADE === #

    def test_deposit_of_all_that_is_suggested_leaves_nothing(self):
        self.practice.tax_calculation_rounding_method = "round_globally"
        event = self._create_event(rates=self.rate | self.rate)
        event.clinic_service_ids.write(
            {"price_unit": 49.99, "tax_ids": [Command.set(self.included.ids)]}
        )
        room = event._clinic_get_deposit_room(self.client)
        event.clinic_status = "completed"
        bill = event.clinic_service_ids._create_invoices("2024-03-31")
        self.assertEqual(room, bill.amount_total)

    def test_programs_cost_what_their_invoices_say(self):
        self._use_mixed_discount(self.client)
        self.rate.taxes_id = self.tax
        program = self.env["clinic.program"].new({"rate_id": self.rate.id})
        self.assertEqual(program._get_price(self.client), 112.74)

    # === CURRENCIES === #

    def test_currencies_with_no_and_three_digits(self):
        for name, rounding, price in (("JPY", 1, 4925), ("OMR", 0.001, 13.125)):
            self._set_currency(name, rounding)
            for method in ("round_globally", "round_per_line"):
                self.practice.tax_calculation_rounding_method = method
                for taxes in (self.taxes, self.included):
                    service = self._create_priced(price, taxes, quantity=3)
                    service._set_covers([("insurer", self.insurer, "percent", 33)])
                    before = service.amount_total
                    bills = self._invoice(service)
                    with self.subTest(name=name, method=method, taxes=taxes):
                        self.assertEqual(service.amount_total, before)
                        self.assertAmounts(service, bills)

    # === UPGRADES === #

    def _migrate(self, when):
        """Run a script of the upgrade that brought this."""
        path = file_path(
            f"clinic_invoicing/migrations/19.0.1.1.0/{when}-services_to_the_cent.py"
        )
        runpy.run_path(path)["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()

    def test_upgrade_changes_only_what_is_not_billed(self):
        self.practice.tax_calculation_rounding_method = "round_globally"
        billed = self._create_priced(49.25, self.included)
        self._invoice(billed)
        waiting = self._create_priced(49.25, self.included)
        given = self._create_service(discount=100)
        services = billed | waiting | given
        self.env.flush_all()
        # SQL: as it was before.
        self.env.cr.execute(
            """UPDATE clinic_service SET amount_total = 49.26
                WHERE id IN %s;
               UPDATE clinic_service_share SET amount = 49.26 WHERE service_id IN %s;
               UPDATE clinic_service SET state = 'to_invoice' WHERE id = %s;
               UPDATE account_move_line SET clinic_amount = NULL;
               SET CONSTRAINTS ALL IMMEDIATE;
               SET CONSTRAINTS ALL DEFERRED;
               ALTER TABLE clinic_service DROP COLUMN amount_priced;
               ALTER TABLE clinic_service_share DROP COLUMN amount_correction""",
            [tuple((billed | waiting).ids)] * 2 + [given.id],
        )
        self.env.invalidate_all()
        self._migrate("pre")
        self._migrate("post")
        self.assertEqual(services.mapped("amount_total"), [49.26, 49.25, 0])
        self.assertEqual(services.share_ids.mapped("amount"), [49.26, 49.25, 0])
        self.assertEqual(services.mapped("state")[1:], ["to_invoice", "no_charge"])
        self.env.cr.execute("SET CONSTRAINTS ALL IMMEDIATE")
