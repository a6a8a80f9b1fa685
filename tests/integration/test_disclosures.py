"""What was sent to Stripe stays written down, whatever becomes of the request."""

from contextlib import closing

from odoo import api


def read(practice):
    """Return what was written down, as somebody else sees it."""
    return practice.run(
        lambda env: env["clinic.stripe.disclosure"].search([], order="id").read()
    )


def test_what_was_sent_is_kept_when_the_request_is_rolled_back(stripe_practice):
    with closing(stripe_practice.registry.cursor()) as cr:
        env = api.Environment(cr, api.SUPERUSER_ID, {})
        # Nobody else can see the payer yet, and nobody ever will.
        partner = env["res.partner"].create({"name": "Clara"})
        tx = stripe_practice.create_transaction(env, partner_id=partner.id)
        tx._get_processing_values()
        intent = tx.provider_reference
        rows = read(stripe_practice)
        cr.rollback()
    assert [row["endpoint"] for row in rows] == ["customers", "payment_intents"]
    assert {row["partner_ref"] for row in rows} == {partner.id}
    assert rows[-1]["answer_ref"] == intent
    assert read(stripe_practice) == rows
    gone = stripe_practice.run(
        lambda env: env["res.partner"].browse(partner.id).exists()
    )
    assert not gone


def test_it_is_written_down_before_stripe_has_answered(stripe_practice):
    control = stripe_practice.control
    control.fault("refuse", path="/v1/payment_intents")
    try:
        with closing(stripe_practice.registry.cursor()) as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            tx = stripe_practice.create_transaction(env)
            tx._stripe_create_intent()
            cr.rollback()
    finally:
        control.clear_faults()
    row = read(stripe_practice)[-1]
    assert row["endpoint"] == "payment_intents"
    assert not row["answer_ref"]
