"""Let tests import the parts of the addons that need no Odoo."""

import sys
from pathlib import Path
from types import ModuleType

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
