"""How long it takes to settle what has been received while nothing could be settled.

Nearly all of the payments are settled already, by the pages that their payers came
back to; one in fifty is not: it is looked up at Stripe, and booked. The time has to
grow with the number of events and no faster: the peer is ours with a quarter of them.
"""

import json
import urllib.parse
import urllib.request

from workbench import databases, odoo_command
from workbench.emulator import PUBLISHABLE_KEY, running_emulator
from workbench.paths import RUN, run_name

from .practice import CORE_API_VERSION, prepare
from .rows import Row

MANY, FEW, WARM_UP = 10_000, 2_500, 500
UNSETTLED_SHARE = 50
UNIT = "s per 1000 events"

# Runs in Odoo's shell: `env` is there.
SCRIPT = """
import json, time
from bench.outage import pay
settings = {settings!r}
if not env.company.chart_template:
    env["account.chart.template"].try_loading(
        "generic_coa", company=env.company, install_demo=False
    )
env["ir.config_parameter"].set_param(
    "clinic_stripe_gateway.api_base", settings["api_base"]
)
transactions = env["payment.transaction"].search([("reference", "=like", "bench%")])
env.cr.execute(settings["settle"])
env.cr.commit()
for tx in transactions.filtered(lambda tx: tx.state == "draft"):
    pay(settings["api_base"], tx._get_processing_values()["client_secret"])
    env.cr.commit()
job = env["clinic.stripe.event"].with_context(cron_id=False)
seconds = []
for first, last in settings["parts"]:
    env.cr.execute(settings["insert"], dict(settings, first=first, last=last))
    env.cr.execute("ANALYZE clinic_stripe_event")
    env.cr.execute("ANALYZE payment_transaction")
    env.cr.commit()
    start = time.perf_counter()
    while job.search_count(job._get_waiting_domain(), limit=1):
        job._cron_process()
        env.invalidate_all()
    seconds.append(time.perf_counter() - start)
    env.cr.execute("SELECT state, count(*) FROM clinic_stripe_event GROUP BY state")
    states = dict(env.cr.fetchall())
    assert states == {{"done": last - first + 1}}, states
    unbooked = transactions.search_count(
        [("id", "in", transactions.ids), ("provider_reference", "!=", False),
         ("is_post_processed", "=", False), ("state", "=", "done")]
    )
    assert not unbooked, unbooked
    env.cr.execute("DELETE FROM clinic_stripe_event")
    env.cr.commit()
with open(settings["answer"], "w") as file:
    json.dump(seconds, file)
"""

# SQL: the payments as their payers left them, and the events as the webhook stores
# them.
SETTLE = f"""
    UPDATE payment_transaction
       SET state = 'done', is_post_processed = TRUE,
           provider_reference = 'pi_' || reference
     WHERE substr(reference, 6)::int % {UNSETTLED_SHARE} <> 0
"""
INSERT = """
    INSERT INTO clinic_stripe_event
        (provider_id, event_id, event_type, object_id, livemode, state, attempts,
         next_attempt, create_date)
    SELECT provider_id, 'evt_' || id, 'payment_intent.succeeded', provider_reference,
           FALSE, 'received', 0, now() AT TIME ZONE 'UTC' - interval '1 minute', now()
      FROM payment_transaction
     WHERE substr(reference, 6)::int BETWEEN %(first)s AND %(last)s
"""


def measure() -> list[Row]:
    with databases.cloned("full") as database, running_emulator() as emulator:
        prepare(database, MANY + FEW + WARM_UP)
        many, few = _settle(database, emulator.url)
    ours, peer = many / MANY * 1000, few / FEW * 1000
    return [Row("settle_after_outage", ours, peer, ours / peer, UNIT)]


def _settle(database: str, emulator_url: str) -> list[float]:
    """Return how many seconds the many and the few have taken."""
    answer = RUN / f"{run_name()}.json"
    settings = {
        "api_base": emulator_url,
        "settle": SETTLE,
        "insert": INSERT,
        "answer": str(answer),
        # The first part only warms up. What is booked once is not booked again.
        "parts": [
            (MANY + FEW, MANY + FEW + WARM_UP - 1),
            (0, MANY - 1),
            (MANY, MANY + FEW - 1),
        ],
    }
    script = SCRIPT.format(settings=settings)
    odoo_command.execute(database, script, "settling what has been received")
    _warm_up, *seconds = json.loads(answer.read_text())
    answer.unlink()
    return seconds


def pay(emulator_url: str, client_secret: str) -> None:
    """Pay as the payer's browser does."""
    intent = client_secret.partition("_secret_")[0]
    form = {
        "client_secret": client_secret,
        "payment_method": "pm_card_visa",
        "return_url": "https://practice.example/back",
    }
    request = urllib.request.Request(
        f"{emulator_url}/v1/payment_intents/{intent}/confirm",
        urllib.parse.urlencode(form).encode(),
        {
            "Authorization": f"Bearer {PUBLISHABLE_KEY}",
            "Stripe-Version": CORE_API_VERSION,
        },
    )
    with urllib.request.urlopen(request, timeout=30):
        pass
