"""Fixtures: a running emulator, clients for it, and a receiver of webhooks."""

import sys
from pathlib import Path

import pytest
import stripe

TOOLS = Path(__file__).parents[3] / "tools"
sys.path.insert(0, str(TOOLS))

from stripe_emulator.control import Control  # noqa: E402
from stripe_emulator.emulator import Emulator  # noqa: E402
from stripe_emulator.server import Server  # noqa: E402

from .kit import SECRET_KEY, BrowserApi, Receiver, make_client  # noqa: E402

stripe.enable_telemetry = False


@pytest.fixture(scope="session")
def server():
    """An emulator that serves over HTTP for the whole session."""
    emulator = Emulator()
    emulator.start()
    running = Server(emulator)
    running.run_in_thread()
    yield running
    running.shutdown()
    running.server_close()
    emulator.stop()


@pytest.fixture
def url(server):
    """The base URL of an emulator that holds nothing from earlier tests."""
    Control(server.base_url).reset()
    return server.base_url


@pytest.fixture
def control(url):
    """The control API."""
    return Control(url)


@pytest.fixture
def client(url):
    """The SDK with its own current API version."""
    return make_client(url)


@pytest.fixture
def old_client(url):
    """The SDK speaking the version that Core speaks."""
    return make_client(url, version="2019-05-16")


@pytest.fixture
def http(url):
    """Raw requests with the secret key."""
    return BrowserApi(url, SECRET_KEY)


@pytest.fixture
def browser(url):
    """Raw requests with the publishable key, as a browser makes them."""
    return BrowserApi(url, SECRET_KEY.replace("sk_", "pk_"))


@pytest.fixture
def receiver():
    """A webhook endpoint that keeps what it gets."""
    with Receiver() as running:
        yield running
