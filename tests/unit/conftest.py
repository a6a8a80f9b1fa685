"""Let tests import the parts of the addons that need no Odoo."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[2]

for _name in ("clinic_invoicing", "clinic_stripe_gateway"):
    # Bare packages: the real ones would load models.
    _package = ModuleType(_name)
    _package.__path__ = [str(ROOT / _name)]
    sys.modules.setdefault(_name, _package)

# A busy machine is no failure, and the checkout stays as it is.
settings.register_profile(
    "shared machine",
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("shared machine")


@pytest.fixture(scope="module")
def url():
    """Where an emulator of Stripe answers."""
    # Here: they can be imported only once the bare packages are there.
    from stripe_emulator.emulator import Emulator
    from stripe_emulator.server import Server

    emulator = Emulator()
    emulator.start()
    server = Server(emulator)
    server.run_in_thread()
    yield server.base_url
    server.shutdown()
    server.server_close()
    emulator.stop()


@pytest.fixture
def control(url):
    """The emulator's controls; it has forgotten everything."""
    from stripe_emulator.control import Control

    control = Control(url)
    control.reset()
    return control


@pytest.fixture
def gateway(control):
    """The adapter over that emulator."""
    from clinic_stripe_gateway import const
    from clinic_stripe_gateway.adapter import StripeGateway

    secret_key = "sk_test_emulator_default"
    return StripeGateway(secret_key, const.API_VERSION, control.base_url)
