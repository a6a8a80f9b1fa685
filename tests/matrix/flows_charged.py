"""Flows in which the practice charges a saved card by itself, on a day."""

from checks import check_told
from flow import Flow
from flows_paying import CREATE_INTENT
from newcomer import Newcomer
from practice import ADMIN, PARTS, PRICE

CHARGES_JOB = "ir_cron_scheduled_charges"
NOTICE_DAYS = 3
# In so many rounds a charge that has failed is found out and tried again.
RETRY_ROUNDS = 3
IS_ALL_CHARGED = """
select coalesce(bool_and(state = 'done'), false) from clinic_scheduled_charge
 where partner_id = %s and date <= current_date
"""


class Autopay(Flow):
    """A client on autopay, who was told, and whose card is charged on the day."""

    name = "autopay"
    company = "main"

    def prepare(self, cell):
        cell.newcomer = Newcomer(cell.stage, self.company)
        self.save_card(cell)
        cell.close_books()
        cell.newcomer.turn_autopay_on()
        cell.invoices = [self.owe(cell)]
        work_on_charges(cell)
        cell.newcomer.let_days_pass(NOTICE_DAYS)

    def save_card(self, cell):
        """Pay a first invoice, and save the card; return the invoice."""
        return cell.newcomer.save_card()

    def owe(self, cell):
        """Bill what autopay is going to pay; return the invoice."""
        return cell.newcomer.owe()

    def act(self, cell):
        cell.strike(work_on_charges, CREATE_INTENT)

    def again(self, cell):
        """Go on as every day: what has failed is tried again, nothing else."""
        let_days_go_by(cell)


def work_on_charges(cell):
    """Let the job run that charges; return whether it has charged what is due."""
    cell.stage.run_jobs([CHARGES_JOB])
    return cell.stage.value(IS_ALL_CHARGED, cell.newcomer.partner)


def let_days_go_by(cell):
    """Let some days pass on which the practice's jobs do their work.

    :return: how many, until all that is due is charged
    """
    days = 0
    for _ in range(RETRY_ROUNDS):
        days += NOTICE_DAYS
        cell.newcomer.let_days_pass(NOTICE_DAYS)
        answer = cell.do(work_on_charges, "days later: ")
        cell.stage.let_time_pass()
        cell.stage.run_jobs()
        if answer.is_done:
            break
    return days


class HeldMoney(Autopay):
    """The practice holds money from an invoice that was voided, and is owed more.

    It pays the next invoice at once, and the card what is left of that.
    """

    name = "autopay with held money"
    short_under = ("killed after the call",)

    def save_card(self, cell):
        """Pay an invoice that is voided afterwards, and leave the money there."""
        voided = super().save_card(cell)
        void_and_keep(cell, voided)

    def owe(self, cell):
        return cell.newcomer.owe(quantity=2)


class HeldMoneyLeft(HeldMoney):
    """Held money pays by hand only: the card pays as little, and the rest is owed."""

    name = "autopay with held money that is left"
    short_under = ()
    still_owed = PRICE
    service_state = "invoiced"

    def owe(self, cell):
        use_held_money(cell, False)
        try:
            return super().owe(cell)
        finally:
            use_held_money(cell, True)


def use_held_money(cell, is_on):
    cell.stage.people[ADMIN].call(
        "res.company",
        "write",
        [cell.newcomer.company],
        {"clinic_use_held_money": is_on},
    )


def void_and_keep(cell, invoice):
    """Void a paid invoice, and keep what was paid as credit."""
    action = cell.manager.call("account.move", "action_clinic_void", [invoice])
    values = {"reason": "Typing error", "services": "write_off", "money": "keep"}
    cell.manager.fill_in(
        action["res_model"], values, "action_confirm", **action["context"]
    )


class TwoDueLines(Autopay):
    """An invoice in two parts: each is charged once, on its day, and not before."""

    name = "autopay of two parts"
    short_under = ("answer lost",)

    def owe(self, cell):
        term = cell.stage.find("term")
        cell.manager.call(
            "res.partner",
            "write",
            [cell.newcomer.partner],
            {"property_payment_term_id": term},
        )
        return cell.newcomer.owe()

    def act(self, cell):
        (first, _now), (_second, due_after) = PARTS
        super().act(cell)
        check_told(cell)
        # The first part is tried again, if need be; the second is not charged yet.
        passed = NOTICE_DAYS + let_days_go_by(cell)
        cell.know_outcomes()
        check_charged(cell, first)
        cell.newcomer.let_days_pass(due_after - NOTICE_DAYS - passed)
        cell.do(work_on_charges, "to tell: ")
        cell.newcomer.let_days_pass(NOTICE_DAYS - 1)
        cell.do(work_on_charges, "the day before: ")
        check_charged(cell, first)
        cell.newcomer.let_days_pass(1)
        super().act(cell)


def check_charged(cell, hundredths):
    """Complain when not exactly this part of the price is charged by now."""
    charged = sum(payment["captured"] for payment in cell.payments_at_stripe())
    if charged != PRICE * hundredths:
        cell.complain(f"{charged} is charged by now, not {PRICE * hundredths}")
