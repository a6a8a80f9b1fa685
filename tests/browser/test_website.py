"""Billing is found on a practice's own website as well."""

import pytest
from conftest import SCREENSHOTS
from people import SIZES, Person
from playwright.sync_api import expect

from workbench import databases, odoo_command, postgres
from workbench.processes import free_port
from workbench.server import running_odoo


@pytest.fixture(scope="module")
def website():
    """Serve the demo's practice with Odoo's website installed."""
    with postgres.running(), databases.cloned("demo", assets=True) as database:
        odoo_command.install(database, ["website"])
        with running_odoo(database, free_port()) as odoo:
            yield odoo.url


@pytest.mark.parametrize("size", SIZES, ids=["desk", "telephone"])
def test_the_number_is_in_the_header_and_in_the_menu(browser, website, request, size):
    folder = SCREENSHOTS / request.node.name
    client = Person(browser, website, "client", size, folder)
    for path in ("/my", "/my/billing", "/"):
        client.open(path)
        if size[0] < 768:
            client.page.click("[data-bs-toggle=offcanvas] >> visible=true")
        header = client.sees(".o_clinic_billing_menu a")
        expect(header.locator(".badge")).to_be_visible()
        client.sees(".o_clinic_billing_menu + li a.dropdown-toggle").click()
        client.sees(".o_clinic_billing_item .badge")
        client.look(f"website{path.replace('/', '-')}")
    client.leave()
