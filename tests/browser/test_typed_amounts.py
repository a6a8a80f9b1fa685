"""Who types an amount and presses at once pays what the button says, or nothing."""

import pytest
from accessibility import assert_accessible
from people import CARD_PAID, PARENT, RATE, VISITOR
from playwright.sync_api import expect
from test_paying import captured, is_back, link_of

PAY = "button[name=o_payment_submit_button]"
AMOUNT = "#clinic_amount"
AT_THE_DESK = "#clinic_desk_amount"
CASH = ".o_clinic_desk_outside button"
CARD = ".o_clinic_desk_cards button"
PRESS = """button => {
    const about = { bubbles: true, cancelable: true };
    button.click();
    button.dispatchEvent(new MouseEvent("click", about));
    button.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ...about }));
}"""

TICK_AND_PRESS = """(tick, button) => {
    tick.click();
    document.querySelector(button).click();
}"""


def started(practice):
    """Return how many payments were started at Stripe."""
    return len(practice.stripe.objects("payment_intent"))


class HeldAnswer:
    """What the page asks about an amount is on its way until it is let go."""

    def __init__(self, page):
        self.held = []
        self.is_held = True
        page.route("**/*amount=*", self.takes)

    def takes(self, route):
        if self.is_held:
            self.held.append(route)
        else:
            route.continue_()

    def lets_go(self):
        self.is_held = False
        for route in self.held:
            route.continue_()


def types_and_presses(person, field, text, button):
    """Type, and try to press in every way before the server has answered."""
    # The server's answer comes when the field is left.
    answer = HeldAnswer(person.page)
    person.page.locator(field).select_text()
    person.page.keyboard.type(text[0])
    expect(person.page.locator(button).first).to_be_disabled()
    person.page.keyboard.type(text[1:])
    notice = person.sees(".o_clinic_outdated")
    # Beside what was typed: nobody scrolls to read it.
    expect(notice).to_be_in_viewport(ratio=1)
    person.look("typed")
    press_anyway(person, button)
    expect(person.page.locator(button).first).to_be_disabled()
    person.page.locator(button).first.scroll_into_view_if_needed()
    box = person.page.locator(button).first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    # Leaving the field asks the server, which is slow; nobody waits for it here.
    person.page.mouse.click(x, y)
    person.page.mouse.dblclick(x, y)
    answer.lets_go()


def press_anyway(person, button):
    """Press as a script, an extension or a screen reader might."""
    person.page.locator(button).first.evaluate(PRESS)


def test_the_client_pays_what_stands_on_the_button(practice, client, bills):
    bill = bills()
    client.starts_to_pay(bill)
    full = client.page.locator(PAY).inner_text()
    client.types_card(CARD_PAID)
    expect(client.page.locator(PAY)).to_be_enabled()
    client.page.click(".o_clinic_part summary")
    before, intents = captured(practice), started(practice)
    types_and_presses(client, AMOUNT, "10", PAY)
    expect(client.page.locator(PAY)).to_have_text("Pay $ 10.00")
    assert full != "Pay $ 10.00"
    assert (captured(practice), started(practice)) == (before, intents)
    client.types_card(CARD_PAID)
    client.look("shown")
    assert_accessible(client, ".o_clinic_panel")
    client.presses_pay()
    is_back(client)
    client.sees(".o_clinic_thanks", "10.00")
    assert captured(practice) == [*before, 1000]
    client.pays(bill, CARD_PAID)


def test_who_has_a_link_pays_what_stands_on_the_button(practice, person, size, bills):
    link = link_of(person("biller"), bills())
    visitor = person(VISITOR, *size)
    visitor.page.goto(link)
    visitor.types_card(CARD_PAID)
    visitor.page.click(".o_clinic_part summary")
    before, intents = captured(practice), started(practice)
    types_and_presses(visitor, AMOUNT, "10", PAY)
    expect(visitor.page.locator(PAY)).to_have_text("Pay $ 10.00")
    assert (captured(practice), started(practice)) == (before, intents)
    visitor.types_card(CARD_PAID)
    visitor.presses_pay()
    visitor.sees(".o_clinic_thanks", "10.00")
    assert captured(practice) == [*before, 1000]
    visitor.types_card(CARD_PAID)
    visitor.presses_pay()
    visitor.sees("main", "nothing to pay here")


@pytest.fixture
def saved_card(person, bills):
    """The client has saved a card; other tests find none."""
    client = person("client")
    client.saves_card(bills())
    yield
    client.deletes_card()


@pytest.mark.usefixtures("saved_card")
def test_the_desk_takes_what_stands_on_the_button(practice, person, size, bills):
    bill = bills()
    front_desk = person("frontdesk", *size)
    biller = person("biller")
    (invoice,) = biller.calls("account.move", "search", [["name", "=", bill]])
    for button, text in ((CARD, "Charge $ 5.00"), (CASH, "as received: $ 5.00")):
        front_desk.open(f"/clinic/desk/pay/{invoice}")
        expect(front_desk.page.locator(button).first).to_be_enabled()
        left = owed(biller, invoice)
        types_and_presses(front_desk, AT_THE_DESK, "5", button)
        expect(front_desk.page.locator(button).first).to_contain_text(text)
        expect(front_desk.page.locator(button).first).to_be_enabled()
        front_desk.look("shown")
        assert owed(biller, invoice) == left
        front_desk.page.locator(button).first.click()
        front_desk.page.wait_for_url("**/odoo/clinic-appointments")
        assert owed(biller, invoice) == left - 5
    front_desk.open(f"/clinic/desk/pay/{invoice}")
    front_desk.page.locator(CASH).click()
    front_desk.page.wait_for_url("**/odoo/clinic-appointments")


def test_a_tick_at_the_desk_is_shown_before_it_is_paid(person, size, bills):
    first, second = bills(), bills()
    front_desk, biller = person("frontdesk", *size), person("biller")
    invoices = biller.calls(
        "account.move", "search", [["name", "in", [first, second]]], order="id"
    )
    front_desk.open(f"/clinic/desk/pay/{invoices[0]}")
    expect(front_desk.page.locator(CASH)).to_be_enabled()
    # Others of this client may be open as well.
    bill = front_desk.page.locator(".o_clinic_desk_choice label", has_text=second)
    # Ticked and pressed in one go: no answer comes between.
    bill.locator("input[type=checkbox]").evaluate(TICK_AND_PRESS, CASH)
    front_desk.sees(".o_clinic_desk_allocation", second)
    expect(front_desk.page.locator(CASH)).to_be_enabled()
    front_desk.look("ticked")
    front_desk.page.locator(CASH).click()
    front_desk.page.wait_for_url("**/odoo/clinic-appointments")
    assert [owed(biller, each) for each in invoices] == [0, 0]


def test_a_deposit_is_taken_as_it_stands_on_the_button(person, size):
    front_desk = person("frontdesk", *size)
    event = books_a_visit(front_desk)
    front_desk.open(f"/clinic/desk/deposit/{event}?amount=20")
    expect(front_desk.page.locator(CASH)).to_be_enabled()
    types_and_presses(front_desk, AT_THE_DESK, "5", CASH)
    expect(front_desk.page.locator(CASH)).to_contain_text("as received: $ 5.00")
    front_desk.look("shown")
    front_desk.page.locator(CASH).click()
    front_desk.page.wait_for_url("**/odoo/clinic-appointments")
    (read,) = front_desk.calls(
        "calendar.event", "read", [event], ["clinic_deposit_label"]
    )
    assert "5.00 paid" in read["clinic_deposit_label"]


# === WHAT IS THERE === #


def owed(biller, invoice):
    (read,) = biller.calls("account.move", "read", [invoice], ["amount_residual"])
    return read["amount_residual"]


def books_a_visit(front_desk):
    """Return a visit of the parent that is still to come."""
    (patient,) = front_desk.calls("res.partner", "search", [["name", "=", PARENT]])
    (rate,) = front_desk.calls("product.product", "search", [["name", "=", RATE]])
    return front_desk.calls(
        "calendar.event",
        "create",
        {
            "name": "Appointment",
            "start": "2099-03-12 14:00:00",
            "stop": "2099-03-12 15:00:00",
            "clinic_patient_id": patient,
            "clinic_service_ids": [[0, 0, {"rate_id": rate}]],
        },
    )
