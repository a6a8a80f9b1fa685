"""Who comes to a browser after somebody has logged out sees nothing of theirs."""

import pytest
from people import PARENT, Person

from workbench.browser import ARGUMENTS, executable

# Playwright switches off what people's browsers do: they keep whole pages in memory.
SWITCHED_OFF = "--disable-back-forward-cache"


@pytest.fixture(scope="module")
def remembering_browser(browser):
    running = browser.browser_type.launch(
        executable_path=executable(),
        args=list(ARGUMENTS),
        ignore_default_args=[SWITCHED_OFF],
    )
    yield running
    running.close()


def log_out_and_go_back(someone, path, shown):
    """Return what is on the page that *Back* leads to."""
    someone.open(path)
    someone.sees(f"text={shown}")
    someone.open("/web/session/logout?redirect=/web/login")
    someone.sees("#login")
    someone.page.go_back(wait_until="load")
    # Also a page that was kept asks the server.
    someone.sees("#login")
    return someone.page.content()


@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize(
    ("login", "path"),
    [
        ("client", "/my/billing"),
        ("client", "/my/invoices/{id}"),
        ("frontdesk", "/clinic/desk/pay/{id}"),
        ("biller", "/odoo/action-account.action_move_out_invoice/{id}"),
    ],
)
def test_back_shows_nothing(
    practice, remembering_browser, person, bills, tmp_path, login, path, width
):
    number = bills()
    domain = [("name", "=", number)]
    (invoice,) = person("biller").calls("account.move", "search_read", domain, ["id"])
    someone = Person(remembering_browser, practice.url, login, (width, 800), tmp_path)
    # By hand: what pages leave in the browser is what this is about.
    someone.context.clear_cookies()
    someone.logs_in()
    seen = log_out_and_go_back(someone, path.format(id=invoice["id"]), number)
    assert number not in seen
    assert PARENT not in seen
    someone.leave()
