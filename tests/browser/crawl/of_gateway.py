"""Stripe: events, ledger checks, disputes, the provider's own form."""

import requests

from workbench.emulator import SECRET_KEY

from .rows import ADMIN, FROM_MANAGER, presses

EVENT, EVENTS = "clinic_stripe_event_view_form", "clinic_stripe_event_view_list"
CHECK, CHECKS = "clinic_stripe_check_view_form", "clinic_stripe_check_view_list"
DIFFERENCE = "clinic_stripe_difference_view_list"
PROVIDER = "payment_provider_view_form"
HEALTH = "payment_provider_view_form_health"
# Paid in a web shop of the same account.
FOREIGN_PAYMENT = {
    "amount": 900,
    "currency": "usd",
    "description": "An invented web shop, order 1",
    "payment_method": "pm_card_visa",
    "confirm": "true",
    "automatic_payment_methods[enabled]": "true",
    "automatic_payment_methods[allow_redirects]": "never",
}


# === EVENTS === #


def unknown_event(hands):
    """Return an event about what another application of the account was paid."""
    office = hands.office
    paid = requests.post(
        f"{hands.stripe.base_url}/v1/payment_intents",
        auth=(SECRET_KEY, ""),
        data=FOREIGN_PAYMENT,
        timeout=30,
    ).json()
    found = office.waits(
        lambda: office.admin.finds(
            "clinic.stripe.event",
            ("object_id", "=", paid["id"]),
            ("state", "=", "unmatched"),
        )
    )
    return found[0]


@presses(f"{EVENT}.action_retry", f"{EVENT}.action_disown", by=FROM_MANAGER)
def an_unknown_event_is_tried_again_and_disowned(hands):
    event = unknown_event(hands)
    (before,) = hands.office.read("clinic.stripe.event", [event], ["attempts"])
    hands.opens("clinic.stripe.event", event)
    hands.presses(f"{EVENT}.action_retry")
    tried = hands.reads(
        "clinic.stripe.event", event, attempts=lambda tries: tries > before["attempts"]
    )
    hands.presses(f"{EVENT}.action_disown")
    return f"{tried}; {hands.reads('clinic.stripe.event', event, state='ignored')}"


def ticks_event(hands, event):
    (read,) = hands.office.read("clinic.stripe.event", [event], ["object_id"])
    hands.lists("clinic_stripe_gateway.clinic_stripe_event_action", read["object_id"])


@presses(f"{EVENTS}.action_retry", by=FROM_MANAGER)
def ticked_events_are_tried_again(hands):
    event = unknown_event(hands)
    (before,) = hands.office.read("clinic.stripe.event", [event], ["attempts"])
    ticks_event(hands, event)
    hands.presses(f"{EVENTS}.action_retry")
    return hands.reads(
        "clinic.stripe.event", event, attempts=lambda tries: tries > before["attempts"]
    )


@presses(f"{EVENTS}.action_disown", by=FROM_MANAGER)
def ticked_events_are_disowned(hands):
    event = unknown_event(hands)
    ticks_event(hands, event)
    hands.presses(f"{EVENTS}.action_disown")
    return hands.reads("clinic.stripe.event", event, state="ignored")


@presses(f"{EVENTS}.action_ask_stripe", by=FROM_MANAGER)
def stripe_is_asked_for_what_was_not_delivered(hands):
    hands.lists("clinic_stripe_gateway.clinic_stripe_event_action")
    hands.presses(f"{EVENTS}.action_ask_stripe")
    return hands.tells("Stripe named")


@presses(f"{EVENT}.action_open_transaction", by=FROM_MANAGER)
def the_transaction_of_an_event_is_opened(hands):
    office = hands.office
    office.charges(office.invoice(office.client_id))
    (event,) = office.waits(
        lambda: office.admin.finds(
            "clinic.stripe.event", ("transaction_id", "!=", False), limit=1
        )
    )
    hands.opens("clinic.stripe.event", event)
    hands.presses(f"{EVENT}.action_open_transaction")
    return hands.shows("payment.transaction")


@presses("payment_transaction_view_form.action_clinic_stripe_ask", by=FROM_MANAGER)
def stripe_is_asked_what_became_of_a_request(hands):
    """The answer was lost: nobody knows whether the card was charged."""
    office = hands.office
    invoice = office.invoice(office.client_id)
    card = office.card()
    with office.without_jobs("ir_cron_%ask%"):
        hands.stripe.delivery_rule("hold")
        fault = hands.stripe.fault("lost_answer", "POST", "/v1/payment_intents")
        office.charges(invoice, card, is_answered=False)
        hands.stripe.remove_fault(fault["id"])
        (transaction,) = office.admin.finds(
            "payment.transaction",
            ("clinic_stripe_request", "!=", False),
            order="id desc",
            limit=1,
        )
        hands.opens("payment.transaction", transaction)
        hands.presses("payment_transaction_view_form.action_clinic_stripe_ask")
        return hands.reads("payment.transaction", transaction, state="done")


# === LEDGER CHECKS === #


@presses(f"{CHECKS}.action_check_now", by=FROM_MANAGER)
def the_books_are_compared_now(hands):
    hands.lists("clinic_stripe_gateway.clinic_stripe_check_action")
    hands.presses(f"{CHECKS}.action_check_now")
    hands.sees(".o_form_view .o_statusbar_status, .o_list_view")
    return hands.shows("clinic.stripe.check")


@presses(f"{CHECK}.action_run", f"{CHECK}.action_run.2", by=FROM_MANAGER)
def a_period_is_compared_twice(hands):
    check = hands.office.manager.creates("clinic.stripe.check")
    hands.opens("clinic.stripe.check", check)
    hands.presses(f"{CHECK}.action_run")
    first = hands.reads("clinic.stripe.check", check, state="done", checked_on=bool)
    hands.presses(f"{CHECK}.action_run.2")
    return f"{first}; {hands.reads('clinic.stripe.check', check, state='done')}"


@presses(
    f"{DIFFERENCE}.action_open_payment",
    f"{DIFFERENCE}.action_settle",
    f"{DIFFERENCE}.action_settle.2",
    by=FROM_MANAGER,
)
def a_difference_is_looked_at_and_settled(hands):
    """A refund that has failed at Stripe, and nobody has told Odoo."""
    office = hands.office
    invoice = office.invoice(office.client_id)
    office.charges(invoice)
    (read,) = office.read("account.move", [invoice], ["matched_payment_ids"])
    office.gives_back(read["matched_payment_ids"][0])
    hands.hears_no_more()
    hands.stripe.fail_refund(hands.stripe.objects("refund")[-1]["id"])
    # The period of a check ends before the second in which it is made.
    hands.page.wait_for_timeout(1_100)
    check = office.manager.creates("clinic.stripe.check")
    office.manager.calls("clinic.stripe.check", "action_run", [check])
    (difference,) = office.admin.finds(
        "clinic.stripe.difference", ("check_id", "=", check), limit=1
    )
    hands.opens("clinic.stripe.check", check)
    hands.presses(f"{DIFFERENCE}.action_settle", within=".o_data_row")
    effect = hands.reads("clinic.stripe.difference", difference, asked_on=bool)
    hands.presses(f"{DIFFERENCE}.action_settle.2", within=".o_data_row")
    hands.presses(f"{DIFFERENCE}.action_open_payment", within=".o_data_row")
    hands.shows("account.payment")
    return effect


# === DISPUTES === #


def dispute(hands):
    """Return `(invoice, payment, dispute)` of a payment that a bank takes back."""
    office = hands.office
    invoice = office.invoice(office.client_id)
    intent = office.charges(invoice)
    hands.stripe.create_dispute(intent)
    (found,) = office.waits(
        lambda: office.admin.finds(
            "clinic.stripe.dispute", ("transaction_id.provider_reference", "=", intent)
        )
    )
    (read,) = office.read(
        "clinic.stripe.dispute", [found], ["payment_id", "dispute_id"]
    )
    return invoice, read["payment_id"][0], found, read["dispute_id"]


@presses(
    "account_move_view_form_dispute.action_clinic_stripe_view_disputes", by=FROM_MANAGER
)
def the_disputes_of_an_invoice_are_opened(hands):
    invoice, *_rest = dispute(hands)
    hands.opens("account.move", invoice)
    hands.presses("account_move_view_form_dispute.action_clinic_stripe_view_disputes")
    return hands.shows("clinic.stripe.dispute")


@presses(
    "account_payment_view_form_dispute.action_clinic_stripe_view_disputes",
    "clinic_stripe_dispute_view_form.action_refresh",
    by=FROM_MANAGER,
)
def the_dispute_of_a_payment_is_opened_and_asked_about(hands):
    _invoice, payment, found, name = dispute(hands)
    hands.opens("account.payment", payment)
    hands.presses(
        "account_payment_view_form_dispute.action_clinic_stripe_view_disputes"
    )
    hands.shows("clinic.stripe.dispute")
    hands.hears_no_more()
    hands.stripe.win_dispute(name)
    hands.opens("clinic.stripe.dispute", found)
    hands.presses("clinic_stripe_dispute_view_form.action_refresh")
    return hands.reads("clinic.stripe.dispute", found, status="won")


# === THE PROVIDER === #


def opens_provider(hands):
    hands.opens("payment.provider", hands.office.provider_id)
    return hands.office.provider_id


@presses(f"{PROVIDER}.action_clinic_stripe_check_keys", by=(ADMIN,))
def the_keys_are_checked(hands):
    provider = opens_provider(hands)
    hands.presses(f"{PROVIDER}.action_clinic_stripe_check_keys")
    return hands.reads("payment.provider", provider, clinic_stripe_account_ref=bool)


@presses(
    f"{HEALTH}.action_clinic_stripe_repair_endpoint",
    f"{HEALTH}.action_clinic_stripe_check_health",
    f"{HEALTH}.action_clinic_stripe_open_checks",
    by=(ADMIN,),
)
def the_health_of_the_gateway_is_checked(hands):
    provider = opens_provider(hands)
    hands.clicks("a[name=clinic_stripe_health]")
    hands.presses(f"{HEALTH}.action_clinic_stripe_repair_endpoint")
    hands.clicks("a[name=clinic_stripe_health]")
    hands.presses(f"{HEALTH}.action_clinic_stripe_check_health")
    effect = hands.reads("payment.provider", provider, clinic_stripe_health_on=bool)
    hands.clicks("a[name=clinic_stripe_health]")
    hands.presses(f"{HEALTH}.action_clinic_stripe_open_checks")
    hands.shows("clinic.stripe.check")
    return effect
