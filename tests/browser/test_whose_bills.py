"""Who sees and pays whose bills, with whose card, and at which branch."""

import re

from newcomers import find, get_reference, gives_login, offers, registers
from people import CARD_PAID, SIZES
from playwright.sync_api import expect

TELEPHONE = SIZES[1]
CALENDAR = "**/odoo/clinic-appointments"
PRACTICE = 1
PAY = "button[name=o_payment_submit_button]"


# === WHO ACTS FOR A PAYER === #


def test_a_clerk_pays_for_the_home_and_a_colleague_sees_nothing(person):
    admin, biller = person("admin"), person("biller")
    home = a_care_home_with_a_resident(admin)
    for name, login in (("Clara Clerk", "clerk"), ("Nadia Nurse", "nurse")):
        registers(admin, name, login, parent_id=home)
    bill = biller.invoices_a_visit("Rita Resident", offers(admin, "House Call", 60))
    own = biller.invoices_a_visit("Clara Clerk", offers(admin, "Own Advice", 10))
    the_biller_names_the_clerk(biller)
    clerk = person("clerk", *TELEPHONE)
    clerk.open("/my/billing")
    expect(clerk.bill(own)).to_have_count(1)
    clerk.looks_twice("own")
    clerk.page.locator(".o_clinic_payers a", has_text="Sham House").click()
    clerk.sees(".o_clinic_owed", "$ 60.00")
    expect(clerk.bill(own)).to_have_count(0)
    clerk.looks_twice("home")
    clerk.bill(bill).locator(".o_clinic_pay").click()
    clerk.sees(PAY, "Pay $ 60.00")
    clerk.looks_twice("home-dialog")
    clerk.types_card(CARD_PAID)
    clerk.page.click(PAY)
    clerk.page.wait_for_url("**/my/billing")
    expect(clerk.bill(bill)).to_contain_text("Paid")
    clerk.looks_twice("home-paid")
    nurse = person("nurse", *TELEPHONE)
    nurse.open("/my/billing")
    nurse.sees(".o_clinic_billing", "You have nothing to pay now")
    expect(nurse.page.locator(".o_clinic_invoice, .o_clinic_payers")).to_have_count(0)
    nurse.look("nothing")


def a_care_home_with_a_resident(admin):
    """Return the id of the home."""
    home = admin.calls(
        "res.partner", "create", {"name": "Sham House", "is_company": True}
    )
    resident = {
        "name": "Rita Resident",
        "clinic_is_patient": True,
        "clinic_guarantor_id": home,
    }
    admin.calls("res.partner", "create", resident)
    return home


def the_biller_names_the_clerk(biller):
    biller.opens("res.partner", "Sham House")
    biller.page.click("a[name=clinic]")
    biller.chooses("clinic_acting_ids", "Clara Clerk")
    biller.saves()
    biller.looks_twice("acting")


# === WHOSE CARD === #


def test_the_pay_dialog_offers_the_card_of_the_employee_not_of_the_company(person):
    admin, biller = person("admin"), person("biller")
    rate = offers(admin, "Check-up", 20)
    works = registers(admin, "Fake Works", "works", is_company=True)
    registers(admin, "Emil Invented", "emil", parent_id=works)
    for name, login in (("Fake Works", "works"), ("Emil Invented", "emil")):
        person(login, *TELEPHONE).saves_card(biller.invoices_a_visit(name, rate))
        calls_the_card(biller, name)
    biller.opens("account.move", biller.invoices_a_visit("Emil Invented", rate))
    biller.page.click("button[name=action_register_payment]:visible")
    biller.page.click(".modal div[name=payment_method_line_id] input")
    choice = biller.page.locator(".o-autocomplete--dropdown-item")
    choice.filter(has_text="Stripe").first.click()
    card = biller.page.locator(".modal div[name=payment_token_id] input")
    expect(card).to_have_value(re.compile("Card of Emil Invented"))
    biller.looks_twice("pay-dialog")
    card.click()
    expect(choice.first).to_contain_text("Card of Emil Invented")
    expect(choice.filter(has_text="Card of Fake Works")).to_have_count(0)
    biller.look("cards")


def calls_the_card(biller, owner):
    """Give the only card of a client a name, by which it is told from others."""
    (card,) = biller.calls("payment.token", "search", [["partner_id.name", "=", owner]])
    action = biller.calls("payment.token", "action_clinic_rename", [card])
    context = action["context"]
    values = {"nickname": f"Card of {owner}"}
    wizard = biller.calls("clinic.card.rename", "create", values, context=context)
    biller.calls("clinic.card.rename", "action_save", [wizard])


# === A BRANCH === #


def test_a_branch_takes_cash_and_a_deposit_and_allocates(person):
    admin, manager = person("admin"), person("manager")
    branch = opens_a_branch(admin)
    registers(admin, "Gus Invented", "gus")
    rate = offers(admin, "Branch Hour", 60)
    desk = person("northdesk")
    bill = desk.invoices_a_visit("Gus Invented", rate)
    the_desk_takes_cash(desk, find(admin, "account.move", bill))
    visit = books(desk, "Gus Invented", rate)
    the_desk_takes_a_deposit(desk, visit)
    rest = the_visit_is_billed(desk, visit)
    receives(manager, "Gus Invented", 40)
    client = person("gus", *TELEPHONE)
    client.open("/my/billing")
    client.sees(".o_clinic_held", "holds $ 40.00 for you. Taken off: $ 40.00")
    client.looks_twice("branch")
    biller = person("northbiller")
    shows_both_companies(biller, branch)
    biller.open("/odoo/clinic-unallocated")
    row = biller.page.locator(".o_data_row", has_text="Gus Invented")
    row.locator("button[name=action_clinic_allocate]").click()
    expect(row).to_have_count(0)
    biller.looks_twice("allocated")
    client.open("/my/billing")
    expect(client.bill(rest)).to_contain_text("Paid")


def opens_a_branch(admin):
    """Make a branch, with a front desk and a biller of its own; return its id."""
    branch = admin.calls(
        "res.company", "create", {"name": "Sham Harbour North", "parent_id": PRACTICE}
    )
    admin.calls("res.company", "write", [branch], {"clinic_desk_card_entry": True})
    employee = get_reference(admin, "base.group_user")
    for login, group, companies in (
        ("northdesk", "clinic_invoicing.group_front_desk", [branch]),
        ("northbiller", "clinic_invoicing.group_biller", [PRACTICE, branch]),
    ):
        gives_login(
            admin,
            login,
            group,
            company_id=companies[0],
            company_ids=[[6, 0, companies]],
            group_ids=[[6, 0, [employee, get_reference(admin, group)]]],
        )
    return branch


def the_desk_takes_cash(desk, invoice_id):
    desk.open(f"/clinic/desk/pay/{invoice_id}")
    desk.sees(".o_clinic_desk_practice", "Sham Harbour North")
    desk.looks_twice("cash")
    desk.page.locator(".o_clinic_desk_outside button").click()
    desk.page.wait_for_url(CALENDAR)


def books(desk, patient, rate):
    """Return the id of a new appointment."""
    service = {"rate_id": find(desk, "product.product", rate)}
    return desk.calls(
        "calendar.event",
        "create",
        {
            "name": "Appointment",
            "clinic_patient_id": find(desk, "res.partner", patient),
            "clinic_service_ids": [[0, 0, service]],
        },
    )


def the_desk_takes_a_deposit(desk, visit):
    desk.open(f"/clinic/desk/deposit/{visit}?amount=20")
    desk.looks_twice("deposit")
    desk.types_card(CARD_PAID)
    desk.page.click(PAY)
    desk.page.wait_for_url(CALENDAR)
    desk.is_told("Gus Invented has paid $ 20.00")


def the_visit_is_billed(desk, visit):
    """Complete it; return the invoice, of which the deposit has paid a part."""
    method = "action_clinic_complete_and_invoice"
    desk.open(desk.calls("calendar.event", method, [visit])["url"])
    desk.sees(".o_clinic_desk_outside", "as received: $ 40.00")
    desk.looks_twice("rest")
    (read,) = desk.calls("calendar.event", "read", [visit], ["clinic_invoice_names"])
    return read["clinic_invoice_names"]


def receives(manager, payer, amount):
    """Book money of a client on the practice itself, for nothing."""
    payment = manager.calls(
        "account.payment",
        "create",
        {
            "amount": amount,
            "partner_id": find(manager, "res.partner", payer),
            "payment_type": "inbound",
            "partner_type": "customer",
        },
    )
    manager.calls("account.payment", "action_post", [payment])


def shows_both_companies(somebody, branch):
    cookie = {"name": "cids", "value": f"{PRACTICE}-{branch}", "url": somebody.url}
    somebody.context.add_cookies([cookie])
