"""The demo's practice on a server of its own, and people in front of a browser."""

import contextlib
import dataclasses

import pytest
from people import PARENT, PATIENCE_MS, RATE, SIZES, Person
from playwright.sync_api import expect

from stripe_emulator.control import Control
from workbench import databases, postgres
from workbench.browser import running_browser
from workbench.configuration import configure
from workbench.emulator import running_emulator
from workbench.paths import BUILD
from workbench.processes import free_port
from workbench.server import running_odoo

SCREENSHOTS = BUILD / "screenshots"
expect.set_options(timeout=PATIENCE_MS)


@dataclasses.dataclass(frozen=True)
class Practice:
    """A served Odoo with demo data, and the emulator that it pays through."""

    url: str
    database: str
    stripe: Control


@contextlib.contextmanager
def served_practice():
    """Serve a practice with demo data for as long as the block lasts."""
    with (
        postgres.running(),
        databases.cloned("demo") as database,
        running_emulator() as emulator,
    ):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        # The demo's one client pays in a minute what people do in an hour.
        configure(database, url, emulator.url, starts_per_minute="1000")
        with running_odoo(database, port) as odoo:
            yield Practice(odoo.url, database, Control(emulator.url))


@pytest.fixture(scope="session")
def practice():
    with served_practice() as served:
        yield served


@pytest.fixture(scope="module")
def own_practice():
    """A practice that the tests of one file may leave as they like."""
    with served_practice() as served:
        yield served


@pytest.fixture(scope="session")
def browser():
    with running_browser() as running:
        yield running


@pytest.fixture
def person(practice, browser, request):
    """Return a function that seats somebody at a browser of their own."""
    people = []

    def sit_down(login, width=1366, height=768, **more):
        someone = Person(
            browser,
            practice.url,
            login,
            (width, height),
            SCREENSHOTS / request.node.name,
            **more,
        )
        people.append(someone)
        return someone

    yield sit_down
    for someone in people:
        someone.leave()


@pytest.fixture(params=SIZES, ids=["desk", "telephone"])
def size(request):
    return request.param


@pytest.fixture
def client(person, size):
    return person("client", *size)


@pytest.fixture
def bills(person):
    """Return a function that bills a visit of a patient; it returns the number.

    What is unpaid at the end is paid: a page of the client's shows ten invoices, and
    those of other tests would stand in front.
    """
    front_desk, billed = person("frontdesk"), []

    def bill(patient=PARENT):
        billed.append(front_desk.invoices_a_visit(patient, RATE))
        return billed[-1]

    yield bill
    person("biller").records_as_paid(billed)
