from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..common import ClinicInvoicingCommon

# They differ from one creation to the next, whoever makes it.
OWN_FIELDS = {
    "access_token",
    "create_date",
    "id",
    "message_id",
    "write_date",
}
# When a message was written.
OWN_MOMENT = {"mail.message": {"date"}}


class Undone(Exception):
    """Take back what was made."""


@tagged("post_install", "-at_install")
class TestBatchPosting(ClinicInvoicingCommon):
    """A batch stores what Core stores one by one, field by field."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # As in a request: with the chatter, and the language of the user.
        context = {"lang": "en_US", "tz": "UTC"}
        cls.moves = cls.env(user=cls.biller, su=True, context=context)["account.move"]
        cls.tax = cls._create_tax(21)
        cls.included = cls._create_tax(6, price_include_override="tax_included")

    # === WHAT IS COMPARED === #

    def _line(self, product=None, **values):
        return Command.create(
            {
                "product_id": (product or self.rate).id,
                "name": "Consultation",
                "quantity": 1,
                "price_unit": 100,
                "discount": 0,
                "tax_ids": [Command.clear()],
                **values,
            }
        )

    def _vals(self, *lines, **values):
        return {
            "move_type": "out_invoice",
            "clinic_has_services": True,
            "partner_id": self.client.id,
            "company_id": self.practice.id,
            "currency_id": self.practice.currency_id.id,
            "invoice_date": "2024-03-31",
            "invoice_line_ids": list(lines or [self._line()]),
            **values,
        }

    def _compare(self, *vals_list, is_fast=True):
        """Assert that a batch of these invoices stores what Core stores."""
        core = self._snapshot(self._post_by_core, vals_list)
        self.assertEqual(self.moves._clinic_are_plain(vals_list), is_fast)
        batch = self._snapshot(self.moves._clinic_create_posted, vals_list)
        self.maxDiff = None
        for subject, expected in core.items():
            self.assertEqual(batch[subject], expected, subject)
        return batch["account.move"]

    def _post_by_core(self, vals_list):
        moves = self.moves.create(vals_list)
        moves.action_post()
        return moves

    def _snapshot(self, make, vals_list):
        """Return all that `make` stores, and take it back."""
        snapshot = {}
        try:
            with self.env.cr.savepoint():
                moves = make([self._copy(vals) for vals in vals_list])
                self.assertEqual(set(moves.mapped("state")), {"posted"})
                self.env.flush_all()
                # The messages about changed fields are written before the commit.
                self.env.cr.precommit.run()
                self.env.invalidate_all()
                snapshot = self._read_all(moves)
                raise Undone
        except Undone:
            self.env.invalidate_all()
        return snapshot

    def _copy(self, vals):
        """Odoo changes what it is given."""
        lines = [
            (*command[:2], dict(command[2])) for command in vals["invoice_line_ids"]
        ]
        return {**vals, "invoice_line_ids": lines}

    def _read_all(self, moves):
        env = moves.env
        moves = moves.with_env(self.env(su=True))
        lines = moves.line_ids.sorted(lambda line: (line.move_id.id, line.id))
        thread = [("model", "=", "account.move"), ("res_id", "in", moves.ids)]
        follow = [("res_model", "=", "account.move"), ("res_id", "in", moves.ids)]
        messages = env["mail.message"].sudo().search(thread, order="id")
        followers = env["mail.followers"].sudo().search(follow, order="res_id, id")
        places = {
            (record._name, record.id): place
            for records in (moves, lines, messages)
            for place, record in enumerate(records)
        }
        partners = moves.partner_id | moves.commercial_partner_id
        return {
            **{
                records._name: [self._read(record, places) for record in records]
                for records in (moves, lines, messages, followers)
            },
            "analytic": [
                self._read(line, places)
                for line in lines.analytic_line_ids.sorted("id")
            ],
            "partners": [(partner.id, partner.customer_rank) for partner in partners],
            "notified": messages.notification_ids.mapped("res_partner_id.name"),
        }

    def _read(self, record, places):
        """Return every stored field, with the places of new records for their ids."""
        return {
            name: self._place(record[name], places)
            if field.relational or field.type == "many2one_reference"
            else record[name]
            for name, field in record._fields.items()
            if field.store
            and name not in OWN_FIELDS | OWN_MOMENT.get(record._name, set())
        } | self._read_resource(record, places)

    def _read_resource(self, record, places):
        model = getattr(record, "model", None) or getattr(record, "res_model", None)
        if not model or not isinstance(record.res_id, int):
            return {}
        return {"res_id": places.get((model, record.res_id))}

    def _place(self, value, places):
        if isinstance(value, int):
            return value
        return [
            places.get((record._name, record.id), record.display_name)
            for record in value
        ]

    # === SHAPES === #

    def test_invoice_without_tax(self):
        [move] = self._compare(self._vals())
        self.assertEqual((move["amount_total"], move["amount_residual"]), (100, 100))
        self.assertTrue(move["name"])
        self.assertEqual(move["payment_reference"], move["name"])

    def test_several_lines_with_different_taxes(self):
        both = [Command.set((self.tax | self.included).ids)]
        [move] = self._compare(
            self._vals(
                self._line(price_unit=33.33, tax_ids=[Command.set(self.tax.ids)]),
                self._line(price_unit=66.67, tax_ids=[Command.set(self.included.ids)]),
                self._line(quantity=1.5, price_unit=19.99, tax_ids=both),
                self._line(price_unit=10),
            )
        )
        self.assertTrue(move["amount_tax"])

    def test_taxes_that_build_on_each_other_and_are_shared_out(self):
        on_top = self._create_tax(
            10, name="Base of the next", include_base_amount=True, sequence=1
        )
        fixed = self._create_tax(3, name="Fixed", amount_type="fixed", sequence=2)
        group = self._create_tax(
            0,
            name="Group",
            amount_type="group",
            children_tax_ids=[Command.set((on_top | fixed).ids)],
        )
        [move] = self._compare(
            self._vals(
                self._line(tax_ids=[Command.set((on_top | self.tax).ids)]),
                self._line(price_unit=7.77, tax_ids=[Command.set(group.ids)]),
            )
        )
        self.assertTrue(move["amount_tax"])

    def test_taxes_with_tags_and_accounts(self):
        tags = self.env["account.account.tag"].create(
            [
                {"name": name, "applicability": "taxes"}
                for name in ("+base", "+part", "+rest")
            ]
        )
        account = self.company_data["default_account_tax_sale"]
        shares = [
            Command.clear(),
            Command.create(
                {"repartition_type": "base", "tag_ids": [Command.set(tags[0].ids)]}
            ),
            *(
                Command.create(
                    {
                        "repartition_type": "tax",
                        "factor_percent": percent,
                        "account_id": account.id,
                        "tag_ids": [Command.set(tag.ids)],
                    }
                )
                for percent, tag in ((40, tags[1]), (60, tags[2]))
            ),
        ]
        tax = self._create_tax(
            15,
            invoice_repartition_line_ids=shares,
            refund_repartition_line_ids=shares,
        )
        self._compare(self._vals(self._line(tax_ids=[Command.set(tax.ids)])))

    def test_tax_that_is_due_when_it_is_paid(self):
        self.practice.tax_exigibility = True
        account = self.company_data["default_account_tax_sale"].copy(
            {"reconcile": True}
        )
        tax = self._create_tax(
            12,
            tax_exigibility="on_payment",
            cash_basis_transition_account_id=account.id,
        )
        self._compare(self._vals(self._line(tax_ids=[Command.set(tax.ids)])))

    def test_taxes_rounded_for_the_whole_invoice(self):
        self.practice.tax_calculation_rounding_method = "round_globally"
        taxes = [Command.set(self.tax.ids)]
        lines = [self._line(price_unit=0.33, tax_ids=taxes) for _number in range(7)]
        self._compare(self._vals(*lines))

    def test_amounts_that_were_settled_before(self):
        """What a part of a service's taxes comes to is given with the line."""
        taxes = [Command.set(self.tax.ids)]
        exact = {
            "price_unit": 41.33,
            "quantity": 1.0,
            "discount": 0.0,
            "currency_id": self.practice.currency_id.id,
            "rate": 1.0,
            "manual_total_excluded_currency": 41.33,
            "manual_total_excluded": 41.33,
            "manual_tax_amounts": {
                str(self.tax.id): {
                    "tax_amount_currency": 8.67,
                    "tax_amount": 8.67,
                    "base_amount_currency": 41.33,
                    "base_amount": 41.33,
                }
            },
        }
        line = self._line(price_unit=41.33, tax_ids=taxes, extra_tax_data=exact)
        self._compare(self._vals(line))

    def test_discounts(self):
        self._compare(
            self._vals(
                self._line(discount=12.5, tax_ids=[Command.set(self.tax.ids)]),
                self._line(discount=100),
            )
        )

    def test_two_instalments(self):
        self.client.property_payment_term_id = self.pay_terms_b
        moves = self._compare(self._vals(self._line(price_unit=99.99)))
        self.assertEqual(moves[0]["amount_residual"], 99.99)

    def test_another_currency(self):
        currency = self.setup_other_currency("EUR")
        taxes = [Command.set(self.tax.ids)]
        self._compare(
            *(
                self._vals(
                    self._line(price_unit=price, tax_ids=taxes),
                    self._line(price_unit=price),
                    currency_id=currency.id,
                )
                for price in (77.77, 0.01)
            )
        )

    def test_fiscal_position_and_salesperson_of_the_payer(self):
        self.client.property_account_position_id = self.fiscal_pos_a
        self.client.user_id = self.manager
        self._compare(self._vals(self._line(tax_ids=[Command.set(self.tax.ids)])))

    def test_analytic_distribution(self):
        plan = self.env["account.analytic.plan"].create({"name": "Sites"})
        account = self.env["account.analytic.account"].create(
            {"name": "Harbour", "plan_id": plan.id}
        )
        self.env["account.analytic.distribution.model"].create(
            {
                "partner_id": self.client.id,
                "analytic_distribution": {str(account.id): 100},
            }
        )
        self._compare(self._vals(self._line(tax_ids=[Command.set(self.tax.ids)])))

    def test_many_invoices_to_several_payers(self):
        payers = [self.client, self.other_client, self.child] * 2
        lines = [self._line(price_unit=10 * n + 0.05) for n in range(1, 7)]
        moves = self._compare(
            *(
                self._vals(line, partner_id=payer.id)
                for payer, line in zip(payers, lines, strict=True)
            )
        )
        numbers = [move["sequence_number"] for move in moves]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 6)))

    def test_numbers_of_several_periods_go_on_from_what_is_there(self):
        self._post_by_core([self._vals(invoice_date="2023-05-01")])
        dates = ["2024-03-31", "2023-12-31", "2024-01-01", "2023-06-01"]
        moves = self._compare(*(self._vals(invoice_date=date) for date in dates))
        self.assertEqual(len({move["name"] for move in moves}), 4)

    def test_who_follows_new_invoices_is_told(self):
        subtype = self.env.ref("account.mt_invoice_created")
        self.client.user_id = self.manager
        subtype.default = True
        subtype.hidden = False
        self._compare(self._vals())

    # === WHAT CORE MAKES BY ITSELF === #

    def test_early_payment_discount_is_left_to_core(self):
        self.client.property_payment_term_id = self.env["account.payment.term"].create(
            {
                "name": "2 % within 7 days",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 7,
                "early_pay_discount_computation": "mixed",
            }
        )
        line = self._line(tax_ids=[Command.set(self.tax.ids)])
        self._compare(self._vals(line), is_fast=False)

    def test_discounts_booked_apart_are_left_to_core(self):
        account = self.company_data["default_account_expense"]
        self.practice.account_discount_expense_allocation_id = account
        self._compare(self._vals(self._line(discount=10)), is_fast=False)

    def test_lines_with_amounts_of_their_own_are_left_to_core(self):
        self._compare(self._vals(self._line(deductible_amount=100)), is_fast=False)

    # === WHAT CORE REFUSES === #

    def _assert_refused(self, message, **values):
        for make in (self._post_by_core, self.moves._clinic_create_posted):
            with self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
                make([self._vals(**values)])

    def test_archived_account_is_refused(self):
        self.company_data["default_account_revenue"].active = False
        self._assert_refused("is archived")

    def test_negative_total_is_refused(self):
        lines = [self._line(price_unit=-5)]
        self._assert_refused("negative total", invoice_line_ids=lines)

    def test_locked_period_moves_the_date_as_core_does(self):
        self.practice.sale_lock_date = "2024-04-30"
        [move] = self._compare(self._vals())
        self.assertGreater(str(move["date"]), "2024-04-30")

    def test_a_part_that_is_refused_leaves_no_number_behind(self):
        good = self._vals()
        first = self.moves._clinic_create_posted([good])
        self.company_data["default_account_revenue"].active = False
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.moves._clinic_create_posted([good, good])
        self.company_data["default_account_revenue"].active = True
        second = self.moves._clinic_create_posted([good])
        self.assertEqual(second.sequence_number, first.sequence_number + 1)
