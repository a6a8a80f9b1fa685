"""The client's plans and autopay."""

from .of_pages import BILLING, bill
from .rows import CLIENT, presses

AUTOPAY = "/my/billing/autopay"


@presses(
    "portal_billing_agreements.a",
    "portal_plan_accept.a",
    "portal_plan_accept.form",
    "portal_billing_agreements.a.4",
    "portal_plan.a",
    by=(CLIENT,),
)
def a_plan_is_accepted(hands):
    office = hands.office
    office.removes_cards()
    plan = office.proposes_plan()
    path = f"/my/billing/plans/{plan}"
    hands.goes(BILLING)
    hands.presses("portal_billing_agreements.a", selector=f"a[href='{path}']")
    hands.arrives(path)
    hands.presses("portal_plan_accept.a", selector="a:has-text('Save a card')")
    hands.arrives("/my/payment_method")
    hands.goes(path)
    hands.page.check("input[name=agree]")
    hands.presses("portal_plan_accept.form", selector="form[action$='/accept'] button")
    effect = hands.reads("clinic.payment.plan", plan, state="active")
    hands.goes(BILLING)
    hands.presses("portal_billing_agreements.a.4", selector=f"a[href='{path}']")
    hands.arrives(path)
    hands.presses("portal_plan.a", selector="a:has-text('pay earlier')")
    hands.page.wait_for_url(lambda url: url.endswith(BILLING))
    return effect


@presses("portal_breadcrumbs_plan.a", "portal_plan_accept.form.2", by=(CLIENT,))
def a_plan_is_declined(hands):
    plan = hands.office.proposes_plan()
    hands.goes(f"/my/billing/plans/{plan}")
    hands.presses(
        "portal_breadcrumbs_plan.a", selector=".breadcrumb a[href='/my/billing']"
    )
    hands.page.wait_for_url(lambda url: url.endswith(BILLING))
    hands.goes(f"/my/billing/plans/{plan}")
    hands.presses(
        "portal_plan_accept.form.2", selector="form[action$='/decline'] button"
    )
    return hands.reads("clinic.payment.plan", plan, state="cancelled")


@presses(
    "portal_billing_agreements.a.3",
    "portal_autopay_off.a",
    "portal_autopay_off.form",
    "portal_breadcrumbs_autopay.a",
    "portal_billing_agreements.a.2",
    "portal_autopay_on.form",
    by=(CLIENT,),
)
def autopay_is_turned_on_and_off(hands):
    office = hands.office
    office.admin.calls("res.company", "write", [1], {"clinic_autopay": True})
    office.removes_cards()
    bill(hands)
    hands.presses(
        "portal_billing_agreements.a.3", selector="a:has-text('How autopay works')"
    )
    hands.arrives(AUTOPAY)
    hands.presses("portal_autopay_off.a", selector="a:has-text('save a card now')")
    hands.arrives("/my/payment_method")
    office.card()
    hands.goes(AUTOPAY)
    hands.page.fill("input[name=cap]", "200")
    hands.page.check("input[name=agree]")
    hands.presses(
        "portal_autopay_off.form", selector="form[action$='/autopay/on'] button"
    )
    hands.sees(".o_clinic_autopay_on")
    effects = [autopays(office, active=True)]
    hands.presses(
        "portal_breadcrumbs_autopay.a", selector=".breadcrumb a[href='/my/billing']"
    )
    hands.page.wait_for_url(lambda url: url.endswith(BILLING))
    hands.presses("portal_billing_agreements.a.2", selector="a:has-text('turn it off')")
    hands.arrives(AUTOPAY)
    hands.presses(
        "portal_autopay_on.form", selector="form[action$='/autopay/off'] button"
    )
    hands.sees(".o_clinic_autopay_off")
    effects.append(autopays(office, active=False))
    office.admin.calls("res.company", "write", [1], {"clinic_autopay": False})
    return "; ".join(effects)


def autopays(office, active):
    """Read whether the client is on autopay."""
    found = office.search_read(
        "clinic.autopay",
        [("partner_id", "=", office.client_id), ("active", "in", (True, False))],
        ["active"],
        order="id desc",
        limit=1,
    )
    assert [one["active"] for one in found] == [active]
    return f"autopay: {active}"
