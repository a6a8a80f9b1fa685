from odoo.fields import Command
from odoo.tests import tagged

from ..common_online import OnlineCommon
from ..desk.common_desk import DeskCommon


@tagged("post_install", "-at_install")
class TestHeldMoney(OnlineCommon, DeskCommon):
    """One answer to: what money does the practice hold for whom?"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._invoice(cls._create_service())

    def _receive(self, amount, partner=None, **values):
        payment = self.env["account.payment"].create(
            {"amount": amount, "partner_id": (partner or self.client).id, **values}
        )
        payment.action_post()
        return payment

    def _sum_held(self, payers=None, companies=None):
        """Return the amounts held by payer."""
        held = self.env["account.move.line"]._clinic_sum_held(
            payers or self.client | self.other_client | self.insurer,
            companies or self.practice,
        )
        for _payer, company, _currency in held:
            self.assertEqual(company, (companies or self.practice).root_id)
        return {
            (payer, currency): amount
            for (payer, _company, currency), amount in held.items()
        }

    def assertHeld(self, amount, payer=None, currency=None):
        key = payer or self.client, currency or self.practice.currency_id
        self.assertEqual(self._sum_held().get(key, 0), amount)

    # === STAFF READ IT === #

    def _open_register(self, bills):
        """Return Core's dialog to pay these."""
        wizards = self.env["account.payment.register"].with_user(self.biller)
        return wizards.with_context(
            active_model="account.move", active_ids=bills.ids
        ).create({})

    def test_the_desk_reads_what_is_held(self):
        self._receive(20)
        url = f"/clinic/desk/pay/{self.bill.id}"
        self.assertRegex(
            self._see(url)[0], r"\$\s20.00 is held for the payer; \$\s80.00 is asked"
        )
        self._receive(80)
        self.assertRegex(
            self._see(url)[0], r"\$\s100.00 is held for the payer; \$\s0.00 is asked"
        )
        other = self._invoice(self._create_service(patient=self.other_client))
        text = self._see(f"/clinic/desk/pay/{other.id}")[0]
        self.assertNotIn("is held for", text)

    def test_cores_dialog_tells_what_is_held(self):
        self.assertFalse(self._open_register(self.bill).clinic_held_note)
        self._receive(20)
        self.assertRegex(
            self._open_register(self.bill).clinic_held_note,
            r"\$\s20.00 is held for the payer; \$\s80.00 is asked",
        )

    # === WHAT IS HELD === #

    def test_money_that_was_too_much_is_held(self):
        payment = self._pay(self.bill, 130)
        self.assertHeld(30)
        self.assertEqual(payment.clinic_amount_unallocated, 30)

    def test_money_that_was_kept_when_its_invoice_was_voided_is_held(self):
        payment = self._pay(self.bill)
        self.assertHeld(0)
        self.bill._clinic_void("Wrong day", money="keep")
        self.assertHeld(100)
        payment._clinic_give_back(40, "Asked for it")
        self.assertHeld(60)

    def test_open_credit_notes_are_held(self):
        self._pay(self.bill)
        credit_note = self.bill._reverse_moves([{"invoice_date": "2024-04-01"}])
        self.assertHeld(0)
        credit_note.action_post()
        self.assertHeld(100)

    def test_money_from_the_bank_is_held(self):
        account = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self.company_data[
                                "default_account_revenue"
                            ].id,
                            "debit": 12,
                        }
                    ),
                    Command.create(
                        {
                            "account_id": account.id,
                            "credit": 12,
                            "partner_id": self.client.id,
                        }
                    ),
                ]
            }
        )
        self.assertHeld(0)
        entry.action_post()
        self.assertHeld(12)

    def test_money_is_held_for_the_person_who_has_paid(self):
        company = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        (self.client | self.other_client).parent_id = company
        tx = self._attempt(self.bill, 120, state="done")
        self.assertEqual(self._book_attempt(tx).partner_id, company)
        self.assertHeld(20)
        self.assertHeld(0, self.other_client)
        self.assertEqual(self._sum_held(company), {})

    def test_money_for_an_address_is_held_for_who_is_behind_it(self):
        address = self.env["res.partner"].create(
            {"name": "Home", "type": "invoice", "parent_id": self.client.id}
        )
        self._receive(15, address)
        self.assertHeld(15)
        self.assertEqual(list(self._sum_held(address).values()), [15])

    def test_each_payer_and_currency_is_held_apart(self):
        other = self.setup_other_currency("EUR", rates=[("2024-01-01", 0.5)])
        self._receive(10)
        self._receive(20, self.other_client)
        self._receive(30, currency_id=other.id)
        self._receive(40, self.insurer)
        self.assertHeld(10)
        self.assertHeld(20, self.other_client)
        self.assertHeld(30, currency=other)
        self.assertHeld(40, self.insurer)

    def test_another_practice_holds_its_own(self):
        data = self.setup_other_company(name="Hill Clinic")
        self._receive(10, journal_id=data["default_journal_bank"].id)
        self.assertHeld(0)
        self.assertEqual(list(self._sum_held(companies=data["company"]).values()), [10])

    def test_a_practice_and_its_branches_hold_money_together(self):
        self.practice.child_ids = [Command.create({"name": "Branch"})]
        branch = self.practice.child_ids
        self.cr.precommit.run()
        self._receive(10)
        self.assertEqual(list(self._sum_held(companies=branch).values()), [10])
        self.bill.company_id = branch
        key = self.client, self.practice, self.practice.currency_id
        self.assertEqual(self.bill._clinic_get_held_key(), key)

    def test_the_oldest_comes_first(self):
        june, april, may = (
            self._receive(10, date=date)
            for date in ("2024-06-01", "2024-04-01", "2024-05-01")
        )
        [lines] = (
            self.env["account.move.line"]
            ._clinic_get_held_lines(self.client, self.practice)
            .values()
        )
        self.assertEqual(lines.move_id, (april | may | june).move_id)
        self.assertEqual(
            lines.move_id.ids, [april.move_id.id, may.move_id.id, june.move_id.id]
        )

    # === WHAT IS NOT === #

    def test_deposits_stay_with_their_visit(self):
        event = self._create_event()
        payment = self._receive(30)
        self.assertHeld(30)
        payment._clinic_unguarded().clinic_deposit_event_id = event
        self.assertEqual(payment.clinic_amount_unallocated, 30)
        self.assertHeld(0)

    def test_what_is_on_its_way_is_not_held(self):
        self.provider.support_manual_capture = "full_only"
        tx = self._attempt(self.bill, 120)
        payment = self._receive(20, payment_transaction_id=tx.id)
        for state in ("draft", "pending", "authorized"):
            tx.state = state
            self.assertHeld(0)
        tx.state = "done"
        self.assertHeld(20)
        payment.action_reject()
        self.assertHeld(0)

    def test_what_is_going_back_is_not_held(self):
        tx = self._attempt(self.bill, 120)
        self._book_attempt(tx)
        self.assertHeld(20)
        refund = tx._create_child_transaction(20, is_refund=True)
        refund._set_pending()
        self.assertHeld(0)
        refund._set_error("Refused")
        self.assertHeld(20)

    def test_what_a_web_shop_was_paid_is_for_its_orders(self):
        tx = self._attempt(self.bill, 50)
        tx.invoice_ids = False
        self.assertEqual(self._book_attempt(tx).clinic_amount_unallocated, 50)
        self.assertHeld(0)

    def test_nothing_is_held_for_nobody(self):
        lines = self.env["account.move.line"]
        self.assertEqual(
            lines._clinic_sum_held(self.client.browse(), self.practice), {}
        )

    def test_many_payers_are_asked_about_as_fast_as_few(self):
        payers = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(12)])
        for payer in payers:
            self._receive(5, payer)

        def count(asked):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            held = self.env["account.move.line"]._clinic_sum_held(asked, self.practice)
            self.assertEqual(len(held), len(asked))
            return self.cr.sql_log_count - before

        count(payers)
        few = count(payers[:1])
        self.assertLessEqual(count(payers), few)
