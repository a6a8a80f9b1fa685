"""The emulator as a process: start, stop, saved state."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
import requests

from stripe_emulator.control import Control

from .conftest import TOOLS
from .kit import (
    CARD,
    SECRET_KEY,
    BrowserApi,
    Receiver,
    eventually,
    make_client,
    pay,
    save_card,
)


@pytest.fixture
def start(tmp_path):
    """Start emulators; they are killed at the end if they are still there."""
    running = []

    def run(*arguments):
        ready = tmp_path / f"ready{len(running)}"
        path = os.pathsep.join([str(TOOLS), os.environ.get("PYTHONPATH", "")])
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "stripe_emulator",
                "--port",
                "0",
                "--ready-file",
                str(ready),
                *arguments,
            ],
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        eventually(lambda: ready.exists() or process.poll() is not None)
        return process, ready.read_text().strip() if ready.exists() else None

    yield run
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def test_process_says_where_it_listens_and_stops_cleanly(start):
    began = time.monotonic()
    process, url = start()
    assert time.monotonic() - began < 10
    assert Control(url).health()["status"] == "ok"
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=5)
    assert process.returncode == 0
    assert re.fullmatch(r"Stripe emulator listens on http://127\.0\.0\.1:\d+\n", output)
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=1)


def test_interrupt_stops_it_too_even_with_a_request_held(start):
    process, url = start()
    Control(url).fault("hang", path="/v1/customers")
    http = BrowserApi(url, SECRET_KEY)
    with pytest.raises(requests.ReadTimeout):
        http.session.get(f"{url}/v1/customers", headers=http.headers, timeout=0.2)
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 0


def test_other_hosts_cannot_be_served(start):
    process, url = start("--host", "0.0.0.0")
    output, _ = process.communicate(timeout=5)
    assert url is None
    assert process.returncode != 0
    assert "loopback" in output
    assert "Traceback" not in output


def test_port_that_is_taken_is_named(start):
    _process, url = start()
    port = url.rpartition(":")[2]
    process, _ = start("--port", port)
    output, _ = process.communicate(timeout=5)
    assert f"cannot listen on 127.0.0.1:{port}" in output
    assert "Traceback" not in output


def test_state_survives_a_restart(start, tmp_path):
    state = tmp_path / "state.json"
    process, url = start("--state", str(state))
    client = make_client(url)
    customer, method = save_card(client)
    paid = pay(client, customer=customer.id, card=method.id)
    Control(url).advance(3600)
    with Receiver() as receiver:
        client.v1.webhook_endpoints.create(
            {"url": receiver.url, "enabled_events": ["customer.created"]}
        )
        client.v1.customers.create({"name": "x"}, {"idempotency_key": "k"})
        process.terminate()
        process.communicate(timeout=5)
        assert CARD["number"] not in state.read_text()
        assert state.stat().st_mode & 0o077 == 0
        _process, url = start("--state", str(state))
        client = make_client(url)
        assert client.v1.payment_intents.retrieve(paid.id).status == "succeeded"
        assert 3500 < Control(url).clock()["offset"] < 3700
        again = client.v1.customers.create({"name": "x"}, {"idempotency_key": "k"})
        assert len(client.v1.customers.list().data) == 2
        assert again.name == "x"
        client.v1.customers.create({"name": "after"})
        eventually(lambda: len(receiver.received) == 2)
    refund = client.v1.refunds.create({"payment_intent": paid.id})
    assert refund.status == "succeeded"


def test_state_of_another_format_is_not_used(start, tmp_path):
    state = tmp_path / "state.json"
    state.write_text('{"format": 0, "sides": []}')
    _process, url = start("--state", str(state))
    assert make_client(url).v1.customers.list().data == []


def test_state_is_saved_while_running(start, tmp_path):
    state = tmp_path / "state.json"
    process, url = start("--state", str(state))
    made = make_client(url).v1.customers.create({})
    eventually(lambda: state.exists() and made.id in state.read_text())
    process.kill()
    process.communicate()
    _process, url = start("--state", str(state))
    assert make_client(url).v1.customers.retrieve(made.id).id == made.id
