"""A client whom no other cell knows: what they owe, their card, and days that pass."""

from flows_paying import pay_and_save_card
from practice import ADMIN, MANAGER
from sessions import Person

LIMIT = 10000
INVOICES_OF_SERVICE = """
select distinct move_id from account_move_line where clinic_service_id = %s
"""
# All that is of a client and has a day is so much older.
DAYS_PASS = (
    "update account_move_line set date_maturity = date_maturity - {days}"
    " where partner_id = %s",
    "update account_move set invoice_date_due = invoice_date_due - {days}"
    " where partner_id = %s",
    "update clinic_scheduled_charge set date = date - {days},"
    " due_from = due_from - {days}, due_until = due_until - {days},"
    " next_date = next_date - {days}, discount_day = discount_day - {days},"
    " noticed_on = noticed_on - {days},"
    " first_attempt_on = first_attempt_on - {days} where partner_id = %s",
    "update payment_transaction set create_date = create_date - interval '{days} days'"
    " where partner_id = %s",
)


class Newcomer:
    """A client of one cell. What is held for them, and what they owe, is theirs."""

    def __init__(self, stage, company="main"):
        self.stage = stage
        self.company = stage.find(company)
        login = f"client-{stage.value('select max(id) from res_users')}"
        (user,) = stage.people[ADMIN].call(
            "res.users",
            "create",
            [
                {
                    "name": login,
                    "login": login,
                    "password": login,
                    "email": f"{login}@payers.example",
                    "group_ids": [(6, 0, [stage.find("group_portal", "base")])],
                }
            ],
            context={"no_reset_password": True},
        )
        self.partner = stage.value(
            "select partner_id from res_users where id = %s", user
        )
        stage.people[ADMIN].call(
            "res.partner", "write", [self.partner], {"clinic_is_patient": True}
        )
        self.person = Person(stage.odoo.url, login).log_in(stage.database)

    def owe(self, **values):
        """Be invoiced for one more service; return the invoice."""
        return bill(self.stage, self.partner, company_id=self.company, **values)

    def save_card(self):
        """Pay a first invoice with a card, and save that; return the invoice."""
        invoice = self.owe()
        pay_and_save_card(self.stage, self.person, invoice)
        return invoice

    def turn_autopay_on(self):
        """Agree that the saved card pays what is billed from now on."""
        self.person.submit(
            "/my/billing/autopay", "/my/billing/autopay/on", cap=LIMIT, agree="yes"
        )

    def let_days_pass(self, days):
        for statement in DAYS_PASS:
            self.stage.rows(statement.format(days=days), self.partner)


def bill(stage, patient, **values):
    """Invoice a service; return the invoice."""
    manager = stage.people[MANAGER]
    values = {"patient_id": patient, "rate_id": stage.find("rate"), **values}
    context = {"allowed_company_ids": [values["company_id"]]}
    service = manager.call("clinic.service", "create", [values], context=context)
    run = manager.call(
        "clinic.billing.run",
        "create",
        [{"service_ids": [(6, 0, service)], "company_id": values["company_id"]}],
        context=context,
    )
    manager.call("clinic.billing.run", "action_start", run, context=context)
    (invoice,) = stage.column(INVOICES_OF_SERVICE, *service)
    return invoice
