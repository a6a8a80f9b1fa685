"""A remittance of thousands of services, from a file: all of it in one go, or nothing.

`CLINIC_REMITTANCE_LINES=1000` plays it with as many.
"""

import base64
import os
import time
from datetime import date, timedelta
from functools import partial

import pytest

from odoo.exceptions import UserError
from odoo.fields import Command

LINES = int(os.environ.get("CLINIC_REMITTANCE_LINES", "5000"))
PATIENTS = 50
PRICE = 80
FIRST_DAY = date(2024, 1, 1)
HEAD = "Date of service,Patient,Paid,Contractual"
# Of this process, for each of the lines; each with each would take minutes.
MOST_SECONDS = 0.01
# What the list shows of each line.
SHOWN = {
    "share_id": {},
    "amount_open": {},
    "paid": {},
    "amount_rest": {},
    "problem": {},
}


# === WHAT PEOPLE DO === #


def create_insurer(practice):
    """Return an insurer who owes for services of many days and patients."""

    def create(env):
        env = env(su=True)
        insurer = env["res.partner"].create(
            {"name": "Invented Mutual", "is_company": True}
        )
        rate = env["product.product"].create(
            {
                "name": "Insured",
                "type": "service",
                "list_price": PRICE,
                "taxes_id": [Command.clear()],
                "clinic_is_rate": True,
                "clinic_is_invoiced": False,
            }
        )
        patients = env["res.partner"].create(
            [
                {
                    "name": f"Invented Patient {number}",
                    "clinic_is_patient": True,
                    "clinic_insurer_id": insurer.id,
                    "clinic_member_number": f"M-{number}",
                }
                for number in range(PATIENTS)
            ]
        )
        env["clinic.service"].create(
            [
                {
                    "patient_id": patients[number % PATIENTS].id,
                    "rate_id": rate.id,
                    "date": get_day(number),
                }
                for number in range(LINES)
            ]
        )
        return insurer.id

    return practice.run("manager", create)


def get_day(number):
    return FIRST_DAY + timedelta(days=number // PATIENTS)


def write_rows():
    """Return the rows of a file that names each service once; some are short."""
    return [
        f"{get_day(number)},m-{number % PATIENTS},{(80, 60)[number % 2]},"
        f"{('', 20)[number % 2]}"
        for number in range(LINES)
    ]


def start_remittance(insurer_id, total, env):
    return (
        env["clinic.remittance"]
        .create({"insurer_id": insurer_id, "reference": "LARGE", "amount": total})
        .id
    )


def import_rows(remittance_id, rows, env):
    content = "\n".join([HEAD, *rows]).encode()
    env["clinic.remittance.import"].create(
        {"remittance_id": remittance_id, "file": base64.b64encode(content)}
    ).action_import()


def look(remittance_id, env):
    """Read what the page shows of a remittance."""
    spec = {
        "amount_left": {},
        "problem_count": {},
        "state": {},
        "line_ids": {"fields": SHOWN, "limit": 200},
    }
    (shown,) = env["clinic.remittance"].browse(remittance_id).web_read(spec)
    return shown


def press(button, remittance_id, env):
    getattr(env["clinic.remittance"].browse(remittance_id), button)()


def in_time(practice, login, action):
    """Let somebody do something; it takes no longer than so many lines may."""
    started = time.process_time()
    result = practice.run(login, action)
    seconds = time.process_time() - started
    assert seconds < MOST_SECONDS * LINES, f"{action}: {seconds:.0f} s"
    return result


# === TESTS === #


@pytest.fixture(scope="module")
def insurer(practice):
    return create_insurer(practice)


def test_thousands_of_lines_are_imported_posted_and_undone(practice, insurer):
    total = LINES // 2 * (80 + 60)
    remittance = practice.run("biller", partial(start_remittance, insurer, total))
    in_time(practice, "biller", partial(import_rows, remittance, write_rows()))
    shown = in_time(practice, "biller", partial(look, remittance))
    assert (shown["amount_left"], shown["problem_count"]) == (0, 0)
    assert [line["amount_rest"] for line in shown["line_ids"][:200]] == [0] * 200
    for button, login, owed in (
        ("action_post", "biller", 0),
        ("action_undo", "manager", LINES * PRICE),
    ):
        in_time(practice, login, partial(press, button, remittance))
        assert practice.run("biller", partial(sum_owed, insurer)) == owed


def sum_owed(insurer_id, env):
    [(owed,)] = env["clinic.service.share"]._read_group(
        [("partner_id", "=", insurer_id)], aggregates=["amount_due:sum"]
    )
    return owed


def test_one_line_that_cannot_be_read_keeps_all_out(practice, insurer):
    remittance = practice.run("biller", partial(start_remittance, insurer, 0))
    rows = [*write_rows(), "2024-02-30,m-1,80,"]
    with pytest.raises(UserError, match=f"Line {LINES + 2}: .*2024-02-30"):
        practice.run("biller", partial(import_rows, remittance, rows))
    assert not practice.run("biller", partial(look, remittance))["line_ids"]


def test_what_is_said_again_stays_visible(practice, insurer):
    remittance = practice.run("biller", partial(start_remittance, insurer, 0))
    rows = [*write_rows(), f"{get_day(0)},m-0,80,", f"{get_day(0)},nobody,80,"]
    practice.run("biller", partial(import_rows, remittance, rows))
    shown = practice.run("biller", partial(look, remittance))
    assert shown["problem_count"] == 3
    assert shown["line_ids"][0]["problem"] == "It is named twice."
