"""The command ``odoo stripe_ledger``, as an administrator runs it."""

import subprocess
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from odoo import api, sql_db
from odoo.modules.registry import Registry
from odoo.tools import config

from odoo.addons.clinic_stripe_gateway.tests.common import Browser

from stripe_emulator.control import Control
from workbench import databases, odoo_command, postgres
from workbench.emulator import PUBLISHABLE_KEY, SECRET_KEY, running_emulator
from workbench.paths import BUILD


@dataclass(frozen=True)
class Ledger:
    """A practice with one booked payment, and the command that compares its books."""

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
            tx = _create_transaction(env)
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


def _create_transaction(env):
    model = env["payment.transaction"]
    return model.create(
        {
            "provider_id": _get_provider(env).id,
            "payment_method_id": env.ref("payment.payment_method_card").id,
            "operation": "online_direct",
            "amount": 120,
            "currency_id": env.company.currency_id.id,
            "partner_id": env.ref("base.public_partner").id,
            "reference": model._compute_reference("stripe", prefix=str(time.time())),
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


@pytest.fixture(scope="module")
def ledger():
    with (
        postgres.running(),
        databases.cloned("full") as name,
        running_emulator() as emulator,
        pytest.MonkeyPatch.context() as patch,
    ):
        # Else Odoo would run tests of its own while it loads.
        patch.setitem(config, "test_enable", False)
        control = Control(emulator.url)
        # What is of this minute would be under way.
        control.freeze(int(time.time()) - 3600)
        path = odoo_command.write_config(name, f"{name}_ledger")
        try:
            ledger = Ledger(Registry(name), path, control, Browser(emulator.url))
            ledger.run(lambda env: _set_up(emulator.url, env))
            ledger.pay()
            yield ledger
        finally:
            path.unlink()
            Registry.delete(name)
            sql_db.close_db(name)


def test_books_that_agree_end_with_zero_and_differences_with_one(ledger):
    status, printed, log = ledger.command("stripe_ledger")
    assert status == 0, log
    assert "1 charges, 0 refunds" in printed
    assert "0 differences" in printed
    intent = ledger.pay(is_booked=False)
    status, printed, _log = ledger.command("stripe_ledger")
    assert status == 1
    (row,) = [line for line in printed.splitlines() if intent in line]
    assert "Paid at Stripe, not in the books" in row
    assert "120.00 USD" in row
    assert SECRET_KEY not in printed
    # It is kept, as what the job has found is.
    kinds = ledger.run(
        lambda env: env["clinic.stripe.difference"].search([]).mapped("kind")
    )
    assert kinds == ["charge_not_booked"]


def test_another_period_is_another_result(ledger):
    days = "--from=2020-01-01", "--to=2020-01-31"
    status, printed, log = ledger.command("stripe_ledger", *days)
    assert status == 0, log
    assert "0 charges" in printed


def test_what_cannot_be_compared_is_no_success(ledger):
    ledger.control.fault("refuse", path="/v1/charges")
    try:
        status, printed, _log = ledger.command("stripe_ledger")
    finally:
        ledger.control.clear_faults()
    assert status == 2
    assert "Could not be compared" in printed


def test_wrong_words_are_told(ledger):
    status, _printed, log = ledger.command("stripe_ledger", "--from=tomorrow")
    assert status == 2
    assert "YYYY-MM-DD" in log
