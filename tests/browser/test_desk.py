"""The client pays at the desk, and the employee is back on the calendar."""

import re

import pytest
from accessibility import assert_accessible
from people import CARD_PAID, EDGE
from playwright.sync_api import expect

PATIENT, PRACTITIONER = "Petra Example", "Dr. Ines Sample"
RATE = "Physiotherapy 45 min (Self-Pay)"
EMPLOYEE = "Frida Frontdesk"
CALENDAR = "**/odoo/clinic-appointments"
SCRIPTS = "**/*assets_frontend*.js"
CHARGE = ".o_clinic_desk_cards button"


@pytest.fixture
def front_desk(person):
    return person("frontdesk")


@pytest.fixture
def saved_card(person, front_desk):
    """The client has saved a card; other tests find none."""
    client = person("client")
    client.saves_card(front_desk.invoices_a_visit(PATIENT, RATE))
    yield
    client.deletes_card()


@pytest.fixture
def typed_cards(person):
    """The practice lets its employees type cards; other tests find that off."""
    admin = person("admin")
    admin.calls("res.company", "write", [1], {"clinic_desk_card_entry": True})
    yield
    admin.calls("res.company", "write", [1], {"clinic_desk_card_entry": False})


@pytest.mark.usefixtures("saved_card")
def test_the_saved_card_pays_and_the_calendar_says_so(practice, front_desk):
    block = front_desk.books(PATIENT, PRACTITIONER, RATE, hour=21)
    block.click(position=EDGE)
    popover = front_desk.sees(".o_cw_popover")
    assert popover.evaluate("box => box.scrollWidth <= box.clientWidth")
    front_desk.look("popover")
    front_desk.page.click(".o_clinic_complete_and_invoice")
    front_desk.sees(CHARGE, "4242")
    shows_the_client_alone(front_desk)
    front_desk.look("payment-step")
    intents = "/v1/payment_intents"
    held = practice.stripe.fault("pause_before", "POST", intents, count=1)
    asked = []
    front_desk.page.on("request", lambda request: asked.append(request.url))
    front_desk.page.locator(CHARGE).first.dblclick(no_wait_after=True)
    practice.stripe.wait_held(held["id"])
    # Longer than the page waits before it looks whether the client has paid: the
    # reload would keep the employee from the outcome.
    front_desk.page.wait_for_timeout(5_000)
    assert not [url for url in asked if url.endswith("/news")]
    practice.stripe.remove_fault(held["id"])
    front_desk.page.wait_for_url(CALENDAR)
    front_desk.is_told(f"{PATIENT} has paid")
    expect(block).to_have_class(re.compile("o_clinic_paid"))
    front_desk.look("paid")
    # What was used is not shown again by the back button.
    front_desk.page.go_back()
    expect(front_desk.page.locator(CHARGE)).to_have_count(0)


def test_a_part_is_paid_in_cash_on_a_narrow_screen(person):
    front_desk = person("frontdesk", 390, 844)
    step = completes_a_visit(front_desk)
    front_desk.open(step)
    front_desk.page.fill("#clinic_desk_amount", "10")
    front_desk.page.press("#clinic_desk_amount", "Enter")
    front_desk.sees(".o_clinic_desk_allocation", "10.00")
    width = "document.documentElement.scrollWidth"
    assert front_desk.page.evaluate(width) <= 390
    shows_the_client_alone(front_desk)
    front_desk.look("part")
    first_way = front_desk.page.locator("#clinic_desk_line option").first
    expect(first_way).to_have_text("Cash")
    # The scripts of the outcome would leave for the calendar at once.
    front_desk.page.route(SCRIPTS, lambda route: route.abort())
    front_desk.page.click(".o_clinic_desk_outside button")
    front_desk.sees(".o_clinic_desk_result", f"{PATIENT} has paid")
    assert_accessible(front_desk)
    front_desk.look("result")
    front_desk.page.unroute(SCRIPTS)
    front_desk.page.reload()
    front_desk.page.wait_for_url(CALENDAR)
    front_desk.is_told(f"{PATIENT} has paid $ 10.00")
    front_desk.open(step)
    front_desk.sees(".o_clinic_desk_payer", PATIENT)


def test_the_desk_notices_that_the_client_has_paid_by_link(person, front_desk):
    step = completes_a_visit(front_desk)
    front_desk.open(step)
    client = person("client", 390, 844)
    front_desk.page.click(".o_clinic_desk_show_link")
    front_desk.sees(".o_clinic_desk_link img")
    shows_the_client_alone(front_desk)
    front_desk.look("link")
    link = front_desk.sees(".o_clinic_desk_link p.text-break").inner_text()
    client.page.goto(link)
    client.types_card(CARD_PAID)
    client.presses_pay()
    front_desk.page.wait_for_url(CALENDAR)
    front_desk.is_told(f"{PATIENT} has paid")


@pytest.mark.usefixtures("typed_cards")
def test_a_card_is_typed_and_a_deposit_is_taken(front_desk):
    event = books_a_visit(front_desk)
    step = front_desk.calls("calendar.event", "action_clinic_take_deposit", [event])
    front_desk.open(step["url"])
    front_desk.page.fill("#clinic_desk_amount", "25")
    front_desk.page.press("#clinic_desk_amount", "Enter")
    front_desk.sees(".o_clinic_desk_typed", "PCI DSS")
    front_desk.types_card(CARD_PAID)
    shows_the_client_alone(front_desk)
    front_desk.look("deposit")
    front_desk.presses_pay()
    front_desk.page.wait_for_url(CALENDAR)
    front_desk.is_told(f"{PATIENT} has paid $ 25.00")
    front_desk.open(f"/odoo/calendar.event/{event}")
    front_desk.sees("div[name=clinic_deposit_label]", "25.00 paid")
    front_desk.look("deposit-paid")


def books_a_visit(front_desk):
    """Return the id of a new appointment."""
    (patient,) = front_desk.calls("res.partner", "search", [["name", "=", PATIENT]])
    (rate,) = front_desk.calls("product.product", "search", [["name", "=", RATE]])
    return front_desk.calls(
        "calendar.event",
        "create",
        {
            "name": "Appointment",
            "clinic_patient_id": patient,
            "clinic_service_ids": [[0, 0, {"rate_id": rate}]],
        },
    )


def completes_a_visit(front_desk):
    """Return the address of the payment step of a new appointment."""
    event = books_a_visit(front_desk)
    method = "action_clinic_complete_and_invoice"
    return front_desk.calls("calendar.event", method, [event])["url"]


def shows_the_client_alone(front_desk):
    front_desk.sees(".o_clinic_desk_payer", PATIENT)
    assert EMPLOYEE not in front_desk.page.content()
    assert_accessible(front_desk, ".o_clinic_desk")
