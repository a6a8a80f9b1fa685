from psycopg2 import IntegrityError
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestServiceAmounts(ClinicInvoicingCommon):
    """The total of a service, and its shares, which sum to it."""

    # === SHARES === #

    def _add_share(self, service, amount, **values):
        return self.env["clinic.service.share"].create(
            {
                "service_id": service.id,
                "payer_type": "insurer",
                "partner_id": self.insurer.id,
                "fixed_amount": amount,
                **values,
            }
        )

    def test_share_of_a_fixed_amount_leaves_the_rest(self):
        service = self._create_service()
        share = self._add_share(service, 30)
        self.assertRecordValues(
            service.share_ids.sorted("id"),
            [
                {"takes_rest": True, "payer_type": "patient", "amount": 70},
                {"takes_rest": False, "payer_type": "insurer", "amount": 30},
            ],
        )
        service.price_unit = 150
        self.assertEqual(service.share_ids.sorted("id").mapped("amount"), [120, 30])
        share.sudo().fixed_amount = 50
        self.assertEqual(service.share_ids.sorted("id").mapped("amount"), [100, 50])
        share.sudo().unlink()
        self.assertEqual(service.share_ids.mapped("amount"), [150])

    def test_shares_never_exceed_the_total(self):
        service = self._create_service()
        refused = r"the shares exceed its price of \$.100\.00"
        with self.assertRaisesRegex(ValidationError, refused), self.cr.savepoint():
            self._add_share(service, 100.01)
        share = self._add_share(service, 60)
        other = self._add_share(service, 30, payer_type="write_off", partner_id=False)
        for one, amount in ((share, 70.01), (other, 40.01)):
            with self.assertRaisesRegex(ValidationError, refused), self.cr.savepoint():
                one.sudo().fixed_amount = amount

    @mute_logger("odoo.sql_db")
    def test_postgresql_holds_that_nobody_owes_less_than_nothing(self):
        share = self._create_service().share_ids
        self.env.flush_all()
        with self.assertRaises(CheckViolation), self.cr.savepoint():
            self.cr.execute(
                "UPDATE clinic_service_share SET amount = -0.01 WHERE id = %s",
                [share.id],
            )

    def test_nobody_owes_more_than_a_price_that_has_fallen(self):
        service = self._create_service()
        self._add_share(service, 60)
        self._add_share(service, 30, payer_type="write_off", partner_id=False)
        for price, amounts in (
            (70, [0, 60, 10]),
            (59.99, [0, 59.99, 0]),
            (0, [0, 0, 0]),
            (95, [5, 60, 30]),
        ):
            service.price_unit = price
            self.env.flush_all()
            self.assertEqual(
                service.share_ids.sorted("id").mapped("amount"), amounts, price
            )

    @mute_logger("odoo.sql_db")
    def test_only_one_share_takes_the_rest(self):
        service = self._create_service()
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self._add_share(service, 0, takes_rest=True)
            self.env.flush_all()

    def test_shares_sum_to_the_total_whatever_the_price(self):
        tax = self._create_tax(21)
        service = self._create_service(tax_ids=[Command.set(tax.ids)])
        self._add_share(service, 0.07)
        for price, quantity, discount in (
            (33.33, 3, 0),
            (0.1, 7, 12.5),
            (99.99, 1.25, 33.33),
            (1234567.89, 1, 0),
        ):
            service.write(
                {"price_unit": price, "quantity": quantity, "discount": discount}
            )
            self.env.flush_all()
            # Raises when they do not, see the next test.
            self.cr.execute("SET CONSTRAINTS ALL IMMEDIATE")
            self.cr.execute("SET CONSTRAINTS ALL DEFERRED")
            self.assertAlmostEqual(
                sum(service.share_ids.mapped("amount")), service.amount_total, 2
            )

    @mute_logger("odoo.sql_db")
    def test_postgresql_holds_that_shares_sum_to_the_total(self):
        service = self._create_service()
        other = self._create_service()
        self.env.flush_all()
        self.cr.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self.cr.execute("SET CONSTRAINTS ALL DEFERRED")
        for statement in (
            "UPDATE clinic_service_share SET amount = amount - 1 WHERE service_id = %s",
            "UPDATE clinic_service SET amount_total = 99 WHERE id = %s",
            "DELETE FROM clinic_service_share WHERE service_id = %s",
            "INSERT INTO clinic_service_share"
            " (service_id, payer_type, cover_type, amount)"
            " VALUES (%s, 'write_off', 'amount', 1)",
        ):
            with (
                self.subTest(statement),
                self.assertRaisesRegex(CheckViolation, "do not sum to its total"),
                self.cr.savepoint(),
            ):
                self.cr.execute(statement, [service.id])
                self.cr.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # Moving a share to another service breaks the sums of both.
        with self.assertRaises(CheckViolation), self.cr.savepoint():
            self.cr.execute(
                "UPDATE clinic_service_share SET service_id = %s, takes_rest = false"
                " WHERE service_id = %s",
                [other.id, service.id],
            )
            self.cr.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def test_moving_an_amount_between_shares_passes_postgresql(self):
        service = self._create_service()
        self._add_share(service, 30)
        self.env.flush_all()
        with self.cr.savepoint():
            self.cr.execute(
                "UPDATE clinic_service_share"
                "   SET amount = amount + CASE WHEN takes_rest THEN -5 ELSE 5 END"
                " WHERE service_id = %s",
                [service.id],
            )
            self.cr.execute("SET CONSTRAINTS ALL IMMEDIATE")
            self.cr.execute("SET CONSTRAINTS ALL DEFERRED")

    def test_invoiced_service_takes_no_more_shares(self):
        service = self._create_service()
        self._invoice(service)
        with self.assertRaisesRegex(UserError, "already invoiced"):
            self._add_share(service, 50, payer_type="write_off", partner_id=False)
        self.assertRecordValues(service, [{"state": "invoiced", "amount_due": 100}])

    def test_share_is_not_born_paid(self):
        service = self._create_service()
        model = self.env["clinic.service.share"].with_user(self.front_desk)
        for values in (
            {"state": "paid"},
            {"amount": 50},
            {"amount_paid": 50},
            {"amount_invoiced": 50},
            {"invoice_date": "2024-01-01"},
        ):
            with self.subTest(values):
                with self.assertRaises(AccessError):
                    model.create(
                        {"service_id": service.id, "payer_type": "patient", **values}
                    )
                share = Command.create({"takes_rest": True, **values})
                with self.assertRaises(AccessError):
                    self.env["clinic.service"].with_user(self.front_desk).create(
                        {
                            "patient_id": self.client.id,
                            "rate_id": self.rate.id,
                            "share_ids": [share],
                        }
                    )
        self.assertRecordValues(service, [{"state": "to_invoice", "amount_due": 100}])

    # === NUMBERS === #

    def test_total_includes_quantity_discount_and_taxes(self):
        tax = self._create_tax(10)
        service = self._create_service(
            quantity=3, discount=25, tax_ids=[Command.set(tax.ids)]
        )
        self.assertEqual(service.amount_total, 247.5)
        invoice = self._invoice(service)
        self.assertEqual(invoice.amount_total, 247.5)

    @mute_logger("odoo.sql_db")
    def test_impossible_numbers_are_refused(self):
        service = self._create_service()
        for values in (
            {"quantity": 0},
            {"quantity": -1},
            {"price_unit": -0.01},
            {"discount": -1},
            {"discount": 100.5},
        ):
            with (
                self.subTest(values),
                self.assertRaises(IntegrityError),
                self.cr.savepoint(),
            ):
                service.write(values)
                self.env.flush_all()
