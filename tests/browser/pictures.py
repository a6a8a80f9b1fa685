"""The pictures of docs/, taken anew by `make pictures`.

They show what the demo's people see on the way of one visit, and what the other
readers of the documents look at. No test: `make test` does not play them.
"""

import base64
import io

import pytest
from people import CARD_PAID, EDGE, PARENT, RATE, SIZES
from PIL import Image
from playwright.sync_api import expect

from workbench.paths import ROOT

PICTURES = ROOT / "docs" / "pictures"
OVERVIEW = ROOT / "docs" / "overview.png"
DESK, TELEPHONE = SIZES
# For short tables.
LOW = (1366, 560)
OF_OVERVIEW = ("calendar-block", "invoices-page", "billing-page", "card-dialog")
GRID = """
<body style="margin: 0; padding: 16px; background: #d5d3dc; display: grid;
             grid-template-columns: 1fr 1fr; gap: 16px">
    {images}
</body>
"""
# Screens have few colours, and people who read documents have slow lines.
COLOURS = 128
# Dialogs, menus and notifications move until then.
SETTLED_MS = 800


@pytest.fixture
def sits_down(person):
    """Return a function that seats somebody at a window of some size."""
    return lambda login, size=DESK: person(login, *size)


def keep(page, path):
    """Keep what a page shows."""
    page.wait_for_timeout(SETTLED_MS)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path.parent.mkdir(exist_ok=True)
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def take(somebody, name):
    keep(somebody.page, PICTURES / f"{name}.png")


# === THE FRONT DESK === #


def test_the_front_desk(sits_down):
    front_desk = sits_down("frontdesk")
    block = front_desk.books(PARENT, "Dr. Ines Sample", RATE, hour=17)
    block.click(position=EDGE)
    front_desk.sees(".o_clinic_complete_and_invoice")
    take(front_desk, "calendar-block")
    front_desk.page.click(".o_clinic_complete_and_invoice")
    front_desk.sees(".o_clinic_desk_choice label:has(input:checked)", "INV/")
    take(front_desk, "desk")


# === THE BILLER === #


def test_the_biller(sits_down):
    biller = sits_down("biller")
    biller.open("/odoo/clinic-invoices")
    biller.sees("[data-tab=to_invoice].active")
    biller.ticks("Rosa Fictiva", "Tom Imaginary")
    take(biller, "invoices-page")
    looks_at_money_owed(sits_down("biller", LOW))


def looks_at_money_owed(biller):
    biller.open("/odoo/money-owed")
    biller.sees(".o_data_row")
    take(biller, "money-owed")


# === THE CLIENT === #


def test_the_client(sits_down):
    sits_down("frontdesk").invoices_a_visit(PARENT, RATE)
    client = sits_down("client")
    client.open("/my/billing")
    bill = client.page.locator(".o_clinic_invoice:has(.o_clinic_pay)").last
    bill.locator("[data-bs-toggle=collapse]").click()
    expect(bill.locator(".o_clinic_services")).to_contain_text("Physiotherapy")
    take(client, "billing-page")
    bill.locator(".o_clinic_pay").click()
    client.sees("input[autocomplete=cc-number]")
    client.types_card(CARD_PAID)
    take(client, "card-dialog")
    on_the_telephone(sits_down("client", TELEPHONE))


def on_the_telephone(client):
    client.open("/my/billing")
    client.sees(".o_clinic_invoice")
    take(client, "billing-page-telephone")


# === THE MANAGER === #


def test_the_manager(sits_down):
    client, manager = sits_down("client"), sits_down("manager")
    invoice = manager.invoices_a_visit(PARENT, RATE)
    client.pays(invoice, CARD_PAID)
    manager.opens("account.move", invoice)
    manager.page.click("button[name=action_clinic_void]")
    manager.sees(".modal div[name=effect]", "sent back by Stripe")
    manager.page.fill(".modal div[name=reason] textarea", "Billed by mistake")
    take(manager, "void-dialog")


# === THE ADMINISTRATOR === #


def test_the_administrator(sits_down):
    admin = sits_down("admin")
    admin.open("/odoo/action-clinic_invoicing.res_config_settings_action")
    admin.sees("div[data-key=clinic_invoicing] .o_setting_box >> nth=0")
    take(admin, "settings")
    admin.open("/odoo/action-payment.action_payment_provider")
    admin.page.locator(".o_kanban_record", has_text="Stripe").first.click()
    admin.page.click("a[name=clinic_stripe_health]")
    admin.page.click("button[name=action_clinic_stripe_check_health]")
    admin.sees("div[name=clinic_stripe_health_ids] .o_data_row", "The key works")
    expect(admin.page.locator(".o_notification")).to_have_count(0)
    take(admin, "health")


# === ALL OF THEM === #


def test_the_overview(browser):
    """The first picture of the README is made of others."""
    images = "".join(
        f'<img style="width: 100%" src="{read(name)}">' for name in OF_OVERVIEW
    )
    width = DESK[0]
    page = browser.new_page()
    page.set_viewport_size({"width": width, "height": 1})
    page.set_content(GRID.format(images=images))
    height = page.evaluate("document.body.offsetHeight")
    page.set_viewport_size({"width": width, "height": height})
    keep(page, OVERVIEW)
    page.close()


def read(name):
    content = base64.b64encode((PICTURES / f"{name}.png").read_bytes()).decode()
    return f"data:image/png;base64,{content}"
