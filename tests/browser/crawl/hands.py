"""One role at the browser: opens, types, presses, and notices everything that fails."""

import re

from people import Person
from playwright.sync_api import Error, expect

# Told by the page itself: Odoo answers a failed call with status 200.
WATCH = """
(() => {
    const watch = (window.crawl = { open: 0, last: performance.now() });
    const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function (...parameters) {
        watch.open += 1;
        this.addEventListener("loadend", () => {
            watch.open -= 1;
            watch.last = performance.now();
            if (["", "text"].includes(this.responseType)) {
                tell(this.responseURL, this.responseText);
            }
        });
        return send.apply(this, parameters);
    };
    const tell = (url, text) => {
        if (!text.startsWith('{"jsonrpc"') || !text.includes('"error"')) {
            return;
        }
        const { error } = JSON.parse(text);
        if (error) {
            const { name, message } = error.data || {};
            console.error(`${new URL(url).pathname}: ${name}: ${message}`);
        }
    };
})();
"""
ROWS_HAVE_IT = """
text => [...document.querySelectorAll(".o_data_row")].every(
    row => row.innerText.includes(text)
)
"""
QUIET = "window.crawl && !crawl.open && performance.now() - crawl.last > 80"
WEB_CLIENT = """
Boolean(window.crawl && window.odoo?.__WOWL_DEBUG__?.root?.env?.services?.action
    && document.querySelector(".o_web_client .o_action_manager"))
"""
ACTION = "odoo.__WOWL_DEBUG__.root.env.services.action"
# Said by Chromium or by Core of what is no fault of a page of ours.
HARMLESS = re.compile("favicon|net::ERR_(ABORTED|FAILED|NETWORK_CHANGED)")
LOOK_MS = 1_500
WAIT_MS, TRIES = 250, 60
SETTLE_MS = 20_000
# To make a document on a busy machine.
PATIENCE_TO_PRINT_MS = 60_000


class NotOffered(AssertionError):
    """The button is not there for this role."""


class Hands:
    """A person, and what becomes of what they press."""

    def __init__(self, browser, practice, office, buttons, login, screenshots):
        self.login = login
        self.office = office
        self.buttons = buttons
        self.stripe = practice.stripe
        self.person = Person(browser, practice.url, login, (1366, 900), screenshots)
        self.complaints = self.person.complaints
        self.page = self.person.page
        self.url = practice.url
        self.pressed = []
        self.asked = []
        # What a page may say in the console, for the scene is about that.
        self.expected = None
        self.person.context.add_init_script(WATCH)
        self.page.set_default_timeout(SETTLE_MS)
        # Of every window: documents open in new ones.
        self.person.context.on("console", self._hear)
        self.person.context.on("request", self._ask)
        self.person.context.on("response", self._see)
        self.person.context.on("weberror", self._fear)

    def _fear(self, error):
        self.complaints.append(str(error.error))

    def _hear(self, message):
        told = f"{message.text[:600]} {message.location.get('url', '')}"
        is_expected = self.expected and self.expected in told
        if message.type == "error" and not (is_expected or HARMLESS.search(told)):
            self.complaints.append(f"console: {told}")

    def _ask(self, request):
        self.asked.append(request.url)

    def _see(self, response):
        if response.status >= 500:
            self.complaints.append(f"{response.status} {response.url}")

    def begins(self):
        """Start a scene with a clean page."""
        self.complaints.clear()
        self.pressed.clear()
        self.asked.clear()
        self.expected = None
        for page in self.person.context.pages:
            if page is not self.page:
                page.close()

    def hears_no_more(self):
        """Let Odoo deal with what Stripe has told it, then tell it nothing more.

        A message looks up how things are when it is dealt with, not when it was sent.
        """
        assert self.stripe.wait_delivered(timeout=SETTLE_MS / 1000)
        self.office.waits(self.office.has_heard_all)
        self.stripe.delivery_rule("drop")

    def leaves(self):
        self.person.context.close()

    # === GETTING THERE === #

    def goes(self, path):
        """Open an address, as from a bookmark."""
        self.page.goto(path if path.startswith("http") else f"{self.url}{path}")
        self.settles()

    def does(self, action, **options):
        """Do an action in the web client, without loading it anew."""
        if not self._is_in_web_client():
            self.goes("/odoo/clinic-programs")
            self.page.wait_for_function(WEB_CLIENT)
            self.settles()
        self.page.evaluate(
            f"([action, options]) => {ACTION}.doAction(action, options)",
            [action, {"clearBreadcrumbs": True, **options}],
        )
        self.settles()

    def _is_in_web_client(self):
        return self.page.evaluate(WEB_CLIENT)

    def opens(self, model, record, view=False):
        """Open the form of a record."""
        self.does(
            {
                "type": "ir.actions.act_window",
                "res_model": model,
                "res_id": record,
                "views": [[view, "form"]],
                "target": "current",
            }
        )
        self.is_well()
        self.sees(".o_form_view")

    def lists(self, action, *names):
        """Open a list, and tick the rows in which these texts stand."""
        self.does(action, viewType="list")
        self.is_well()
        self.sees(".o_list_view")
        for name in names:
            self.searches(name)
            row = self.page.locator(".o_data_row", has_text=name).first
            row.locator(".o_list_record_selector input").check()
        self.settles()

    def searches(self, text):
        """Leave all filters and look for a text."""
        while self.page.locator(".o_searchview .o_facet_remove").count():
            self.page.locator(".o_searchview .o_facet_remove").first.click()
            self.settles()
        self.page.fill(".o_searchview_input", text)
        # Enter does nothing before the page has thought of what could be meant.
        self.sees(".o_searchview_autocomplete")
        self.page.keyboard.press("Enter")
        # The page is quiet before it asks, too, and shows the rows of before.
        self.sees(".o_searchview_facet", text)
        self.settles()
        self.page.wait_for_function(ROWS_HAVE_IT, arg=text, timeout=SETTLE_MS)

    def settles(self):
        """Wait until the page has all that it has asked for."""
        for _ in range(2):
            try:
                self.page.wait_for_function(QUIET, timeout=SETTLE_MS)
                return
            except Error as error:
                # The page was left while it was being asked.
                if "navigat" not in str(error) and "destroyed" not in str(error):
                    raise

    def sees(self, selector, text=None):
        return self.person.sees(selector, text)

    # === PRESSING === #

    def offers(self, key, within="", selector=None):
        """Return the button if it can be pressed here.

        :param within: the part of the page that it is looked for in
        """
        where = selector or self.buttons[key].selector
        found = self._get_top().locator(f"{within} {where}".strip())
        found = found.filter(visible=True)
        try:
            found.first.wait_for(timeout=LOOK_MS)
        except Error:
            return None
        return found.first

    def presses(self, key, within="", selector=None):
        """Press a button; what it asks first ("Are you sure?") is confirmed."""
        button = self.offers(key, within, selector)
        if button is None:
            raise NotOffered(f"{key} is not offered")
        button.click()
        self.pressed.append(key)
        if self.buttons[key].asks_first:
            self.page.locator(".modal .modal-footer .btn-primary").last.click()
        self.settles()
        self.is_well()

    def discards(self, opening, cancel, within=""):
        """Open a dialog and leave it again; nothing happens by that."""
        self.presses(opening, within)
        self.presses(cancel)
        self.is_closed()

    def chooses(self, key, menu="Actions"):
        """Choose an item of the menu above the list or form."""
        opening = ".o_cp_action_menus .dropdown-toggle"
        if menu == "Print":
            opening += ":has(.fa-print)"
        else:
            opening += ":has(.fa-cog)"
        self.page.locator(opening).filter(visible=True).first.click()
        label = self.buttons[key].label
        item = self.page.locator(".o-dropdown--menu .o_menu_item", has_text=label)
        try:
            item.first.wait_for(timeout=LOOK_MS)
        except Error:
            raise NotOffered(f"{key} is not offered") from None
        self.pressed.append(key)
        item.first.click()
        self.settles()
        self.is_well()

    def clicks(self, selector):
        """Press what is Core's, on the way to what is ours."""
        self._get_top().locator(selector).filter(visible=True).first.click()
        self.settles()
        self.is_well()

    def downloads(self, key, through=None, **where):
        """Press what makes a document, by default a button."""
        press = through or self.presses
        with self.page.expect_download(timeout=PATIENCE_TO_PRINT_MS) as waiting:
            press(key, **where)
        name = waiting.value.suggested_filename
        assert waiting.value.failure() is None, waiting.value.failure()
        return f"downloaded {name}"

    def _get_top(self):
        """Return the dialog that is in front, else the page."""
        for selector in (".modal", ".o_cw_popover"):
            found = self.page.locator(selector).filter(visible=True)
            if found.count():
                return found.last
        return self.page.locator("body")

    def is_well(self):
        """Stop at the first fault: what comes after it would only confuse."""
        if self.page.locator(".o_error_dialog, .o_notification_bar.bg-danger").count():
            text = self.page.locator(".o_error_dialog, .o_notification:has(.bg-danger)")
            self.complaints.append(text.first.inner_text()[:600])
        assert not self.complaints, "; ".join(self.complaints)

    def types(self, **values):
        """Fill in fields of the dialog that is in front, or of the form."""
        for field, value in values.items():
            box = self._get_top().locator(f"div[name={field}]").filter(visible=True)
            self._fill(box.first, value)
            self.settles()
        self.is_well()

    def _fill(self, box, value):
        if isinstance(value, bool):
            box.locator("input[type=checkbox]").set_checked(value)
        elif box.locator("input[type=radio]").count():
            box.locator(".o_radio_item", has_text=value).locator("input").check()
        elif box.locator("select").count():
            box.locator("select").select_option(label=value)
        elif box.locator(".o-autocomplete").count():
            box.locator("input").fill(value)
            item = self.page.locator(".o-autocomplete--dropdown-item", has_text=value)
            item.first.click()
        else:
            box.locator("input, textarea").first.fill(value)
            self.page.keyboard.press("Tab")

    # === THE EFFECT === #

    def shows(self, model):
        """Tell that a page of this model has come."""
        reached = f"{ACTION}.currentController?.action.res_model"
        self.page.wait_for_function(f"model => {reached} === model", arg=model)
        self.is_well()
        return f"{model} is shown"

    def arrives(self, path):
        """Tell that the page of this address has come."""
        self.page.wait_for_url(f"**{path}**")
        self.settles()
        self.is_well()
        return f"{path} is shown"

    def gets(self, path, key, selector, kind="application/pdf"):
        """Press what brings a document, in whatever window."""
        self.asked.clear()
        self.presses(key, selector=selector)
        for _ in range(TRIES):
            found = [url for url in self.asked if path in url]
            if found:
                break
            self.page.wait_for_timeout(WAIT_MS)
        assert found, f"{path} was not asked for"
        # Neither a viewer nor a window that closes at once tells what it was given.
        answer = self.person.context.request.get(found[-1])
        assert answer.status == 200, found
        given = answer.headers["content-type"]
        assert given.startswith(kind), given
        return f"{path}: {kind}"

    def tells(self, text):
        """Tell that the page says so."""
        where = ".o_notification, .modal, .alert"
        told = self.page.locator(where, has_text=text).filter(visible=True)
        expect(told.first).to_be_visible()
        return f"said: {text}"

    def is_closed(self):
        expect(self.page.locator(".modal")).to_have_count(0)
        return "the dialog is closed"

    def reads(self, model, record, **expected):
        """Read a record until it is as expected, as whoever may read everything."""
        for _ in range(TRIES):
            (found,) = self.office.admin.read(model, [record], list(expected))
            values = {name: _plain(found[name]) for name in expected}
            if all(
                wanted(values[name]) if callable(wanted) else values[name] == wanted
                for name, wanted in expected.items()
            ):
                self.is_well()
                said = ", ".join(f"{name} = {value}" for name, value in values.items())
                return f"{model} {record}: {said}"
            self.page.wait_for_timeout(WAIT_MS)
        raise AssertionError(f"{model} {record} is {values}, not {expected}")


def _plain(value):
    """Return a many2one's id without its name."""
    return (
        value[0]
        if isinstance(value, list) and len(value) == 2 and isinstance(value[1], str)
        else value
    )
