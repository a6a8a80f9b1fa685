"""Today is the practice's day; whoever means another one says why."""

import ast

import pytest

from .sources import ADDONS, ROOT, code_files, files_of_tests, name_of

# What asks for a day, or a moment without its zone, by the names before the dot.
ASKING = {
    "context_today": None,
    "today": ("Date", "date", "Datetime", "datetime"),
    "now": ("datetime",),
    "utcnow": ("datetime",),
}
# Each has been looked at: (file, function), and why it is not the practice's day that
# `res.company._clinic_get_day()` knows.
ALLOWED = {
    ("clinic_invoicing/models/settings/res_company.py", "_clinic_get_today"): (
        "The earlier of two days: the practice's, and the payer's."
    ),
    ("clinic_invoicing/models/settings/res_company.py", "_clinic_get_day_in"): (
        "It is the answer: the day in the zone of the practice."
    ),
    ("clinic_invoicing/models/charges/clinic_scheduled_charge_job.py", "_query_due"): (
        "Charges of all practices are looked for, and each has a day of its own."
    ),
    ("clinic_stripe_gateway/models/cards/payment_token_offer.py",)
    + ("_clinic_get_expiring_domain",): (
        "Cards of all practices are looked for, a month before: a day is nothing."
    ),
    ("clinic_stripe_gateway/models/cards/payment_token_offer.py",)
    + ("_cron_warn_of_expiry",): (
        "It only remembers that somebody was told; nothing is compared with the day."
    ),
    (
        "clinic_stripe_gateway/models/ledger/clinic_stripe_check.py",
        "_compute_display_name",
    ): ("The two moments are shown beside it in the zone of who looks."),
    ("clinic_stripe_gateway/cli/stripe_ledger.py", "_parse"): (
        "Whoever types the command knows no practice yet; its days are UTC's."
    ),
}
ALLOWED_TESTS = {
    ("tests/browser/people.py", "now"): "It is what somebody's own clock shows.",
    ("tests/matrix/flows_of_deposits.py", "book_visit"): "A moment, with its zone.",
}
# Views cannot ask the practice: the filter is the user's own.
ALLOWED_VIEWS = {"clinic_invoicing/views/reminders/clinic_reminder_views.xml"}


def asks(node):
    """Whether an expression asks for a day in a zone that happens to be there."""
    if not isinstance(node, ast.Attribute) or node.attr not in ASKING:
        return False
    owner = getattr(node.value, "attr", getattr(node.value, "id", None))
    return not ASKING[node.attr] or owner in ASKING[node.attr]


def functions_asking(tree, name=""):
    """Return the names of the functions that ask; empty for a class or a module."""
    if isinstance(tree, ast.FunctionDef):
        name = tree.name
    if asks(tree):
        yield name
    for node in ast.iter_child_nodes(tree):
        yield from functions_asking(node, name)


def test_each_day_is_the_practices_or_says_why():
    found = {
        (name_of(path), name)
        for path in code_files()
        for name in functions_asking(ast.parse(path.read_text("utf-8")))
    }
    assert found == ALLOWED.keys()


def test_tests_know_no_other_day_either():
    found = {
        (name_of(path), name)
        for path in files_of_tests()
        for name in functions_asking(ast.parse(path.read_text("utf-8")))
    }
    assert found == ALLOWED_TESTS.keys()


def test_views_do_not_ask_for_other_days():
    found = {
        name_of(path)
        for addon in ADDONS
        for path in (ROOT / addon).rglob("*.xml")
        if "context_today" in path.read_text("utf-8")
    }
    assert found == ALLOWED_VIEWS


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f():\n    return fields.Date.context_today(self)", ["f"]),
        ("day = fields.Date(default=fields.Date.context_today)", [""]),
        ("def f():\n    return max(fields.Date.today(), date.today())", ["f", "f"]),
        ("def f():\n    return datetime.now().date()", ["f"]),
        ("def f():\n    return datetime.datetime.utcnow()", ["f"]),
        # A moment is the same everywhere.
        ("def f():\n    return fields.Datetime.now()", []),
        ("def f():\n    return company._clinic_get_day()", []),
    ],
)
def test_what_asks_is_found(source, expected):
    assert list(functions_asking(ast.parse(source))) == expected
