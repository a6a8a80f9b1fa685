"""Money that is held pays what comes next; each invoice states what went back of it."""

import re

from newcomers import find, offers, registers
from people import CARD_PAID, SIZES
from playwright.sync_api import expect

TELEPHONE = SIZES[1]
UNALLOCATED = "/odoo/clinic-unallocated"
HELD = ".o_clinic_held"


# === KEPT ON A VOID === #


def test_what_was_kept_pays_the_next_invoice_and_is_never_asked_again(person):
    admin, biller = person("admin"), person("biller")
    registers(admin, "Bea Invented", "bea")
    client = person("bea", *TELEPHONE)
    first = biller.invoices_a_visit("Bea Invented", offers(admin, "Short Talk", 60))
    client.pays(first, CARD_PAID)
    the_manager_voids_and_keeps(person("manager"), first)
    client.open("/my/billing")
    client.sees(HELD, "holds $ 60.00 for you. It is taken off what")
    client.looks_twice("kept")
    second = biller.invoices_a_visit("Bea Invented", offers(admin, "Long Talk", 100))
    client.open("/my/billing")
    client.sees(".o_clinic_owed", "$ 40.00")
    expect(client.page.locator(HELD)).to_have_count(0)
    client.looks_twice("used")
    the_biller_takes_it_off_again(biller, second)
    the_client_is_asked_for_the_rest_alone(client, second)
    the_desk_says_why(person("frontdesk"), find(admin, "account.move", second))
    the_biller_sees_all_three_amounts(biller)
    the_client_pays_the_rest(client)


def the_manager_voids_and_keeps(manager, invoice):
    manager.opens("account.move", invoice)
    manager.page.click("button[name=action_clinic_void]")
    manager.sees(".modal div[name=effect]")
    for field, choice in (("money", "Keep it as credit"), ("services", "written off")):
        manager.page.locator(f".modal div[name={field}] label", has_text=choice).click()
    manager.sees(".modal div[name=effect]", "is credit for other invoices")
    manager.page.fill(".modal div[name=reason] textarea", "Wrong length")
    manager.looks_twice("void")
    manager.page.click(".modal button[name=action_confirm]")
    manager.is_told("Credit note")


def the_biller_takes_it_off_again(biller, invoice):
    biller.opens("account.move", invoice)
    expect(biller.sees(".o-mail-Chatter")).to_contain_text("money that was held")
    biller.looks_twice("invoice")
    biller.page.locator("[name=invoice_payments_widget] .fa-info-circle").click()
    biller.look("allocation")
    biller.page.locator(".popover button", has_text="Unreconcile").click()
    expect(biller.page.locator("[name=amount_residual]")).to_contain_text("100.00")


def the_client_is_asked_for_the_rest_alone(client, invoice):
    client.open("/my/billing")
    client.sees(".o_clinic_owed", "$ 40.00")
    client.sees(HELD, "holds $ 60.00 for you. Taken off: $ 60.00")
    client.looks_twice("held")
    client.bill(invoice).locator(".o_clinic_pay").click()
    client.sees("button[name=o_payment_submit_button]", "Pay $ 40.00")
    client.sees(".o_clinic_covered", "Taken off: $ 60.00")
    # Nothing is left to be paid: the rest is there already.
    expect(client.page.locator(".o_clinic_allocation td").last).to_have_text("$ 0.00")
    client.looks_twice("held-dialog")


def the_desk_says_why(front_desk, invoice_id):
    front_desk.open(f"/clinic/desk/pay/{invoice_id}")
    front_desk.sees(".o_clinic_desk_held", "$ 60.00 is held for the payer; $ 40.00")
    front_desk.sees(".o_clinic_desk_outside", "as received: $ 40.00")
    front_desk.looks_twice("held")


def the_biller_sees_all_three_amounts(biller):
    biller.open("/odoo/money-owed")
    row = biller.page.locator(".o_data_row", has_text="Bea Invented")
    for amount in ("$ 100.00", "$ 60.00", "$ 40.00"):
        expect(row).to_contain_text(amount)
    biller.looks_twice("money-owed")
    biller.opens("res.partner", "Bea Invented")
    biller.sees("button[name=action_clinic_money_owed]", "40.00")
    biller.page.click("a[name=accounting]")
    biller.looks_twice("accounting")


def the_client_pays_the_rest(client):
    client.types_card(CARD_PAID)
    client.presses_pay()
    client.page.wait_for_url(lambda url: url.endswith("/my/billing"))
    client.sees(".o_clinic_billing", "You have nothing to pay now")
    assert client.unpaid_number() == 0
    client.looks_twice("rest-paid")


# === LEFT OVER === #


def test_what_is_left_over_is_told_with_a_way_to_give_it_back(practice, person):
    admin, biller, manager = person("admin"), person("biller"), person("manager")
    registers(admin, "Dora Invented", "dora")
    client = person("dora", *TELEPHONE)
    dear, cheap = offers(admin, "Dear Talk", 100), offers(admin, "Cheap Talk", 90)
    first = biller.invoices_a_visit("Dora Invented", dear)
    client.pays(first, CARD_PAID)
    voids(manager, first, "keep")
    biller.invoices_a_visit("Dora Invented", cheap)
    client.open("/my/billing")
    client.sees(HELD, "holds $ 10.00 for you")
    client.looks_twice("left")
    manager.open(UNALLOCATED)
    row = manager.page.locator(".o_data_row", has_text="Dora Invented")
    expect(row).to_contain_text("Money is left over")
    manager.looks_twice("left")
    row.locator("button[name=action_clinic_reverse_payment]").click()
    manager.sees(".modal div[name=effect]", "$ 10.00 of")
    manager.sees(".modal div[name=effect]", "No invoice becomes unpaid")
    manager.page.fill(".modal div[name=reason] textarea", "It was cheaper")
    manager.looks_twice("left-back")
    manager.page.click(".modal button[name=action_confirm]")
    manager.is_told("Given back: $ 10.00")
    expect(row).to_have_count(0)
    paid = [one for one in practice.stripe.ledger()["payments"] if one["refunded"]]
    assert (paid[-1]["captured"], paid[-1]["refunded"]) == (10000, 1000)
    client.open("/my/billing")
    expect(client.page.locator(HELD)).to_have_count(0)


def voids(manager, invoice, money):
    """Void an invoice without looking; its services are billed to nobody."""
    wizard = manager.calls(
        "clinic.invoice.void",
        "create",
        {
            "invoice_ids": [[6, 0, [find(manager, "account.move", invoice)]]],
            "reason": "Wrong rate",
            "money": money,
            "services": "write_off",
        },
    )
    manager.calls("clinic.invoice.void", "action_confirm", [wizard])


# === GIVEN BACK === #


def test_each_invoice_states_its_part_of_what_went_back(person):
    admin, biller, manager = person("admin"), person("biller"), person("manager")
    registers(admin, "Hal Invented", "hal")
    client = person("hal", *TELEPHONE)
    rate = offers(admin, "Hour", 97.75)
    names = [biller.invoices_a_visit("Hal Invented", rate) for _each in range(2)]
    client.open("/my/billing")
    client.page.click(".o_clinic_pay_all")
    client.types_card(CARD_PAID)
    client.presses_pay()
    client.page.wait_for_url(lambda url: url.endswith("/my/billing"))
    gives_back(manager, names[0], 150)
    client.open("/my/billing")
    parts = [reads_refund(client, name) for name in names]
    assert sorted(parts) == ["52.25", "97.75"]
    client.looks_twice("parts")
    # Of the other one nothing is paid any more: it has no receipt.
    partly = find(admin, "account.move", names[parts.index("52.25")])
    biller.open(f"/report/html/clinic_invoicing.report_receipt/{partly}")
    expect(biller.sees("body")).to_contain_text("52.25")
    expect(biller.sees("body")).not_to_contain_text("150.00")
    biller.look("receipt")
    third = biller.invoices_a_visit("Hal Invented", offers(admin, "Short Hour", 60))
    client.pays(third, CARD_PAID)
    voids(manager, third, "refund")
    client.open("/my/billing")
    opens_row(client, third)
    expect(client.bill(third)).to_contain_text("$ 60.00 was given back on")
    client.looks_twice("voided")


def gives_back(manager, invoice, amount):
    """Give back a part of what has paid an invoice, without looking."""
    found = find(manager, "account.move", invoice)
    (read,) = manager.calls("account.move", "read", [found], ["matched_payment_ids"])
    wizard = manager.calls(
        "clinic.payment.reversal",
        "create",
        {
            "payment_id": read["matched_payment_ids"][0],
            "mode": "refund",
            "amount": amount,
            "reason": "It was not done",
        },
    )
    manager.calls("clinic.payment.reversal", "action_confirm", [wizard])


def opens_row(client, invoice):
    client.bill(invoice).locator("[data-bs-toggle=collapse]").click()
    expect(client.bill(invoice).locator(".collapse.show")).to_be_visible()


def reads_refund(client, invoice):
    """Return what an invoice's row says that was given back of it."""
    opens_row(client, invoice)
    told = client.bill(invoice).locator(".o_clinic_returned").inner_text()
    return re.search(r"\d+\.\d+", told).group()


# === THE SETTING === #


def test_the_administrator_reads_what_becomes_of_held_money(person):
    admin = person("admin")
    admin.open("/odoo/action-clinic_invoicing.res_config_settings_action")
    setting = admin.page.locator(".o_setting_box", has_text="Held money pays new")
    setting.scroll_into_view_if_needed()
    expect(setting).to_contain_text("Deposits stay with their visit")
    expect(setting.locator("input")).to_be_checked()
    admin.looks_twice("setting")
