"""Clients read pages, e-mails and documents in their own language."""

import re

import pytest
from people import CARD_PAID, VISITOR
from test_paying import OURS, PARENT, RATE, link_of
from test_pages import overflow

TELEPHONE = (390, 844)
# What the client reads, and how an amount and a date of the year look.
LANGUAGES = {
    "fr_FR": ("Facturation", "Tout payer", r"\d,\d\d", r"\d\d/\d\d/20\d\d"),
    "es_ES": ("Facturación", "Pagar todo", r"\d,\d\d", r"\d\d/\d\d/20\d\d"),
    "de_DE": ("Abrechnung", "Alles zahlen", r"\d,\d\d", r"\d\d\.\d\d\.20\d\d"),
}
ENGLISH = re.compile(r"\b(Pay|Unpaid|Due on|Billing|the|Amount|of your|invoice)\b")


@pytest.fixture(scope="module")
def languages(practice, browser):
    """Install the languages; afterwards the client reads English again."""
    from conftest import SCREENSHOTS
    from people import Person

    admin = Person(browser, practice.url, "admin", (1366, 768), SCREENSHOTS)
    found = admin.calls(
        "res.lang",
        "search",
        [["code", "in", list(LANGUAGES)]],
        context={"active_test": False},
    )
    wizard = admin.calls(
        "base.language.install", "create", {"lang_ids": [[6, 0, found]]}
    )
    admin.calls("base.language.install", "lang_install", [wizard])
    (user,) = admin.calls("res.users", "search", [["login", "=", "client"]])
    yield lambda code: admin.calls("res.users", "write", [user], {"lang": code})
    admin.calls("res.users", "write", [user], {"lang": "en_US"})
    admin.leave()


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_pages_speak_the_language_of_the_client(person, languages, code):
    title, pay_all, amount, date = LANGUAGES[code]
    bill = person("frontdesk").invoices_a_visit(PARENT, RATE)
    languages(code)
    client = person("client", *TELEPHONE, locale=code.replace("_", "-"))
    client.open("/my/billing")
    client.sees("h1", title)
    client.sees(".o_clinic_pay_all", pay_all)
    text = client.page.locator(OURS).inner_text()
    assert re.search(amount, text)
    assert re.search(date, text)
    assert not ENGLISH.search(text), text
    client.bill(bill).locator("[data-bs-toggle=collapse]").click()
    client.look(f"{code}-billing")
    assert overflow(client.page) <= 0
    client.starts_to_pay(bill)
    client.page.click(".o_clinic_part summary")
    client.look(f"{code}-dialog")
    assert overflow(client.page) <= 0
    assert not ENGLISH.search(client.page.locator(".o_clinic_panel").inner_text())
    client.types_card(CARD_PAID)
    client.presses_pay()
    client.page.wait_for_url(lambda url: url.endswith("/my/billing"))
    client.look(f"{code}-thanks")
    client.open("/my/programs")
    client.look(f"{code}-programs")
    client.open("/my")
    client.look(f"{code}-home")
    biller = person("biller")
    visitor = person(VISITOR, *TELEPHONE, locale=code.replace("_", "-"))
    visitor.page.goto(link_of(biller, person("frontdesk").invoices_a_visit(PARENT, RATE)))
    visitor.sees("input[autocomplete=cc-number]")
    visitor.look(f"{code}-link")
    text = visitor.page.locator("main").inner_text()
    assert not ENGLISH.search(text), text
    assert overflow(visitor.page) <= 0
