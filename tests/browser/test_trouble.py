"""A card that fails leaves the invoice unpaid, payable and explained."""

import re

import pytest
from people import CARD_ASKS, CARD_DECLINED, CARD_PAID, SIZES
from playwright.sync_api import expect

RETURN_PAGE = "**/payment/stripe/return**"


@pytest.fixture(params=SIZES)
def unpaid_bill(person, bills, request):
    """A client with a new unpaid invoice; returns both."""
    return person("client", *request.param), bills()


def pay(client, invoice, card):
    client.starts_to_pay(invoice)
    client.types_card(card)
    client.presses_pay()


def test_a_declined_card_is_told_and_another_one_pays(unpaid_bill):
    client, invoice = unpaid_bill
    pay(client, invoice, CARD_DECLINED)
    client.sees(".modal:has-text('declined')")
    client.look("declined")
    client.open("/my/billing")
    is_unpaid_payable_and_explained(client, invoice, "again|did not go through")
    pay(client, invoice, CARD_PAID)
    is_paid(client, invoice)


def test_a_card_that_asks_is_paid_after_the_bank_has_said_yes(unpaid_bill):
    client, invoice = unpaid_bill
    pay(client, invoice, CARD_ASKS)
    client.sees("#emulator-3ds-complete")
    client.look("authentication")
    client.page.click("#emulator-3ds-fail")
    client.sees(".modal:has-text('authenticat')")
    client.open("/my/billing")
    is_unpaid_payable_and_explained(client, invoice, "again|did not go through")
    pay(client, invoice, CARD_ASKS)
    client.page.click("#emulator-3ds-complete")
    is_paid(client, invoice)


def test_a_tab_closed_while_the_bank_asks_leaves_the_invoice_payable(unpaid_bill):
    client, invoice = unpaid_bill
    pay(client, invoice, CARD_ASKS)
    client.sees("#emulator-3ds-complete")
    client.reopens()
    client.open("/my/billing")
    is_unpaid_payable_and_explained(client, invoice, "not finished")
    client.look("not-finished")
    pay(client, invoice, CARD_PAID)
    is_paid(client, invoice)


def test_a_tab_closed_after_paying_is_paid_by_the_message_alone(unpaid_bill):
    client, invoice = unpaid_bill
    # The bank's answer arrives, and the browser never comes back to Odoo.
    client.page.route(RETURN_PAGE, lambda route: route.abort())
    pay(client, invoice, CARD_PAID)
    client.page.wait_for_event("requestfailed")
    client.reopens()
    client.open("/my/billing")
    while client.bill(invoice).locator(".o_clinic_pay").count():
        # Stopped by the limit of the whole test run if the message never comes.
        client.page.wait_for_timeout(500)
        client.open("/my/billing")
    expect(client.bill(invoice)).to_contain_text("Paid")


def is_unpaid_payable_and_explained(client, invoice, *words):
    bill = client.bill(invoice)
    expect(bill).to_contain_text("Unpaid")
    expect(bill.locator(".o_clinic_pay")).to_be_visible()
    expect(bill.locator(".o_clinic_notice")).to_contain_text(
        re.compile("|".join(words))
    )
    assert client.unpaid_number()


def is_paid(client, invoice):
    client.page.wait_for_url(lambda url: url.endswith("/my/billing"))
    expect(client.bill(invoice)).to_contain_text("Paid")
