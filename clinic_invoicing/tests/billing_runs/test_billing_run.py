from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from ...models.services import clinic_service_worklist
from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestBillingRun(ClinicInvoicingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.setup_other_company(name="Hill Clinic")["company"]
        # The worklist of the tests that count what is on it.
        cls.env["clinic.service"].search([]).unlink()

    # === WHAT A RUN MAKES === #

    def test_selection_is_invoiced_in_one_batch_per_payer(self):
        mine = self._create_service(patient=self.client, date="2024-03-14")
        childs = self._create_service(patient=self.child, date="2024-03-12")
        others = self._create_service(patient=self.other_client)
        run = self._create_run(mine | childs | others)
        run.action_start()
        self.assertRecordValues(
            run,
            [
                {
                    "state": "done",
                    "progress": 100,
                    "service_count": 3,
                    "invoice_count": 2,
                    "error_ids": [],
                }
            ],
        )
        invoices = run.invoice_ids.sorted("partner_id")
        self.assertRecordValues(
            invoices,
            [
                {
                    "partner_id": payer.id,
                    "move_type": "out_invoice",
                    "state": "posted",
                    "invoice_date": date(2024, 3, 31),
                    "amount_total": total,
                    "company_id": self.practice.id,
                    "clinic_has_services": True,
                }
                for payer, total in ((self.client, 200), (self.other_client, 100))
            ],
        )
        # In the order in which the services were rendered.
        self.assertEqual(
            list(invoices[0].invoice_line_ids.clinic_service_id), [childs, mine]
        )
        self.assertEqual((mine | childs | others).mapped("state"), ["invoiced"] * 3)

    def test_grouping_by_service_makes_one_invoice_each(self):
        services = self._create_services(3)
        invoices = self._invoice(services, grouping="service")
        self.assertEqual(len(invoices), 3)
        self.assertEqual(invoices.mapped("amount_total"), [100] * 3)
        self.assertEqual(invoices.invoice_line_ids.clinic_service_id, services)

    def test_invoice_repeats_price_quantity_discount_and_taxes(self):
        tax = self._create_tax(21)
        service = self._create_service(
            quantity=1.5,
            price_unit=33.33,
            discount=10,
            tax_ids=[Command.set(tax.ids)],
        )
        invoice = self._invoice(service)
        self.assertRecordValues(
            invoice.invoice_line_ids,
            [
                {
                    "quantity": 1.5,
                    "price_unit": 33.33,
                    "discount": 10,
                    "tax_ids": tax.ids,
                    "product_id": self.rate.id,
                    "clinic_share_id": service.share_ids.id,
                    "clinic_service_id": service.id,
                    "price_total": service.amount_total,
                }
            ],
        )
        self.assertEqual(service.invoice_date, date(2024, 3, 31))
        self.assertEqual(service.share_ids.amount_invoiced, service.amount_total)

    def test_what_a_client_owes_does_not_depend_on_their_fiscal_position(self):
        tax = self._create_tax(21)
        self.client.property_account_position_id = self.fiscal_pos_a
        service = self._create_service(tax_ids=[Command.set(tax.ids)])
        self.assertEqual(self._invoice(service).amount_total, 121)

    def test_run_starts_from_the_worklist_with_the_selection(self):
        services = self._create_services(2)
        action = services.with_user(self.biller).action_invoice()
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.biller)
            .with_context(**action["context"])
        )
        form.invoice_date = "2024-02-29"
        form.grouping = "service"
        run = form.save()
        self.assertEqual(run.service_ids, services)
        result = run.action_start()
        self.assertEqual(result["tag"], "display_notification")
        self.assertIn("2 services", result["params"]["message"])
        self.assertIn("2 invoices", result["params"]["message"])
        self.assertEqual(
            set(run.invoice_ids.mapped("invoice_date")), {date(2024, 2, 29)}
        )

    def test_selection_of_which_nothing_can_be_invoiced_does_not_open_a_run(self):
        services = self._create_service(self.insurer_rate) | self._create_service(
            self.free_rate
        )
        with self.assertRaisesRegex(UserError, "billed to the insurer.*\n.*free of"):
            services.with_user(self.biller).action_invoice()

    def test_service_tells_why_it_cannot_be_invoiced(self):
        for rate, kind, text in (
            (self.rate, "success", "ready to be invoiced"),
            (self.insurer_rate, "warning", "billed to the insurer"),
            (self.free_rate, "warning", "free of charge"),
        ):
            action = self._create_service(rate).with_user(self.biller).action_why_not()
            self.assertEqual(action["params"]["type"], kind)
            self.assertIn(text, action["params"]["message"])

    # === ERRORS === #

    def test_what_cannot_be_invoiced_is_listed_and_the_rest_is_invoiced(self):
        good = self._create_services(2)
        planned = self._create_event().clinic_service_ids
        invoiced = self._create_service()
        self._invoice(invoiced)
        cancelled = self._create_service()
        cancelled.action_cancel()
        reasons = {
            self._create_service(self.insurer_rate): "billed to the insurer",
            self._create_service(self.free_rate): "free of charge",
            self._create_service(price_unit=0): "has no price",
            planned: "has not been completed",
            invoiced: "invoiced already",
            cancelled: "has been cancelled",
        }
        services = good.union(*reasons)
        run = self._create_run(services)
        action = run.action_start()
        self.assertEqual(run.state, "failed")
        self.assertEqual(run.error_ids.service_id, services - good)
        for error in run.error_ids:
            self.assertIn(reasons[error.service_id], error.reason)
        self.assertEqual(run.invoice_ids.invoice_line_ids.clinic_service_id, good)
        # The user is shown what was left out.
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("clinic.billing.run", run.id)
        )

    def test_run_cannot_be_started_twice(self):
        services = self._create_services(2)
        run = self._create_run(services)
        run.action_start()
        invoices = run.invoice_ids
        with self.assertRaisesRegex(UserError, "was started before"):
            run.action_start()
        self.assertEqual(run.invoice_ids, invoices)

    def test_second_run_with_the_same_services_invoices_nothing(self):
        services = self._create_services(2)
        first, second = self._create_run(services), self._create_run(services)
        first.action_start()
        second.action_start()
        self.assertEqual(second.state, "failed")
        self.assertFalse(second.invoice_ids)
        self.assertEqual(second.error_ids.service_id, services)
        self.assertEqual(services.invoice_ids, first.invoice_ids)

    def test_run_without_services_is_refused(self):
        run = self._create_run(self.env["clinic.service"])
        with self.assertRaises(UserError):
            run.action_start()
        self.assertEqual(run.state, "draft")

    def test_run_shows_no_progress_before_it_is_started(self):
        run = self._create_run(self._create_service())
        self.assertRecordValues(
            run, [{"state": "draft", "progress": 0, "invoice_count": 0}]
        )

    # === COMPANIES === #

    def _create_service_elsewhere(self):
        rate = self._create_rate("Elsewhere", 60)
        return self._create_service(rate, company_id=self.other_company.id)

    def test_run_invoices_in_the_company_of_its_services(self):
        service = self._create_service_elsewhere()
        self.biller.company_ids += self.other_company
        action = service.with_user(self.biller).action_invoice()
        run = (
            self.env["clinic.billing.run"]
            .with_user(self.biller)
            .with_context(
                allowed_company_ids=(self.practice | self.other_company).ids,
                **action["context"],
            )
            .create({"invoice_date": "2024-03-31"})
        )
        run.action_start()
        self.assertEqual(run.company_id, self.other_company)
        self.assertRecordValues(
            run.invoice_ids,
            [
                {
                    "company_id": self.other_company.id,
                    "amount_total": 60,
                    "state": "posted",
                }
            ],
        )
        self.assertEqual(run.invoice_ids.journal_id.company_id, self.other_company)

    def test_services_of_several_companies_are_refused_with_a_clear_error(self):
        services = self._create_service() | self._create_service_elsewhere()
        self.biller.company_ids += self.other_company
        with self.assertRaisesRegex(UserError, "Harbour Clinic.*Hill Clinic|compan"):
            self._create_run(services)

    # === TRACES === #

    def test_invoice_says_which_run_made_it_and_who_started_it(self):
        service = self._create_service()
        run = self._create_run(service).with_context(tracking_disable=False)
        run.action_start()
        invoice = run.invoice_ids
        self.assertEqual(invoice.clinic_billing_run_id, run)
        bodies = " ".join(invoice.message_ids.mapped("body"))
        self.assertIn(run.name, bodies)
        self.assertIn("Bill Biller", bodies)
        self.assertEqual(invoice.create_uid, self.biller)
        action = run.action_open_invoices()
        self.assertEqual(self.env["account.move"].search(action["domain"]), invoice)

    def test_worklist_opens_the_invoices_of_a_selection(self):
        one, two = self._create_service(), self._create_service(patient=self.child)
        invoices = self._invoice(one | two, grouping="service")
        action = one.with_user(self.biller).action_open_invoices()
        self.assertEqual(action["res_id"], one.invoice_ids.id)
        action = (one | two).with_user(self.biller).action_open_invoices()
        self.assertEqual(self.env["account.move"].search(action["domain"]), invoices)

    def test_services_are_found_by_their_invoice(self):
        service, other = self._create_services(2)
        invoice = self._invoice(service)
        model = self.env["clinic.service"]
        self.assertEqual(model.search([("invoice_ids", "=", invoice.id)]), service)
        self.assertEqual(model.search([("invoice_ids", "=", invoice.name)]), service)
        self.assertNotIn(other, model.search([("invoice_ids", "in", invoice.ids)]))

    # === AFTER THE RUN === #

    def test_draft_invoice_still_holds_its_services(self):
        service = self._create_service()
        invoice = self._invoice(service)
        invoice.button_draft()
        self.assertRecordValues(service, [{"state": "invoiced", "amount_due": 100}])
        second = self._create_run(service)
        second.action_start()
        self.assertFalse(second.invoice_ids)

    def test_cancelled_invoice_gives_its_services_back(self):
        service = self._create_service()
        invoice = self._invoice(service)
        invoice.button_draft()
        invoice.button_cancel()
        self.assertRecordValues(
            service,
            [{"state": "to_invoice", "amount_due": 100, "invoice_date": False}],
        )
        again = self._invoice(service)
        self.assertEqual(again.amount_total, 100)
        self.assertEqual(service.state, "invoiced")

    def test_deleted_draft_invoice_gives_its_services_back(self):
        service = self._create_service()
        invoice = self._invoice(service)
        invoice.button_draft()
        invoice.with_context(force_delete=True).unlink()
        self.assertEqual(service.state, "to_invoice")

    def test_line_removed_from_a_draft_invoice_gives_its_service_back(self):
        services = self._create_services(2)
        invoice = self._invoice(services)
        invoice.button_draft()
        invoice.invoice_line_ids[1].unlink()
        invoice.action_post()
        self.assertEqual(set(services.mapped("state")), {"invoiced", "to_invoice"})

    def test_credit_note_puts_its_services_back_on_the_worklist(self):
        services = self._create_services(2)
        invoice = self._invoice(services)
        credit_note = self._credit(invoice)
        self.assertEqual(credit_note.move_type, "out_refund")
        self.assertEqual(credit_note.invoice_line_ids.clinic_service_id, services)
        self.assertTrue(credit_note.clinic_has_services)
        for service in services:
            self.assertRecordValues(
                service, [{"state": "to_invoice", "amount_due": 100}]
            )
        again = self._invoice(services)
        self.assertEqual(again.amount_total, 200)
        self.assertEqual(set(services.mapped("state")), {"invoiced"})

    def test_credit_note_of_one_line_gives_back_that_service_alone(self):
        services = self._create_services(2)
        invoice = self._invoice(services)
        credit_note = invoice._reverse_moves([{"invoice_date": "2024-04-01"}])
        credit_note.invoice_line_ids[0].unlink()
        credit_note.action_post()
        given_back = credit_note.invoice_line_ids.clinic_service_id
        self.assertEqual(given_back.state, "to_invoice")
        self.assertEqual((services - given_back).state, "invoiced")

    def test_reverse_and_create_invoice_keeps_its_services_invoiced(self):
        services = self._create_services(2)
        invoice = self._invoice(services)
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id, "date": "2024-04-01"})
        )
        action = wizard.modify_moves()
        replacement = self.env["account.move"].browse(action["res_id"])
        self.assertNotEqual(replacement, invoice)
        self.assertEqual(replacement.invoice_line_ids.clinic_service_id, services)
        # Read by nobody else than the one that it replaces.
        self.assertTrue(replacement.clinic_has_services)
        replacement.action_post()
        for service in services:
            self.assertRecordValues(service, [{"state": "invoiced", "amount_due": 100}])

    def test_duplicate_of_an_invoice_bills_nothing_twice(self):
        service = self._create_service()
        invoice = self._invoice(service)
        duplicate = invoice.copy({"invoice_date": "2024-04-01"})
        duplicate.action_post()
        self.assertFalse(duplicate.invoice_line_ids.clinic_share_id)
        self.assertFalse(duplicate.clinic_billing_run_id)
        self.assertEqual(service.invoice_ids, invoice)
        self._pay(duplicate)
        self.assertRecordValues(service, [{"state": "invoiced", "amount_due": 100}])
        self.assertEqual(service.share_ids.amount_invoiced, 100)

    def test_invoices_made_by_hand_bill_no_service(self):
        invoice = self.init_invoice(
            "out_invoice", self.client, products=self.rate, post=True
        )
        self.assertFalse(invoice.clinic_has_services)
        self.assertFalse(invoice.invoice_line_ids.clinic_service_id)

    # === TABS === #

    def _get_counts(self):
        return self.env["clinic.service"].with_user(self.biller).get_tab_counts()

    def test_tabs_count_what_they_list(self):
        self.assertEqual(self._get_counts(), dict.fromkeys(self._get_counts(), "0"))
        services = self._create_services(4)
        self._create_service(self.insurer_rate)
        self.assertEqual(
            self._get_counts(), {"to_invoice": "4", "invoiced": "0", "paid": "0"}
        )
        self._invoice(services[0] | services[1])
        self._pay(self._invoice(services[2]))
        self.assertEqual(
            self._get_counts(), {"to_invoice": "1", "invoiced": "2", "paid": "1"}
        )

    def test_tabs_stop_counting_at_their_limit(self):
        self._create_services(3)
        self.patch(clinic_service_worklist, "TAB_LIMIT", 2)
        self.assertEqual(self._get_counts()["to_invoice"], "2+")

    def test_tabs_leave_out_other_companies(self):
        self._create_service_elsewhere()
        self.assertEqual(self._get_counts()["to_invoice"], "0")

    # === RIGHTS === #

    def test_front_desk_cannot_start_a_run(self):
        service = self._create_service()
        with self.assertRaises(AccessError):
            self._create_run(service, self.front_desk)
        run = self._create_run(service)
        with self.assertRaises(AccessError):
            run.with_user(self.front_desk).action_start()

    # === SPEED === #

    def _count_queries(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def _queries_of_a_run(self, count):
        run = self._create_run(self._create_services(count), grouping="service")
        return self._count_queries(run.action_start)

    def _queries_of_core(self, count):
        """Make and post the same invoices without any service."""
        payer = self.client
        vals_list = [
            {
                "move_type": "out_invoice",
                "partner_id": payer.id,
                "company_id": self.practice.id,
                "currency_id": self.practice.currency_id.id,
                "invoice_date": "2024-03-31",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.rate.id,
                            "name": "Consultation",
                            "quantity": 1,
                            "price_unit": 100,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
            for _number in range(count)
        ]
        model = self.env["account.move"].with_user(self.biller).sudo()
        return self._count_queries(lambda: model.create(vals_list).action_post())

    def test_run_needs_no_more_queries_per_service_than_core(self):
        # Fills the caches that outlive a transaction.
        self._queries_of_a_run(1)
        self._queries_of_core(1)
        growth = (self._queries_of_a_run(50) - self._queries_of_a_run(10)) / 40
        core_growth = (self._queries_of_core(50) - self._queries_of_core(10)) / 40
        self.assertLess(growth, core_growth + 0.5)
