"""pytest plugin: Odoo's own tests of what we build on, with our addons installed.

Those of its payments run twice, each test in one of the runs: those that put a stand-in
in the place of Core's transport need that transport, which a system parameter brings
back; all others run as a practice does.
"""

import inspect
from dataclasses import dataclass

import pytest

from . import clock, odoo_source

# Files of `account` that touch what ours overrides: payments and who made them, posted
# entries and their matching, numbers, discounts, documents, the portal's pages, and
# partners that are merged. Of them the long ones are left to `make test-all`, as are
# those of what ours passes on unchanged. Nothing of ours is near the others: taxes,
# charts, reports, analytic accounts, vendors' documents.
ACCOUNT_PAID = (
    "test_account_bank_statement",
    "test_account_move_duplicate",
    "test_account_move_entry",
    "test_account_move_out_refund",
    "test_account_move_payments_widget",
    "test_account_move_reconcile",
    "test_account_partner",
    "test_account_payment",
    "test_account_payment_duplicate",
    "test_account_payment_items",
    "test_account_payment_method_line",
    "test_account_payment_register",
    "test_audit_trail",
    "test_download_docs",
    "test_early_payment_discount",
    "test_ir_actions_report",
    "test_payment_term",
    "test_portal_attachment",
    "test_portal_invoice",
    "test_product",
    "test_res_partner_merge",
    "test_sequence_mixin",
    "test_transfer_wizard",
    "test_unexpected_invoice",
)
ACCOUNT_POSTED = (
    "test_account_inalterable_hash",
    "test_account_invoice_report",
    "test_account_journal_dashboard",
    "test_account_lock_exception",
    "test_account_merge_wizard",
    "test_account_move_date_algorithm",
    "test_account_move_in_invoice",
    "test_account_move_in_refund",
    "test_account_move_out_invoice",
    "test_account_move_send",
    "test_account_section_and_subsection",
    "test_company_branch",
    "test_invoice_taxes",
    "test_mail_tracking_value",
    "test_tour",
)


def _of_account(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"account/tests/{name}.py" for name in names)


@dataclass(frozen=True)
class Run:
    """Tests that run together on one database."""

    what: str
    # Below the folder of Odoo's addons.
    paths: tuple[str, ...]
    # Of the template.
    kind: str = "full"
    uses_core_transport: bool = False
    # In a browser, whose pages would have to make their bundles.
    has_tours: bool = True


# On two cores that others use as well they took 550, 40, 400 and 90 seconds.
RUNS = {
    "sdk": Run(
        "of payments, calendar and portal",
        (
            "payment/tests",
            "payment_stripe/tests",
            "account_payment/tests",
            "calendar/tests",
            "portal/tests",
            *_of_account(ACCOUNT_PAID),
        ),
    ),
    "core": Run(
        "of Stripe, with Core's transport",
        ("payment_stripe/tests",),
        uses_core_transport=True,
    ),
    "posted": Run("of posted entries", _of_account(ACCOUNT_POSTED)),
    "connectors": Run(
        "of other calendars",
        ("google_calendar/tests", "microsoft_calendar/tests"),
        kind="connectors",
        has_tours=False,
    ),
}
OF_EACH_CHANGE = ("sdk", "core")
SLOW = ("posted", "connectors")
# Core's transport instead of the SDK, as an administrator sets it.
USE_CORE_TRANSPORT = """
insert into ir_config_parameter (key, value)
values ('clinic_stripe_gateway.use_sdk', 'False')
    on conflict (key) do update set value = excluded.value
"""

# They replace a method of Core's that ours does not reach, or post unsigned events.
NEED_CORE_TRANSPORT = {
    "payment_stripe/TestRefundFlows": (
        "test_canceled_refund_webhook_notification_triggers_processing",
        "test_refund_id_is_set_as_provider_reference",
    ),
    "payment_stripe/StripeTest": (
        "test_return_from_tokenization_request",
        "test_tx_state_after_send_capture_request",
        "test_tx_state_after_send_void_request",
        "test_validate_amount_succeeds_for_special_currencies",
        "test_webhook_notification_confirms_transaction",
        "test_webhook_notification_tokenizes_payment_method",
        "test_webhook_notification_triggers_signature_check",
    ),
}
# What our addons change on purpose, with the reason. docs/developer/testing.md names
# it too.
CHANGED_ON_PURPOSE = {
    "account_payment/TestFlows": {
        "test_invoice_payment_flow": (
            "It pays 1111.11 on an invoice of another amount, and only what is owed "
            "may be paid."
        ),
    },
}
# What starts a browser of Odoo's own.
TOURS = ("browser_js(", "start_tour(")
# docs/developer/testing.md names it too.
NO_TOURS = (
    "On another day Odoo's own tours are not played: they start a browser, and a"
    " shifted clock keeps it from starting."
)


def paths(run: Run) -> list[str]:
    """Return the paths of a run's tests."""
    addons = odoo_source.locate(fetch=False).import_path / "odoo" / "addons"
    return [str(addons / path) for path in run.paths]


def pytest_addoption(parser):
    parser.addoption("--core-run", choices=tuple(RUNS), required=True)


# First: what a word like -k leaves out is there all the same.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    if config.getoption("--core-run") == "sdk":
        _check_that_all_exist(items)
        elsewhere = [item for item in items if _is_in(NEED_CORE_TRANSPORT, item)]
        items[:] = [item for item in items if item not in elsewhere]
        config.hook.pytest_deselected(items=elsewhere)
    for item in items:
        if _is_in(CHANGED_ON_PURPOSE, item):
            reason = CHANGED_ON_PURPOSE[_class_of(item)][item.name]
            item.add_marker(pytest.mark.skip(reason=reason))
        elif clock.is_shifted() and _is_tour(item):
            item.add_marker(pytest.mark.skip(reason=NO_TOURS))


def _is_tour(item) -> bool:
    source = inspect.getsource(item.function)
    return any(word in source for word in TOURS)


def _class_of(item) -> str:
    """Return addon and class of a test."""
    return f"{item.path.parents[1].name}/{item.cls.__name__}"


def _is_in(table, item) -> bool:
    return item.name in table.get(_class_of(item), ())


def _check_that_all_exist(items) -> None:
    """A name that fits nothing would hide that Core has changed."""
    found = {(_class_of(item), item.name) for item in items}
    for table in (NEED_CORE_TRANSPORT, CHANGED_ON_PURPOSE):
        for owner, names in table.items():
            missing = [name for name in names if (owner, name) not in found]
            if missing:
                raise pytest.UsageError(f"{owner} has no {', '.join(missing)}")
