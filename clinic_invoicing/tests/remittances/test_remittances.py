from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_remittances import RemittancesCommon

DAY = "2024-03-12"


@tagged("post_install", "-at_install")
class TestRemittances(RemittancesCommon):
    """One payment of an insurer, and exactly what it pays, moves and leaves open."""

    def test_denied_paid_and_short_lines_of_one_invoice(self):
        denied, paid, short = self.shares
        remittance = self._post(
            [
                (denied, 0, {"rest": "client"}),
                (paid, 80),
                (short, 50, {"rest": "client"}),
            ]
        )
        payment = remittance.payment_id
        self.assertRecordValues(
            payment,
            [
                {
                    "amount": 130,
                    "partner_id": self.insurer.id,
                    "memo": "REMIT-1",
                    "date": date(2024, 4, 20),
                    "clinic_amount_unallocated": 0,
                    "create_uid": self.biller.id,
                }
            ],
        )
        self.assertRecordValues(self.bill, [{"amount_residual": 0}])
        self.assertPaid(0, 80, 50)
        self.assertEqual(remittance.credit_note_ids.amount_total, 110)
        # The child's guarantor is billed for both.
        self.assertRecordValues(
            remittance.invoice_ids,
            [{"partner_id": self.client.id, "amount_residual": 110}],
        )
        self.assertEqual(self.client_user._clinic_get_unpaid_count(), 1)
        self.assertEqual(
            self.services.mapped("state"), ["invoiced", "paid", "invoiced"]
        )

    def test_contract_patient_and_rest_go_to_different_payers(self):
        share = self.shares[1]
        self._post(
            [
                (
                    share,
                    40,
                    {
                        "contractual": 20,
                        "patient_part": 15,
                        "rest": "keep",
                        "reason_codes": "CO-45, PR-1",
                    },
                )
            ],
            invoice_clients=False,
        )
        self.assertLedger(
            self.services[1],
            ("insurer", 45, 45, 40, 5),
            ("write_off", 20, 0, 0, 0),
            ("patient", 15, 0, 0, 15),
        )
        self.assertEqual(self.bill.amount_residual, 165)

    def test_allowed_amount_says_what_is_contractual(self):
        remittance = self._create_remittance([(self.shares[0], 60, {"allowed": 65})])
        line = remittance.line_ids
        self.assertEqual((line.contractual, line.amount_rest), (15, 5))

    def test_rest_moves_to_the_secondary_insurer(self):
        self.other_client.clinic_second_insurer_id = self.second_insurer
        self._post([(self.shares[1], 50, {"rest": "secondary", "patient_part": 10})])
        second = self.services[1].share_ids - self.shares
        self.assertRecordValues(
            second,
            [
                {
                    "payer_type": "insurer",
                    "partner_id": self.second_insurer.id,
                    "amount": 30,
                    "state": "to_bill",
                }
            ],
        )

    def test_rest_is_written_off(self):
        self._post([(self.shares[0], 79.5)], rest="write_off")
        self.assertLedger(
            self.services[0],
            ("insurer", 79.5, 79.5, 79.5, 0),
            ("write_off", 0.5, 0, 0, 0),
        )
        self.assertEqual(self.services[0].state, "paid")

    def test_what_is_settled_outside_is_a_line_too(self):
        self.practice.clinic_insurer_settlement = "outside"
        service = self._create_service(self.insurer_rate)
        remittance = self._post(
            [(service.share_ids, 60, {"rest": "client"})], invoice_clients=False
        )
        self.assertFalse(remittance.payment_id)
        self.assertLedger(service, ("insurer", 60, 0, 60, 0), ("patient", 20, 0, 0, 20))
        self.assertEqual(service.share_ids[0].settled_reference, "REMIT-1")

    def test_take_back_frees_the_money_for_what_is_paid_now(self):
        first = self._post([(share, 80) for share in self.shares])
        other = self._create_services(2, rate=self.insurer_rate)
        other_bill = self._invoice(other)
        second = self._post(
            [(self.shares[1], -80, {"rest": "client"}), (other[0].share_ids, 80)],
            reference="REMIT-2",
            invoice_clients=False,
        )
        self.assertFalse(second.payment_id)
        self.assertPaid(80, 0, 80)
        self.assertEqual(other.share_ids.mapped("amount_paid"), [80, 0])
        self.assertEqual(first.payment_id.clinic_amount_unallocated, 0)
        self.assertEqual((self.bill | other_bill).mapped("amount_residual"), [0, 80])
        self.assertLedger(self.services[1], ("patient", 80, 0, 0, 80))

    def test_take_back_of_what_was_paid_in_order_takes_the_one_that_is_named(self):
        self._pay(self.bill)
        other = self._create_service(self.insurer_rate)
        self._invoice(other)
        remittance = self._post([(self.shares[0], -80), (other.share_ids, 80)])
        self.assertPaid(0, 80, 80)
        self.assertEqual(self.bill.amount_residual, 80)
        self._undo(remittance)
        self.assertPaid(80, 80, 80)

    def test_take_back_and_new_payment_of_the_same_service(self):
        self._post([(share, 80) for share in self.shares])
        other = self._create_service(self.insurer_rate)
        self._invoice(other)
        self._post(
            [
                (self.shares[0], -80),
                (self.shares[0], 60, {"rest": "write_off"}),
                (other.share_ids, 80),
            ],
            reference="REMIT-3",
        )
        self.assertPaid(60, 80, 80)
        self.assertEqual(other.share_ids.amount_paid, 80)
        self.assertLedger(
            self.services[0], ("insurer", 60, 60, 60, 0), ("write_off", 20, 0, 0, 0)
        )

    def test_more_is_taken_back_than_is_paid(self):
        self._post([(share, 80) for share in self.shares])
        remittance = self._create_remittance([(self.shares[0], -80)], reference="R 2")
        with self.assertRaisesRegex(UserError, "More is taken back"):
            remittance.action_post()
        self.assertPaid(80, 80, 80)

    def test_money_pays_exactly_the_named_part_of_lines_due_on_several_days(self):
        self.bill.button_draft()
        self.bill.invoice_payment_term_id = self._create_term((50, 0), (50, 60))
        self.bill.action_post()
        self._post([(self.shares[2], 70)])
        self.assertPaid(0, 0, 70)
        self.assertEqual(self.bill.amount_residual, 170)

    def test_payment_is_in_the_books_at_once_where_no_account_is_set(self):
        bank = self.company_data["default_journal_bank"]
        bank.inbound_payment_method_line_ids.payment_account_id = False
        remittance = self._post([(self.shares[1], 80)])
        self.assertTrue(remittance.payment_id.move_id)
        self.assertPaid(0, 80, 0)

    # === WHAT KEEPS IT FROM BEING POSTED === #

    def test_lines_have_to_be_the_total(self):
        remittance = self._create_remittance([(self.shares[0], 80)], amount=81)
        self.assertEqual(remittance.amount_left, 1)
        with self.assertRaisesRegex(UserError, "total is"):
            remittance.action_post()

    def test_problems_are_told_and_hold_it_up(self):
        other = self._create_service(self.insurer_rate, self.child)
        other.sudo().share_ids.partner_id = self.second_insurer
        self._invoice(other)
        unbilled = self._create_service(self.insurer_rate)
        cases = (
            ({"named_number": "INV/1999/1"}, "Nothing is found for INV/1999/1"),
            ({"named_number": self.bill.name}, "3 services fit"),
            ({"share_id": other.share_ids.id, "paid": 10}, "owed by Hill Mutual"),
            ({"share_id": unbilled.share_ids.id, "paid": 10}, "not been invoiced"),
            ({"share_id": self.shares[0].id, "paid": 80.01}, "Only .*80.00 is open"),
            ({"share_id": self.shares[0].id, "paid": -1}, "0.00 of it has been paid"),
            (
                {"share_id": self.shares[0].id, "paid": 70, "contractual": 10.01},
                "is open",
            ),
            (
                {"share_id": self.shares[0].id, "paid": 70, "contractual": -1},
                "not negative",
            ),
            (
                {"share_id": self.shares[0].id, "paid": 70, "rest": "secondary"},
                "Choose the secondary",
            ),
            ({}, "Choose a service"),
        )
        for values, problem in cases:
            with self.subTest(problem=problem):
                remittance = self._create_remittance([values])
                self.assertRegex(remittance.line_ids.problem, problem)
                self.assertEqual(remittance.problem_count, 1)
                remittance.amount = remittance.amount_lines
                with self.assertRaisesRegex(UserError, "Line 1: "):
                    remittance.action_post()
                # It stays, and is left out.
                remittance.line_ids.leave_out = True
                self.assertFalse(remittance.line_ids.problem)
                self.assertEqual(remittance.amount_lines, 0)

    def test_a_service_is_named_once(self):
        remittance = self._create_remittance(
            [(self.shares[0], 40), (self.shares[0], 40), (self.shares[1], 80)]
        )
        self.assertEqual(
            remittance.line_ids.mapped("problem"), ["It is named twice."] * 2 + [False]
        )

    def test_a_remittance_is_posted_once(self):
        self._post([(self.shares[0], 80)])
        again = self._create_remittance([(self.shares[1], 80)])
        with self.assertRaisesRegex(UserError, "posted already"):
            again.action_post()
        again.reference = False
        again.action_post()
        self.assertRegex(again.reference, r"^REM/")
        with self.assertRaisesRegex(UserError, "Only drafts"):
            again.action_post()

    def test_what_is_posted_stays(self):
        remittance = self._post([(self.shares[0], 80)])
        for change in (
            lambda: remittance.write({"amount": 1}),
            lambda: remittance.line_ids.write({"paid": 1}),
            lambda: remittance.line_ids.unlink(),
            lambda: remittance.line_ids.create({"remittance_id": remittance.id}),
            remittance.unlink,
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                change()

    def test_open_amounts_of_the_posting_stay_on_the_lines(self):
        remittance = self._post([(self.shares[0], 50)])
        self._post([(self.shares[0], 30)], reference="REMIT-2")
        self.assertRecordValues(
            remittance.line_ids, [{"billed": 80, "amount_open": 80, "paid": 50}]
        )

    # === FOUND BY WHAT IS NAMED === #

    def test_services_are_found_by_number_day_and_patient(self):
        single = self._create_service(
            self.insurer_rate, self.other_client, date="2024-03-20"
        )
        single_bill = self._invoice(single)
        self.other_client.clinic_member_number = "M-77"
        remittance = self._create_remittance(
            [
                {"named_number": single_bill.name.lower(), "paid": 80},
                {"named_number": self.bill.name, "named_patient": "charlie", "paid": 1},
                {"named_date": "2024-03-12", "named_patient": "m-77", "paid": 1},
                {"named_date": "2024-03-20", "paid": 1},
            ]
        )
        self.assertEqual(
            remittance.line_ids.mapped("share_id.id"),
            [single.share_ids.id, self.shares[2].id, self.shares[1].id],
        )
        self.assertEqual(remittance.line_ids[3].share_id, single.share_ids)

    def test_numbers_are_found_in_capitals_and_in_the_practices_writing(self):
        self.bill.button_draft()
        self.bill.name = "Bill/24/0007"
        self.bill.action_post()
        remittance = self._create_remittance(
            [
                {"named_number": "Bill/24/0007", "named_patient": "OTHER, Otto"},
                {"named_number": " Bill/24/0007 ", "named_patient": "Clara"},
            ]
        )
        self.assertEqual(
            remittance.line_ids.mapped("share_id.id"),
            [self.shares[1].id, self.shares[0].id],
        )
        self.assertEqual(remittance.line_ids.mapped("paid"), [80, 80])

    # === RIGHTS === #

    def test_only_managers_undo_and_nobody_else_posts(self):
        remittance = self._create_remittance([(self.shares[0], 80)])
        for user in (self.front_desk, self.employee, self.client_user):
            with self.assertRaises(AccessError):
                remittance.with_user(user).action_post()
        remittance.action_post()
        with self.assertRaises(AccessError):
            remittance.action_undo()

    # === MANY === #

    def _create_many(self, count):
        """Return the shares of so many services, each invoiced by itself."""
        patients = self.env["res.partner"].create(
            [
                {
                    "name": f"Invented Patient {number}",
                    "clinic_is_patient": True,
                    "clinic_insurer_id": self.insurer.id,
                }
                for number in range(count)
            ]
        )
        services = self.env["clinic.service"].create(
            [
                {"rate_id": self.insurer_rate.id, "patient_id": one.id, "date": DAY}
                for one in patients
            ]
        )
        services._create_invoices(DAY, "service")
        self.env.flush_all()
        # SQL: PostgreSQL knows nothing of the rows of a transaction, and plans badly.
        self.cr.execute("ANALYZE")
        return services.share_ids

    def _say(self, shares):
        """Return lines of all kinds for these shares, five by five."""
        kinds = (
            {"paid": 80},
            {"paid": 0, "rest": "client"},
            {"paid": 50, "contractual": 10, "patient_part": 15, "rest": "keep"},
            {
                "paid": 40,
                "rest": "secondary",
                "secondary_id": self.second_insurer.id,
            },
            {"paid": 79.99, "rest": "write_off"},
        )
        return [
            {"share_id": share.id, **kinds[number % 5]}
            for number, share in enumerate(shares)
        ]

    def _count_queries(self, count, say):
        """Return the queries of posting so many lines, and of undoing them.

        :param say: tells of shares what the insurer says
        """
        shares = self._create_many(count)
        remittance = self._create_remittance(say(shares), reference=f"MANY-{count}")
        counted = []
        for press in (
            remittance.action_post,
            remittance.with_user(self.manager).action_undo,
        ):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            press()
            self.env.flush_all()
            counted.append(self.cr.sql_log_count - before)
        return counted

    def assertQueriesForEachLine(self, say, posting, undoing):
        """Each line more takes no more queries than these."""
        self._count_queries(5, say)
        few, many = self._count_queries(20, say), self._count_queries(60, say)
        self.assertLessEqual(many[0] - few[0], 40 * posting)
        self.assertLessEqual(many[1] - few[1], 40 * undoing)

    def test_lines_that_are_paid_need_no_queries_of_their_own(self):
        self.assertQueriesForEachLine(
            lambda shares: [(share, 80) for share in shares], posting=0.2, undoing=1.2
        )

    def test_lines_with_documents_need_few_queries_of_their_own(self):
        # Core makes and cancels credit notes one by one.
        self.assertQueriesForEachLine(self._say, posting=3.5, undoing=7.5)

    def test_two_hundred_lines_to_the_cent(self):
        shares = self._create_many(200)
        services = shares.service_id
        before = self._photograph(services)
        lines = self._say(shares)
        # What is wrong stays, and is left out.
        wrong = [
            {"named_number": "INV/1999/1", "paid": 80},
            {"share_id": shares[0].id, "paid": 80},
        ]
        remittance = self._create_remittance([*lines, *wrong])
        self.assertEqual(
            [bool(problem) for problem in remittance.line_ids.mapped("problem")],
            [True, *[False] * 199, True, True],
        )
        remittance.line_ids[-2:].leave_out = True
        remittance.amount = remittance.amount_lines
        for _time in range(2):
            remittance.action_post()
            self._check_many(remittance, services)
            self._undo(remittance)
            self.assertEqual(self._photograph(services), before)
            remittance.action_reopen()

    def _check_many(self, remittance, services):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertAlmostEqual(remittance.payment_id.amount, 40 * 249.99)
        self.assertEqual(remittance.payment_id.clinic_amount_unallocated, 0)
        owed = {"insurer": 40 * (80 + 55 + 80 + 79.99), "write_off": 40 * 10.01}
        owed["patient"] = 40 * 95
        found = {
            payer: sum(shares.mapped("amount"))
            for payer, shares in services.share_ids.grouped("payer_type").items()
        }
        for payer, amount in owed.items():
            self.assertAlmostEqual(found[payer], amount)
        for service in services:
            clients = service.share_ids.filtered(
                lambda share: share.payer_type == "patient"
            )
            invoices = service.invoice_ids.filtered(
                lambda move, service=service: move.partner_id == service.patient_id
            )
            self.assertEqual(
                sum(clients.mapped("amount_due")),
                sum(invoices.mapped("amount_residual_signed")),
            )
