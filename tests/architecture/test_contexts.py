"""The context of a call is the client's: no guard of ours listens to it."""

import ast

import pytest

from .sources import code_files, name_of

# Where a plain key is read: what a client could do by sending it, or leaving it out.
ALLOWED = {
    ("clinic_invoicing/server_side.py", "flag"): (
        "It hears only what our own code has told, see there."
    ),
    ("clinic_invoicing/models/invoicing/account_move_batch.py",)
    + ("default_invoice_cash_rounding_id",): (
        "It chooses the slower of two ways to make the same invoices."
    ),
    (
        "clinic_invoicing/models/invoicing/account_move_batch_chatter.py",
        "mail_create_nolog",
    ): ("Odoo's own: nothing is said of a new invoice, whose creator stays in it."),
    (
        "clinic_invoicing/models/invoicing/account_move_batch_chatter.py",
        "tracking_disable",
    ): ("As the one above."),
    ("clinic_invoicing/models/paying/clinic_open_item.py", "AS_OF"): (
        "The date as of which a page is shown; it shows nothing of others."
    ),
    ("clinic_invoicing/models/remittances/clinic_remittance.py", "ANSWERED"): (
        "What a draft is about; it names what its user may read, as its lines may."
    ),
    ("clinic_invoicing/models/undo/account_move_line.py", "active_ids"): (
        "Core's own way to say what was selected; its rights are checked by Core."
    ),
    ("clinic_invoicing/models/visits/clinic_service.py", "default_event_id"): (
        "It is read to be checked, as the value that it stands for."
    ),
    ("clinic_invoicing/wizards/paying/account_payment_register.py",)
    + ("clinic_received_outside",): (
        "It leaves out what Odoo's own dialog offers; without it the dialog is that."
    ),
    ("clinic_invoicing/wizards/plans/clinic_payment_plan_proposal.py", "active_ids"): (
        "What was selected; its rights are checked when the plan is made."
    ),
}


def is_context(node):
    return "context" in (getattr(node, "attr", ""), getattr(node, "id", ""))


def key_of(node):
    return getattr(node, "value", getattr(node, "id", ""))


def keys_read(tree):
    """Return the keys, or the names of their constants, that are read of a context."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get":
            if is_context(node.func.value):
                yield key_of(node.args[0])
        elif isinstance(node, ast.Subscript) and is_context(node.value):
            if isinstance(node.ctx, ast.Load):
                yield key_of(node.slice)
        elif isinstance(node, ast.Compare) and is_context(node.comparators[0]):
            yield key_of(node.left)


def test_each_key_that_a_client_may_send_says_what_it_can_do():
    found = {
        (name_of(path), key)
        for path in code_files()
        for key in keys_read(ast.parse(path.read_text("utf-8")))
    }
    assert found == ALLOWED.keys()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("self.env.context.get('flag')", ["flag"]),
        ("env.context[FLAG]", ["FLAG"]),
        ("'flag' in self.env.context", ["flag"]),
        ("context.get('flag')", ["flag"]),
        ("context['flag'] = True", []),
        ("heard(self.env, 'flag')", []),
    ],
)
def test_what_reads_a_context_is_found(source, expected):
    assert list(keys_read(ast.parse(source))) == expected
