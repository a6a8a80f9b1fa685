from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from ...models.billing_runs import clinic_billing_run, clinic_billing_run_queue
from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestBillingEngine(ClinicInvoicingCommon):
    """Large runs, worked off in the background; what is large is made small here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # As the scheduled actions are run.
        cls.runs = cls.env["clinic.billing.run"].with_user(SUPERUSER_ID)
        cls.patients = cls.env["res.partner"].create(
            [{"name": f"Patient {n}", "clinic_is_patient": True} for n in range(6)]
        )

    def setUp(self):
        super().setUp()
        self.patch(clinic_billing_run, "AT_ONCE", 3)
        self.patch(clinic_billing_run_queue, "SERVICES_PER_CHUNK", 2)
        # A worker commits after each chunk, which a test must not.
        self.commits = 0
        self.patch(type(self.env["ir.cron"]), "_commit_progress", self._commit)

    def _commit(self, processed=0, *, remaining=None, deactivate=False):
        self.commits += 1
        self.env.flush_all()
        return float("inf")

    def _start(self, services, **values):
        run = self._create_run(services, **values)
        run.action_start()
        return run

    def _work(self):
        self.env.flush_all()
        self.runs._cron_work()
        self.env.invalidate_all()

    def _create_services_of_all(self, each=1):
        services = self.env["clinic.service"]
        for patient in self.patients:
            services |= self._create_services(each, patient=patient)
        return services

    # === FROM START TO END === #

    def test_large_run_is_worked_off_in_the_background(self):
        services = self._create_services_of_all()
        run = self._create_run(services)
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search_count([])
        action = run.action_start()
        self.assertEqual((action["res_model"], action["res_id"]), (run._name, run.id))
        self.assertRecordValues(
            run,
            [{"state": "running", "progress": 0, "started_by_id": self.biller.id}],
        )
        self.assertFalse(run.invoice_ids)
        self.assertEqual(triggers.search_count([]), before + 4)
        self._work()
        self.assertRecordValues(
            run,
            [{"state": "done", "progress": 100, "invoice_count": 6, "error_ids": []}],
        )
        self.assertEqual(run.invoice_ids.invoice_line_ids.clinic_service_id, services)
        self.assertEqual(run.invoice_ids.create_uid, self.biller)
        self.assertGreaterEqual(self.commits, 3)

    def test_payer_is_not_torn_over_two_invoices(self):
        services = self._create_services_of_all(each=3)
        run = self._start(services)
        self.assertGreater(len(run.sudo().item_ids.chunk_id), 3)
        self._work()
        self.assertEqual(len(run.invoice_ids), 6)
        self.assertEqual(set(run.invoice_ids.mapped("amount_total")), {300})

    def test_grouping_by_service_keeps_to_the_size_of_chunks(self):
        services = self._create_services(7)
        run = self._start(services, grouping="service")
        chunks = run.sudo().item_ids.chunk_id
        self.assertEqual(sorted(len(chunk.item_ids) for chunk in chunks), [1, 2, 2, 2])
        self._work()
        self.assertEqual(len(run.invoice_ids), 7)

    def test_progress_is_shown_chunk_by_chunk(self):
        run = self._start(self._create_services_of_all())
        chunk = self.runs._claim_chunk([])
        self.runs._work_on(chunk, [])
        self.env.invalidate_all()
        self.assertAlmostEqual(run.progress, 100 * 2 / 6)
        self.assertEqual(run.state, "running")

    def test_invoices_of_a_large_run_say_who_started_it(self):
        run = self._start(self._create_services_of_all())
        self._work()
        for invoice in run.invoice_ids:
            bodies = " ".join(invoice.message_ids.mapped("body"))
            self.assertIn(run.name, bodies)
            self.assertIn("Bill Biller", bodies)

    def test_two_runs_over_the_same_services_bill_each_once(self):
        services = self._create_services_of_all()
        first, second = self._start(services), self._start(services)
        self._work()
        self.assertEqual((first.state, second.state), ("done", "failed"))
        self.assertEqual(second.error_ids.service_id, services)
        self.assertFalse(second.invoice_ids)

    def test_each_job_of_a_queue_invoices_its_chunk_once(self):
        services = self._create_services_of_all()
        run = self._start(services)
        chunks = run.with_env(self.runs.env).item_ids.chunk_id
        for chunk in chunks:
            chunk._perform_job()
        # A queue may deliver a job again.
        chunks[0]._perform_job()
        self._work()
        self.assertRecordValues(run, [{"state": "done", "invoice_count": 6}])

    def test_job_of_a_run_that_rests_does_nothing(self):
        run = self._start(self._create_services_of_all())
        run.action_pause()
        run.with_env(self.runs.env).item_ids.chunk_id[0]._perform_job()
        self.assertFalse(run.invoice_ids)

    # === SEVERAL PAYERS === #

    def _split(self, services, cover):
        self.practice.clinic_insurer_settlement = "invoice"
        services.patient_id.clinic_insurer_id = self.insurer
        wizard = self.env["clinic.service.split"].with_user(self.biller)
        values = {"service_ids": [Command.set(services.ids)], "cover": cover}
        wizard.create(values).action_confirm()

    def test_insurer_gets_one_invoice_for_the_services_of_all_chunks(self):
        services = self._create_services_of_all()
        self._split(services, cover=70)
        run = self._create_run(services)
        self.assertRecordValues(
            run,
            [
                {
                    "ready_count": 6,
                    "preview_payer_count": 7,
                    "preview_invoice_count": 7,
                    "preview_total": 600,
                }
            ],
        )
        run.action_start()
        self._work()
        self.assertRecordValues(
            run, [{"state": "done", "invoice_count": 7, "progress": 100}]
        )
        totals = {move.partner_id: move.amount_total for move in run.invoice_ids}
        self.assertEqual(
            totals, {self.insurer: 420, **dict.fromkeys(self.patients, 30)}
        )

    def test_invoice_of_one_payer_may_fail_alone(self):
        services = self._create_services_of_all()
        self._split(services, cover=70)
        self._break(self.insurer)
        run = self._start(services, grouping="service")
        self._work()
        self.assertEqual(run.error_ids.payer_id, self.insurer)
        self.assertEqual(run.error_ids.service_id, services)
        self.assertEqual(run.invoice_ids.partner_id, self.patients)

    def test_payer_who_changes_meanwhile_is_not_taken_for_invoiced(self):
        services = self._create_services_of_all()
        run = self._start(services)
        services[0].bill_to_id = self.client
        self._work()
        self.assertEqual(run.error_ids.service_id, services[0])
        self.assertEqual(services[0].state, "to_invoice")
        run.action_retry()
        self.assertEqual(run.state, "done")
        self.assertEqual(services[0].invoice_ids.partner_id, self.client)

    # === ERRORS === #

    def _break(self, patient):
        """Let the invoices of this patient be refused."""
        account = self.company_data["default_account_receivable"].copy()
        patient.property_account_receivable_id = account
        account.active = False

    def test_what_fails_is_listed_and_the_rest_of_its_chunk_is_invoiced(self):
        services = self._create_services_of_all()
        bad = services[2]
        self._break(bad.patient_id)
        free = self._create_service(self.free_rate, patient=self.patients[0])
        run = self._start(services | free)
        self._work()
        self.assertEqual(run.state, "failed")
        self.assertEqual(
            {error.service_id: error.state for error in run.error_ids},
            {bad: "failed", free: "skipped"},
        )
        errors = {error.service_id: error.reason for error in run.error_ids}
        self.assertIn("is archived", errors[bad])
        self.assertIn("free of charge", errors[free])
        self.assertEqual(
            run.invoice_ids.invoice_line_ids.clinic_service_id, services - bad
        )
        numbers = sorted(run.invoice_ids.mapped("sequence_number"))
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 5)))

    def test_failure_in_a_small_run_is_listed_too(self):
        services = self._create_services_of_all()[:2]
        self._break(services[0].patient_id)
        run = self._start(services)
        self.assertEqual(run.state, "failed")
        self.assertEqual(run.error_ids.service_id, services[0])

    def test_retry_invoices_what_has_been_mended(self):
        services = self._create_services_of_all()
        self._break(services[2].patient_id)
        run = self._start(services)
        self._work()
        services[2].patient_id.property_account_receivable_id.active = True
        run.action_retry()
        self.assertRecordValues(run, [{"state": "done", "error_ids": []}])
        self.assertEqual(run.invoice_ids.invoice_line_ids.clinic_service_id, services)

    def test_starter_who_has_lost_their_rights_invoices_nothing_more(self):
        services = self._create_services_of_all()
        run = self._start(services).with_env(self.env)
        self.biller.group_ids = self.env.ref("base.group_user")
        self._work()
        self.assertEqual(run.state, "failed")
        self.assertFalse(run.invoice_ids)
        self.assertEqual(run.error_ids.service_id, services)

    # === PAUSE, RESUME, CANCEL === #

    def test_paused_run_rests_until_it_is_resumed(self):
        run = self._start(self._create_services_of_all())
        run.action_pause()
        self._work()
        self.assertRecordValues(run, [{"state": "paused", "invoice_count": 0}])
        run.action_resume()
        self._work()
        self.assertRecordValues(run, [{"state": "done", "invoice_count": 6}])

    def test_cancelled_run_keeps_what_it_has_made(self):
        services = self._create_services_of_all()
        run = self._start(services)
        self.runs._work_on(self.runs._claim_chunk([]), [])
        run.action_cancel()
        self._work()
        self.assertRecordValues(run, [{"state": "cancelled", "invoice_count": 2}])
        self.assertEqual(
            sorted(services.mapped("state")), ["invoiced"] * 2 + ["to_invoice"] * 4
        )
        again = self._start(services - run.invoice_ids.line_ids.clinic_service_id)
        self._work()
        self.assertRecordValues(again, [{"state": "done", "invoice_count": 4}])

    def test_buttons_say_when_there_is_nothing_to_press(self):
        run = self._start(self._create_service())
        for method in (run.action_pause, run.action_resume, run.action_cancel):
            with self.assertRaises(UserError):
                method()
        with self.assertRaises(UserError):
            run.action_retry()

    # === PREVIEW === #

    def test_preview_says_what_will_be_done_and_what_is_left_out(self):
        services = self._create_services_of_all(each=2)
        free = self._create_services(2, rate=self.free_rate)
        planned = self._create_event().clinic_service_ids
        run = self._create_run(services | free | planned)
        self.assertRecordValues(
            run,
            [
                {
                    "ready_count": 12,
                    "preview_invoice_count": 6,
                    "preview_payer_count": 6,
                    "preview_total": 1200,
                }
            ],
        )
        self.assertIn("2 × It is free of charge.", run.preview_skipped)
        self.assertIn("1 × Its appointment has not", run.preview_skipped)
        run.grouping = "service"
        self.assertEqual(run.preview_invoice_count, 12)

    def test_preview_asks_no_more_for_more_services(self):
        def count_queries(services):
            run = self._create_run(services)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            run.mapped("ready_count")
            return self.cr.sql_log_count - before

        few = count_queries(self._create_services_of_all())
        self.assertLessEqual(count_queries(self._create_services_of_all(each=4)), few)

    # === E-MAIL === #

    def test_invoices_are_left_to_the_job_that_sends_them_when_asked(self):
        services = self._create_services_of_all()
        reachable = self.patients[0]
        reachable.email = "patient@example.com"
        run = self._start(services, send_by_email=True)
        self._work()
        waiting = run.invoice_ids.filtered("sending_data")
        self.assertEqual(waiting.partner_id, reachable)
        self.assertEqual(waiting.sending_data["author_user_id"], self.biller.id)

    def test_nothing_is_sent_when_nobody_asked(self):
        self.patients.email = "patient@example.com"
        run = self._start(self._create_services_of_all())
        self._work()
        self.assertFalse(run.invoice_ids.filtered("sending_data"))

    # === UNDO === #

    def test_undo_credits_everything_and_gives_the_services_back(self):
        services = self._create_services_of_all()
        run = self._start(services)
        self._work()
        invoices = run.invoice_ids
        run.with_user(self.manager).action_undo()
        self.assertEqual(run.state, "cancelled")
        self.assertEqual(set(invoices.mapped("payment_state")), {"reversed"})
        self.assertEqual(set(services.mapped("state")), {"to_invoice"})

    def test_undo_is_refused_when_something_was_paid(self):
        services = self._create_services_of_all()
        run = self._start(services)
        self._work()
        paid = run.invoice_ids[0]
        self._pay(paid, 10)
        with self.assertRaisesRegex(UserError, paid.name):
            run.with_user(self.manager).action_undo()
        self.assertEqual(set(services.mapped("state")), {"invoiced"})

    def test_undo_is_for_managers_of_runs_that_rest(self):
        run = self._start(self._create_services_of_all())
        with self.assertRaises(UserError):
            run.with_user(self.manager).action_undo()
        self._work()
        with self.assertRaises(AccessError):
            run.action_undo()
        self.assertEqual(set(run.invoice_ids.mapped("payment_state")), {"not_paid"})

    # === RIGHTS === #

    def test_queue_is_read_by_billers_and_written_by_nobody(self):
        run = self._start(self._create_services_of_all())
        items = run.with_user(self.biller).item_ids
        self.assertEqual(len(items), 6)
        with self.assertRaises(AccessError):
            items.write({"state": "done"})
        with self.assertRaises(AccessError):
            run.sudo().item_ids.chunk_id.with_user(self.biller).unlink()
        with self.assertRaises(AccessError):
            run.item_ids.with_user(self.front_desk).mapped("reason")

    def test_front_desk_cannot_touch_a_run(self):
        run = self._start(self._create_services_of_all()).with_user(self.front_desk)
        for method in (run.action_pause, run.action_cancel, run.action_undo):
            with self.assertRaises(AccessError):
                method()
