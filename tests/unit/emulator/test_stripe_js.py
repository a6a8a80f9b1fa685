"""The stand-in for Stripe.js in a real browser."""

import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright import sync_api

from workbench.browser import running_browser

from .kit import make_client

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pay</title></head><body><main><div id="form"></div>
<button id="pay">Pay</button><output id="said"></output></main>
<script src="EMULATOR/v3/"></script></body></html>"""
# What Core's payment form does, in its order.
FLOW = """
window.stripe = Stripe(KEY, {apiVersion: "2019-05-16"});
window.elements = stripe.elements({appearance: {theme: "stripe"}, captureMethod:
    "automatic", paymentMethodTypes: TYPES, ...OPTIONS});
window.said = [];
const element = elements.create("payment", {defaultValues: {billingDetails: {
    name: "Ada", email: "", address: {city: "Paris", line1: ""}}}});
for (const name of ["ready", "change", "loaderror"]) {
    element.on(name, (event) => said.push([name, event.complete,
        event.error && event.error.message]));
}
element.mount(document.getElementById("form"));
document.getElementById("pay").onclick = async () => {
    const output = document.getElementById("said");
    const submitted = await elements.submit();
    if (submitted.error) { output.textContent = submitted.error.message; return; }
    const confirm = OPTIONS.mode === "setup" ? "confirmSetup" : "confirmPayment";
    const { error } = await stripe[confirm]({elements, clientSecret: SECRET,
        confirmParams: {return_url: location.origin + "/back?reference=INV-1"}});
    output.textContent = error ? `${error.code}: ${error.message}` : "";
};
"""


@pytest.fixture(scope="module")
def chromium():
    with running_browser() as running:
        yield running


@pytest.fixture
def shop(url):
    """The page of a practice, on another origin than the emulator."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            page = PAGE.replace("EMULATOR", url) if self.path == "/" else "<p>Back</p>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *args):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serve = running.serve_forever
    threading.Thread(target=serve, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/"
    running.shutdown()
    running.server_close()


@pytest.fixture
def page(chromium, shop):
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(5000)
    opened = context.new_page()
    opened.problems = []
    opened.on("pageerror", lambda error: opened.problems.append(str(error)))
    opened.goto(shop)
    yield opened
    context.close()


def start(page, secret, options, key="pk_test_emulator_default", types=("card",)):
    """Run the flow of Core's payment form on the page."""
    script = FLOW.replace("KEY", repr(key)).replace("SECRET", repr(secret))
    script = script.replace("OPTIONS", options).replace("TYPES", str(list(types)))
    page.evaluate(f"() => {{ {script} }}")


def fill(page, number, expiry="12 / 40", cvc="123"):
    page.get_by_label("Card number").press_sequentially(number)
    page.get_by_label("Expiration date").press_sequentially(expiry)
    page.get_by_label("Security code").press_sequentially(cvc)


def intent(url, **params):
    client = make_client(url, version="2019-05-16")
    return client.v1.payment_intents.create(
        {"amount": 12345, "currency": "eur", **params}
    )


PAYMENT = "({mode: 'payment', currency: 'eur', amount: 12345})"


def shot(page, name):
    """Keep a picture when a folder for pictures is named."""
    folder = os.environ.get("EMULATOR_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png")


def test_card_is_paid_and_the_customer_is_sent_back(page, url, control):
    made = intent(url)
    start(page, made.client_secret, PAYMENT)
    fill(page, "4242424242424242")
    shot(page, "card_form")
    assert page.get_by_label("Card number").input_value() == "4242 4242 4242 4242"
    assert page.evaluate("said.some(([name]) => name === 'ready')")
    assert page.evaluate("said.at(-1)[1]") is True
    page.click("#pay")
    page.wait_for_url("**/back*")
    query = parse_qs(urlsplit(page.url).query)
    assert query == {
        "reference": ["INV-1"],
        "payment_intent": [made.id],
        "payment_intent_client_secret": [made.client_secret],
        "redirect_status": ["succeeded"],
    }
    assert control.payment(made.id)["captured"] == 12345
    charge = control.objects("charge")[0]
    assert charge["billing_details"]["name"] == "Ada"
    assert page.problems == []


def test_declined_card_is_reported_and_another_can_be_tried(page, url, control):
    made = intent(url)
    start(page, made.client_secret, PAYMENT)
    fill(page, "4000000000009995")
    page.click("#pay")
    said = page.locator("#said")
    sync_api.expect(said).to_have_text(
        "card_declined: Your card has insufficient funds."
    )
    page.get_by_label("Card number").fill("")
    page.get_by_label("Card number").press_sequentially("5555555555554444")
    page.click("#pay")
    page.wait_for_url("**/back*")
    assert [each["status"] for each in control.payment(made.id)["charges"]] == [
        "failed",
        "succeeded",
    ]


@pytest.mark.parametrize(
    ("button", "status", "said"),
    [
        ("#emulator-3ds-complete", "succeeded", None),
        (
            "#emulator-3ds-fail",
            "requires_payment_method",
            "payment_intent_authentication_failure",
        ),
        (
            "#emulator-3ds-close",
            "requires_action",
            "payment_intent_authentication_failure",
        ),
    ],
)
def test_cardholder_answers_the_banks_dialog(page, url, control, button, status, said):
    made = intent(url)
    start(page, made.client_secret, PAYMENT)
    fill(page, "4000000000003220")
    page.click("#pay")
    page.wait_for_selector("#emulator-3ds")
    shot(page, "three_d_secure")
    page.click(button)
    if said:
        sync_api.expect(page.locator("#said")).to_contain_text(said)
    else:
        page.wait_for_url("**/back*")
    assert control.payment(made.id)["status"] == status


def test_incomplete_and_wrong_input_is_named_at_its_field(page, url, control):
    made = intent(url)
    start(page, made.client_secret, PAYMENT)
    fill(page, "4242", expiry="12 / 20", cvc="1")
    page.click("#pay")
    messages = page.locator(".emulator-problem").all_text_contents()
    assert messages == [
        "Your card number is incomplete.",
        "Your card's expiration year is in the past.",
        "Your card's security code is incomplete.",
    ]
    sync_api.expect(page.locator("#said")).to_have_text(messages[0])
    field = page.get_by_label("Card number")
    assert field.get_attribute("aria-invalid") == "true"
    assert field.get_attribute("autocomplete") == "cc-number"
    assert control.requests(path="/v1/payment_methods") == []
    shot(page, "card_problems")


def test_real_card_number_is_never_sent(page, url, control):
    made = intent(url)
    start(page, made.client_secret, PAYMENT)
    fill(page, "4539578763621486")
    page.click("#pay")
    sync_api.expect(page.locator("#said")).to_contain_text("Only Stripe's test cards")
    assert control.requests(method="POST", path="/v1/payment_methods*") == []


def test_form_fits_a_narrow_screen(page, url):
    start(page, intent(url).client_secret, PAYMENT)
    page.wait_for_selector("[data-emulator-field=number]")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


def test_card_is_saved_with_a_setup_intent(page, url, control):
    client = make_client(url, version="2019-05-16")
    customer = client.v1.customers.create({})
    made = client.v1.setup_intents.create({"customer": customer.id})
    setup = "({mode: 'setup', currency: 'usd', setupFutureUsage: 'off_session'})"
    start(page, made.client_secret, setup)
    fill(page, "4242424242424242")
    page.click("#pay")
    page.wait_for_url("**/back*")
    assert f"setup_intent={made.id}" in page.url
    saved = client.v1.customers.payment_methods.list(customer.id).data
    assert [method.card.last4 for method in saved] == ["4242"]


def test_bank_debit_is_pending_when_the_customer_returns(page, url, control):
    made = intent(url, payment_method_types=["sepa_debit"])
    start(page, made.client_secret, PAYMENT, types=["sepa_debit"])
    page.get_by_label("IBAN").fill("AT61 1904 3002 3457 3201")
    page.click("#pay")
    page.wait_for_url("**/back*redirect_status=pending*")
    assert control.payment(made.id)["processing"] == 12345


def test_loaderror_names_an_unknown_key(page, url):
    start(page, "pi_1_secret_2", PAYMENT, key="pk_test_unknown")
    page.wait_for_function("said.some(([name]) => name === 'loaderror')")
    assert "Invalid API Key" in page.evaluate("said.at(-1)[2]")


def test_elements_of_another_payment_are_refused(page, url):
    made = intent(url, setup_future_usage="off_session")
    start(page, made.client_secret, PAYMENT)
    fill(page, "4242424242424242")
    page.click("#pay")
    page.wait_for_timeout(300)
    assert any("setupFutureUsage" in problem for problem in page.problems)
    page.evaluate("elements.update({setupFutureUsage: 'off_session'})")
    page.click("#pay")
    page.wait_for_url("**/back*")


def test_wallets_are_not_available(page):
    answer = page.evaluate(
        """async () => {
            const stripe = Stripe("pk_test_emulator_default");
            const request = stripe.paymentRequest({country: "US", currency: "usd",
                total: {label: "x", amount: 1}});
            request.on("paymentmethod", () => {});
            const button = stripe.elements().create("paymentRequestButton",
                {paymentRequest: request});
            const express = stripe.elements({mode: "payment", amount: 100,
                currency: "usd"}).create("expressCheckout");
            const ready = new Promise((done) => express.on("ready", done));
            express.mount("#form");
            return [await request.canMakePayment(), typeof button.mount,
                (await ready).availablePaymentMethods === undefined];
        }"""
    )
    assert answer == [None, "function", True]


def test_no_global_but_stripe_is_added(page, url):
    assert page.evaluate("Stripe.version") == 3
    source = page.request.get(f"{url}/v3/").text()
    assert re.search(r"^class Element\b", source, re.MULTILINE) is None
    assert page.evaluate(
        "Element === document.body.constructor.prototype.__proto__"
        ".__proto__.constructor || Element.name"
    ) in (True, "Element")


def test_next_action_is_handled_for_an_intent_confirmed_by_the_server(page, url):
    client = make_client(url, version="2019-05-16")
    made = client.v1.payment_intents.create(
        {
            "amount": 500,
            "currency": "usd",
            "payment_method": "pm_card_threeDSecure2Required",
            "confirm": True,
        }
    )
    page.evaluate(
        """(secret) => {
            window.result = Stripe("pk_test_emulator_default")
                .handleNextAction({clientSecret: secret});
        }""",
        made.client_secret,
    )
    page.click("#emulator-3ds-complete")
    status = page.evaluate("async () => (await result).paymentIntent.status")
    assert status == "succeeded"


def test_card_element_confirms_with_confirm_card_payment(page, url):
    made = intent(url)
    page.evaluate(
        """() => {
            window.stripe = Stripe("pk_test_emulator_default");
            window.card = stripe.elements().create("card");
            card.mount("#form");
        }"""
    )
    fill(page, "4242424242424242")
    status = page.evaluate(
        """async (secret) => (await stripe.confirmCardPayment(secret,
            {payment_method: {card}})).paymentIntent.status""",
        made.client_secret,
    )
    assert status == "succeeded"
    page.evaluate("card.destroy()")
    assert page.locator("[data-emulator-field]").count() == 0
