"""The client's pages, and the payment link's."""

from .rows import CLIENT, VISITOR, presses

BILLING = "/my/billing"
PAYS = "button[name=o_payment_submit_button]"


def bill(hands, paid=False):
    """Bill the client; return the invoice. The Billing page is open."""
    invoice = hands.office.invoice(hands.office.client_id)
    if paid:
        hands.office.pays(invoice)
    hands.goes(BILLING)
    return invoice


def row_of(invoice):
    return f".o_clinic_invoice[data-invoice-id='{invoice}']"


# === THE WAY THERE === #


@presses("user_dropdown.a", by=(CLIENT,))
def billing_is_in_the_header(hands):
    hands.goes("/my")
    hands.presses(
        "user_dropdown.a", selector="header a[href='/my/billing']:not(.dropdown-item)"
    )
    return hands.arrives(BILLING)


@presses("user_dropdown.a.2", by=(CLIENT,))
def billing_is_in_the_menu_of_the_user(hands):
    hands.goes("/my")
    hands.clicks(
        "header .o_header_user_dropdown .dropdown-toggle, header .dropdown-toggle"
    )
    hands.presses("user_dropdown.a.2", selector="a.o_clinic_billing_item")
    return hands.arrives(BILLING)


# === PAYING === #


@presses("portal_billing_invoice.a", "portal_billing_dialog.a", by=(CLIENT,))
def an_invoice_is_paid_and_the_dialog_closed(hands):
    invoice = bill(hands)
    hands.presses("portal_billing_invoice.a", within=row_of(invoice))
    hands.sees(PAYS)
    hands.presses("portal_billing_dialog.a")
    hands.page.wait_for_url(lambda url: url.endswith(BILLING))
    return "the card dialog is shown and closed"


@presses("portal_billing_owed.a", by=(CLIENT,))
def all_invoices_are_paid(hands):
    bill(hands)
    hands.presses("portal_billing_owed.a")
    hands.sees(PAYS)
    return hands.arrives("/my/billing/pay")


@presses("portal_billing.form", by=(CLIENT,))
def selected_invoices_are_paid(hands):
    office = hands.office
    invoice = office.invoice(office.client_id)
    office.bills(office.service(office.client_id))
    hands.goes(BILLING)
    hands.page.check(f"{row_of(invoice)} .o_clinic_tick")
    hands.presses("portal_billing.form", selector=".o_clinic_pay_chosen")
    hands.sees(PAYS)
    return hands.arrives(f"/my/billing/pay?invoice_ids={invoice}")


@presses("payment_panel_amount.form.2", by=(CLIENT,))
def another_amount_is_paid(hands):
    invoice = bill(hands)
    hands.goes(f"/my/billing/pay?invoice_ids={invoice}")
    hands.sees(PAYS)
    hands.clicks("summary, [data-bs-target*=amount]")
    hands.page.fill("#clinic_amount", "25")
    hands.presses(
        "payment_panel_amount.form.2",
        selector="form:has(#clinic_amount) [type=submit]",
    )
    hands.sees(".o_clinic_paying, .modal, main", "25.00")
    return hands.arrives("amount=25")


@presses("payment_panel_amount.form", by=(CLIENT,))
def what_is_due_later_is_paid_early(hands):
    with hands.office.paid_in_parts():
        invoice = bill(hands)
    hands.goes(f"/my/billing/pay?invoice_ids={invoice}")
    hands.sees(PAYS)
    hands.presses("payment_panel_amount.form", selector=".o_clinic_pay_early button")
    hands.sees(PAYS)
    return hands.arrives("amount=")


@presses("portal_billing_payers.a", by=(CLIENT,))
def the_bills_of_who_somebody_acts_for_are_shown(hands):
    office = hands.office
    payer = office.patient(clinic_acting_ids=[[4, office.client_id]])
    hands.goes(BILLING)
    hands.presses(
        "portal_billing_payers.a", selector=f".o_clinic_payers a[href$='/{payer}']"
    )
    hands.sees(".o_clinic_payers .active", office.name("res.partner", payer))
    office.biller.calls("res.partner", "write", [payer], {"clinic_acting_ids": [[5]]})
    return "the payer's bills are shown"


# === LOOKING === #


@presses(
    "portal_billing_invoice.button",
    "portal_billing_details.a",
    "portal_billing_details.a.2",
    "portal_billing_details.a.3",
    by=(CLIENT,),
)
def an_invoice_is_opened_and_its_documents(hands):
    invoice = bill(hands, paid=True)
    hands.presses("portal_billing_invoice.button", within=row_of(invoice))
    hands.sees(f"{row_of(invoice)} .o_clinic_services")
    document = f"/my/invoices/{invoice}?report_type=pdf"
    row = row_of(invoice)
    return "; ".join(
        [
            hands.gets(
                document, "portal_billing_details.a", f"{row} a:has-text('View')"
            ),
            hands.gets(
                f"{document}&download=true",
                "portal_billing_details.a.2",
                f"{row} a:has-text('Download')",
            ),
            hands.gets(
                f"/my/billing/receipt/{invoice}",
                "portal_billing_details.a.3",
                f"{row} a:has-text('Receipt')",
            ),
        ]
    )


@presses("portal_billing_statement.form", by=(CLIENT,))
def a_statement_is_shown_to_the_client(hands):
    bill(hands)
    return hands.gets(
        "/my/billing/statement",
        "portal_billing_statement.form",
        ".o_clinic_statement [type=submit]",
    )


@presses("portal_billing_patients.a", "portal_billing_patients.a.2", by=(CLIENT,))
def the_invoices_of_one_patient_are_chosen(hands):
    bill(hands)
    hands.presses(
        "portal_billing_patients.a.2", selector=".o_clinic_patients a[href*='patient=']"
    )
    chosen = hands.arrives("/my/billing?patient=")
    hands.presses(
        "portal_billing_patients.a", selector=".o_clinic_patients a[href='/my/billing']"
    )
    hands.page.wait_for_url(lambda url: url.endswith(BILLING))
    return chosen


# === THE PAYMENT LINK === #


def link(office):
    """Return `(id, address)` of a link of somebody who has no login."""
    invoice = office.invoice()
    office.biller.calls("account.move", "action_clinic_payment_link", [invoice])
    (found,) = office.search_read(
        "clinic.payment.link", [("invoice_ids", "=", invoice)], ["url"]
    )
    return found["id"], found["url"]


@presses("payment_link_page.a", by=(VISITOR,))
def the_link_leads_to_the_login(hands):
    _link, url = link(hands.office)
    hands.goes(url)
    hands.sees(PAYS)
    hands.presses("payment_link_page.a", selector="main a[href='/my/billing']")
    return hands.arrives("/web/login")


@presses("payment_link_gone.a", by=(VISITOR,))
def a_revoked_link_leads_to_the_login(hands):
    gone, url = link(hands.office)
    hands.office.biller.calls("clinic.payment.link", "action_revoke", [gone])
    # As any address that does not exist.
    hands.expected = "404 (NOT FOUND)"
    hands.goes(url)
    hands.presses("payment_link_gone.a", selector="main a[href='/my/billing']")
    return hands.arrives("/web/login")
