"""A client registers a child for a program, pays by card, and cancels in time."""

import re

import pytest
from people import CARD_PAID, SIZES
from playwright.sync_api import expect

PROGRAM, PRICE_CENTS = "Swimming for Backs", 12000
FREE_PROGRAM = "Better Sleep"
CHILD, PARENT = "Mia Example", "Petra Example"


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_child_is_registered_paid_for_and_cancelled(practice, person, width, height):
    client = person("client", width, height)
    given_back = refunded(practice)
    places = the_client_chooses(client)
    the_client_registers(client, CHILD)
    the_client_pays(client)
    the_client_is_registered(client, places - 1)
    the_practice_sees_it(person("frontdesk"))
    the_client_cancels(client, places)
    assert refunded(practice) == given_back + PRICE_CENTS


def test_a_free_program_needs_no_card(person):
    client = person("client")
    client.open("/my/programs")
    offer(client, FREE_PROGRAM).get_by_text("Details").click()
    client.sees(".o_clinic_program_page", "Free of charge")
    client.page.select_option("#clinic_patient", label=PARENT)
    client.page.click("button:has-text('Register')")
    client.page.wait_for_url(lambda url: url.endswith("/my/programs"))
    expect(registration(client, FREE_PROGRAM)).to_contain_text("Confirmed")
    client.look("free")


# === WHAT PEOPLE DO === #


def offer(client, name):
    return client.page.locator(".o_clinic_program", has_text=name)


def registration(client, name):
    return client.page.locator(".o_clinic_registration", has_text=name).first


def the_client_chooses(client):
    """Open the program from the home page; return how many places are left."""
    client.open("/my")
    client.page.click("#portal_client_category a[href='/my/programs']")
    client.sees(".o_clinic_programs")
    client.look("offered")
    assert client.overflow() <= 0
    told = offer(client, PROGRAM).inner_text()
    offer(client, PROGRAM).get_by_text("Details and registration").click()
    client.sees(".o_clinic_program_page", "Bring a towel")
    client.look("program")
    assert client.overflow() <= 0
    return int(re.search(r"(\d+) places? left", told).group(1))


def the_client_registers(client, patient):
    names = client.page.locator("#clinic_patient option").all_inner_texts()
    assert sorted(name.strip() for name in names) == [
        "Leo Example",
        CHILD,
        PARENT,
    ]
    client.page.select_option("#clinic_patient", label=patient)
    client.page.click("button:has-text('Register')")
    client.sees("input[autocomplete=cc-number]")
    client.look("to-pay")
    client.open("/my/programs")
    kept = registration(client, PROGRAM)
    expect(kept).to_contain_text("The place is kept until")
    client.look("reserved")
    kept.locator(".o_clinic_pay_registration").click()
    client.sees("input[autocomplete=cc-number]")


def the_client_pays(client):
    client.types_card(CARD_PAID)
    client.presses_pay()
    client.page.wait_for_url(lambda url: url.endswith("/my/billing"))


def the_client_is_registered(client, places):
    client.open("/my/programs")
    mine = registration(client, PROGRAM)
    expect(mine).to_contain_text("Confirmed")
    expect(mine).to_contain_text(CHILD)
    expect(offer(client, PROGRAM)).to_contain_text(f"{places} places left")
    client.look("confirmed")
    assert client.overflow() <= 0


def the_practice_sees_it(front_desk):
    front_desk.open("/odoo/clinic-programs")
    front_desk.sees(f".o_data_row:has-text('{PROGRAM}')")
    front_desk.look("programs")
    front_desk.page.locator(".o_data_row", has_text=PROGRAM).locator(
        "td[name=name]"
    ).click()
    front_desk.sees("div[name=places_taken]")
    front_desk.look("program")
    front_desk.page.click("button[name=action_open_registrations]")
    front_desk.sees(f".o_data_row:has-text('{CHILD}')")
    front_desk.look("registrations")


def the_client_cancels(client, places):
    registration(client, PROGRAM).locator(".o_clinic_cancel").click()
    client.sees(".o_clinic_terms", "120.00 is given back")
    client.look("terms")
    assert client.overflow() <= 0
    client.page.click("button:has-text('Cancel the registration')")
    client.page.wait_for_url(lambda url: url.endswith("/my/programs"))
    expect(registration(client, PROGRAM)).to_contain_text("Cancelled")
    expect(offer(client, PROGRAM)).to_contain_text(f"{places} places left")
    client.look("cancelled")


def refunded(practice):
    """Return what Stripe has given back so far, in cents."""
    return sum(each["refunded"] for each in practice.stripe.ledger()["payments"])
