"""What Core's Stripe does wrong for a clinic: shown on Odoo alone, shown to be gone.

Each finding is one scenario, run inside Odoo on two databases. That Core shows the
defect proves that the scenario would see it.
"""

import pytest
from odoo_runs import run_step

from workbench import databases, postgres
from workbench.emulator import running_emulator


def run_findings(kind):
    with databases.cloned(kind) as database, running_emulator() as emulator:
        return run_step(database, "findings.all_of_them", emulator=emulator.url)


@pytest.fixture(scope="module")
def facts():
    """Return a function that gives a scenario's facts, on Odoo alone and with ours."""
    with postgres.running():
        told = {kind: run_findings(kind) for kind in ("core", "full")}

    def of(finding):
        return told["core"][finding], told["full"][finding]

    return of


def test_f1_a_message_that_nobody_signed_pays_nothing(facts):
    core, ours = facts("f1")
    assert core == {"status": 200, "state": "done"}
    assert ours == {"status": 403, "state": "draft"}


def test_f2_the_intent_of_another_payment_pays_nothing(facts):
    core, ours = facts("f2")
    assert core == {"paid": "done", "unpaid": "done"}
    assert ours == {"paid": "done", "unpaid": "draft"}


def test_f3_a_refund_leaves_nothing_open_that_need_not(facts):
    core, ours = facts("f3_refund")
    # The money is back with the client, who seems to owe it beside a paid invoice.
    assert core == {"residual": 0, "open": [120]}
    assert ours == {"residual": 120, "open": [120]}


def test_f3_a_refund_that_fails_is_undone(facts):
    core, ours = facts("f3_failed_refund")
    assert core == {"given_back": True, "open": [120]}
    assert ours == {"given_back": False, "open": []}


def test_f3_what_the_bank_takes_back_is_owed_again(facts):
    core, ours = facts("f3_dispute")
    assert core == {"residual": 0}
    assert ours == {"residual": 120}


def test_f4_a_saved_account_that_takes_days_is_booked_when_it_has_paid(facts):
    core, ours = facts("f4")
    assert core == {"states": ["pending", "done"], "residual": 120}
    assert ours == {"states": ["pending", "done"], "residual": 0}


def test_f5_a_charge_that_odoo_forgot_is_found(facts):
    core, ours = facts("f5")
    charged = {"charged": [12000], "status": 200}
    assert core == {**charged, "residual": 120, "credit": 0}
    assert ours == {**charged, "residual": 0, "credit": 0}


def test_f6_overdue_invoices_ask_for_what_is_left_of_them(facts):
    core, ours = facts("f6")
    assert core == {"asked": 240, "owed": 200}
    assert ours == {"asked": 200, "owed": 200}


def test_f7_only_what_is_owed_can_be_paid(facts):
    core, ours = facts("f7")
    asked = ("paid", "cancelled", "draft", "too much", "negative")
    assert core == {**dict.fromkeys(asked, True), "owed": True}
    assert ours == {**dict.fromkeys(asked, False), "owed": True}


def test_f8_no_invoice_is_paid_without_a_charge(facts):
    core, ours = facts("f8")
    assert core == {"residuals": [0, 0], "charged": 0, "refused": False}
    assert ours == {"residuals": [120, 80], "charged": 0, "refused": "UserError"}


def test_f9_giving_up_an_authorisation_is_no_refund(facts):
    core, ours = facts("f9_void")
    assert core == {"refunds": 1}
    assert ours == {"refunds": 0}


def test_f9_the_refund_of_a_captured_payment_is_booked_once(facts):
    core, ours = facts("f9_capture")
    assert core == {"refunds": 2}
    assert ours == {"refunds": 1}


def test_f10_an_endpoint_of_todays_version_is_understood(facts):
    core, ours = facts("f10")
    assert core == {"status": 500, "refunds": 0}
    assert ours == {"status": 200, "refunds": 1}


def test_f11_a_series_that_is_moved_keeps_what_it_bills(facts):
    core, ours = facts("f11")
    assert core == {"replaced": True, "services_kept": False}
    assert ours == {"replaced": True, "services_kept": True}


def test_f11_what_is_billed_is_only_for_those_who_bill(facts):
    core, ours = facts("f11_access")
    people = ("attendee reads", "colleague reads", "colleague writes")
    assert core == dict.fromkeys(people, True)
    assert ours == dict.fromkeys(people, False)


def test_f12_nothing_personal_is_logged_or_sent(facts):
    core, ours = facts("f12")
    assert core == {"lines": True, "marked": True, "told_stripe": True}
    assert ours == {"lines": True, "marked": False, "told_stripe": False}
