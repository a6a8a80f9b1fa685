"""The desk's pages: what is paid, and in which way."""

from .rows import FROM_BILLER, FROM_FRONT_DESK, presses

BLOCKED = "**/*assets_frontend*.js"
DECLINED_LATER = "4000 0000 0000 0341"


def goes_to_pay(hands, *patients):
    """Complete a visit of these patients and go to the payment step.

    :return: the invoice whose page is open
    """
    office = hands.office
    first, *others = patients or [office.patient()]
    visit = office.visit(first)
    for other in others:
        office.joins(visit, other)
    step = office.frontdesk.calls(
        "calendar.event", "action_clinic_complete_and_invoice", [visit]
    )
    hands.goes(step["url"])
    return int(step["url"].partition("?")[0].rpartition("/")[2])


@presses("desk_layout.a", by=FROM_FRONT_DESK)
def the_desk_leads_back_to_the_calendar(hands):
    goes_to_pay(hands)
    hands.presses("desk_layout.a")
    return hands.arrives("/odoo/clinic-appointments")


@presses("desk_pay.a", by=FROM_FRONT_DESK)
def others_pay_for_the_same_visit(hands):
    office = hands.office
    goes_to_pay(hands, office.patient(), office.patient())
    before = hands.page.url
    hands.presses("desk_pay.a", selector=".o_clinic_desk_others a")
    hands.page.wait_for_url(lambda url: url != before)
    return hands.arrives("/clinic/desk/pay/")


@presses("desk_choice.a", "desk_choice.form", by=FROM_FRONT_DESK)
def another_amount_is_paid_at_the_desk(hands):
    patient = hands.office.patient()
    hands.office.invoice(patient)
    goes_to_pay(hands, patient)
    hands.presses("desk_choice.a")
    hands.page.wait_for_load_state()
    hands.page.fill("#clinic_desk_amount", "100")
    hands.presses("desk_choice.form")
    hands.sees(".o_clinic_desk_allocation", "30.00")
    return "100.00 pays one invoice and a part of the other"


@presses("desk_ways.form.2", by=FROM_FRONT_DESK)
def a_saved_card_is_charged_at_the_desk(hands):
    hands.office.card()
    invoice = goes_to_pay(hands, hands.office.client_id)
    hands.presses(
        "desk_ways.form.2", selector=".o_clinic_desk_cards button:has-text('4242')"
    )
    hands.arrives("/odoo/clinic-appointments")
    return hands.reads("account.move", invoice, amount_residual=0)


@presses("desk_result.a", by=FROM_FRONT_DESK)
def a_card_is_declined_at_the_desk(hands):
    card = hands.office.card(DECLINED_LATER)
    invoice = goes_to_pay(hands, hands.office.client_id)
    hands.presses(
        "desk_ways.form.2", selector=".o_clinic_desk_cards button:has-text('0341')"
    )
    hands.sees(".o_clinic_desk_result", "Nothing was charged")
    hands.presses("desk_result.a")
    hands.office.biller.calls("payment.token", "action_clinic_remove", [card])
    return hands.arrives(f"/clinic/desk/pay/{invoice}")


@presses("desk_ways.a", by=FROM_FRONT_DESK)
def the_link_is_shown_at_the_desk(hands):
    goes_to_pay(hands)
    hands.presses("desk_ways.a")
    hands.sees(".o_clinic_desk_link img")
    return "a QR code is shown"


@presses("desk_ways.form.3", by=FROM_FRONT_DESK)
def the_link_is_sent_from_the_desk(hands):
    goes_to_pay(hands)
    hands.presses("desk_ways.form.3", selector="form[action$='/email'] button")
    return hands.tells("The payment link is sent")


@presses("desk_ways.form.4", "desk_result.a.2", by=FROM_FRONT_DESK)
def cash_is_taken_and_the_next_one_pays(hands):
    office = hands.office
    invoice = goes_to_pay(hands, office.patient(), office.patient())
    # The scripts of the outcome would go on at once.
    hands.page.route(BLOCKED, lambda route: route.abort())
    hands.presses("desk_ways.form.4", selector=".o_clinic_desk_outside button")
    hands.sees(".o_clinic_desk_result", "has paid")
    hands.presses("desk_result.a.2", selector="a.btn:has-text('Next')")
    hands.page.unroute(BLOCKED)
    hands.arrives("/clinic/desk/pay/")
    return hands.reads("account.move", invoice, amount_residual=0)


@presses("desk_ways.form", by=FROM_BILLER)
def what_is_too_little_to_pay_is_written_off(hands):
    office = hands.office
    invoice = office.invoice()
    (read,) = office.read("account.move", [invoice], ["amount_residual"])
    office.pays(
        invoice,
        amount=round(read["amount_residual"] - 0.3, 2),
        payment_difference_handling="open",
    )
    hands.goes(f"/clinic/desk/pay/{invoice}")
    hands.presses("desk_ways.form", selector="form[action$='/write-off'] button")
    return hands.reads("account.move", invoice, amount_residual=0)


@presses("desk_deposit.a", "desk_deposit.form", by=FROM_FRONT_DESK)
def a_part_is_paid_as_a_deposit(hands):
    office = hands.office
    visit = office.visit()
    office.joins(visit, office.patient())
    hands.goes(f"/clinic/desk/deposit/{visit}")
    hands.presses("desk_deposit.a", selector=".nav-pills a:not(.active)")
    hands.page.wait_for_load_state()
    hands.page.fill("#clinic_desk_amount", "20")
    hands.presses("desk_deposit.form")
    hands.sees(".o_clinic_desk_outside button", "20.00")
    hands.clicks(".o_clinic_desk_outside button")
    return hands.reads(
        "calendar.event", visit, clinic_deposit_label=lambda text: "20.00" in text
    )
