"""Clients pay what they owe, on a desk's screen and on a telephone."""

import re

from accessibility import assert_accessible
from people import CARD_PAID, VISITOR
from playwright.sync_api import expect

CHILDREN = ("Leo Example", "Mia Example")
OURS = ".o_clinic_billing"


def test_a_part_is_paid_and_then_the_rest(client, bills):
    bill = bills()
    client.open("/my/billing")
    owed = left_to_pay(client, bill)
    client.starts_to_pay(bill)
    client.page.click(".o_clinic_part summary")
    client.page.fill("#clinic_amount", "20")
    client.page.click(".o_clinic_part button")
    client.sees("input[autocomplete=cc-number]")
    client.sees(".o_clinic_allocation", bill)
    client.sees(".o_clinic_allocation", money(owed - 20))
    client.look("part")
    assert_accessible(client, ".o_clinic_panel")
    client.types_card(CARD_PAID)
    client.presses_pay()
    is_back(client)
    client.sees(".o_clinic_thanks", "20.00")
    expect(client.bill(bill)).to_contain_text("Partly paid")
    assert left_to_pay(client, bill) == owed - 20
    client.look("thanks")
    client.pays(bill, CARD_PAID)
    expect(client.bill(bill)).to_contain_text("Paid")
    client.bill(bill).locator("[data-bs-toggle=collapse]").click()
    expect(client.bill(bill).locator(".o_clinic_payments tbody tr")).to_have_count(2)
    client.look("payments")


def test_everything_for_two_children_is_paid_at_once(client, bills):
    names = [bills(child) for child in CHILDREN]
    client.open("/my/billing")
    client.page.locator(".o_clinic_patients a", has_text=CHILDREN[0]).click()
    expect(client.bill(names[0])).to_be_visible()
    expect(client.bill(names[1])).to_have_count(0)
    client.look("one-child")
    client.page.locator(".o_clinic_patients a", has_text="All").click()
    client.page.locator(".o_clinic_pay_all").first.click()
    for name in names:
        client.sees(".o_clinic_allocation", name)
    client.types_card(CARD_PAID)
    client.look("all")
    client.presses_pay()
    is_back(client)
    client.sees(OURS, "You have nothing to pay")
    assert client.unpaid_number() == 0
    for name in names:
        expect(client.bill(name)).to_contain_text("Paid")


def test_two_of_several_are_ticked_and_paid(client, bills):
    first, second, third = bills(), bills(), bills()
    client.open("/my/billing")
    for name in (first, third):
        client.bill(name).locator("input[type=checkbox]").check()
    client.look("ticked")
    client.page.click(".o_clinic_pay_chosen")
    client.sees(".o_clinic_allocation", third)
    expect(client.page.locator(".o_clinic_allocation")).not_to_contain_text(second)
    client.types_card(CARD_PAID)
    client.presses_pay()
    is_back(client)
    expect(client.bill(first)).to_contain_text("Paid")
    expect(client.bill(second)).to_contain_text("Unpaid")
    client.pays(second, CARD_PAID)


def test_a_link_pays_without_login(person, size, bills):
    biller, bill = person("biller"), bills(CHILDREN[0])
    visitor = person(VISITOR, *size)
    visitor.page.goto(link_of(biller, bill))
    visitor.sees("main", bill)
    text = visitor.page.locator("body").inner_text()
    assert not re.search("Physio|Leo|Petra", text)
    assert_accessible(visitor)
    visitor.types_card(CARD_PAID)
    visitor.look("link")
    visitor.presses_pay()
    visitor.sees(".o_clinic_thanks", "Thank you")
    visitor.sees("main", "nothing to pay here")
    assert_accessible(visitor)
    visitor.look("link-paid")
    client = person("client")
    client.open("/my/billing")
    expect(client.bill(bill)).to_contain_text("Paid")


def test_a_card_is_saved_used_again_and_deleted(client, bills):
    client.saves_card(bills())
    bill = bills()
    client.open("/my/billing")
    client.bill(bill).locator(".o_clinic_pay").click()
    client.sees("#o_payment_tokens_heading")
    client.sees(".o_clinic_panel", "4242")
    client.look("saved-card")
    client.presses_pay()
    is_back(client)
    expect(client.bill(bill)).to_contain_text("Paid")
    client.deletes_card()
    client.look("deleted-card")


def test_back_and_double_click_pay_nothing_twice(practice, client, bills):
    bill = bills()
    before = captured(practice)
    client.starts_to_pay(bill)
    client.types_card(CARD_PAID)
    client.page.dblclick("button[name=o_payment_submit_button]")
    is_back(client)
    client.page.go_back()
    client.page.wait_for_load_state()
    client.look("back")
    # What the browser had kept can be pressed again, and pays nothing.
    client.open("/my/billing")
    expect(client.bill(bill)).to_contain_text("Paid")
    assert len(captured(practice)) == len(before) + 1


def test_two_tabs_pay_once(practice, client, bills):
    bill = bills()
    before = captured(practice)
    client.starts_to_pay(bill)
    client.types_card(CARD_PAID)
    late, client.page = client.page, client.context.new_page()
    client.pays(bill, CARD_PAID)
    client.page = late
    client.presses_pay()
    client.sees(".modal:has-text('already been paid')")
    client.look("second-tab")
    assert len(captured(practice)) == len(before) + 1


def test_an_expired_session_is_told_and_loses_nothing(practice, client, bills):
    bill = bills()
    before = captured(practice)
    client.starts_to_pay(bill)
    client.types_card(CARD_PAID)
    client.context.clear_cookies()
    client.presses_pay()
    client.sees(".modal:has-text('nothing was charged')")
    client.look("expired")
    assert captured(practice) == before
    client.logs_in()
    client.pays(bill, CARD_PAID)
    expect(client.bill(bill)).to_contain_text("Paid")


def test_the_keyboard_is_enough(client, bills):
    bill = bills()
    client.open("/my/billing")
    row = client.bill(bill)
    tabs_to(client, row.locator("[data-bs-toggle=collapse]"))
    client.page.keyboard.press("Enter")
    expect(row.locator(".o_clinic_services")).to_be_visible()
    tabs_to(client, row.locator(".o_clinic_pay"))
    client.page.keyboard.press("Enter")
    number = client.sees("input[autocomplete=cc-number]")
    tabs_to(client, number)
    for text in (CARD_PAID, "12 / 34", "123"):
        client.page.keyboard.type(text)
        client.page.keyboard.press("Tab")
    tabs_to(client, client.page.locator("button[name=o_payment_submit_button]"))
    client.page.keyboard.press("Enter")
    is_back(client)
    expect(client.bill(bill)).to_contain_text("Paid")


# === WHAT PEOPLE DO AND SEE === #


def is_back(client):
    client.page.wait_for_url(lambda url: url.endswith("/my/billing"))


def money(amount):
    return f"{amount:.2f}"


def left_to_pay(client, bill):
    """Return what the row says is still owed."""
    text = client.bill(bill).locator(".o_clinic_amount strong").inner_text()
    return float(re.sub(r"[^0-9.]", "", text))


def tabs_to(person, target):
    """Press Tab until the target has the focus."""
    for _press in range(80):
        if target.evaluate("element => element === document.activeElement"):
            return
        person.page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {target}")


def captured(practice):
    return [
        payment["captured"]
        for payment in practice.stripe.ledger()["payments"]
        if payment["status"] == "succeeded"
    ]


def link_of(biller, bill):
    """Return the payment link that the biller sees on an invoice."""
    (move,) = biller.calls("account.move", "search", [["name", "=", bill]])
    action = biller.calls("account.move", "action_clinic_payment_link", [move])
    (read,) = biller.calls("clinic.payment.link", "read", [action["res_id"]], ["url"])
    return read["url"]
