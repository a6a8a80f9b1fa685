"""A practice whose Stripe is the emulator, in a database of its own."""

import subprocess
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from odoo import api, sql_db
from odoo.modules import module
from odoo.modules.registry import Registry
from odoo.tools import config

from odoo.addons.clinic_stripe_gateway.tests.common import Browser

from stripe_emulator.control import Control
from workbench import databases, odoo_command, postgres
from workbench.emulator import PUBLISHABLE_KEY, SECRET_KEY, running_emulator
from workbench.paths import BUILD

HOUR = 3600


@dataclass(frozen=True)
class StripePractice:
    """People are played by the superuser; the client is the public contact."""

    registry: Registry
    config: Path
    control: Control
    browser: Browser

    def run(self, function):
        """Run ``function(env)`` and commit it."""
        with closing(self.registry.cursor()) as cr:
            result = function(api.Environment(cr, api.SUPERUSER_ID, {}))
            cr.commit()
        return result

    def command(self, *words):
        """Return the exit status of the command and what it has printed."""
        line = odoo_command.command(self.config, self.registry.db_name, *words)
        # Odoo looks for addons' commands before it reads a command's own options.
        env = odoo_command.environment(ODOO_RC=str(self.config))
        done = subprocess.run(
            line, capture_output=True, text=True, cwd=BUILD, env=env, timeout=120
        )
        return done.returncode, done.stdout, done.stderr

    def pay(self, is_booked=True):
        """Let a client pay 120.00; return the intent."""

        def pay(env):
            tx = self.create_transaction(env)
            self.browser.confirm(tx._get_processing_values()["client_secret"])
            if is_booked:
                event = env["clinic.stripe.event"]._ask_about(
                    tx.provider_id.id,
                    "payment_intent.succeeded",
                    tx.provider_reference,
                )
                event.action_retry()
                assert event.state == "done", event.reason
            return tx.provider_reference

        return self.run(pay)

    def create_transaction(self, env, **values):
        """Return a transaction of 120.00, before Stripe is asked."""
        model = env["payment.transaction"]
        return model.create(
            {
                "provider_id": _get_provider(env).id,
                "payment_method_id": env.ref("payment.payment_method_card").id,
                "operation": "online_direct",
                "amount": 120,
                "currency_id": env.company.currency_id.id,
                "partner_id": env.ref("base.public_partner").id,
                "reference": model._compute_reference(
                    "stripe", prefix=str(time.time())
                ),
                **values,
            }
        )


def _get_provider(env):
    return env["payment.provider"].search(
        [("code", "=", "stripe"), ("company_id", "=", env.company.id)]
    )


def _set_up(url, env):
    if not env.company.chart_template:
        env["account.chart.template"].try_loading(
            "generic_coa", company=env.company, install_demo=False
        )
    env["ir.config_parameter"].set_param("clinic_stripe_gateway.api_base", url)
    _get_provider(env).write(
        {
            "state": "test",
            "stripe_publishable_key": PUBLISHABLE_KEY,
            "stripe_secret_key": SECRET_KEY,
        }
    )


@contextmanager
def opened_stripe_practice():
    """Give a `StripePractice` for as long as the block lasts."""
    with (
        postgres.running(),
        databases.cloned("full") as name,
        running_emulator() as emulator,
        pytest.MonkeyPatch.context() as patch,
    ):
        # Else Odoo would run tests of its own while it loads.
        patch.setitem(config, "test_enable", False)
        # Tests of addons that ran before in this process leave it behind.
        patch.setattr(module, "current_test", False)
        control = Control(emulator.url)
        # What is of this minute would be under way.
        control.freeze(int(time.time()) - HOUR)
        path = odoo_command.write_config(name, f"{name}_stripe")
        try:
            practice = StripePractice(
                Registry(name), path, control, Browser(emulator.url)
            )
            practice.run(lambda env: _set_up(emulator.url, env))
            yield practice
        finally:
            path.unlink()
            Registry.delete(name)
            sql_db.close_db(name)
