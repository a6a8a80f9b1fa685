"""Visits that do not take place, and group sessions, at the front desk."""

import re

import pytest
from people import EDGE
from playwright.sync_api import expect

SELF_PAY = "Counselling 45 min (Self-Pay)"
POPOVER = ".o_cw_popover"


@pytest.fixture
def front_desk(person):
    return person("frontdesk")


def test_a_missed_visit_is_charged_from_its_block(front_desk):
    block = front_desk.books("Sam Nobody", "Omar Placeholder", SELF_PAY, hour=19)
    block.click(position=EDGE)
    front_desk.sees(".o_clinic_cancel_visit", "Cancel Visit")
    front_desk.look("block")
    front_desk.page.click(".o_clinic_no_show")
    front_desk.sees(".modal div[name=effect]", "Sam Nobody: No-show Fee, $\xa040.00")
    front_desk.page.check(".modal div[name=waive] input")
    front_desk.sees(".modal div[name=effect]", "is waived")
    front_desk.look("waiver")
    front_desk.page.uncheck(".modal div[name=waive] input")
    front_desk.sees(".modal div[name=effect]", "billed to Sam Nobody")
    front_desk.look("no-show")
    front_desk.page.click(".modal button[name=action_confirm]")
    front_desk.is_told("To be invoiced: Fee for a missed visit")
    block.click(position=EDGE)
    front_desk.sees(POPOVER, "No-show")
    front_desk.look("closed-block")
    front_desk.page.click(f"{POPOVER} .o_clinic_invoice_appointment")
    front_desk.sees(".o_clinic_desk_payer", "Sam Nobody")


def test_a_group_session_is_completed_and_each_patient_is_billed(front_desk):
    front_desk.open("/odoo/clinic-appointments")
    block = front_desk.page.locator(".fc-event", has_text="4 patients")
    block.first.click(position=EDGE)
    front_desk.sees(POPOVER, "4 patients")
    front_desk.look("group-block")
    front_desk.opens("calendar.event", "Back School")
    front_desk.page.click("a[name=clinic_services]")
    front_desk.sees(".o_data_row:has-text('Rosa Fictiva')")
    front_desk.look("group")
    front_desk.page.click("button[name=action_clinic_add_patients]")
    front_desk.chooses("patient_ids", "Yuki Madeup")
    front_desk.look("add-patients")
    front_desk.page.click(".modal button[name=action_confirm]")
    front_desk.sees(".o_data_row:has-text('Yuki Madeup')")
    rosa = front_desk.page.locator(".o_data_row", has_text="Rosa Fictiva")
    rosa.locator("button[name=action_absent]").click()
    front_desk.sees(".modal div[name=effect]", "Rosa Fictiva: No-show Fee")
    front_desk.page.click(".modal button[name=action_confirm]")
    expect(rosa).to_have_count(2)
    front_desk.look("absent")
    front_desk.page.click("button[name=action_clinic_complete_and_invoice]")
    front_desk.sees(".o_clinic_desk_others", "Yuki Madeup")
    front_desk.look("payment-step")
    front_desk.opens("calendar.event", "Back School")
    front_desk.page.click("a[name=clinic_services]")
    invoiced = front_desk.page.locator(".o_data_row", has_text=re.compile("Invoiced"))
    expect(invoiced).to_have_count(4)
    front_desk.look("group-invoiced")


def test_the_administrator_finds_the_settings(person):
    admin = person("admin")
    admin.open("/odoo/action-clinic_invoicing.res_config_settings_action")
    admin.sees("div[name=clinic_no_show_rate_id]")
    admin.look("settings")
