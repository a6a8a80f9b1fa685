from datetime import timedelta

from odoo.fields import Command

from .common_sequences import PracticeCommon

# So long it takes until something is due, charged, or tried again.
DAYS = (1, 2, 3, 7, 14, 30, 31, 60)
IP = "203.0.113.7"


class AgreementSteps(PracticeCommon):
    """What cards pay by themselves, by agreement, while days pass."""

    # === AGREED === #

    def _do_agree_to_autopay(self, who, how, amount):
        """Turn autopay on, or off again."""
        person = self._choose(self.client | self.other_client, who)
        user = self.users[person]
        # sudo: as the page, which looks everything up by the client.
        agreements = self.env["clinic.autopay"].sudo()
        current = agreements._get_current(person)
        if current and how % 2:
            current.with_user(self.manager).action_end()
        else:
            agreements._agree(
                user,
                self.practice,
                card_id=str(self.cards[person].id),
                cap=str(50 + how * 400),
                wording=self.practice._clinic_get_autopay_wording(),
                ip=IP,
            )
        self._work()
        return True

    def _do_agree_to_plan(self, number, how, amount):
        """Propose instalments, which the client accepts, with a card or without."""
        bill = self._choose_unpaid(number)
        user = self.users.get(self._get_person(bill)) if bill else None
        if not user:
            return False
        proposal = self.env["clinic.payment.plan.proposal"].create(
            {
                "invoice_ids": [Command.set(bill.ids)],
                "number": 1 + how % 4,
                "first_date": self.today + timedelta(days=1 + amount % 20),
                "interval": "week",
            }
        )
        # sudo: clients have no right on plans; their page looks it up.
        plans = self.env["clinic.payment.plan"].sudo()
        plan = plans.browse(proposal.action_propose()["res_id"])
        card = self.cards[user.partner_id] if amount % 3 else None
        plan._accept(
            user,
            card_id=str(card.id) if card else "",
            wording=plan._get_wording(),
            ip=IP,
        )
        return True

    def _do_end_plan(self, number, how, amount):
        plans = self._get_plans().filtered(lambda plan: plan.state == "active")
        plan = self._choose(plans, number)
        if not plan:
            return False
        plan.with_user(self.manager).action_cancel()
        return True

    def _get_plans(self):
        # sudo: nobody reads all plans.
        plans = self.env["clinic.payment.plan"].sudo()
        return plans.search([("invoice_ids", "in", list(self.whose))], order="id")

    # === DAYS PASS === #

    def _do_let_days_pass(self, number, how, amount):
        """Let the job of each morning work, some days in a row."""
        self.is_declined = amount % 5 == 0
        # What is told on one day is charged on another.
        for _morning in range(2):
            self._be_on(self.today + timedelta(days=DAYS[how % len(DAYS)]))
            self._work()
        self.is_declined = False
        return True

    def _work(self):
        """Do what the job does, and look at each charge before and after it."""
        # sudo: as jobs.
        charges = self.env["clinic.scheduled.charge"].sudo()
        for prepare in charges._get_preparations():
            prepare()
        self._check_plans()
        due = charges.search(
            [
                ("invoice_ids", "in", list(self.whose)),
                ("state", "in", ("planned", "noticed", "retrying")),
                ("next_date", "<=", self.today),
            ],
            order="next_date, id",
        )
        for charge in due:
            self._work_off(charge)

    def _work_off(self, charge):
        self.env.flush_all()
        accounts = self.oracle.get_accounts(self.whose)
        before = charge.transaction_ids
        charge._work_off()
        for tx in charge.transaction_ids - before:
            self._check_charged(charge, tx, accounts)
            if tx.payment_id:
                self._keep_payment(tx.payment_id, charge.partner_id)

    def _check_charged(self, charge, tx, accounts):
        """No more was charged than was asked for at that moment."""
        asker = "instalment" if charge.plan_id else "autopay"
        key = charge.partner_id.id, charge.company_id.root_id.id, tx.currency_id.id
        account = accounts.get(key)
        self.assertTrue(account, f"{asker} has charged who owes nothing")
        charged = round(tx.amount / account.unit)
        self.assertLessEqual(charged, account.sum_asked(asker), f"{asker}: {account}")

    def _check_plans(self):
        """What is still to come of a plan is owed, and not covered."""
        self.env.flush_all()
        accounts = self.oracle.get_accounts(self.whose)
        for plan in self._get_plans().filtered(lambda plan: plan.state == "active"):
            key = plan.partner_id.id, plan.company_id.root_id.id, plan.currency_id.id
            account = accounts[key]
            moves = set(plan.invoice_ids.ids)
            owed = sum(item.amount for item in account.debts if item.move in moves)
            amounts = plan._get_upcoming().mapped("amount")
            upcoming = sum(round(amount / account.unit) for amount in amounts)
            self.assertLessEqual(upcoming, owed, f"instalments: {account}")
            if all("in_plan" in item.states for item in account.debts):
                covered = max(0, account.held)
                self.assertLessEqual(upcoming, max(0, account.owed - covered))
