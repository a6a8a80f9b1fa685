"""The SDK's own object types judge what the emulator answers.

They are generated from Stripe's specification for the SDK's version: an answer may hold
no field that they do not know, and must hold those that are never absent.
"""

import inspect
import sys
import typing

import pytest
import stripe
from typing_extensions import get_type_hints

from .kit import authorise, pay, save_card


class Names(dict):
    """The names in an SDK module's annotations.

    The SDK loads its classes lazily, and imports others for type checkers only; these
    are whole objects, which are judged for themselves and not where they are expanded.
    """

    def __missing__(self, name):
        for module in (typing, stripe):
            if hasattr(module, name):
                return getattr(module, name)
        return stripe.StripeObject


@pytest.fixture
def everything(client, control):
    """One object of each kind, after the flows that fill most of their fields."""
    customer, method = save_card(client)
    paid = pay(
        client,
        customer=customer.id,
        card=method.id,
        off_session=True,
        metadata={"a": "b"},
    )
    refund = client.v1.refunds.create({"payment_intent": paid.id, "amount": 100})
    setup = client.v1.setup_intents.create(
        {"customer": customer.id, "automatic_payment_methods": {"enabled": True}}
    )
    disputed = pay(client)
    dispute = control.create_dispute(disputed.id)
    endpoint = client.v1.webhook_endpoints.create(
        {"url": "https://practice.example/hook", "enabled_events": ["*"]}
    )
    transaction = client.v1.balance_transactions.list().data[0]
    return {
        "Account": client.v1.accounts.retrieve_current(),
        "BalanceTransaction": transaction,
        "Charge": client.v1.charges.retrieve(paid.latest_charge),
        "Customer": client.v1.customers.retrieve(customer.id),
        "Dispute": client.v1.disputes.retrieve(dispute["id"]),
        "Event": client.v1.events.list().data[0],
        "PaymentIntent": authorise(client),
        "PaymentMethod": client.v1.payment_methods.retrieve(method.id),
        "Refund": refund,
        "SetupIntent": setup,
        "WebhookEndpoint": endpoint,
    }


def unknown_fields(cls, value, path):
    """Return the paths of all fields that the SDK's class does not declare."""
    hints = get_hints(cls)
    found = []
    for name, item in value.items():
        if name not in hints:
            found.append(f"{path}.{name}")
            continue
        nested = nested_class(hints[name])
        items = item if isinstance(item, list) else [item]
        if nested is not None:
            for each in items:
                if isinstance(each, dict):
                    found += unknown_fields(nested, each, f"{path}.{name}")
    return found


def get_hints(cls):
    """Resolve the annotations of a (nested) SDK class."""
    scope = sys.modules[cls.__module__]
    names = Names(vars(scope))
    for part in cls.__qualname__.split("."):
        scope = getattr(scope, part)
        names.update(vars(scope))
    return get_type_hints(cls, localns=names)


def nested_class(hint):
    """Return the SDK class of a field, unless its content is free or an expansion."""
    for each in (hint, *typing.get_args(hint)):
        for inner in (each, *typing.get_args(each)):
            if inspect.isclass(inner) and issubclass(inner, stripe.StripeObject):
                is_part = "." in inner.__qualname__
                return inner if is_part else None
    return None


def test_no_answer_has_a_field_that_stripe_does_not_have(everything):
    unknown = []
    for name, answer in everything.items():
        unknown += unknown_fields(getattr(stripe, name), answer.to_dict(), name)
    assert unknown == []


def test_rarer_answers_have_no_field_of_their_own_either(client, control):
    asking = pay(client, card="pm_card_threeDSecure2Required")
    with pytest.raises(stripe.CardError) as declined:
        pay(client, card="pm_card_visa_chargeDeclined")
    failed = client.v1.payment_intents.retrieve(declined.value.error.payment_intent.id)
    customer = client.v1.customers.create({"address": {"country": "BE"}})
    saved = client.v1.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method": "pm_usBankAccount_success",
            "allowed_payment_method_types": ["us_bank_account"],
            "confirm": True,
            "mandate_data": {"customer_acceptance": {"type": "offline", "offline": {}}},
        }
    )
    debit = pay(
        client,
        card=saved.payment_method,
        customer=customer.id,
        shipping={"name": "A", "address": {"line1": "1 Road"}},
    )
    control.succeed_payment(debit.id)
    broken = client.v1.refunds.create({"payment_intent": pay(client).id})
    control.fail_refund(broken.id)
    inquiry = control.create_dispute(pay(client).id, inquiry=True)
    answers = [
        (stripe.PaymentIntent, asking),
        (stripe.PaymentIntent, failed),
        (stripe.Charge, client.v1.charges.retrieve(failed.latest_charge)),
        (stripe.SetupIntent, saved),
        (stripe.Mandate, client.v1.mandates.retrieve(saved.mandate)),
        (
            stripe.PaymentMethod,
            client.v1.payment_methods.retrieve(saved.payment_method),
        ),
        (stripe.Charge, client.v1.charges.retrieve(debit.latest_charge)),
        (stripe.Refund, client.v1.refunds.retrieve(broken.id)),
        (stripe.Dispute, client.v1.disputes.retrieve(inquiry["id"])),
        (stripe.Balance, client.v1.balance.retrieve()),
    ]
    unknown = []
    for cls, answer in answers:
        unknown += unknown_fields(cls, answer.to_dict(), cls.__name__)
    assert unknown == []


def test_judge_would_notice_a_wrong_field(everything):
    wrong = everything["Refund"].to_dict() | {"refnd": 1}
    assert unknown_fields(stripe.Refund, wrong, "Refund") == ["Refund.refnd"]


def test_every_field_that_is_always_there_is_there(everything):
    missing = []
    for name, answer in everything.items():
        for field, hint in get_hints(getattr(stripe, name)).items():
            optional = type(None) in typing.get_args(hint)
            private = field.startswith("_") or field in ("OBJECT_NAME", "deleted")
            if not (optional or private or field in answer.to_dict()):
                missing.append(f"{name}.{field}")
    assert missing == []
