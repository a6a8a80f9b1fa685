"""The README's five steps, on an Odoo that was set up from its own requirements."""

import re
import shutil

from newcomers_practice import newcomers_practice
from people import CARD_PAID, VISITOR, Person
from playwright.sync_api import expect

from stripe_emulator.control import Control
from workbench.emulator import PUBLISHABLE_KEY, SECRET_KEY, running_emulator
from workbench.paths import BUILD, OUR_ADDONS, ROOT, WORKBENCH

ODOOS_OWN = WORKBENCH / "odoo-own-requirements.txt"
STRIPE_JS = "https://js.stripe.com/"
DESK_SIZE = (1366, 768)
INSTALL_MS = 300_000
CLIENT, RATE, PRICE = "Nora Newcomer", "First Visit", 80


def test_five_steps_lead_to_a_payment(tmp_path, browser):
    with (
        newcomers_practice(tmp_path, ODOOS_OWN) as practice,
        running_emulator() as stripe,
    ):
        # 1. The folders, on the addons path.
        for addon in OUR_ADDONS:
            shutil.copytree(ROOT / addon, practice.addons / addon)
        # 2. What they need.
        practice.environment.install("-r", str(ROOT / "requirements.txt"))
        with practice.serving():
            admin = Newcomer(browser, practice.url, "admin", stripe.url)
            admin.installs("Clinic Stripe Gateway")
            admin.connects_stripe()
            admin.employs("frontdesk", "Front Desk")
            client = admin.invites_client()
            pays_a_visit(Newcomer(browser, practice.url, "frontdesk"), client)
            payments = Control(stripe.url).ledger()["payments"]
            assert [one["captured"] for one in payments] == [PRICE * 100]
            admin.leave()


def pays_a_visit(front_desk, client):
    invoice = front_desk.invoices_a_visit(CLIENT, RATE)
    front_desk.leave()
    client.pays(invoice, CARD_PAID)
    expect(client.bill(invoice)).to_contain_text("Paid")
    client.leave()


class Newcomer(Person):
    """Somebody who does what the README says."""

    def __init__(self, browser, url, login, stripe_url=""):
        self.browser = browser
        self.stripe_url = stripe_url
        super().__init__(browser, url, login, DESK_SIZE, BUILD / "screenshots" / "new")

    def installs(self, name):
        """3. Developer mode, *Update Apps List*, and *Activate*."""
        self.open("/odoo/settings")
        self.page.get_by_text("Activate the developer mode", exact=True).click()
        # Not by the address: it is there before the page that it leads to.
        self.page.get_by_text("Deactivate the developer mode", exact=True).wait_for()
        self.open("/odoo/apps")
        self.page.get_by_text("Update Apps List").first.click()
        self.page.locator(".modal button", has_text="Update").first.click()
        expect(self.page.locator(".modal")).to_have_count(0)
        self.open("/odoo/apps")
        self.page.fill(".o_searchview_input", "Clinic")
        # Enter does nothing before the page has thought of what could be meant.
        self.page.locator(".o_searchview_autocomplete").wait_for()
        self.page.keyboard.press("Enter")
        # As Odoo filters them at first: apps alone.
        self.sees(".o_searchview_facet:has-text('Apps')")
        card = self.sees(f".o_kanban_record:has-text('{name}')")
        card.get_by_role("button", name="Activate").click()
        self.page.wait_for_url(
            lambda url: not url.endswith("/odoo/apps"), timeout=INSTALL_MS
        )

    def connects_stripe(self):
        """4. The keys, the webhook, the state."""
        # The emulator instead of Stripe.
        self.calls(
            "ir.config_parameter",
            "set_param",
            "clinic_stripe_gateway.api_base",
            self.stripe_url,
        )
        path = "Invoicing/Configuration/Online Payments/Payment Providers"
        menus = self.calls("ir.ui.menu", "search_read", [], ["complete_name", "action"])
        (action,) = {menu["action"] for menu in menus if menu["complete_name"] == path}
        self.open(f"/odoo/action-{action.split(',')[1]}")
        self.page.locator(".o_kanban_record", has_text="Stripe").first.click()
        self.page.locator("div[name=state] label", has_text="Test Mode").click()
        for name, key in (("publishable", PUBLISHABLE_KEY), ("secret", SECRET_KEY)):
            self.page.fill(f"div[name=stripe_{name}_key] input", key)
            self.page.keyboard.press("Tab")
        self.page.get_by_role("button", name="Check Keys").click()
        self.is_told("Both belong to the account")
        self.page.get_by_role("button", name="Generate your webhook").click()
        self.is_told("Stripe tells Odoo about payments from now on")
        self.page.get_by_role("button", name="Unpublished").click()
        self.sees("button:has-text('Published')")

    def employs(self, login, group):
        """5. Somebody with a group under *Clinic Billing*."""
        self.open("/odoo/users/new")
        self.page.fill("div[name=name] input", "Fiona Firstday")
        self.page.fill("div[name=login] input", login)
        self.page.get_by_label("Clinic Billing").click()
        self.page.locator(".o_select_menu_item", has_text=group).click()
        self.saves()
        (user,) = self.calls("res.users", "search", [["login", "=", login]])
        self.calls("res.users", "write", [user], {"password": login})

    def invites_client(self):
        """5. A client with access to the portal; return them at their own browser."""
        rate = {"name": RATE, "type": "service", "list_price": PRICE, "taxes_id": []}
        flags = {"clinic_needs_billing": True, "clinic_is_invoiced": True}
        self.calls(
            "product.product", "create", {**rate, **flags, "clinic_is_rate": True}
        )
        patient = {"name": CLIENT, "email": "nora@newcomer.example"}
        created = self.calls(
            "res.partner", "create", {**patient, "clinic_is_patient": True}
        )
        self.open(f"/odoo/res.partner/{created}")
        self.page.locator(".o_cp_action_menus button").first.click()
        self.page.get_by_text("Grant portal access").click()
        self.page.locator(".modal").get_by_role("button", name="Grant Access").click()
        self.sees(".modal button:has-text('Revoke Access')")
        client = Newcomer(self.browser, self.url, VISITOR)
        client.takes_up(self.invitation(), self.stripe_url)
        return client

    def invitation(self):
        """Return the link in the e-mail that was written."""
        (mail,) = self.calls(
            "mail.mail",
            "search_read",
            [["recipient_ids.email", "ilike", "nora@"]],
            ["body_html"],
        )
        link = re.search(r'href="([^"]*/web/signup[^"]*)"', mail["body_html"])
        return link[1].replace("&amp;", "&")

    def takes_up(self, invitation, stripe_url):
        self.context.route(f"{STRIPE_JS}**", StandIn(self.context, stripe_url))
        self.page.goto(invitation)
        self.page.fill("#password", "nora-newcomer")
        self.page.fill("#confirm_password", "nora-newcomer")
        self.page.press("#confirm_password", "Enter")
        self.page.wait_for_url(lambda url: "/web/signup" not in url)


class StandIn:
    """Lets the emulator answer for Stripe's own form in the browser."""

    def __init__(self, context, stripe_url):
        self.context = context
        self.stripe_url = stripe_url

    def __call__(self, route):
        url = route.request.url.replace(STRIPE_JS, f"{self.stripe_url}/")
        answer = self.context.request.fetch(
            url, method=route.request.method, data=route.request.post_data_buffer
        )
        route.fulfill(response=answer)
