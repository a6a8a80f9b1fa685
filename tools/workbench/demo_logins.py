"""Who can log in to the demo; the users come with the addons' demo data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Login:
    """One person of the demo; the password is the login."""

    person: str
    login: str
    page: str


LOGINS = (
    Login("Front desk", "frontdesk", "/odoo/clinic-appointments"),
    Login("Biller", "biller", "/odoo/clinic-invoices"),
    Login("Manager", "manager", "/odoo/clinic-invoices"),
    Login("Administrator", "admin", "/odoo"),
    Login("Client", "client", "/my/billing"),
)
TEST_CARD = "4242 4242 4242 4242, any future date, any security code"
