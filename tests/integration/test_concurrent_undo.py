"""Several managers undo at once: the money goes back once."""

from contextlib import closing
from functools import partial

import pytest
from practices import PRICE, Attempts, at_once, pay_in_cash

from odoo.exceptions import UserError, ValidationError
from odoo.service.model import retrying

# === WHAT PEOPLE DO === #


def reverse(payment_id, amount, env):
    payment = env["account.payment"].browse(payment_id)
    wizard = env["clinic.payment.reversal"].create(
        {"payment_id": payment.id, "mode": "refund", "amount": amount, "reason": "-"}
    )
    wizard.action_confirm()


def void(invoice_id, env):
    wizard = env["clinic.invoice.void"].create(
        {"invoice_ids": [invoice_id], "reason": "-"}
    )
    wizard.action_confirm()


def allocate(payment_id, env):
    env["account.payment"].browse(payment_id).action_clinic_allocate()


@pytest.fixture
def paid(practice):
    """Return a paid invoice and its payment."""
    invoice = practice.create_bill()
    return invoice, practice.run("manager", partial(pay_in_cash, invoice))


def read_books(practice, invoice_id, payment_id):
    """Return what went back, and what is open of all that is reconcilable."""

    def read(env):
        invoice = env["account.move"].browse(invoice_id)
        payment = env["account.payment"].browse(payment_id)
        outbound = payment.clinic_reversal_ids
        entries = payment.move_id | outbound.move_id | invoice.reversal_move_ids
        lines = entries.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        return {
            "back": sum(outbound.mapped("amount")),
            "credited": sum(invoice.reversal_move_ids.mapped("amount_total")),
            "open": sum(lines.mapped("amount_residual")),
            "owed": invoice.amount_residual,
        }

    return practice.run("manager", read)


def assert_refused(outcomes, number=1):
    """All but as many of the calls have succeeded; these were told why not."""
    errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert len(errors) == number, outcomes
    assert all(isinstance(error, UserError) for error in errors), errors


# === TWO REVERSALS === #


def test_second_manager_is_told_while_the_first_is_reversing(practice, paid):
    invoice, payment = paid
    env = practice.transaction("manager")
    with closing(env.cr):
        reverse(payment, PRICE, env)
        env.flush_all()
        with pytest.raises(UserError, match="Somebody else is undoing"):
            practice.run("other_manager", partial(reverse, payment, PRICE))
        env.cr.commit()
    with pytest.raises(ValidationError):
        practice.run("other_manager", partial(reverse, payment, PRICE))
    assert read_books(practice, invoice, payment) == {
        "back": PRICE,
        "credited": 0,
        "open": 0,
        "owed": PRICE,
    }


def test_second_manager_with_an_older_view_finds_nothing_to_reverse(practice, paid):
    invoice, payment = paid
    env = practice.transaction("other_manager")
    with closing(env.cr):
        # The form was read when everything could still be given back.
        assert env["account.payment"].browse(payment).clinic_amount_returnable == PRICE
        practice.run("manager", partial(reverse, payment, 60))
        attempts = Attempts(partial(reverse, payment, 60))
        with pytest.raises(ValidationError, match="Only"):
            retrying(partial(attempts, env), env)
    # PostgreSQL itself has refused the first attempt.
    assert attempts.number > 1
    assert read_books(practice, invoice, payment)["back"] == 60


def test_two_managers_reversing_at_once_give_back_once(practice, paid):
    invoice, payment = paid
    outcomes = at_once(
        practice,
        ("manager", partial(reverse, payment, PRICE)),
        ("other_manager", partial(reverse, payment, PRICE)),
    )
    assert_refused(outcomes)
    books = read_books(practice, invoice, payment)
    assert (books["back"], books["open"]) == (PRICE, 0)


# === TWO VOIDS === #


def test_second_manager_is_told_while_the_first_is_voiding(practice, paid):
    invoice, payment = paid
    env = practice.transaction("manager")
    with closing(env.cr):
        void(invoice, env)
        env.flush_all()
        with pytest.raises(UserError, match="Somebody else is paying or voiding"):
            practice.run("other_manager", partial(void, invoice))
        env.cr.commit()
    with pytest.raises(UserError, match="voided before"):
        practice.run("other_manager", partial(void, invoice))
    assert read_books(practice, invoice, payment) == {
        "back": PRICE,
        "credited": PRICE,
        "open": 0,
        "owed": 0,
    }


def test_second_manager_with_an_older_view_finds_the_invoice_void(practice, paid):
    invoice, payment = paid
    env = practice.transaction("other_manager")
    with closing(env.cr):
        assert env["account.move"].browse(invoice).clinic_may_void
        practice.run("manager", partial(void, invoice))
        attempts = Attempts(partial(void, invoice))
        with pytest.raises(UserError, match="voided before"):
            retrying(partial(attempts, env), env)
    assert attempts.number > 1
    books = read_books(practice, invoice, payment)
    assert (books["back"], books["credited"]) == (PRICE, PRICE)


def test_two_managers_voiding_at_once_void_once(practice, paid):
    invoice, payment = paid
    outcomes = at_once(
        practice,
        ("manager", partial(void, invoice)),
        ("other_manager", partial(void, invoice)),
    )
    assert_refused(outcomes)
    books = read_books(practice, invoice, payment)
    assert (books["back"], books["credited"], books["open"]) == (PRICE, PRICE, 0)


# === ONE OF EACH === #


def test_void_and_reversal_at_once_give_back_once(practice, paid):
    invoice, payment = paid
    outcomes = at_once(
        practice,
        ("manager", partial(void, invoice)),
        ("other_manager", partial(reverse, payment, PRICE)),
    )
    for outcome in outcomes:
        assert not isinstance(outcome, Exception) or isinstance(outcome, UserError)
    books = read_books(practice, invoice, payment)
    assert (books["back"], books["open"]) == (PRICE, 0)


def test_reversal_and_allocation_at_once_use_the_money_once(practice, paid):
    invoice, payment = paid
    practice.run("manager", partial(take_off, payment, invoice))
    outcomes = at_once(
        practice,
        ("manager", partial(reverse, payment, PRICE)),
        ("other_manager", partial(allocate, payment)),
    )
    for outcome in outcomes:
        assert not isinstance(outcome, Exception) or isinstance(outcome, UserError)
    books = read_books(practice, invoice, payment)
    # It has paid the oldest invoice of the client, or gone back, and not both.
    assert books["open"] == 0
    assert books["back"] in (0, PRICE)


def take_off(payment_id, invoice_id, env):
    payment = env["account.payment"].browse(payment_id)
    payment._clinic_take_off(env["account.move"].browse(invoice_id))


# === A RESET OF WHAT A PROVIDER HAS CHARGED === #


def charge(payment_id, env):
    """Let a provider that charges by itself have taken the money of a payment."""
    env = env(su=True)
    payment = env["account.payment"].browse(payment_id)
    provider = env["payment.provider"].create({"name": "Elsewhere"})
    tx = env["payment.transaction"].create(
        {
            "provider_id": provider.id,
            "payment_method_id": env["payment.method"].search([], limit=1).id,
            "reference": f"charged-{payment_id}",
            "operation": "online_direct",
            "amount": payment.amount,
            "currency_id": payment.currency_id.id,
            "partner_id": payment.partner_id.id,
            "state": "done",
            "is_post_processed": True,
            "payment_id": payment_id,
        }
    )
    payment.payment_transaction_id = tx
    env.flush_all()
    # SQL: no provider of this kind is installed without the gateway.
    env.cr.execute(
        "UPDATE payment_provider SET code = 'elsewhere' WHERE id = %s", [provider.id]
    )


def reset(payment_id, env):
    env["account.payment"].browse(payment_id).action_draft()


def reset_entry(payment_id, env):
    env["account.payment"].browse(payment_id).move_id.button_draft()


def read_state(payment_id, env):
    payment = env["account.payment"].browse(payment_id)
    return payment.state in ("in_process", "paid"), payment.move_id.state


@pytest.mark.parametrize("by_hand", [reset, reset_entry])
def test_a_reset_while_somebody_voids_changes_nothing(practice, paid, by_hand):
    invoice, payment = paid
    practice.run("manager", partial(charge, payment))
    env = practice.transaction("manager")
    with closing(env.cr):
        void(invoice, env)
        env.flush_all()
        with pytest.raises(UserError, match="Reverse Payment"):
            practice.run("other_manager", partial(by_hand, payment))
        env.cr.commit()
    with pytest.raises(UserError, match="Reverse Payment"):
        practice.run("other_manager", partial(by_hand, payment))
    assert practice.run("manager", partial(read_state, payment)) == (True, "posted")
    books = read_books(practice, invoice, payment)
    assert (books["back"], books["credited"], books["open"]) == (PRICE, PRICE, 0)


def test_a_reset_and_a_void_at_once_give_back_once(practice, paid):
    invoice, payment = paid
    practice.run("manager", partial(charge, payment))
    outcomes = at_once(
        practice,
        ("manager", partial(void, invoice)),
        ("other_manager", partial(reset, payment)),
    )
    assert_refused(outcomes)
    assert practice.run("manager", partial(read_state, payment)) == (True, "posted")
    books = read_books(practice, invoice, payment)
    assert (books["back"], books["credited"], books["open"]) == (PRICE, PRICE, 0)
