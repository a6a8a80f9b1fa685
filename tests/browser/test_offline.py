"""A practice without a usable gateway: nothing is offered that cannot be done."""

import pytest
from accessibility import assert_accessible
from people import VISITOR
from playwright.sync_api import expect
from test_paying import link_of


@pytest.fixture
def unpublished(person):
    """Return a function that takes the gateway off the portal; it comes back."""
    admin = person("admin")
    (provider,) = admin.calls(
        "payment.provider", "search", [["code", "=", "stripe"], ["company_id", "=", 1]]
    )

    def publish(is_published):
        admin.calls(
            "payment.provider", "write", [provider], {"is_published": is_published}
        )

    yield lambda: publish(False)
    publish(True)


def test_without_a_gateway_people_are_told_how_to_pay(person, size, bills, unpublished):
    bill = bills()
    biller, client = person("biller"), person("client", *size)
    link = link_of(biller, bill)
    unpublished()
    client.open("/my/billing")
    client.sees(".o_clinic_pay_otherwise", "How to pay")
    expect(client.page.locator(".o_clinic_pay, .o_clinic_pay_all")).to_have_count(0)
    assert_accessible(client, ".o_clinic_billing")
    client.look("portal")
    visitor = person(VISITOR, *size)
    visitor.page.goto(link)
    visitor.sees(".o_clinic_pay_otherwise", bill)
    assert_accessible(visitor)
    visitor.look("link")
    (invoice,) = biller.calls("account.move", "search", [["name", "=", bill]])
    front_desk = person("frontdesk", *size)
    front_desk.open(f"/clinic/desk/pay/{invoice}")
    front_desk.sees(".o_clinic_desk_offline", "Clients cannot pay online")
    front_desk.sees(".o_clinic_desk_outside", "Record as received")
    front_desk.look("desk")
    for someone in (client, visitor, front_desk):
        text = someone.page.locator("body").inner_text()
        assert "No payment method available" not in text
    front_desk.page.click(".o_clinic_desk_outside button")
    front_desk.page.wait_for_url("**/odoo/clinic-appointments")
