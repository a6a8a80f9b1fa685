"""What happens to Stripe's messages on their way."""

from faults_at_calls import Fault, ToldBeforeAnswer

from workbench.configuration import WEBHOOK_PATH
from workbench.processes import free_port

DAY = 24 * 3600


class Disturbed(Fault):
    """A rule at Stripe's side disturbs every message of the cell."""

    rule = ("repeat", {})
    must_strike = True

    def before(self, cell):
        action, settings = self.rule
        cell.stripe.delivery_rule(action, **settings)

    def recover(self, cell):
        rules = cell.stripe.delivery_rules()
        cell.struck = any(rule["hits"] for rule in rules)
        cell.stripe.clear_delivery_rules()


class FiveTimes(Disturbed):
    """Each message comes five times, and once more after it was processed."""

    rule = ("repeat", {"times": 5})

    def recover(self, cell):
        super().recover(cell)
        cell.stripe.wait_delivered(10, retries=True)
        cell.stage.run_jobs(["ir_cron_process_events"])
        for event in cell.stripe.events()[-10:]:
            cell.stripe.resend(event["id"])


class Reordered(Disturbed):
    """Messages come when all is over, the last one first."""

    lets_messages_through = False
    rule = ("hold", {})

    def recover(self, cell):
        super().recover(cell)
        cell.stripe.release_deliveries("reverse")


class LateByADay(Disturbed):
    """Nobody comes back from the card form, and messages come the next day."""

    lets_messages_through = False
    rule = ("delay", {"seconds": DAY})
    browser_returns = False
    client_looks = True

    def recover(self, cell):
        cell.stage.let_time_pass()
        cell.stage.run_jobs()
        super().recover(cell)
        cell.stripe.advance(DAY + 60)


class Never(Disturbed):
    """Nobody comes back from the card form, and no message comes at all."""

    lets_messages_through = False
    rule = ("drop", {})
    browser_returns = False


class EndpointDown(Disturbed):
    """Nobody listens where messages are sent, until the practice is back."""

    lets_messages_through = False
    browser_returns = False

    def before(self, cell):
        cell.stage.move_endpoint(f"http://127.0.0.1:{free_port()}{WEBHOOK_PATH}")

    def recover(self, cell):
        latest = cell.stripe.deliveries()[-5:]
        cell.struck = any(each["state"] in ("retrying", "failed") for each in latest)
        cell.stage.move_endpoint(cell.stage.odoo.url + WEBHOOK_PATH)


OF_EVENTS = (
    ToldBeforeAnswer("event before the answer"),
    FiveTimes("event five times"),
    Reordered("events reordered"),
    LateByADay("event late by a day"),
    Never("event never"),
    EndpointDown("endpoint down and back"),
)
