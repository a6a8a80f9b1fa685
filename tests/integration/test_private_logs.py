"""The log of a server that people use holds no name, no value and no secret.

Each way in which Odoo serves is a process of its own, with a log of its own.
"""

import re
import time

import pytest
import requests
from odoo_runs import run_step

from workbench import databases, postgres
from workbench.emulator import running_emulator
from workbench.server import running_odoo

NAME, EMAIL = "Zebulon Quux", "zebulon@quux.example"
SAID = re.compile("zebulon|quux", re.IGNORECASE)
ACCESS_TOKEN = "5f2b1c1e-90f4-4f0e-8f63-0a7f3c1e2d4b"
PATIENCE_SECONDS = 150
DUE = {"active": True, "nextcall": "2024-01-01 00:00:00"}
MODES = {
    "threads": {"workers": 0, "max_cron_threads": 1},
    "workers": {"workers": 1, "max_cron_threads": 1},
    "evented": {"evented": True},
}


@pytest.fixture(scope="module")
def practice():
    with (
        postgres.running(),
        databases.cloned("full") as database,
        running_emulator() as emulator,
    ):
        facts = run_step(
            database, "served.set_up", emulator=emulator.url, name=NAME, email=EMAIL
        )
        yield {"database": database, **facts}


class Employee:
    """The administrator, in a browser; whatever is answered was provoked."""

    def __init__(self, url, database):
        self._url = url
        self._session = requests.Session()
        self.asks(
            "/web/session/authenticate", db=database, login="admin", password="admin"
        )

    def opens(self, path):
        return self._session.get(f"{self._url}{path}", timeout=60).status_code

    def sends(self, path):
        """Send a form that was not made by Odoo."""
        return self._session.post(f"{self._url}{path}", timeout=60).status_code

    def asks(self, path, **params):
        """Return what a JSON route tells of an error, empty if there was none."""
        body = {"jsonrpc": "2.0", "params": params}
        answer = self._session.post(f"{self._url}{path}", json=body, timeout=60).json()
        # A job that is started by hand tells it in what the web client does next.
        result = answer.get("result")
        shown = result.get("params", {}) if isinstance(result, dict) else {}
        return (answer.get("error") or shown).get("data", {})

    def calls(self, model, method, *args, **kwargs):
        return self.asks(
            f"/web/dataset/call_kw/{model}/{method}",
            model=model,
            method=method,
            args=args,
            kwargs=kwargs,
        )


def provoke(employee, practice):
    """Let everything fail that names somebody; return what was told of each."""
    partner = practice["client"]
    user = {"name": NAME, "login": EMAIL}
    failures = {
        "a sentence": ("clinic.payment.link", "action_send", practice["links"]),
        "an unknown field": ("res.partner", "search", [["quux", "=", NAME]]),
        "a refused row": ("res.partner", "create", {"name": False, "email": EMAIL}),
        "a user": ("res.users", "create", [user, user]),
        "a wrong value": ("res.partner", "write", [partner], {"type": NAME}),
        "no number": ("res.partner", "search", [["id", "=", NAME]]),
    }
    return {what: employee.calls(*failure) for what, failure in failures.items()}


def open_addresses(employee, practice):
    """Open what has a secret in its address, found or not."""
    token = practice["tokens"][0]
    assert employee.opens(f"/clinic/pay/{token}") == 200
    employee.opens(f"/clinic/pay/{token}/nothing")
    employee.opens(f"/my/invoices/7?access_token={ACCESS_TOKEN}&page=2")
    employee.opens(f"/web/content/7?access_token={ACCESS_TOKEN}")
    employee.opens(f"/calendar/join_videocall/{ACCESS_TOKEN}")
    # Odoo logs the whole address of a form that it refuses.
    employee.sends(f"/clinic/pay/{token}")
    employee.sends(f"/payment/status?access_token={ACCESS_TOKEN}")
    employee.asks(f"/clinic/pay/{token}/transaction", amount="much")


def wait_for(log, text, times):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while log.read_text(errors="replace").count(text) < times:
        assert time.monotonic() < deadline, f"never logged: {text}"
        time.sleep(0.5)


@pytest.mark.parametrize("mode", MODES)
def test_the_log_names_nobody(practice, mode):
    job = practice["job"]
    with running_odoo(practice["database"], **MODES[mode]) as odoo:
        employee = Employee(odoo.url, practice["database"])
        told = provoke(employee, practice)
        open_addresses(employee, practice)
        employee.calls("mail.mail", "send", [practice["mail"]])
        told["a job"] = employee.calls("ir.cron", "method_direct_trigger", [job])
        if mode == "threads":
            # Jobs begin a minute after the server.
            employee.calls("ir.cron", "write", [job], DUE)
            wait_for(odoo.log, "server action #", times=2)
    log = odoo.log.read_text(errors="replace")
    # People are told who is meant, and the log was written.
    assert NAME in told["a sentence"]["message"]
    assert NAME in told["a job"]["debug"]
    assert all(told.values()), told
    for kept in ("UserError in ", "bad query: INSERT INTO", "23505 res_users"):
        assert kept in log, kept
    assert f"/clinic/pay/{practice['tokens'][0][:4]}…" in log
    found = [
        line
        for line in log.splitlines()
        if SAID.search(line)
        or ACCESS_TOKEN[:12] in line
        or practice["tokens"][0][:12] in line
    ]
    assert not found, found
