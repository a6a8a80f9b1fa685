"""Clients agree to autopay and to payment plans, and change their minds."""

import re

import pytest
from accessibility import assert_accessible
from playwright.sync_api import expect

COMPANY = 1
CARDS = "/my/payment_method"


@pytest.fixture
def offered(person):
    """The practice offers autopay; other tests find that off."""
    admin = person("admin")
    admin.calls("res.company", "write", [COMPANY], {"clinic_autopay": True})
    yield
    admin.calls("res.company", "write", [COMPANY], {"clinic_autopay": False})


@pytest.mark.usefixtures("offered")
def test_autopay_is_turned_on_and_off_by_the_client(client, bills):
    client.saves_card(bills())
    client.page.locator(".o_clinic_agreements a").first.click()
    client.sees(".o_clinic_autopay_off", "Autopay is off")
    assert is_neutral(client.page.locator(".o_clinic_autopay_off .badge"))
    assert_accessible(client, ".o_clinic_autopay")
    client.page.fill("input[name=cap]", "200")
    client.page.check("input[name=agree]")
    client.look("agreeing")
    client.page.click("button:has-text('Turn autopay on')")
    client.sees(".o_clinic_autopay_on", "Autopay is on")
    client.sees(".o_clinic_autopay_on", "200.00")
    client.look("on")
    assert_accessible(client, ".o_clinic_autopay")
    client.page.click("button:has-text('Turn autopay off')")
    client.sees(".o_clinic_autopay_off", "Autopay is off")
    client.deletes_card()


def test_a_plan_is_proposed_read_and_accepted(person, client, bills):
    bill = bills()
    biller = person("biller")
    (move,) = biller.calls("account.move", "search", [["name", "=", bill]])
    proposals = "clinic.payment.plan.proposal"
    proposal = biller.calls(proposals, "create", {"invoice_ids": [[6, 0, [move]]]})
    biller.calls(proposals, "action_propose", [proposal])
    client.open("/my/billing")
    client.page.click("a:has-text('Payment plan to accept')")
    client.sees(".o_clinic_plan", "To accept")
    save_card = "a:has-text('Save a card')"
    expect(client.page.locator(save_card)).to_have_attribute("href", CARDS)
    expect(client.page.locator(".o_clinic_charges li")).to_have_count(3)
    assert_accessible(client, ".o_clinic_plan")
    client.page.check("input[name=agree]")
    client.look("plan")
    client.page.click("button:has-text('Accept the payment plan')")
    client.sees(".o_clinic_plan", "Active")
    client.look("plan-accepted")
    client.open("/my/billing")
    expect(client.bill(bill)).to_contain_text("in instalments, as agreed")
    expect(client.page.locator(".o_clinic_proposed")).to_have_count(0)


def is_neutral(badge):
    """Whether a badge is grey: what is off is no warning."""
    colour = badge.evaluate("badge => getComputedStyle(badge).backgroundColor")
    shades = [int(shade) for shade in re.findall(r"\d+", colour)[:3]]
    return max(shades) - min(shades) < 16
