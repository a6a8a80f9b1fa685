"""Staff undo payments without Stripe's own pages; the client sees what became of it."""

from newcomers import gives_login
from people import CARD_PAID
from playwright.sync_api import expect

RATE = "Physiotherapy 45 min (Self-Pay)"
# What fails once is tried again after half a minute, when the scheduler looks, which
# it does once a minute.
TRIES = 200
PATIENT = "Petra Example"


# === A WRONG INVOICE === #


def test_a_manager_voids_an_invoice_that_was_paid_by_card(practice, person):
    client, manager = person("client"), person("manager")
    invoice = manager.invoices_a_visit(PATIENT, RATE)
    client.pays(invoice, CARD_PAID)
    manager.opens("account.move", invoice)
    manager.look("invoice")
    manager.page.click("button[name=action_clinic_void]")
    manager.sees(".modal div[name=effect]", "credit note")
    manager.sees(".modal div[name=effect]", "sent back by Stripe")
    manager.page.fill(".modal div[name=reason] textarea", "Billed by mistake")
    manager.look("void")
    manager.page.click(".modal button[name=action_confirm]")
    manager.is_told("Credit note")
    manager.look("voided")
    chatter = manager.sees(".o-mail-Chatter")
    expect(chatter).to_contain_text("Billed by mistake")
    expect(chatter).to_contain_text("Mara Manager")

    paid = payments(practice)[-1]
    assert paid["refunded"] == paid["captured"]
    manager.open("/odoo/clinic-invoices")
    manager.sees(".o_data_row:has-text('Petra Example'):has-text('Physiotherapy')")
    manager.look("to-invoice")

    client.open("/my/billing")
    expect(client.bill(invoice)).to_contain_text("Cancelled")
    expect(client.bill(invoice).locator(".o_clinic_pay")).to_have_count(0)
    client.look("cancelled")


def payments(practice):
    """Return Stripe's entries of what was really paid."""
    return [
        entry
        for entry in practice.stripe.ledger()["payments"]
        if entry["status"] == "succeeded"
    ]


# === ONE PAYMENT TOO MANY === #


def test_a_manager_takes_back_one_payment_too_many(practice, person):
    client, manager = person("client"), person("manager")
    invoice = manager.invoices_a_visit(PATIENT, RATE)
    client.pays(invoice, CARD_PAID)
    payment = the_payment_of(manager, invoice)
    manager.opens("account.payment", payment)
    manager.look("payment")
    manager.page.click("button[name=action_clinic_reverse_payment]")
    manager.sees(".modal div[name=effect]", "sent back by Stripe")
    manager.look("reversal")
    manager.page.fill(".modal div[name=reason] textarea", "Paid in cash as well")
    manager.page.click(".modal button[name=action_confirm]")
    manager.is_told("Given back")
    manager.look("reversed")
    expect(manager.sees(".o-mail-Chatter")).to_contain_text("Paid in cash as well")
    (read,) = manager.calls(
        "account.payment", "search_read", [["name", "=", payment]], ["is_reconciled"]
    )
    assert read["is_reconciled"]
    client.open("/my/billing")
    expect(client.bill(invoice)).to_contain_text("Unpaid")
    client.look("reversed")
    client.pays(invoice, CARD_PAID)
    a_negative_amount_leads_there(manager)


def a_negative_amount_leads_there(manager):
    manager.opens("account.move", manager.invoices_a_visit(PATIENT, RATE))
    manager.page.click("button[name=action_register_payment]:visible")
    manager.sees(".modal div[name=amount] input")
    manager.page.fill(".modal div[name=amount] input", "-20")
    manager.page.click(".modal button[name=action_create_payments]")
    manager.sees(".modal div[name=effect]", "20.00")
    manager.look("negative")


def the_payment_of(somebody, invoice):
    """Return the name of the payment that has paid an invoice."""
    (read,) = somebody.calls(
        "account.move",
        "search_read",
        [["name", "=", invoice]],
        ["matched_payment_ids"],
    )
    (payment,) = somebody.calls(
        "account.payment", "read", read["matched_payment_ids"], ["name"]
    )
    return payment["name"]


# === A DISPUTE === #


def test_a_disputed_invoice_is_held_until_the_bank_decides(practice, person):
    client, manager = person("client"), person("manager")
    invoice = manager.invoices_a_visit(PATIENT, RATE)
    client.pays(invoice, CARD_PAID)
    dispute = practice.stripe.create_dispute(payments(practice)[-1]["payment_intent"])
    waits_until(client, invoice, "Being checked by your bank")
    expect(client.bill(invoice).locator(".o_clinic_pay")).to_have_count(0)
    client.look("disputed")
    client.page.set_viewport_size({"width": 390, "height": 844})
    client.look("disputed-narrow")
    manager.open("/odoo/action-clinic_stripe_gateway.clinic_stripe_dispute_action")
    manager.sees(".o_data_row", "Answer a dispute")
    manager.look("disputes")
    manager.page.locator(".o_data_row").first.click()
    manager.sees(".o_form_view")
    manager.look("dispute")
    manager.opens("account.move", invoice)
    manager.look("disputed-invoice")
    manager.sees(".alert-danger", "bank disputes a payment")
    practice.stripe.win_dispute(dispute["id"])
    waits_until(client, invoice, "Paid")
    client.look("dispute-won")


def waits_until(client, invoice, status):
    """Reload the client's page until what Stripe has told is worked off."""
    for _ in range(TRIES):
        client.open("/my/billing")
        if status in client.bill(invoice).inner_text():
            return
        client.page.wait_for_timeout(500)
    raise AssertionError("Odoo has not acted on what Stripe has told")


# === A SAVED CARD === #


def test_a_biller_looks_after_a_saved_card(practice, person):
    client, biller = person("client"), person("biller")
    client.starts_to_pay(biller.invoices_a_visit(PATIENT, RATE))
    client.types_card(CARD_PAID)
    client.page.check("input[name=o_payment_tokenize_checkbox]")
    client.look("saves-card")
    client.presses_pay()
    client.page.wait_for_url(lambda url: url.endswith("/my/billing"))
    biller.opens("res.partner", PATIENT)
    biller.page.click("a[name=accounting]")
    card = biller.page.locator("div[name=clinic_card_ids] .o_data_row")
    expect(card).to_contain_text("4242")
    expect(card).to_contain_text("12/34")
    card.scroll_into_view_if_needed()
    biller.look("cards")
    card.locator("button[name=action_clinic_rename]").click()
    biller.page.fill(".modal div[name=nickname] input", "Family card")
    biller.look("rename")
    biller.page.click(".modal button[name=action_save]")
    expect(card).to_contain_text("Family card")
    expect(card.locator(".fa-star")).to_be_visible()
    client.open("/my/payment_method")
    client.look("cards")
    card.locator("button[name=action_clinic_remove]").click()
    biller.look("remove")
    biller.page.click(".modal-footer .btn-primary")
    is_detached_after_a_while(practice, biller)


def is_detached_after_a_while(practice, biller):
    """Stripe is told by a job of its own."""
    for _ in range(TRIES):
        if practice.stripe.requests(path="*/detach"):
            return
        biller.page.wait_for_timeout(500)
    raise AssertionError("Stripe keeps the card")


# === THE GATEWAY === #


def test_an_administrator_sees_that_the_gateway_is_well(person):
    admin = person("admin")
    admin.open("/odoo/action-payment.action_payment_provider")
    admin.page.locator(".o_kanban_record", has_text="Stripe").first.click()
    admin.sees("div[name=stripe_publishable_key] input")
    admin.look("provider")
    admin.page.click("a[name=clinic_stripe_health]")
    admin.page.click("button[name=action_clinic_stripe_repair_endpoint]")
    admin.sees(".o_notification")
    admin.page.click("button[name=action_clinic_stripe_check_health]")
    admin.sees("div[name=clinic_stripe_health_ids] .o_data_row", "The key works")
    admin.look("health")
    admin.page.click("button[name=action_clinic_stripe_open_checks]")
    admin.page.click("button[name=action_check_now]")
    admin.sees(".alert-success", "say the same")
    admin.look("check")
    admin.open("/odoo/action-clinic_stripe_gateway.clinic_stripe_event_action")
    admin.sees(".o_data_row")
    admin.look("events")
    admin.opens("res.partner", PATIENT)
    admin.page.click("a[name=accounting]")
    admin.page.click("button[name=action_clinic_stripe_disclosures]:visible")
    admin.sees("div[name=clinic_stripe_disclosure_ids]", "currency")
    admin.look("what-stripe-knows")


# === EVERYBODY ELSE === #

# What a form shows of the fields that its view has, for whoever may read the model.
PAGES = (
    "account.move",
    "account.payment",
    "res.partner",
    "payment.provider",
    "payment.transaction",
    "payment.token",
)
# Odoo lists them for everybody who opens a contact, and refuses to read them.
REFUSED_BY_ODOO = {"days_sales_outstanding", "supplier_invoice_count"}


def test_people_without_a_clinic_group_open_their_pages(person):
    admin = person("admin")
    for login, group in (
        ("accountant", "account.group_account_invoice"),
        ("employee", "base.group_user"),
    ):
        gives_login(admin, login, group)
        opened = opens_every_page(person(login))
        assert "res.partner" in opened
        assert ("account.payment" in opened) == (login == "accountant")


def test_front_desk_and_biller_see_no_button_to_undo(person):
    biller = person("biller")
    biller.opens("account.move", biller.invoices_a_visit(PATIENT, RATE))
    biller.sees("button[name=action_invoice_sent]")
    expect(biller.page.locator("button[name=action_clinic_void]")).to_have_count(0)
    biller.look("invoice")
    biller.open("/odoo/clinic-unallocated")
    biller.sees(".o_list_view")
    undoing = biller.page.locator("button[name=action_clinic_reverse_payment]")
    expect(undoing).to_have_count(0)
    front_desk = person("frontdesk")
    front_desk.opens("res.partner", PATIENT)
    expect(front_desk.page.locator("div[name=clinic_card_ids]")).to_have_count(0)
    front_desk.look("patient")


def opens_every_page(somebody):
    """Read what the forms show, over RPC; return the models that may be read at all."""
    opened = []
    for model in PAGES:
        if not somebody.calls(model, "has_access", [], "read"):
            continue
        views = somebody.calls(model, "get_views", [[False, "form"]])
        found = somebody.calls(model, "search", [], limit=5)
        shown = set(views["models"][model]["fields"])
        if "account.move" not in opened:
            shown -= REFUSED_BY_ODOO
        somebody.calls(model, "read", found, list(shown))
        opened.append(model)
    return opened
