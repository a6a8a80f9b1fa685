"""A practice whose clients have paid: transactions in a database, and what Stripe
says about them.
"""

import copy
import hashlib
import hmac
import json
import time
import urllib.request
from dataclasses import dataclass

from stripe_emulator.control import Control
from workbench import odoo_command
from workbench.emulator import PUBLISHABLE_KEY, SECRET_KEY, running_emulator

WEBHOOK_SECRET = "whsec_of_the_benchmark"
# The version of the API that Core is written for.
CORE_API_VERSION = "2019-05-16"
AMOUNT = 120

CONNECT = """
provider = env["payment.provider"].search([("code", "=", "stripe")], limit=1)
provider.write({{
    "state": "test",
    "stripe_publishable_key": {publishable!r},
    "stripe_secret_key": {secret!r},
    "stripe_webhook_secret": {webhook!r},
}})
currency = env.ref("base.USD")
currency.active = True
env["payment.transaction"].create([
    {{
        "provider_id": provider.id,
        "payment_method_id": env.ref("payment.payment_method_card").id,
        "operation": "online_direct",
        "reference": f"bench{{number}}",
        "amount": {amount},
        "currency_id": currency.id,
        "partner_id": env.user.partner_id.id,
    }}
    for number in range({count})
])
env.cr.commit()
"""


@dataclass(frozen=True)
class Message:
    """An event as Stripe sends it."""

    body: bytes

    @property
    def signature(self) -> str:
        """Sign it now: an older signature would be refused."""
        moment = int(time.time())
        signed = b"%d." % moment + self.body
        digest = hmac.new(WEBHOOK_SECRET.encode(), signed, hashlib.sha256)
        return f"t={moment},v1={digest.hexdigest()}"


def prepare(database: str, count: int) -> None:
    """Let a database have a Stripe provider and so many transactions to be paid."""
    script = CONNECT.format(
        publishable=PUBLISHABLE_KEY,
        secret=SECRET_KEY,
        webhook=WEBHOOK_SECRET,
        amount=AMOUNT,
        count=count,
    )
    odoo_command.execute(database, script, "preparing the benchmark")


def paid_messages(count: int) -> list[Message]:
    """Return what Stripe tells about each of these payments, in Core's version."""
    sample = _sample()
    return [_about(sample, number) for number in range(count)]


def _sample() -> dict:
    """Return one event of a paid PaymentIntent as the emulator would deliver it."""
    with running_emulator() as emulator:
        control = Control(emulator.url)
        endpoint = control.add_endpoint(
            "http://127.0.0.1:9/", ["account.updated"], api_version=CORE_API_VERSION
        )
        _pay(emulator.url)
        event = control.events("payment_intent.succeeded")[-1]
        return json.loads(control.payload(event["id"], endpoint["id"])["body"])


def _pay(url: str) -> None:
    form = (
        f"amount={AMOUNT * 100}&currency=usd&confirm=true&payment_method=pm_card_visa"
        "&description=bench&payment_method_types[]=card"
    )
    headers = {
        "Authorization": f"Bearer {SECRET_KEY}",
        "Stripe-Version": CORE_API_VERSION,
    }
    request = urllib.request.Request(
        f"{url}/v1/payment_intents", form.encode(), headers
    )
    with urllib.request.urlopen(request, timeout=30):
        pass


def _about(sample: dict, number: int) -> Message:
    event = copy.deepcopy(sample)
    intent = event["data"]["object"]
    event["id"], intent["id"] = f"evt_bench{number}", f"pi_bench{number}"
    intent["description"] = f"bench{number}"
    # As Stripe writes it.
    return Message(json.dumps(event, indent=2).encode())
