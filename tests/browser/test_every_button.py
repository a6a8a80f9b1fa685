"""Every button of both addons is pressed, and what it was to do was done.

As the lowest role that sees it; with CLINIC_CRAWL=others as each of the others, and to
the other roles of the practice it must not be offered; with CLINIC_CRAWL=all both. What
was pressed, by whom and with which effect is in build/crawler-lowest.txt, -others.txt
or -all.txt.
"""

import contextlib

import pytest
from crawl import inventory
from crawl.hands import Hands
from crawl.office import Office
from crawl.report import Report
from crawl.rows import BY_LOWEST, BY_OTHERS, CRAWL, STAFF
from crawl.tables import ROWS
from playwright.sync_api import Error

from workbench.paths import BUILD


class Crawl:
    """One browser for each role, kept from one scene to the next."""

    def __init__(self, browser, practice):
        self.browser = browser
        self.practice = practice
        self.office = Office(practice.url, practice.database)
        self.office.seat = self.get_hands
        self.buttons = inventory.read(self.office.admin)
        self.report = Report(BUILD / f"crawler-{CRAWL}.txt", self.buttons)
        self._hands = {}

    def get_hands(self, login):
        if login not in self._hands:
            pictures = BUILD / "screenshots" / "crawler"
            self._hands[login] = Hands(
                self.browser, self.practice, self.office, self.buttons, login, pictures
            )
        return self._hands[login]

    def calms_stripe(self):
        """Let Stripe be as it was before the scene."""
        stripe = self.practice.stripe
        stripe.clear_faults()
        stripe.clear_delivery_rules()
        stripe.release_deliveries()

    def ends(self):
        self.report.writes()
        for hands in self._hands.values():
            hands.leaves()

    def gives_up(self, hands):
        """Let the next scene start with a new browser: this one may stand anywhere."""
        hands.leaves()
        del self._hands[hands.login]


@pytest.fixture(scope="module")
def crawl(browser, own_practice):
    crawl = Crawl(browser, own_practice)
    yield crawl
    crawl.ends()


def get_scenes():
    """Yield `(row, role, whether the role is to see its buttons)`."""
    for row in ROWS:
        lowest, *others = row.roles
        if BY_LOWEST:
            yield row, lowest, True
        if BY_OTHERS:
            yield from ((row, role, True) for role in others)
        if BY_OTHERS and lowest in STAFF:
            yield from ((row, role, False) for role in STAFF if role not in row.roles)


@pytest.mark.parametrize(
    ("row", "login", "is_offered"),
    list(get_scenes()),
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_every_button_does_what_it_says(crawl, row, login, is_offered):
    hands = crawl.get_hands(login)
    hands.begins()
    try:
        play(crawl, row, hands, is_offered)
    except BaseException:
        hands.person.look(f"fault-{row.name}")
        crawl.gives_up(hands)
        raise
    finally:
        crawl.calms_stripe()


def play(crawl, row, hands, is_offered):
    if not is_offered:
        # Whatever keeps them from it, be it that they do not even get to the page.
        with contextlib.suppress(AssertionError, Error):
            row.play(hands)
        offered = set(row.keys) & set(hands.pressed)
        assert not offered, f"offered: {', '.join(sorted(offered))}"
        # Error dialogs and half-open pages are not for the next scene.
        hands.page.goto("about:blank")
        return
    effect = row.play(hands)
    hands.settles()
    hands.is_well()
    assert effect, "no effect was read back"
    missing = set(row.keys) - set(hands.pressed)
    assert not missing, f"not pressed: {', '.join(sorted(missing))}"
    crawl.report.adds(hands.login, row, effect)


def test_every_button_is_in_the_table(crawl):
    """A new button without a row fails, and so does a row whose button is gone."""
    keys = {key for row in ROWS for key in row.keys}
    problems = [f"nobody presses {key}" for key in sorted(set(crawl.buttons) - keys)]
    problems += [f"no view has {key}" for key in sorted(keys - set(crawl.buttons))]
    assert not problems, "\n".join(problems)
