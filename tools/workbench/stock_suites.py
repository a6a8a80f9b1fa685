"""pytest plugin: Odoo's own tests of what we build on, with our addons installed.

They run twice, each test in one of the runs: those that put a stand-in in the place of
stock's transport need that transport, which a system parameter brings back; all others
run as a practice does.
"""

import pytest

from . import odoo_source

TRANSPORTS = ("sdk", "stock")
FOLDERS = {
    "sdk": ("payment", "payment_stripe", "account_payment"),
    "stock": ("payment_stripe",),
}
# Stock's transport instead of the SDK, as an administrator sets it.
USE_STOCKS_TRANSPORT = """
insert into ir_config_parameter (key, value)
values ('clinic_stripe_gateway.use_sdk', 'False')
    on conflict (key) do update set value = excluded.value
"""

# They replace a method of stock's that ours does not reach, or post unsigned events.
NEED_STOCKS_TRANSPORT = {
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
# What our addons change on purpose, with the reason. The README names it too.
CHANGED_ON_PURPOSE = {
    "account_payment/TestFlows": {
        "test_invoice_payment_flow": (
            "It pays 1111.11 on an invoice of another amount, and only what is owed "
            "may be paid."
        ),
    },
}


def paths(transport: str) -> list[str]:
    """Return the folders of the tests that run with this transport."""
    addons = odoo_source.locate(fetch=False).import_path / "odoo" / "addons"
    return [str(addons / name / "tests") for name in FOLDERS[transport]]


def pytest_addoption(parser):
    parser.addoption("--stock-transport", choices=TRANSPORTS, required=True)


# First: what a word like -k leaves out is there all the same.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    transport = config.getoption("--stock-transport")
    if transport == "sdk":
        _check_that_all_exist(items)
        elsewhere = [item for item in items if _is_in(NEED_STOCKS_TRANSPORT, item)]
        items[:] = [item for item in items if item not in elsewhere]
        config.hook.pytest_deselected(items=elsewhere)
    for item in items:
        if _is_in(CHANGED_ON_PURPOSE, item):
            reason = CHANGED_ON_PURPOSE[_class_of(item)][item.name]
            item.add_marker(pytest.mark.skip(reason=reason))


def _class_of(item) -> str:
    """Return addon and class of a test."""
    return f"{item.path.parents[1].name}/{item.cls.__name__}"


def _is_in(table, item) -> bool:
    return item.name in table.get(_class_of(item), ())


def _check_that_all_exist(items) -> None:
    """A name that fits nothing would hide that stock has changed."""
    found = {(_class_of(item), item.name) for item in items}
    for table in (NEED_STOCKS_TRANSPORT, CHANGED_ON_PURPOSE):
        for owner, names in table.items():
            missing = [name for name in names if (owner, name) not in found]
            if missing:
                raise pytest.UsageError(f"{owner} has no {', '.join(missing)}")
