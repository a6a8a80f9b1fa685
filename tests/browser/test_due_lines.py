"""What is due in parts, and what is too little to be paid: asked as it can be paid."""

from newcomers import find, offers, registers
from people import CARD_PAID, SIZES
from playwright.sync_api import expect

TELEPHONE = SIZES[1]
PAY = "button[name=o_payment_submit_button]"
BACK = "**/my/billing"


# === DUE IN PARTS === #


def test_each_part_is_asked_for_when_it_is_due_and_paid_early_by_choice(person):
    admin, biller = person("admin"), person("biller")
    term = splits_payment(admin, (30, 0), (70, 60))
    registers(admin, "Cara Invented", "cara", property_payment_term_id=term)
    client = person("cara", *TELEPHONE)
    course = offers(admin, "Course of Treatment", 1000)
    first = biller.invoices_a_visit("Cara Invented", course)
    the_client_reads_both_days(client, first)
    invoice_id = find(admin, "account.move", first)
    the_desk_asks_the_same(person("frontdesk"), invoice_id)
    the_client_pays_what_is_due(client, first)
    second = biller.invoices_a_visit("Cara Invented", course)
    the_client_pays_early(client, second)
    the_desk_reads_the_day(person("frontdesk"), invoice_id)


def splits_payment(admin, *parts):
    """Make a payment term of percentages and numbers of days; return its id."""
    lines = [
        {"value": "percent", "value_amount": share, "nb_days": days}
        for share, days in parts
    ]
    values = {"name": "In Parts", "line_ids": [[0, 0, line] for line in lines]}
    return admin.calls("account.payment.term", "create", values)


def the_client_reads_both_days(client, invoice):
    client.open("/my/billing")
    client.sees(".o_clinic_owed", "$ 300.00")
    client.sees(".o_clinic_later", "Later: $ 700.00 on")
    dues = client.bill(invoice).locator(".o_clinic_due")
    expect(dues).to_have_count(2)
    expect(dues.first).to_have_text("$ 300.00 now")
    client.looks_twice("two-dues")
    client.bill(invoice).locator(".o_clinic_pay").click()
    client.sees(PAY, "Pay $ 300.00")
    client.sees(".o_clinic_pay_early", "Pay all that is open: $ 1,000.00")
    client.looks_twice("two-dues-dialog")


def the_desk_asks_the_same(front_desk, invoice_id):
    front_desk.open(f"/clinic/desk/pay/{invoice_id}")
    front_desk.sees(".o_clinic_desk_outside", "as received: $ 300.00")
    dues = front_desk.page.locator(".o_clinic_desk_choice .o_clinic_due")
    expect(dues.first).to_have_text("$ 300.00 now")
    expect(dues.last).to_contain_text("$ 700.00 on")
    front_desk.looks_twice("two-dues")


def the_client_pays_what_is_due(client, invoice):
    client.types_card(CARD_PAID)
    client.page.click(PAY)
    client.page.wait_for_url(BACK)
    client.sees(".o_clinic_thanks", "$ 300.00")
    client.sees(".o_clinic_billing", "You have nothing to pay now")
    expect(client.bill(invoice)).to_contain_text("Partly paid")
    client.looks_twice("first-paid")


def the_client_pays_early(client, invoice):
    client.open("/my/billing")
    client.bill(invoice).locator(".o_clinic_pay").click()
    client.page.click(".o_clinic_pay_early button")
    client.sees(PAY, "Pay $ 1,000.00")
    client.looks_twice("early")
    types_a_card_that_pays(client, invoice)


def types_a_card_that_pays(client, invoice):
    client.types_card(CARD_PAID)
    client.page.click(PAY)
    client.page.wait_for_url(BACK)
    expect(client.bill(invoice)).to_contain_text("Paid")


def the_desk_reads_the_day(front_desk, invoice_id):
    front_desk.open(f"/clinic/desk/pay/{invoice_id}")
    front_desk.sees(".o_clinic_desk_choice .o_clinic_due", "$ 700.00 on")
    front_desk.look("not-due")


# === TOO LITTLE === #


def test_what_no_provider_takes_is_not_asked_for_and_is_written_off(person):
    admin, biller = person("admin"), person("biller")
    registers(admin, "Ed Invented", "ed")
    client = person("ed", *TELEPHONE)
    tiny = biller.invoices_a_visit("Ed Invented", offers(admin, "Bandage", 0.3))
    ten = biller.invoices_a_visit("Ed Invented", offers(admin, "Advice", 10))
    client.open("/my/billing")
    # Together they can be paid.
    client.sees(".o_clinic_owed", "$ 10.30")
    assert client.unpaid_number() == 2
    client.looks_twice("together")
    the_client_pays_all_instead_of_nearly_all(client, ten)
    client.open("/my/billing")
    assert client.unpaid_number() == 0
    expect(client.bill(tiny)).to_contain_text("So little cannot be paid online")
    expect(client.bill(tiny).locator(".o_clinic_pay")).to_have_count(0)
    client.looks_twice("tiny")
    the_biller_writes_it_off(biller, tiny)
    client.open("/my/billing")
    expect(client.bill(tiny)).to_contain_text("Cancelled")


def the_client_pays_all_instead_of_nearly_all(client, invoice):
    client.bill(invoice).locator(".o_clinic_pay").click()
    client.page.click(".o_clinic_part summary")
    client.page.fill("#clinic_amount", "9.80")
    client.page.press("#clinic_amount", "Enter")
    client.sees("#clinic_amount_error", "$ 0.20 would be left")
    client.sees("#clinic_amount_error", "Please pay all of it: $ 10.00")
    client.looks_twice("nearly-all")
    client.sees(PAY, "Pay $ 10.00")
    types_a_card_that_pays(client, invoice)


def the_biller_writes_it_off(biller, invoice):
    biller.open(f"/clinic/desk/pay/{find(biller, 'account.move', invoice)}")
    biller.sees(".o_clinic_desk_write_off", "Write off: $ 0.30")
    biller.looks_twice("write-off")
    biller.page.click(".o_clinic_desk_write_off button")
    biller.sees(".alert-success", "$ 0.30 is written off")
    biller.looks_twice("written-off")
