"""What one payment costs a client's second time, with a saved card: ours and Core's.

Measured is the whole of it, over HTTP on two served Odoos that take turns: the payment
form's request (which charges the card), the page that waits, what books the payment,
and Stripe's event about it; with ours, the job that works on the event as well. Both go
the same way, by Core's routes. Times are those that Odoo's log gives for its requests;
the emulator's share of them is that of one request each, and is not taken off.

The bills of ours are of services, whose states and shares a payment brings up to date.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from stripe_emulator.control import Control
from workbench import databases, odoo_command
from workbench.configuration import WEBHOOK_PATH
from workbench.emulator import PUBLISHABLE_KEY, SECRET_KEY, running_emulator
from workbench.processes import free_port
from workbench.server import running_odoo

from .inside import inside
from .outage import pay
from .practice import CORE_API_VERSION
from .rows import Row, median
from .visitor import Visitor, costs

FILE = "payments_inside"
CLIENT, ADMINISTRATOR = "bench_client", "admin"
ROUNDS, WARM_UP = 24, 4
EVENT = "payment_intent.succeeded"
RUN_JOB = "/web/dataset/call_kw/ir.cron/method_direct_trigger"
STATUS, POLL = "/payment/status", "/payment/status/poll"


@dataclass
class Payer:
    """A client of one practice, with the bills that are left to be paid."""

    database: str
    control: Control
    client: Visitor
    administrator: Visitor
    bills: list
    ways: dict
    job: int

    def save_card(self) -> None:
        """Pay the first bill with a new card, which is saved."""
        values = self._start(flow="direct", tokenization_requested=True)
        pay(self.control.base_url, values["client_secret"])
        intent = values["client_secret"].partition("_secret_")[0]
        query = f"reference={values['reference']}&payment_intent={intent}"
        self.client.get(f"/payment/stripe/return?{query}")
        self._finish()
        self.ways = inside(self.database, FILE, "ways_to_pay")

    def pay_again(self) -> tuple[int, float]:
        """Pay the next bill; return the requests to Stripe and the server's time."""
        self.control.clear_requests()
        log = self.client.odoo.log
        start = log.stat().st_size
        self._start(flow="token", tokenization_requested=False)
        self._finish()
        asked = [r for r in self.control.requests() if r["key_prefix"][:2] == "sk"]
        spent = costs(log, "(?:GET|POST)", "/(?:invoice|payment|web)/[^ ]*", start)
        return len(asked), sum(cost.seconds for cost in spent)

    def _start(self, **values) -> dict:
        invoice, access_token, amount = self.bills.pop()
        return self.client.call(
            f"/invoice/transaction/{invoice}",
            access_token=access_token,
            amount=amount,
            landing_route="/my/invoices",
            **{**self.ways, **values},
        )

    def _finish(self) -> None:
        """Wait as the payer's browser does, and let Stripe tell."""
        self.client.get(STATUS)
        assert self.client.call(POLL)["state"] == "done"
        assert self.control.wait_delivered()
        if self.job:
            self.administrator.call(
                RUN_JOB,
                model="ir.cron",
                method="method_direct_trigger",
                args=[self.job],
                kwargs={},
            )


def measure() -> list[Row]:
    count = ROUNDS + WARM_UP
    with contextlib.ExitStack() as stack:
        payers = [stack.enter_context(_payer(kind, count)) for kind in ("full", "core")]
        results = [[], []]
        for number in range(count):
            # Whoever comes second finds the machine warmer.
            for who in (0, 1) if number % 2 else (1, 0):
                results[who].append(payers[who].pay_again())
        for payer in payers:
            inside(payer.database, FILE, "check_paid", count=count + 1)
    (ours, our_times), (peers, peers_times) = (
        zip(*measured[WARM_UP:], strict=True) for measured in results
    )
    # The most that one of them has needed.
    asked, peer_asked = max(ours), max(peers)
    spent, peer_spent = (median(times) * 1000 for times in (our_times, peers_times))
    return [
        Row(
            "stripe_requests_per_repeat_payment",
            asked,
            peer_asked,
            asked / peer_asked,
            "requests",
        ),
        Row(
            "payment_server_time_vs_stock", spent, peer_spent, spent / peer_spent, "ms"
        ),
    ]


@contextlib.contextmanager
def _payer(kind: str, count: int):
    with databases.cloned(kind) as database, running_emulator() as emulator:
        control, port = Control(emulator.url), free_port()
        _connect(database, control, f"http://127.0.0.1:{port}")
        bills = inside(database, FILE, "bill", count=count + 1)
        running = running_odoo(
            database,
            port,
            environment=_environment(emulator.url),
            # No job comes between; and one database need not be looked for.
            max_cron_threads=0,
            dbfilter="",
        )
        with running as odoo:
            payer = Payer(
                database,
                control,
                Visitor(odoo, CLIENT),
                Visitor(odoo, ADMINISTRATOR),
                bills,
                inside(database, FILE, "ways_to_pay"),
                inside(database, FILE, "settling_job"),
            )
            payer.save_card()
            yield payer


def _connect(database: str, control: Control, url: str) -> None:
    endpoint = control.add_endpoint(
        url + WEBHOOK_PATH, [EVENT], api_version=CORE_API_VERSION
    )
    parameters = {
        "web.base.url": url,
        # Else the administrator's login would overwrite it.
        "web.base.url.freeze": "True",
        "account_payment.enable_portal_payment": "True",
        "clinic_stripe_gateway.api_base": control.base_url,
    }
    provider = {
        "state": "test",
        "is_published": True,
        "allow_tokenization": True,
        "stripe_publishable_key": PUBLISHABLE_KEY,
        "stripe_secret_key": SECRET_KEY,
        "stripe_webhook_secret": endpoint["secret"],
    }
    inside(database, FILE, "connect", parameters=parameters, provider=provider)


def _environment(emulator_url: str) -> dict[str, str]:
    """Lead Core's requests to the emulator; ours can be told where it is."""
    folder = Path(__file__).parent / "stand_in"
    path = odoo_command.environment()["PYTHONPATH"]
    return {"PYTHONPATH": f"{folder}:{path}", "BENCH_EMULATOR": emulator_url}
