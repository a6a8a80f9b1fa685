"""A client reads the pages in German, whose words are long, on a telephone."""

import re

import pytest
from conftest import SCREENSHOTS
from people import CARD_PAID, VISITOR, Person
from test_paying import OURS, link_of

CODE, LOCALE, TELEPHONE = "de_DE", "de-DE", (390, 844)
ENGLISH = re.compile(r"\b(Pay|Pays|Unpaid|Due|Billing|Amount|invoice|the|your)\b")


@pytest.fixture(scope="module")
def german(practice, browser):
    """The client's language; afterwards it is English again for the others."""
    admin = Person(browser, practice.url, "admin", (1366, 768), SCREENSHOTS)
    inactive = {"context": {"active_test": False}}
    found = admin.calls("res.lang", "search", [["code", "=", CODE]], **inactive)
    # First, and for itself: a page loaded during the installation makes the server
    # remember that there is no German.
    admin.calls("res.lang", "write", found, {"active": True})
    wizard = admin.calls(
        "base.language.install", "create", {"lang_ids": [[6, 0, found]]}
    )
    admin.calls("base.language.install", "lang_install", [wizard])
    (user,) = admin.calls("res.users", "search", [["login", "=", "client"]])
    admin.calls("res.users", "write", [user], {"lang": CODE})
    yield
    admin.calls("res.users", "write", [user], {"lang": "en_US"})
    admin.leave()


@pytest.fixture
def bill(bills, german):
    return bills()


def test_the_billing_pages_are_german(person, bill):
    client = person("client", *TELEPHONE, locale=LOCALE)
    client.open("/my/billing")
    client.sees("h1", "Abrechnung")
    client.bill(bill).locator("[data-bs-toggle=collapse]").click()
    client.look("billing")
    assert_german(client, OURS)
    client.starts_to_pay(bill)
    client.page.click(".o_clinic_part summary")
    client.look("dialog")
    assert_german(client, ".o_clinic_panel")
    client.types_card(CARD_PAID)
    client.presses_pay()
    client.page.wait_for_url(lambda url: url.endswith("/my/billing"))
    client.sees(".o_clinic_thanks", "Vielen Dank")


def test_a_link_is_read_in_the_language_of_the_visitor(person, bill):
    link = link_of(person("biller"), bill)
    visitor = person(VISITOR, *TELEPHONE, locale=LOCALE)
    visitor.page.goto(link)
    visitor.sees("input[autocomplete=cc-number]")
    visitor.look("link")
    assert_german(visitor, ".o_clinic_link")
    visitor.page.click(".js_language_selector button")
    visitor.page.click(".js_language_selector [data-url_code=en]")
    visitor.sees(".o_clinic_link", "This is what you owe now.")


def assert_german(someone, scope):
    """What is read there, the provider's card form apart, fits and is German."""
    text = someone.page.locator(scope).inner_text()
    text = text.partition("Card number")[0]
    assert re.search(r"\d,\d\d", text)
    assert not ENGLISH.search(text), text
    assert someone.overflow() <= 0
