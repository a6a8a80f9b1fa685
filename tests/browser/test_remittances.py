"""A biller records what an insurer has paid: from a file, and by keyboard alone."""

import pytest
from playwright.sync_api import expect

INSURER = "Northwind Health Plan (invented)"
RATE, PRICE = "Physiotherapy 45 min", 80
LINES, TYPED = 200, 5
# Many documents are made meanwhile.
POSTING_MS = 90_000
# What is invoiced while the biller waits, and not by the workers.
AT_ONCE = 50
MOST_ACTIONS, MOST_KEYS = 12, 4
MODEL = "clinic.remittance"


@pytest.fixture
def practice(own_practice):
    """Return one of their own: 200 services would stand before those of others."""
    return own_practice


@pytest.fixture
def invoiced(person):
    """Let insurers be invoiced, as long as the test lasts."""
    admin = person("admin")
    for settlement in ("invoice", "outside"):
        values = {"clinic_insurer_settlement": settlement}
        admin.calls("res.company", "write", [1], values)
        if settlement == "invoice":
            yield


class Counter:
    """What a person does, one after the other, and how much it is."""

    def __init__(self, page):
        self.page = page
        self.count = 0

    def clicks(self, selector):
        self.count += 1
        self.page.locator(selector).filter(visible=True).first.click()

    def fills(self, selector, value):
        self.count += 1
        self.page.fill(selector, value)

    def presses(self, key):
        self.count += 1
        self.page.keyboard.press(key)


def bills_insurer(biller, count, name):
    """Return the numbers of invoices of so many patients to their insurer."""
    insurer = finds(biller, "res.partner", INSURER)
    rate = finds(biller, "product.product", RATE)
    patients = biller.calls(
        "res.partner",
        "create",
        [
            {
                "name": f"{name} {number:03}",
                "clinic_is_patient": True,
                "clinic_insurer_id": insurer,
            }
            for number in range(count)
        ],
    )
    services = biller.calls(
        "clinic.service",
        "create",
        [{"rate_id": rate, "patient_id": patient} for patient in patients],
    )
    for start in range(0, count, AT_ONCE):
        run = biller.calls(
            "clinic.billing.run",
            "create",
            {
                "service_ids": [[6, 0, services[start : start + AT_ONCE]]],
                "grouping": "service",
            },
        )
        biller.calls("clinic.billing.run", "action_start", [run])
    shares = biller.calls(
        "clinic.service", "search_read", [("id", "in", services)], ["invoice_ids"]
    )
    invoices = [share["invoice_ids"][0] for share in shares]
    read = biller.calls("account.move", "read", invoices, ["name", "amount_residual"])
    assert {move["amount_residual"] for move in read} == {PRICE}
    return [move["name"] for move in read]


def finds(biller, model, name):
    found = biller.calls(model, "name_search", name)
    return next(key for key, label in found if label.endswith(name))


def begins(biller):
    """Open a new remittance from the menu; return the counter of what that takes."""
    biller.open("/odoo/action-clinic_invoicing.clinic_service_action")
    biller.sees(".o_list_view")
    hand = Counter(biller.page)
    hand.clicks(".o_menu_sections button:has-text('Insurers')")
    hand.clicks(".o-dropdown--menu a:has-text('Remittances')")
    # Else the button of the page before would be clicked.
    biller.sees(".o_breadcrumb", "Remittances")
    hand.clicks(".o_list_button_add")
    biller.sees("div[name=insurer_id] input")
    hand.count += 1
    biller.chooses("insurer_id", INSURER)
    return hand


def is_posted(biller):
    state = biller.page.locator(".o_statusbar_status .o_arrow_button_current")
    expect(state).to_contain_text("Posted", timeout=POSTING_MS)


@pytest.mark.usefixtures("invoiced")
def test_a_file_of_200_lines_is_imported_and_posted(person):
    biller = person("biller")
    names = bills_insurer(biller, LINES, "Imported Patient")
    parts = [(PRICE, 50, 0)[number % 3] for number in range(LINES)]
    rows = [f"{name},{part}" for name, part in zip(names, parts, strict=True)]
    table = "\n".join(["Invoice,Paid", *rows, "INV/1999/1,80", rows[0]])

    hand = begins(biller)
    hand.fills("div[name=reference] input", "REMIT-200")
    hand.fills("div[name=amount] input", str(sum(parts)))
    hand.clicks("button[name=action_import]")
    hand.count += 1
    biller.page.set_input_files(
        ".modal input[type=file]",
        {"name": "r.csv", "mimeType": "text/csv", "buffer": table.encode()},
    )
    hand.clicks(".modal button[name=action_import]")
    biller.sees(".alert-warning", "cannot be posted: 3")
    biller.look("imported")
    # The corrections of wrong lines are not counted. They are on the second page.
    biller.page.click(".o_field_x2many .o_pager_next")
    for row in ("INV/1999/1", "named twice"):
        leaves_out(biller, row)
    hand.clicks("button[name=action_post]")
    is_posted(biller)
    biller.look("posted")
    assert hand.count <= MOST_ACTIONS


def leaves_out(biller, text):
    """Leave the last line out whose problem says so."""
    row = biller.page.locator(".o_data_row", has_text=text).last
    # Not the box at once: the row that was edited before is put away first.
    row.locator("td[name=problem]").click()
    box = biller.page.locator(".o_selected_row td[name=leave_out] input")
    expect(biller.page.locator(".o_selected_row")).to_contain_text(text)
    box.click()
    expect(box).to_be_checked()


@pytest.mark.usefixtures("invoiced")
def test_lines_are_typed_with_the_keyboard_alone(person):
    biller = person("biller")
    names = bills_insurer(biller, TYPED, "Typed Patient")
    begins(biller)
    biller.page.fill("div[name=amount] input", str(60 * TYPED))
    biller.page.click(".o_field_x2many_list_row_add a")
    hand = Counter(biller.page)
    for name in names:
        cell = biller.page.locator(".o_selected_row td[name=share_id] input")
        expect(cell).to_be_focused()
        biller.page.keyboard.type(name)
        biller.sees(".o-autocomplete--dropdown-item", "Typed Patient")
        hand.presses("Tab")
        paid = biller.page.locator(".o_selected_row td[name=paid] input")
        # What is open is suggested; a person sees that before typing less.
        expect(paid).to_have_value(f"{PRICE}.00")
        biller.page.keyboard.type("60")
        hand.presses("Enter")
    assert hand.count <= MOST_KEYS * TYPED
    biller.look("typed")
    biller.page.click("button[name=action_post]")
    is_posted(biller)
