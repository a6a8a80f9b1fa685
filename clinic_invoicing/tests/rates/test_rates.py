from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestRates(ClinicInvoicingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.self_pay, cls.twin, cls.third = (
            cls._create_rate(name, 100).product_tmpl_id
            for name in ("Self-pay", "Twin", "Third")
        )

    def assertTwins(self, rate, twin):
        self.assertEqual(rate.clinic_counterpart_rate_id, twin)
        self.assertEqual(twin.clinic_counterpart_rate_id, rate)

    # === COUNTERPARTS === #

    def test_counterpart_points_back(self):
        self.self_pay.clinic_counterpart_rate_id = self.twin
        self.assertTwins(self.self_pay, self.twin)

    def test_counterpart_of_a_new_rate_points_back(self):
        new = self._create_rate(
            "New", 50, clinic_counterpart_rate_id=self.self_pay.id
        ).product_tmpl_id
        self.assertTwins(new, self.self_pay)

    def test_another_counterpart_releases_the_former_one(self):
        self.self_pay.clinic_counterpart_rate_id = self.twin
        self.self_pay.clinic_counterpart_rate_id = self.third
        self.assertTwins(self.self_pay, self.third)
        self.assertFalse(self.twin.clinic_counterpart_rate_id)

    def test_taking_the_twin_of_another_rate_releases_that_rate(self):
        self.self_pay.clinic_counterpart_rate_id = self.twin
        self.third.clinic_counterpart_rate_id = self.twin
        self.assertTwins(self.third, self.twin)
        self.assertFalse(self.self_pay.clinic_counterpart_rate_id)

    def test_new_rate_that_takes_a_twin_releases_the_other_rate(self):
        self.self_pay.clinic_counterpart_rate_id = self.twin
        new = self._create_rate(
            "New", 50, clinic_counterpart_rate_id=self.twin.id
        ).product_tmpl_id
        self.assertTwins(new, self.twin)
        self.assertFalse(self.self_pay.clinic_counterpart_rate_id)

    def test_clearing_the_counterpart_clears_it_on_both_sides(self):
        self.self_pay.clinic_counterpart_rate_id = self.twin
        self.twin.clinic_counterpart_rate_id = False
        self.assertFalse(self.self_pay.clinic_counterpart_rate_id)
        self.assertFalse(self.twin.clinic_counterpart_rate_id)

    def test_two_rates_given_the_same_counterpart_do_not_both_keep_it(self):
        (self.self_pay | self.third).clinic_counterpart_rate_id = self.twin
        twin_of_twin = self.twin.clinic_counterpart_rate_id
        self.assertTwins(self.twin, twin_of_twin)
        loser = (self.self_pay | self.third) - twin_of_twin
        self.assertFalse(loser.clinic_counterpart_rate_id)

    def test_rate_is_never_its_own_counterpart(self):
        with self.assertRaisesRegex(ValidationError, "Self-pay cannot be its own"):
            self.self_pay.clinic_counterpart_rate_id = self.self_pay

    def test_duplicate_of_a_rate_has_no_counterpart(self):
        self.self_pay.clinic_counterpart_rate_id = self.twin
        self.assertFalse(self.self_pay.copy().clinic_counterpart_rate_id)
        self.assertTwins(self.self_pay, self.twin)

    def test_counterpart_of_another_company_is_refused(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.self_pay.company_id = self.practice
        self.twin.company_id = elsewhere
        with self.assertRaises(UserError):
            self.self_pay.clinic_counterpart_rate_id = self.twin

    # === DECISION === #

    def test_rate_that_is_invoiced_brings_services_to_the_worklist(self):
        service = self._create_service(self.rate)
        self.assertRecordValues(
            service,
            [
                {
                    "billing": "client",
                    "price_unit": 100,
                    "amount_total": 100,
                    "amount_due": 100,
                    "state": "to_invoice",
                }
            ],
        )
        self.assertRecordValues(
            service.share_ids,
            [{"payer_type": "patient", "partner_id": self.client.id, "amount": 100}],
        )

    def test_rate_that_is_not_invoiced_goes_to_the_insurer(self):
        service = self._create_service(self.insurer_rate)
        self.assertRecordValues(
            service,
            [{"billing": "insurance", "amount_total": 80, "state": "insurance"}],
        )
        self.assertRecordValues(
            service.share_ids,
            [{"payer_type": "insurer", "partner_id": self.insurer.id, "amount": 80}],
        )

    def test_rate_that_needs_no_billing_costs_nothing(self):
        service = self._create_service(self.free_rate)
        self.assertRecordValues(
            service,
            [
                {
                    "billing": "no_charge",
                    "price_unit": 0,
                    "amount_total": 0,
                    "amount_due": 0,
                    "state": "no_charge",
                }
            ],
        )

    def test_no_need_to_bill_outweighs_is_invoiced(self):
        rate = self._create_rate("Courtesy", 40, clinic_needs_billing=False)
        self.assertRecordValues(
            self._create_service(rate), [{"billing": "no_charge", "price_unit": 0}]
        )

    def test_billed_description_names_the_service(self):
        self.rate.clinic_billed_description = "Medical consultation"
        self.assertEqual(self._create_service().name, "Medical consultation")
        self.assertEqual(
            self._create_service(self.insurer_rate).name, "Consultation (insurer)"
        )

    def test_editing_a_rate_never_rewrites_recorded_services(self):
        tax = self._create_tax(10)
        self.rate.taxes_id = tax
        client_service = self._create_service(self.rate)
        free_service = self._create_service(self.free_rate)
        insurer_service = self._create_service(self.insurer_rate)
        services = client_service | free_service | insurer_service
        expected = [
            {
                "name": service.name,
                "billing": service.billing,
                "price_unit": service.price_unit,
                "tax_ids": service.tax_ids.ids,
                "amount_total": service.amount_total,
                "state": service.state,
            }
            for service in services
        ]
        rates = self.rate | self.free_rate | self.insurer_rate
        rates.write(
            {
                "name": "Renamed",
                "list_price": 999,
                "clinic_billed_description": "Something else",
                "taxes_id": [Command.set(self._create_tax(25).ids)],
            }
        )
        self.rate.clinic_is_invoiced = False
        self.free_rate.clinic_needs_billing = True
        self.insurer_rate.clinic_is_invoiced = True
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertRecordValues(services, expected)

    def test_services_recorded_after_an_edit_follow_it(self):
        self.rate.write({"list_price": 120, "clinic_is_invoiced": False})
        self.assertRecordValues(
            self._create_service(self.rate),
            [{"billing": "insurance", "price_unit": 120}],
        )

    def test_another_rate_on_a_service_brings_its_own_decision(self):
        service = self._create_service(self.insurer_rate)
        service.rate_id = self.rate
        self.assertRecordValues(
            service,
            [
                {
                    "name": "Consultation",
                    "billing": "client",
                    "price_unit": 100,
                    "state": "to_invoice",
                }
            ],
        )
        self.assertRecordValues(
            service.share_ids,
            [{"payer_type": "patient", "partner_id": self.client.id, "amount": 100}],
        )

    def test_taxes_of_other_companies_stay_off_the_service(self):
        elsewhere = self.env["res.company"].create(
            {"name": "Elsewhere", "country_id": self.practice.country_id.id}
        )
        group = self.env["account.tax.group"].create(
            {"name": "Elsewhere", "company_id": elsewhere.id}
        )
        own = self._create_tax(10)
        other = self._create_tax(20, company_id=elsewhere.id, tax_group_id=group.id)
        self.rate.sudo().taxes_id = own | other
        self.assertEqual(self._create_service().tax_ids, own)
