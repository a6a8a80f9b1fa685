from odoo.exceptions import UserError
from odoo.fields import Command

BOOKED = ("in_process", "paid")


def is_booked(payment):
    """Whether the books say all of what they have said of this money."""
    payment.env.invalidate_all()
    if not payment.exists() or payment.state not in BOOKED:
        return False
    entry = payment.move_id
    money = payment._seek_for_lines()[0]
    return (
        entry.state == "posted"
        and entry.origin_payment_id == payment
        and not entry.reversal_move_ids
        and not payment.currency_id.compare_amounts(
            sum(money.mapped("amount_currency")), payment.amount_signed
        )
    )


def load(records, **values):
    """Import these values as a spreadsheet would; what is refused is raised."""
    rows = [[record.id, *values.values()] for record in records]
    result = records.load([".id", *values], rows)
    if not result["ids"]:
        raise UserError(" ".join(each["message"] for each in result["messages"]))


def reverse_by_wizard(payments):
    moves = payments.move_id
    wizard = (
        moves.env["account.move.reversal"]
        .with_context(active_model="account.move", active_ids=moves.ids)
        .create({"journal_id": moves.journal_id.id})
    )
    wizard.refund_moves()


def delete_lines(payments):
    lines = payments.move_id.line_ids
    lines.with_context(force_delete=True, dynamic_unlink=True).unlink()


def empty_lines(payments):
    commands = [
        Command.update(line.id, {"balance": 0, "amount_currency": 0})
        for line in payments.move_id.line_ids
    ]
    context = {"skip_readonly_check": True, "check_move_validity": False}
    payments.move_id.with_context(**context).write({"line_ids": commands})


def add_lines(payments):
    """Book the opposite in the posted entry itself."""
    payments.env["account.move.line"].create(
        [
            {
                "move_id": line.move_id.id,
                "account_id": line.account_id.id,
                "partner_id": line.partner_id.id,
                "balance": -line.balance,
                "amount_currency": -line.amount_currency,
            }
            for line in payments.move_id.line_ids
        ]
    )


def turn_round(payments):
    for payment in payments:
        is_inbound = payment.payment_type == "inbound"
        payment.payment_type = "outbound" if is_inbound else "inbound"


def part_from_entry(payments):
    entries = payments.move_id
    entries.origin_payment_id = False
    entries.button_draft()


def part_from_transaction(payments):
    payments.payment_transaction_id = False
    payments.action_draft()


# Every way by which Odoo lets who keeps the books take a payment out of them.
DOORS = {
    "reset": lambda payments: payments.action_draft(),
    "cancel": lambda payments: payments.action_cancel(),
    "reject": lambda payments: payments.action_reject(),
    "delete": lambda payments: payments.unlink(),
    "write draft": lambda payments: payments.write({"state": "draft"}),
    "write canceled": lambda payments: payments.write({"state": "canceled"}),
    "write rejected": lambda payments: payments.write({"state": "rejected"}),
    "save": lambda payments: payments.web_save({"state": "draft"}, {}),
    "import": lambda payments: load(payments, state="canceled"),
    "another amount": lambda payments: payments.write({"amount": 0.01}),
    "the other way": turn_round,
    "no entry": lambda payments: payments.write({"move_id": False}),
    "no transaction": part_from_transaction,
    "entry: reset": lambda payments: payments.move_id.button_draft(),
    "entry: cancel": lambda payments: payments.move_id.button_cancel(),
    "entry: delete": lambda payments: payments.move_id.with_context(
        force_delete=True
    ).unlink(),
    "entry: write": lambda payments: payments.move_id.write({"state": "draft"}),
    "entry: import": lambda payments: load(payments.move_id, state="cancel"),
    "entry: part": part_from_entry,
    "entry: payments": lambda payments: payments.move_id.write(
        {"payment_ids": [Command.clear()]}
    ),
    "entry: reverse": reverse_by_wizard,
    "entry: no lines": delete_lines,
    "entry: empty lines": empty_lines,
    "entry: more lines": add_lines,
}
# What Odoo itself refuses, or what needs a transaction, for any payment.
CLOSED_BY_ODOO = {
    "entry: delete",
    "entry: payments",
    "no entry",
    "no transaction",
}
