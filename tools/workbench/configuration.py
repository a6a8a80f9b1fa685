"""Point a database's Stripe provider at the local emulator, as an administrator would
at Stripe.
"""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request

from . import odoo_command
from .emulator import PUBLISHABLE_KEY, SECRET_KEY
from .errors import Trouble

WEBHOOK_PATH = "/payment/stripe/webhook"

SCRIPT = """
settings = {settings!r}
for name, value in settings["parameters"].items():
    env["ir.config_parameter"].set_param(name, value)
# Demo data has more companies; one endpoint belongs to one of them.
company = env.ref("base.main_company")
providers = env["payment.provider"].search(
    [("code", "=", "stripe"), ("company_id", "=", company.id)]
)
providers.write(settings["provider"])
env.cr.commit()
"""


def configure(database: str, base_url: str, emulator_url: str, **parameters) -> None:
    """Make an installed database pay through the emulator.

    :param base_url: where Odoo answers, e.g. `http://127.0.0.1:8069`
    :param emulator_url: where the emulator answers
    :param parameters: more system parameters of `clinic_invoicing`
    """
    more = {f"clinic_invoicing.{name}": value for name, value in parameters.items()}
    settings = {
        "parameters": {
            "web.base.url": base_url,
            # Else the first administrator to log in would overwrite it.
            "web.base.url.freeze": "True",
            "clinic_stripe_gateway.api_base": emulator_url,
            "clinic_workbench.stripe_js": f"{emulator_url}/v3/",
            **more,
        },
        "provider": {
            "state": "test",
            "is_published": True,
            "stripe_publishable_key": PUBLISHABLE_KEY,
            "stripe_secret_key": SECRET_KEY,
            "stripe_webhook_secret": register_webhook(emulator_url, base_url),
        },
    }
    script = SCRIPT.format(settings=settings)
    odoo_command.execute(database, script, "connecting Odoo with the Stripe emulator")


def register_webhook(emulator_url: str, base_url: str) -> str:
    """Register Odoo's webhook at the emulator and return the secret that signs its
    events.

    Endpoints of earlier runs are removed: each would get, and refuse, every event.
    """
    for endpoint in _call(emulator_url, "GET", "webhook_endpoints")["data"]:
        if endpoint["url"].endswith(WEBHOOK_PATH):
            _call(emulator_url, "DELETE", f"webhook_endpoints/{endpoint['id']}")
    answer = _call(
        emulator_url,
        "POST",
        "webhook_endpoints",
        {"url": base_url + WEBHOOK_PATH, "enabled_events[]": "*"},
    )
    return answer["secret"]


def _call(emulator_url: str, method: str, path: str, form: dict | None = None) -> dict:
    credentials = base64.b64encode(f"{SECRET_KEY}:".encode()).decode()
    request = urllib.request.Request(
        f"{emulator_url}/v1/{path}",
        data=urllib.parse.urlencode(form).encode() if form else None,
        headers={"Authorization": f"Basic {credentials}"},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        reason = error.read().decode(errors="replace")
        raise Trouble(
            f"the Stripe emulator refuses {method} {path}: {reason}"
        ) from error
    except OSError as error:
        raise Trouble(
            f"the Stripe emulator at {emulator_url} does not answer"
        ) from error
