"""The main job, as the people who do it: from a booking to a paid invoice."""

import re

from people import CARD_PAID, EDGE
from playwright.sync_api import expect

from workbench.emulator import PUBLISHABLE_KEY, SECRET_KEY

RATE, PRICE = "Follow-up (Self-Pay)", 64
# With the sales tax that the demo's company charges by default.
OWED, OWED_CENTS = "73.60", 7360
PATIENT, PRACTITIONER = "Petra Example", "Dr. Ines Sample"


def test_a_visit_becomes_an_invoice_that_the_client_pays_by_card(practice, person):
    the_administrator_sets_up(person("admin"))
    front_desk, biller = person("frontdesk"), person("biller")
    block, invoice = the_front_desk_bills_a_visit(front_desk)
    the_biller_works_off_the_list(biller)
    the_client_pays(person("client"), invoice)
    stripe_has_told_odoo(practice)
    everybody_sees_that_it_is_paid(front_desk, block, biller, invoice)


def the_administrator_sets_up(admin):
    admin.creates_rate(RATE, PRICE)
    admin.enters_keys(PUBLISHABLE_KEY, "sk_test_mistyped")
    admin.checks_keys()
    admin.sees(".modal", "Stripe refused the request")
    admin.page.click(".modal-footer button")
    admin.enters_keys(PUBLISHABLE_KEY, SECRET_KEY)
    admin.checks_keys()
    admin.is_told("Both belong to the account")
    admin.look("keys")


def the_front_desk_bills_a_visit(front_desk):
    block = front_desk.books(PATIENT, PRACTITIONER, RATE, hour=18)
    block.click(position=EDGE)
    front_desk.sees(".o_clinic_invoice_appointment", "Invoice Appointment")
    front_desk.look("block")
    front_desk.page.click(".o_clinic_complete_and_invoice")
    chosen = ".o_clinic_desk_choice label:has(input:checked)"
    told = front_desk.sees(chosen, "INV/").inner_text()
    invoice = re.search(r"INV/\d+/\d+", told).group()
    front_desk.look("payment-step")
    front_desk.page.click(".o_clinic_desk_later")
    expect(block).to_have_class(re.compile("o_clinic_invoiced"))
    front_desk.look("invoiced")
    block.click(position=EDGE)
    front_desk.sees(".o_cw_popover", invoice)
    front_desk.sees(".o_cw_popover", "Completed")
    expect(front_desk.page.locator(".o_clinic_complete_and_invoice")).to_have_count(0)
    return block, invoice


def the_biller_works_off_the_list(biller):
    biller.open("/odoo/clinic-invoices")
    biller.sees("[data-tab=to_invoice].active")
    biller.sees(".o_data_row")
    biller.look("to-invoice")
    before = tab_count(biller, "invoiced")
    biller.ticks("Rosa Fictiva", "Tom Imaginary")
    biller.invoices_ticked(biller.now().strftime("%m/%d/%Y"))
    biller.is_told("2 services invoiced on 2 invoices")
    biller.opens_tab("invoiced")
    expect(biller.page.locator("[data-tab=invoiced] .badge")).to_have_text(
        str(before + 2)
    )
    biller.sees(".o_data_row:has-text('Rosa Fictiva')")
    biller.look("invoiced")
    biller.ticks("Rosa Fictiva")
    biller.page.click("button[name=action_mark_as_paid]")
    biller.sees(".modal div[name=payment_method_line_id]")
    biller.look("mark-as-paid")
    biller.page.click(".modal button[name=action_create_payments]")
    expect(biller.page.locator(".o_data_row:has-text('Rosa Fictiva')")).to_have_count(0)
    biller.opens_tab("paid")
    biller.sees(".o_data_row:has-text('Rosa Fictiva')")
    biller.look("paid")


def tab_count(biller, tab):
    return int(biller.page.locator(f"[data-tab={tab}] .badge").inner_text())


def the_client_pays(client, invoice):
    client.open("/my")
    unpaid = client.unpaid_number()
    assert unpaid
    client.look("home")
    client.open("/my/billing")
    # What is paid in instalments can be paid now, but is not asked for.
    asked = client.page.locator(".o_clinic_invoice", has_not_text="In instalments")
    assert asked.locator(".o_clinic_pay").count() == unpaid
    bill = client.bill(invoice)
    expect(bill).to_contain_text(OWED)
    bill.locator("[data-bs-toggle=collapse]").click()
    expect(bill.locator(".o_clinic_services")).to_contain_text(RATE)
    client.look("billing")
    the_client_gets_the_document(client, bill)
    client.starts_to_pay(invoice)
    client.types_card(CARD_PAID)
    client.look("card")
    client.presses_pay()
    client.page.wait_for_url(lambda url: url.endswith("/my/billing"))
    assert client.unpaid_number() == unpaid - 1
    expect(client.bill(invoice)).to_contain_text("Paid")
    expect(client.bill(invoice).locator(".o_clinic_pay")).to_have_count(0)
    client.look("paid")


def the_client_gets_the_document(client, bill):
    with client.page.expect_download() as download:
        bill.get_by_text("Download").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    view = bill.get_by_text("View", exact=True).get_attribute("href")
    answer = client.context.request.get(f"{client.url}{view}")
    assert answer.headers["content-type"] == "application/pdf"


def stripe_has_told_odoo(practice):
    """The webhook arrived over HTTP, signed, and was acknowledged."""
    delivered = [
        delivery
        for delivery in practice.stripe.deliveries()
        if delivery["event_type"] == "payment_intent.succeeded"
    ]
    assert delivered
    assert {delivery["state"] for delivery in delivered} == {"delivered"}
    # Others have paid on the same account; nobody else owes this amount.
    paid = [
        payment["captured"]
        for payment in practice.stripe.ledger()["payments"]
        if payment["status"] == "succeeded"
    ]
    assert paid.count(OWED_CENTS) == 1


def everybody_sees_that_it_is_paid(front_desk, block, biller, invoice):
    front_desk.open("/odoo/clinic-appointments")
    expect(block).to_have_class(re.compile("o_clinic_paid"))
    front_desk.look("paid")
    biller.open("/odoo/clinic-invoices")
    biller.opens_tab("paid")
    biller.sees(f".o_data_row:has-text('{RATE}')")
    biller.open("/odoo/action-account.action_move_out_invoice_type")
    row = biller.page.locator(".o_data_row", has_text=invoice)
    expect(row).to_contain_text("Paid")
