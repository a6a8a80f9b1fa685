"""What each kind of user does, in the words of the documents."""

import re
from datetime import datetime

import pytz
from playwright.sync_api import expect

from workbench import clock
from workbench.browser import open_context

# The first page of a fresh server compiles its assets.
PATIENCE_MS = 30_000
CARD_PAID = "4242 4242 4242 4242"
CARD_DECLINED = "4000 0000 0000 0002"
CARD_ASKS = "4000 0027 6000 3184"

# The demo's client pays for two children as well.
PARENT = "Petra Example"
RATE = "Physiotherapy 45 min (Self-Pay)"
# A desk's screen and a telephone's.
SIZES = [(1366, 768), (390, 844)]
# Where other visits of the day never lie on a block.
EDGE = {"x": 3, "y": 3}
# Somebody who comes without login.
VISITOR = "visitor"


class Person:
    """Somebody with a login, in a browser of their own.

    Anything that the page's own scripts complain about fails the test.
    """

    def __init__(self, browser, url, login, size, screenshots, locale="en-US"):
        width, height = size
        self.url = url
        self.login = login
        self.size = size
        self.screenshots = screenshots
        self.complaints = []
        self.context = open_context(
            browser,
            viewport={"width": width, "height": height},
            accept_downloads=True,
            locale=locale,
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if login != VISITOR:
            self._is_logged_in()

    def _is_logged_in(self):
        """Log in without a page: that of the back office takes seconds to start."""
        page = self.context.request.get(f"{self.url}/web/login").text()
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        typed = {"login": self.login, "password": self.login, "csrf_token": token}
        answer = self.context.request.post(
            f"{self.url}/web/login", form=typed, max_redirects=0
        )
        assert answer.status == 303, f"{self.login} cannot log in"

    def logs_in(self):
        """Log in by hand."""
        self.page.goto(f"{self.url}/web/login")
        self.page.fill("#login", self.login)
        self.page.fill("#password", self.login)
        self.page.press("#password", "Enter")
        self.page.wait_for_url(lambda url: "/web/login" not in url)

    def now(self):
        """Return what the person's own clock shows."""
        return datetime.now(pytz.timezone(clock.zone()))

    def leave(self):
        self.context.close()
        assert not self.complaints

    def open(self, path):
        self.page.goto(f"{self.url}{path}")

    def calls(self, model, method, *args, **kwargs):
        """Do over RPC what the test is not about; return the answer."""
        answer = self.context.request.post(
            f"{self.url}/web/dataset/call_kw/{model}/{method}",
            data={
                "jsonrpc": "2.0",
                "method": "call",
                "params": {
                    "model": model,
                    "method": method,
                    "args": args,
                    "kwargs": kwargs,
                },
            },
        ).json()
        assert "error" not in answer, answer["error"]
        return answer.get("result")

    def reopens(self):
        """Close the tab, whatever it is doing, and open another one."""
        self.page.close()
        self.page = self.context.new_page()

    def look(self, name):
        """Keep a picture of what the person sees."""
        self.screenshots.mkdir(parents=True, exist_ok=True)
        # Let dialogs and notifications finish moving.
        self.page.wait_for_timeout(600)
        picture = f"{self.login}-{name}-{self.size[0]}.png"
        self.page.screenshot(path=self.screenshots / picture)

    def looks_twice(self, name):
        """Keep pictures as at a desk and as on a telephone, where all of it fits."""
        before = self.size
        for size in SIZES:
            self.takes_size(size)
            self.look(name)
            assert self.overflow() <= 0, f"{name} is wider than a screen"
        self.takes_size(before)

    def takes_size(self, size):
        self.size = size
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def overflow(self):
        """Return by how many pixels the page is wider than the screen."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth"
            " - document.documentElement.clientWidth"
        )

    def sees(self, selector, text=None):
        found = self.page.locator(selector).filter(visible=True).first
        expect(found).to_be_visible(timeout=PATIENCE_MS)
        if text is not None:
            expect(found).to_contain_text(text)
        return found

    def is_told(self, text):
        """A notification of the back office says so."""
        expect(self.page.locator(".o_notification", has_text=text).first).to_be_visible(
            timeout=PATIENCE_MS
        )

    def chooses(self, field, text):
        """Pick a record in a many2one field by typing a part of its name."""
        self.page.fill(f"div[name={field}] input >> nth=0", text)
        self.page.locator(".o-autocomplete--dropdown-item", has_text=text).first.click()

    # === THE ADMINISTRATOR === #

    def creates_rate(self, name, price):
        self.open("/odoo/action-clinic_invoicing.product_template_action_rate")
        self.page.click(".o_list_button_add")
        self.sees("div[name=name] textarea, div[name=name] input")
        self.page.fill("div[name=name] textarea, div[name=name] input", name)
        self.page.fill("div[name=list_price] input", str(price))
        self.page.click("a[name=clinic_billing]")
        self.sees("div[name=clinic_needs_billing] input:checked")
        self.page.check("div[name=clinic_is_invoiced] input")
        self.look("rate")
        self.saves()

    def saves(self):
        self.page.click(".o_form_button_save")
        expect(self.page.locator(".o_form_status_indicator_buttons")).to_have_class(
            re.compile("invisible")
        )

    def enters_keys(self, publishable, secret):
        self.open("/odoo/action-payment.action_payment_provider")
        self.page.locator(".o_kanban_record", has_text="Stripe").first.click()
        self.sees("div[name=stripe_publishable_key] input")
        self.page.fill("div[name=stripe_publishable_key] input", publishable)
        self.page.fill("div[name=stripe_secret_key] input", secret)

    def checks_keys(self):
        """Press the button; what was typed is saved by that."""
        self.page.click("button[name=action_clinic_stripe_check_keys]")

    # === THE FRONT DESK === #

    def books(self, patient, practitioner, rate, hour):
        """Book an appointment today; return its block on the calendar."""
        self.open("/odoo/clinic-appointments")
        self.clicks_free_time(hour)
        self.sees(".modal div[name=clinic_patient_id]")
        self.chooses("clinic_patient_id", patient)
        self.chooses("user_id", practitioner)
        self.page.click(".modal .o_field_x2many_list_row_add a")
        self.chooses("rate_id", rate)
        self.look("booking")
        with self.page.expect_response("**/calendar.event/web_save") as saved:
            self.page.click(".modal .o_form_button_save")
        expect(self.page.locator(".modal")).to_have_count(0)
        return self.block(saved.value.json()["result"][0]["id"])

    def clicks_free_time(self, hour):
        """Click on the calendar where no visit can lie: each day keeps a strip free at
        its edge, whatever the day's other visits are.
        """
        column = self.sees(".fc-timegrid-col.fc-day-today")
        lane = self.page.locator(f'.fc-timegrid-slot-lane[data-time="{hour:02}:00:00"]')
        lane.scroll_into_view_if_needed()
        today, y = column.bounding_box(), lane.bounding_box()["y"]
        self.page.mouse.click(today["x"] + today["width"] - 2, y + 6)

    def block(self, event):
        """Return the block of an appointment, given its id."""
        return self.page.locator(f".fc-event[data-event-id='{event}']")

    # === THE BILLER === #

    def ticks(self, *names):
        for name in names:
            row = self.page.locator(".o_data_row", has_text=name).first
            row.locator(".o_list_record_selector input").check()

    def opens_tab(self, tab):
        self.page.click(f"[data-tab={tab}]")
        expect(self.page.locator(f"[data-tab={tab}]")).to_have_class(
            re.compile("active")
        )

    def invoices_ticked(self, date):
        self.page.click("button[name=action_invoice]")
        self.look("invoice-dialog")
        # The date is a button until it is touched.
        self.page.click(".modal div[name=invoice_date] .o_input")
        self.page.fill(".modal div[name=invoice_date] input", date)
        self.page.keyboard.press("Enter")
        self.page.click(".modal button[name=action_start]")

    def invoices_a_visit(self, patient, rate):
        """Book and invoice a visit, which other tests do by hand; return the invoice's
        name.
        """
        (patient_id,) = self.calls("res.partner", "search", [["name", "=", patient]])
        (rate_id,) = self.calls("product.product", "search", [["name", "=", rate]])
        event = self.calls(
            "calendar.event",
            "create",
            {
                "name": "Appointment",
                "clinic_patient_id": patient_id,
                "clinic_service_ids": [[0, 0, {"rate_id": rate_id}]],
            },
        )
        self.calls("calendar.event", "action_clinic_complete_and_invoice", [event])
        (read,) = self.calls(
            "calendar.event", "read", [event], ["clinic_invoice_names"]
        )
        return read["clinic_invoice_names"]

    def records_as_paid(self, names):
        """Record a payment of each invoice that is still open."""
        is_open = ["payment_state", "in", ["not_paid", "partial"]]
        found = self.calls("account.move", "search", [["name", "in", names], is_open])
        if found:
            context = {"active_model": "account.move", "active_ids": found}
            dialog = self.calls(
                "account.payment.register", "create", {}, context=context
            )
            self.calls("account.payment.register", "action_create_payments", [dialog])

    def opens(self, model, name):
        """Open the record of that name, as from a list."""
        (found,) = self.calls(model, "search", [["name", "=", name]])
        self.open(f"/odoo/{model}/{found}")
        self.sees(".o_form_view")

    # === THE CLIENT === #

    def unpaid_number(self):
        """Return the red number beside Billing; 0 when there is none."""
        badge = self.page.locator(".o_clinic_billing_menu .badge")
        return int(badge.inner_text().split()[0]) if badge.count() else 0

    def bill(self, name):
        return self.page.locator(".o_clinic_invoice", has_text=name)

    def starts_to_pay(self, name):
        self.open("/my/billing")
        self.bill(name).locator(".o_clinic_pay").click()
        self.sees("input[autocomplete=cc-number]")

    def types_card(self, number):
        self.page.fill("input[autocomplete=cc-number]", number)
        self.page.fill("input[autocomplete=cc-exp]", "12 / 34")
        self.page.fill("input[autocomplete=cc-csc]", "123")

    def presses_pay(self):
        self.page.click("button[name=o_payment_submit_button]")

    def pays(self, invoice, card):
        self.starts_to_pay(invoice)
        self.types_card(card)
        self.presses_pay()
        self.page.wait_for_url(lambda url: url.endswith("/my/billing"))

    def saves_card(self, invoice):
        """Pay with a new card, and let it be saved."""
        self.starts_to_pay(invoice)
        self.types_card(CARD_PAID)
        self.page.check("input[name=o_payment_tokenize_checkbox]")
        self.look("save-card")
        self.presses_pay()
        self.page.wait_for_url(lambda url: url.endswith("/my/billing"))

    def deletes_card(self):
        """Delete the only saved card, as other tests expect none."""
        self.open("/my/payment_method")
        delete = self.page.locator("button[name=o_payment_delete_token]")
        delete.first.click()
        self.page.locator(".modal-footer .btn-primary").click()
        expect(delete).to_have_count(0)
