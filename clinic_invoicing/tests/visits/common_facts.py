from contextlib import contextmanager
from datetime import date, datetime

from odoo.fields import Command
from odoo.models import MAGIC_COLUMNS

from ..common import ClinicInvoicingCommon

# What is each record's own, whatever its facts are.
OWN_FIELDS = {"event_id", "service_id", "former_id"}


class FactsCommon(ClinicInvoicingCommon):
    """A visit with a service of each kind of rate, and what changes after it is booked.

    What is changed of the booking itself is noted in ``booking``, ``rates`` and
    ``company``: the next one is made with it from the start.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.country_id = cls.env.ref("base.us")
        cls._create_payers()
        cls._create_other_practice()
        cls._create_taxes()
        taxes = cls.domestic | cls.domestic_elsewhere
        included = {"taxes_id": [Command.set(taxes.ids)]}
        covered = {"clinic_cover_type": "percent", "clinic_cover": 70}
        in_minutes = {"clinic_quantity_mode": "minutes", "clinic_minutes_per_unit": 15}
        cls.covered_rate = cls._create_rate("Therapy", 100, **covered)
        cls.taxed_rate = cls._create_rate("Massage", 110, **included)
        cls.counted_rate = cls._create_rate("Coaching", 20, **in_minutes)
        fixed = {"clinic_cover_type": "amount", "clinic_cover": 25}
        cls.fixed_rate = cls._create_rate("X-ray", 40, **fixed, **included)
        cls.variants = cls._create_variants()
        cls.env.flush_all()

    @classmethod
    def _create_payers(cls):
        partners = cls.env["res.partner"]
        cls.patient, cls.stranger, cls.guarantor = partners.create(
            [
                {"name": "Paula Patient", "clinic_is_patient": True},
                {"name": "Sam Stranger", "clinic_is_patient": True},
                {"name": "Gus Guarantor"},
            ]
        )
        cls.second_insurer = partners.create(
            {"name": "Hill Mutual", "is_company": True}
        )
        cls.stranger.clinic_insurer_id = cls.second_insurer

    @classmethod
    def _create_other_practice(cls):
        """Make one with the same front desk that has chosen otherwise."""
        cls.other_practice = cls._create_company(name="Hill Clinic")
        cls.other_practice.write(
            {"clinic_insurer_settlement": "invoice", "clinic_majority_age": 30}
        )
        cls.front_desk.company_ids = cls.practice | cls.other_practice

    @classmethod
    def _create_taxes(cls):
        """Let the price contain a tax that nobody abroad pays."""
        cls.domestic = cls._create_tax(10, price_include_override="tax_included")
        cls.domestic_elsewhere = cls._create_tax(
            15, company_id=cls.other_practice.id, price_include_override="tax_excluded"
        )
        cls.foreign = cls._create_tax(
            20, original_tax_ids=[], price_include_override="tax_excluded"
        )
        cls.abroad = cls.env["account.fiscal.position"].create(
            {"name": "Abroad", "tax_ids": [Command.set(cls.foreign.ids)]}
        )
        cls.foreign.original_tax_ids = cls.domestic

    @classmethod
    def _create_variants(cls):
        """Return two variants of one rate; the second costs more."""
        attribute = cls.env["product.attribute"].create({"name": "Length"})
        short, long = cls.env["product.attribute.value"].create(
            [{"name": name, "attribute_id": attribute.id} for name in ("Short", "Long")]
        )
        # Its own context has it make no other variants.
        template = cls._create_rate("Session", 60).product_tmpl_id.with_env(cls.env)
        template.attribute_line_ids = [
            Command.create(
                {
                    "attribute_id": attribute.id,
                    "value_ids": [Command.set((short | long).ids)],
                }
            )
        ]
        variants = template.product_variant_ids.sorted("id")
        variants[1].product_template_attribute_value_ids.price_extra = 30
        return variants

    def setUp(self):
        super().setUp()
        self._begin()

    @contextmanager
    def _undoing(self):
        """Leave nothing of what the block does."""
        with self.env.cr.savepoint() as savepoint:
            try:
                yield
            finally:
                savepoint.rollback()
                self._begin()

    def _begin(self):
        """Forget what was changed of the booking."""
        self.booking = {"clinic_patient_id": self.patient.id}
        self.company = self.practice
        self.rates = [
            self.rate,
            self.insurer_rate,
            self.free_rate,
            self.covered_rate,
            self.taxed_rate,
            self.counted_rate,
            self.fixed_rate,
        ]

    def _book(self):
        """Return a visit with a service of each of the rates."""
        services = [
            Command.create({"rate_id": rate.id, "company_id": self.company.id})
            for rate in self.rates
        ]
        return self._create_event(clinic_service_ids=services, **self.booking)

    # === CHANGES === #

    def _rebook(self, event, **values):
        """Change the visit, and how the next one is booked."""
        event.write(values)
        self.booking.update(values)

    def _exchange(self, event, former, rate):
        """Give the service of a rate another one."""
        services = event.clinic_service_ids.filtered(lambda one: one.rate_id == former)
        services.rate_id = rate
        self.rates = [rate if one == former else one for one in self.rates]

    def _hand_to(self, event, company):
        """Let another practice bill the visit."""
        event.clinic_service_ids.company_id = company
        self.company = company

    def _change(self, record, **values):
        record.write(values)

    def _insure(self, *, patient=None):
        (patient or self.patient).clinic_insurer_id = self.insurer

    def _tax_as_abroad(self):
        self.patient.property_account_position_id = self.abroad

    def _create_price_list(self):
        """Return one by which everything costs half."""
        half = {"compute_price": "percentage", "percent_price": 50}
        return self.env["product.pricelist"].create(
            {"name": "Friends", "item_ids": [Command.create(half)]}
        )

    def _add_address(self, payer, **values):
        return self.env["res.partner"].create(
            {"name": "Letter box", "type": "invoice", "parent_id": payer.id, **values}
        )

    # === COMPARISON === #

    def _get_names(self, model):
        """Return what a record says: all that is stored, but who wrote it and when."""
        return [
            name
            for name, field in sorted(self.env[model]._fields.items())
            if field.store
            and field.type not in ("one2many", "many2one_reference")
            and field._modules[:1] == ("clinic_invoicing",)
            and name not in OWN_FIELDS.union(MAGIC_COLUMNS)
        ]

    def _describe(self, event):
        """Return what the services of a visit say, and their shares that owe."""
        self.env.flush_all()
        self.env.invalidate_all()
        return [
            {
                **self._read(service),
                "shares": [
                    self._read(share)
                    for share in service.share_ids.sorted(
                        lambda one: (one.payer_type, one.amount, one.id)
                    )
                    if not share._is_nothing()
                ],
            }
            for service in event.sudo().clinic_service_ids.sorted("id")
        ]

    def _read(self, record):
        values = {name: record[name] for name in self._get_names(record._name)}
        return {
            name: value.ids if hasattr(value, "ids") else value
            for name, value in values.items()
        }

    def assertSameAsBooked(self, event, ignored=()):
        """The visit says what one says that is booked now, with the same facts."""
        found, expected = self._describe(event), self._describe(self._book())
        for values in (*found, *expected):
            for each in (values, *values["shares"]):
                for name in ignored:
                    each.pop(name, None)
        self.maxDiff = None
        for one, other, rate in zip(found, expected, self.rates, strict=True):
            self.assertEqual(one, other, rate.name)


def _row(change, *, before=None):
    return before, change


# One row for each fact: what is there when the visit is booked, and what changes after.
# Each is called with the test and the visit.
FACTS = {
    "insurer that is entered": _row(lambda test, _event: test._insure()),
    "insurer that is exchanged": _row(
        lambda test, _event: test._change(
            test.patient, clinic_insurer_id=test.second_insurer.id
        ),
        before=lambda test: test._insure(),
    ),
    "insurer that is taken off": _row(
        lambda test, _event: test._change(test.patient, clinic_insurer_id=False),
        before=lambda test: test._insure(),
    ),
    "patient": _row(
        lambda test, event: test._rebook(event, clinic_patient_id=test.stranger.id),
        before=lambda test: test._insure(),
    ),
    "guarantor": _row(
        lambda test, _event: test._change(
            test.patient, clinic_guarantor_id=test.guarantor.id
        )
    ),
    "birth date": _row(
        lambda test, _event: test._change(test.patient, clinic_birthdate="1980-01-01"),
        before=lambda test: test._change(
            test.patient, clinic_guarantor_id=test.guarantor.id
        ),
    ),
    "guarantor at any age": _row(
        lambda test, _event: test._change(test.patient, clinic_guarantor_always=True),
        before=lambda test: test._change(
            test.patient,
            clinic_guarantor_id=test.guarantor.id,
            clinic_birthdate="1980-01-01",
        ),
    ),
    "age of majority": _row(
        lambda test, _event: test._change(test.practice, clinic_majority_age=30),
        before=lambda test: test._change(
            test.patient,
            clinic_guarantor_id=test.guarantor.id,
            clinic_birthdate="2000-01-01",
        ),
    ),
    "day on which the patient is of age": _row(
        lambda test, event: test._rebook(
            event,
            start=datetime(2024, 9, 12, 14, 0),
            stop=datetime(2024, 9, 12, 15, 0),
        ),
        before=lambda test: test._change(
            test.patient,
            clinic_guarantor_id=test.guarantor.id,
            clinic_birthdate="2006-06-01",
        ),
    ),
    "invoice address": _row(lambda test, _event: test._add_address(test.patient)),
    "invoice address of the guarantor": _row(
        lambda test, _event: test._add_address(test.guarantor),
        before=lambda test: test._change(
            test.patient, clinic_guarantor_id=test.guarantor.id
        ),
    ),
    "address that becomes one for letters": _row(
        lambda test, _event: test._change(test.patient.child_ids, type="other"),
        before=lambda test: test._add_address(test.patient),
    ),
    "address that is archived": _row(
        lambda test, _event: test.patient.child_ids.action_archive(),
        before=lambda test: test._add_address(test.patient),
    ),
    "fiscal position": _row(
        lambda test, _event: test._change(
            test.patient, property_account_position_id=test.abroad.id
        )
    ),
    "fiscal position of the guarantor": _row(
        lambda test, _event: test._change(
            test.patient, clinic_guarantor_id=test.guarantor.id
        ),
        before=lambda test: test._change(
            test.guarantor, property_account_position_id=test.abroad.id
        ),
    ),
    "country of the payer": _row(
        lambda test, _event: test._change(
            test.patient, country_id=test.env.ref("base.be").id
        ),
        before=lambda test: test._change(
            test.abroad, auto_apply=True, country_id=test.env.ref("base.be").id
        ),
    ),
    "postcode of the payer": _row(
        lambda test, _event: test._change(test.patient, zip="4500"),
        before=lambda test: (
            test._change(
                test.abroad,
                auto_apply=True,
                country_id=test.env.ref("base.be").id,
                zip_from="4000",
                zip_to="4999",
            ),
            test._change(test.patient, country_id=test.env.ref("base.be").id),
        ),
    ),
    "tax number of the payer": _row(
        lambda test, _event: test._change(test.patient, vat="BE0477472701"),
        before=lambda test: (
            test._change(
                test.abroad,
                auto_apply=True,
                vat_required=True,
                country_id=test.env.ref("base.be").id,
            ),
            test._change(test.patient, country_id=test.env.ref("base.be").id),
        ),
    ),
    "tax": _row(lambda test, _event: test._change(test.domestic, amount=15)),
    "tax that is not the payer's": _row(
        lambda test, _event: test._change(test.domestic, amount=15),
        before=lambda test: test._tax_as_abroad(),
    ),
    "included tax": _row(
        lambda test, _event: test._change(
            test.domestic, price_include_override="tax_excluded"
        )
    ),
    "included tax that is not the payer's": _row(
        lambda test, _event: test._change(
            test.domestic, price_include_override="tax_excluded"
        ),
        before=lambda test: test._tax_as_abroad(),
    ),
    "prices of the practice include taxes": _row(
        lambda test, _event: test._change(
            test.practice, account_price_include="tax_included"
        ),
        before=lambda test: (
            test._change(test.practice, account_price_include="tax_excluded"),
            test._change(test.domestic, price_include_override=False),
        ),
    ),
    # It decides nothing: a service costs what its rate costs.
    "price list of the payer": _row(
        lambda test, _event: test._change(
            test.patient, property_product_pricelist=test._create_price_list().id
        )
    ),
    "payment term of the payer": _row(
        lambda test, _event: test._change(
            test.patient,
            property_payment_term_id=test._create_discount_term()
            .copy({"early_pay_discount_computation": "mixed"})
            .id,
        )
    ),
    "insurers are invoiced": _row(
        lambda test, _event: test._change(
            test.practice, clinic_insurer_settlement="invoice"
        ),
        before=lambda test: test._insure(),
    ),
    "rate": _row(lambda test, event: test._exchange(event, test.rate, test.taxed_rate)),
    "rate of which insurers cover a part": _row(
        lambda test, event: test._exchange(event, test.rate, test.covered_rate),
        before=lambda test: test._insure(),
    ),
    "rate of which insurers cover nothing": _row(
        lambda test, event: test._exchange(event, test.covered_rate, test.rate),
        before=lambda test: test._insure(),
    ),
    "rate of which insurers cover another part": _row(
        lambda test, event: test._exchange(event, test.covered_rate, test.fixed_rate),
        before=lambda test: test._insure(),
    ),
    "rate that is billed to insurers": _row(
        lambda test, event: test._exchange(event, test.rate, test.insurer_rate),
        before=lambda test: test._insure(),
    ),
    "rate that is not counted in minutes": _row(
        lambda test, event: test._exchange(event, test.counted_rate, test.rate)
    ),
    "variant": _row(
        lambda test, event: test._exchange(event, *test.variants),
        before=lambda test: test.rates.append(test.variants[0]),
    ),
    "start": _row(
        lambda test, event: test._rebook(
            event,
            start=datetime(2024, 3, 20, 1, 30),
            stop=datetime(2024, 3, 20, 2, 30),
        )
    ),
    "length": _row(
        lambda test, event: test._rebook(event, stop=datetime(2024, 3, 12, 16, 0))
    ),
    "whole day": _row(
        lambda test, event: test._rebook(
            event,
            allday=True,
            start_date=date(2024, 3, 14),
            stop_date=date(2024, 3, 14),
            start=datetime(2024, 3, 14),
            stop=datetime(2024, 3, 14),
        )
    ),
    "practitioner": _row(
        lambda test, event: test._rebook(event, user_id=test.employee.id)
    ),
    "company": _row(
        lambda test, event: test._hand_to(event, test.other_practice),
        before=lambda test: (
            test._insure(),
            test._change(
                test.patient,
                clinic_guarantor_id=test.guarantor.id,
                clinic_birthdate="2000-01-01",
            ),
        ),
    ),
}
