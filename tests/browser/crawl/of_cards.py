"""Saved cards, and what Stripe knows of their owners."""

from people import PARENT

from .rows import FROM_BILLER, FROM_MANAGER, presses

TOKEN, RENAME = "payment_token_view_form", "clinic_card_rename_view_form"
CARDS, DISCLOSING = "res_partner_view_form_cards", "res_partner_view_form_disclosing"


# === SAVED CARDS === #


@presses(
    f"{TOKEN}.action_clinic_make_default",
    f"{TOKEN}.action_clinic_rename",
    f"{RENAME}.cancel",
    f"{RENAME}.action_save",
    f"{TOKEN}.action_clinic_remove",
    by=FROM_BILLER,
)
def a_card_is_made_the_default_named_and_removed(hands):
    office = hands.office
    office.card()
    card = office.card("5555 5555 5555 4444")
    hands.opens("payment.token", card)
    if hands.offers(f"{TOKEN}.action_clinic_make_default") is None:
        office.biller.calls(
            "payment.token", "action_clinic_make_default", [office.card()]
        )
        hands.opens("payment.token", card)
    hands.presses(f"{TOKEN}.action_clinic_make_default")
    effects = [hands.reads("payment.token", card, clinic_is_default=True)]
    hands.discards(f"{TOKEN}.action_clinic_rename", f"{RENAME}.cancel")
    hands.presses(f"{TOKEN}.action_clinic_rename")
    hands.types(nickname="Family card")
    hands.presses(f"{RENAME}.action_save")
    effects.append(hands.reads("payment.token", card, clinic_nickname="Family card"))
    hands.presses(f"{TOKEN}.action_clinic_remove")
    effects.append(hands.reads("payment.token", card, active=False))
    return "; ".join(effects)


def cares_for_cards(hands, contact, page, first):
    """Press what stands beside the cards on a contact's page.

    :param first: the number of the page's buttons among those of the same name
    """
    office = hands.office
    default, other = office.card(), office.card("5555 5555 5555 4444")
    office.biller.calls("payment.token", "action_clinic_make_default", [default])
    star, empty_star = f"make_default{first[0]}", f"make_default{first[1]}"
    row = ".o_data_row:has-text('4444')"
    hands.opens("res.partner", contact)
    hands.clicks(f"a[name={page}]")
    hands.presses(f"{CARDS}.action_clinic_{star}", within=".o_data_row")
    effects = [hands.reads("payment.token", default, clinic_is_default=True)]
    hands.presses(f"{CARDS}.action_clinic_{empty_star}", within=row)
    effects.append(hands.reads("payment.token", other, clinic_is_default=True))
    hands.presses(f"{CARDS}.action_clinic_rename{first[2]}", within=row)
    hands.types(nickname="Holiday card")
    hands.presses(f"{RENAME}.action_save")
    effects.append(hands.reads("payment.token", other, clinic_nickname="Holiday card"))
    hands.presses(f"{CARDS}.action_clinic_remove{first[2]}", within=row)
    effects.append(hands.reads("payment.token", other, active=False))
    return "; ".join(effects)


@presses(
    f"{CARDS}.action_clinic_make_default",
    f"{CARDS}.action_clinic_make_default.2",
    f"{CARDS}.action_clinic_rename",
    f"{CARDS}.action_clinic_remove",
    by=FROM_BILLER,
)
def cards_are_looked_after_on_the_contact(hands):
    contact = hands.office.client_id
    return cares_for_cards(hands, contact, "accounting", ("", ".2", ""))


@presses(
    f"{CARDS}.action_clinic_make_default.3",
    f"{CARDS}.action_clinic_make_default.4",
    f"{CARDS}.action_clinic_rename.2",
    f"{CARDS}.action_clinic_remove.2",
    by=FROM_BILLER,
)
def cards_are_looked_after_on_a_contact_of_another(hands):
    contact = contact_of_another(hands.office)
    return cares_for_cards(hands, contact, "accounting_disabled", (".3", ".4", ".2"))


def contact_of_another(office):
    """Return a patient with an employer; the client pays for them."""
    employer = office.biller.creates(
        "res.partner", name="Invented Works", is_company=True
    )
    return office.patient(parent_id=employer, clinic_guarantor_id=office.client_id)


# === WHAT STRIPE KNOWS === #


@presses(f"{DISCLOSING}.action_clinic_stripe_disclosures", by=FROM_MANAGER)
def what_stripe_knows_is_shown(hands):
    hands.opens("res.partner", hands.office.client_id)
    hands.clicks("a[name=accounting]")
    hands.presses(f"{DISCLOSING}.action_clinic_stripe_disclosures")
    hands.sees(".alert-info", "everything that Odoo has sent to Stripe")
    return f"what Stripe knows of {PARENT} is shown"


@presses(f"{DISCLOSING}.action_clinic_stripe_disclosures.2", by=FROM_MANAGER)
def what_stripe_knows_of_a_contact_of_another_is_shown(hands):
    hands.opens("res.partner", contact_of_another(hands.office))
    hands.clicks("a[name=accounting_disabled]")
    hands.presses(f"{DISCLOSING}.action_clinic_stripe_disclosures.2")
    hands.sees(".alert-info", "everything that Odoo has sent to Stripe")
    return "what Stripe knows is shown"
