"""Every menu of both addons opens, in each of its views, also a new record.

For the front desk and for the manager; with CLINIC_CRAWL=others for the other roles,
with CLINIC_CRAWL=all for every one.
"""

import pytest
from crawl import inventory
from crawl.hands import Hands
from crawl.office import Office
from crawl.rows import BY_LOWEST, BY_OTHERS, FRONT_DESK, MANAGER, STAFF
from playwright.sync_api import Error

from workbench.paths import BUILD

# What Odoo shows in empty lists is made up: nobody can open it.
RECORDS = ".o_action .o_content:not(.o_view_sample_data)"
FIRST = (
    f"{RECORDS} :is(.o_data_row .o_data_cell, .o_kanban_record:not(.o_kanban_ghost))"
)
MENUS = "odoo.__WOWL_DEBUG__.root.env.services.menu.getAll()"


ALWAYS = (FRONT_DESK, MANAGER)
LOGINS = [role for role in STAFF if (BY_LOWEST if role in ALWAYS else BY_OTHERS)]


@pytest.fixture
def hands(browser, practice, login):
    office = Office(practice.url, practice.database)
    pictures = BUILD / "screenshots" / "crawler"
    seated = Hands(browser, practice, office, {}, login, pictures)
    yield seated
    seated.leaves()


@pytest.mark.parametrize("login", LOGINS)
def test_every_menu_opens_in_every_view(hands):
    hands.goes("/odoo/clinic-programs")
    hands.page.wait_for_selector(".o_list_view")
    menus = [
        menu
        for menu in hands.page.evaluate(MENUS)
        if menu.get("xmlid", "").split(".")[0] in inventory.MODULES
        and menu.get("actionID")
    ]
    assert len(menus) > 3
    faults = []
    for menu in menus:
        hands.begins()
        try:
            opens_all_views(hands, menu["actionID"])
        except (AssertionError, Error) as fault:
            faults.append(f"{menu['name']}: {fault}")
    assert not faults, "\n".join(faults)


def opens_all_views(hands, action):
    hands.does(action)
    hands.is_well()
    switches = hands.page.locator(".o_switch_view")
    kinds = [switch.get_attribute("class") for switch in switches.all()]
    for kind in kinds or [None]:
        if kind:
            hands.page.locator(f".o_switch_view.{get_view(kind)}").click()
            hands.settles()
            hands.is_well()
        opens_first_record(hands)
        begins_new_record(hands, action)


def get_view(classes):
    """`o_switch_view o_list active` is of `o_list`."""
    (view,) = [
        each
        for each in classes.split()
        if each.startswith("o_") and each != "o_switch_view"
    ]
    return view


def opens_first_record(hands):
    """Open what stands first, and come back."""
    row = hands.page.locator(FIRST).filter(visible=True)
    if row.count():
        # Where its cells are narrow, another element may lie on the middle of one.
        row.first.dispatch_event("click")
        hands.settles()
        hands.is_well()
        if hands.page.locator(".o_back_button").count():
            hands.page.locator(".o_back_button").click()
            hands.settles()
    hands.is_well()


def begins_new_record(hands, action):
    """Open an empty form, and leave it again."""
    new = hands.page.locator(".o_list_button_add:visible, .o-kanban-button-new:visible")
    if new.count():
        new.first.click()
        hands.settles()
        hands.is_well()
        hands.does(action)
