"""The pages fit a desk's screen and a telephone's."""

import pytest
from accessibility import assert_accessible
from people import SIZES

PAGES = {
    "frontdesk": ["/odoo/clinic-appointments", "/odoo/clinic-invoices"],
    "biller": [
        "/odoo/clinic-invoices",
        "/odoo/clinic-programs",
        "/odoo/action-clinic_invoicing.clinic_billing_run_action",
        "/odoo/action-clinic_invoicing.product_template_action_rate",
    ],
    "client": ["/my", "/my/billing", "/my/programs"],
}
READY = (
    ".fc-event, .o_data_row, .o_kanban_record, .o_nocontent_help, .o_clinic_billing, "
    ".o_clinic_programs, .o_portal_index_card"
)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("login", PAGES)
def test_pages_fit(person, login, width, height):
    someone = person(login, width, height)
    for number, path in enumerate(PAGES[login]):
        someone.open(path)
        someone.sees(READY)
        someone.look(f"page{number}")
        assert someone.overflow() <= 0, path
        if login == "client":
            # With the header and its number.
            assert_accessible(someone)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_card_dialog_fits(person, width, height):
    client = person("client", width, height)
    client.open("/my/billing")
    client.page.locator("[data-bs-toggle=collapse]").first.click()
    client.look("details")
    client.page.locator(".o_clinic_pay").first.click()
    client.sees("input[autocomplete=cc-number]")
    client.look("card")
    assert client.overflow() <= 0
