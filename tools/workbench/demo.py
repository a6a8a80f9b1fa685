"""Serve both addons with demo data, for people to look at."""

import json
import time

from . import clock, databases, debian_tools, odoo_command, postgres
from .configuration import configure
from .demo_logins import LOGINS, TEST_CARD
from .emulator import running_emulator
from .errors import Trouble
from .locks import exclusive_or
from .paths import BUILD, present_addons
from .processes import check_port_is_free, is_free, tail
from .progress import say, step
from .server import running_odoo

DATABASE = f"{databases.PREFIX}served"
_DAY = "-day" if clock.is_shifted() else ""
STATE = BUILD / f"demo{_DAY}.json"
EMULATOR_STATE = BUILD / f"demo-emulator{_DAY}.state"


def run(port: int, reset: bool = False) -> None:
    """Serve the demo until it is interrupted."""
    state = _read_state()
    running_already = Trouble(
        "the demo of this checkout runs already at"
        f" {state.get('base_url', 'another port')}: press Ctrl-C where it"
        " runs, then start it again"
    )
    if not state.get("base_url", "").endswith(f":{port}"):
        # True whether or not it runs already: that is told of its own port.
        check_port_is_free(port)
    with exclusive_or("demo", running_already):
        check_port_is_free(port)
        with postgres.running():
            _run_alone(port, {} if reset else state)


def _run_alone(port: int, known: dict) -> None:
    state = _prepare_database(known)
    with running_emulator(_usual_port(state), EMULATOR_STATE) as emulator:
        _connect(state, f"http://127.0.0.1:{port}", emulator.url)
        _serve(port)


def _serve(port: int) -> None:
    say("Starting Odoo …")
    with running_odoo(DATABASE, port) as odoo:
        print(_welcome(odoo.url, odoo.log), flush=True)
        try:
            while odoo.process.poll() is None:
                time.sleep(0.5)
        except KeyboardInterrupt:
            say("Stopping the demo …")
            return
        raise Trouble(f"Odoo ended by itself; its log ends so:\n{tail(odoo.log)}")


def _prepare_database(state: dict) -> dict:
    """Make, upgrade or just take the demo's database; return what is known about it."""
    base = databases.key("core_demo") + clock.label()
    keys = {"base": base, "addons": databases.key("demo")}
    if state.get("base") != keys["base"] or not databases.exists(DATABASE):
        # Until the new database is whole, nothing is known about it.
        STATE.unlink(missing_ok=True)
        databases.clone_template("demo", DATABASE, assets=True)
        databases.settle("demo", DATABASE)
        EMULATOR_STATE.unlink(missing_ok=True)
        state = {}
    elif state.get("addons") != keys["addons"]:
        with step("Upgrading the demo's database to the addons as they are now"):
            _upgrade()
    return _remember({**state, **keys})


def _upgrade() -> None:
    try:
        odoo_command.upgrade(DATABASE, present_addons())
    except Trouble as trouble:
        raise Trouble(
            f"{trouble}\n`make demo RESET=1` starts with a new database"
        ) from trouble


def _connect(state: dict, base_url: str, emulator_url: str) -> None:
    """Connect Odoo and the emulator, unless they still are from the last time."""
    addresses = {"base_url": base_url, "emulator_url": emulator_url}
    if addresses.items() <= state.items():
        return
    with step("Connecting Odoo with the Stripe emulator"):
        configure(DATABASE, base_url, emulator_url)
    _remember({**state, **addresses})


def _usual_port(state: dict) -> int:
    """Return the emulator's port of the last run, so that nothing needs to be connected
    anew.
    """
    port = int(state.get("emulator_url", ":0").rpartition(":")[2])
    return port if port and is_free(port) else 0


def _read_state() -> dict:
    try:
        return json.loads(STATE.read_text())
    except (OSError, ValueError):
        return {}


def _remember(state: dict) -> dict:
    STATE.write_text(json.dumps(state, indent=2))
    return state


def _welcome(url: str, log) -> str:
    known = databases.logins(DATABASE)
    lines = ["", f"  Odoo is at {url}", ""]
    for login in LOGINS:
        if login.login in known:
            words = f"login {login.login}, password {login.login}"
            lines.append(f"  {login.person:<14} {words:<38} {url}{login.page}")
    lines += ["", f"  Test card      {TEST_CARD}", f"  Log            {log}"]
    if not debian_tools.find(debian_tools.WKHTMLTOPDF):
        lines.append(
            "  No PDF         install the package wkhtmltopdf to print invoices"
        )
    return "\n".join([*lines, "", "  Ctrl-C stops it.", ""])
