from datetime import datetime
from types import MappingProxyType

from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from ..models.paying import payment_transaction_pace

# Where the practice is.
ZONE = "America/New_York"
# Three visits, on the weekday on which _create_event() books. Read-only: Core takes
# values out of what it is given.
WEEKLY = MappingProxyType(
    {
        "recurrency": True,
        "rrule_type": "weekly",
        "tue": True,
        "end_type": "count",
        "count": 3,
        "event_tz": ZONE,
    }
)

# Who is at the practice, by login.
PEOPLE = {
    "front_desk": {
        "groups": "clinic_invoicing.group_front_desk",
        "name": "Fran Desk",
    },
    "biller": {"groups": "clinic_invoicing.group_biller", "name": "Bill Biller"},
    "second_biller": {"groups": "clinic_invoicing.group_biller", "name": "Bea Biller"},
    "clinic_manager": {
        "groups": "clinic_invoicing.group_manager",
        "name": "Mona Manager",
    },
    "practitioner": {"groups": "base.group_user", "name": "Pat Practitioner"},
    "employee": {"groups": "base.group_user", "name": "Emil Employee"},
    "client": {
        "groups": "base.group_portal",
        "name": "Clara Client",
        "email": "clara@example.com",
        "phone": "+1 555 0101",
    },
    "other_client": {"groups": "base.group_portal", "name": "Otto Other"},
    "child": {"groups": "base.group_portal", "name": "Charlie Client"},
}


class ClinicInvoicingCommon(AccountTestInvoicingCommon):
    """A practice with its people, its clients and two rates; no appointment yet.

    :cvar bool keeps_pace: whether payers start no more payments in a minute than people
    """

    keeps_pace = False

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref(
            "clinic_invoicing.group_manager"
        )

    @classmethod
    def setUpClass(cls):
        cls.companies_taken = 0
        super().setUpClass()
        cls.practice = cls.env.company
        cls.practice.name = "Harbour Clinic"
        # One day for all of them, as at a practice; jobs go by UTC.
        cls.practice.partner_id.tz = cls.env.user.tz = ZONE
        cls._create_staff()
        cls._create_clients()
        cls._create_gateway()
        cls.rate = cls._create_rate("Consultation", 100)
        cls.insurer_rate = cls._create_rate(
            "Consultation (insurer)", 80, clinic_is_invoiced=False
        )
        cls.free_rate = cls._create_rate(
            "Phone call", 15, clinic_needs_billing=False, clinic_is_invoiced=False
        )
        # Else the first flush inside a test would pay for the whole set-up.
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        if not self.keeps_pace:
            # What a test does in a second takes people an hour.
            self.patch(payment_transaction_pace, "STARTS_PER_MINUTE", 1000)

    @classmethod
    def _get_today(cls):
        """Return the practice's day, which every evening is not that of UTC."""
        return cls.practice._clinic_get_day()

    @classmethod
    def _create_company(cls, **create_values):
        """Take a company that is there, with its accounts, if the database has one."""
        is_any = create_values.keys() <= {"name"} and not cls.country_code
        prepared = is_any and cls.env.ref(
            f"clinic_workbench.practice_{cls.companies_taken}", raise_if_not_found=False
        )
        if not prepared:
            return super()._create_company(**create_values)
        cls.companies_taken += 1
        prepared.write(create_values)
        cls.env.user.company_ids = [Command.link(prepared.id)]
        return prepared

    @classmethod
    def _create_staff(cls):
        cls.front_desk = cls._create_person("front_desk")
        cls.biller = cls._create_person("biller")
        cls.second_biller = cls._create_person("second_biller")
        cls.manager = cls._create_person("clinic_manager")
        cls.practitioner = cls._create_person("practitioner")
        cls.employee = cls._create_person("employee")

    @classmethod
    def _create_clients(cls):
        cls.client_user = cls._create_person("client")
        cls.client = cls.client_user.partner_id
        cls.other_client_user = cls._create_person("other_client")
        cls.other_client = cls.other_client_user.partner_id
        cls.child_user = cls._create_person("child")
        cls.child = cls.child_user.partner_id
        cls.insurer = cls.env["res.partner"].create(
            {"name": "Sea Mutual", "is_company": True}
        )
        clients = cls.client | cls.other_client | cls.child
        clients.write({"clinic_is_patient": True, "clinic_insurer_id": cls.insurer.id})
        cls.child.clinic_guarantor_id = cls.client

    @classmethod
    def _create_gateway(cls):
        """Let clients find a way to pay online, unless the test has brought one."""
        providers = cls.env["payment.provider"]
        here = ("company_id", "=", cls.env.company.id)
        if providers.search([here, ("is_published", "=", True)]):
            return
        method = cls.env.ref("payment.payment_method_unknown")
        providers.create(
            {
                "name": "Gateway",
                "company_id": cls.env.company.id,
                "state": "enabled",
                "is_published": True,
                "payment_method_ids": [Command.set(method.ids)],
            }
        )
        # Core wants its provider to be there before.
        method.active = True

    @classmethod
    def _create_user(cls, login, groups, **values):
        values.setdefault("company_id", cls.env.company.id)
        values.setdefault("tz", ZONE)
        return new_test_user(cls.env, login=login, groups=groups, **values)

    @classmethod
    def _create_person(cls, login):
        """Take who is there already, if the database has them, as a new user."""
        person = PEOPLE[login]
        prepared = cls.env.ref(f"clinic_workbench.{login}", raise_if_not_found=False)
        if not prepared:
            return cls._create_user(login, **person)
        if prepared.company_id != cls.env.company:
            company = cls.env.company
            prepared.write(
                {"company_id": company.id, "company_ids": [Command.set(company.ids)]}
            )
        return prepared

    @classmethod
    def _create_rate(cls, name, price, **values):
        """Make a rate without taxes that is invoiced to the client."""
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": price,
                "taxes_id": [Command.clear()],
                "clinic_is_rate": True,
                "clinic_is_invoiced": True,
                **values,
            }
        )

    @classmethod
    def _create_tax(cls, percent, **values):
        return cls.env["account.tax"].create(
            {
                "name": f"Tax {percent} %",
                "amount": percent,
                "type_tax_use": "sale",
                **values,
            }
        )

    @classmethod
    def _create_discount_term(cls):
        """Return a payment term that lets off 2 % for a week."""
        return cls.env["account.payment.term"].create(
            {
                "name": "2 % within 7 days",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 7,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100})],
            }
        )

    @classmethod
    def _create_term(cls, *parts):
        """Return a payment term.

        :param parts: a percentage and the number of days after the invoice, each
        """
        return cls.env["account.payment.term"].create(
            {
                "name": "In parts",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": share, "nb_days": days}
                    )
                    for share, days in parts
                ],
            }
        )

    @classmethod
    def _create_event(cls, patient=None, rates=None, user=None, **values):
        """Book an appointment of the practitioner, with one service of each rate.

        The slot is 10:00 to 11:00 in the practice's time zone, New York.
        """
        user = user or cls.front_desk
        values.setdefault("name", "Appointment")
        values.setdefault("start", datetime(2024, 3, 12, 14, 0))
        values.setdefault("stop", datetime(2024, 3, 12, 15, 0))
        values.setdefault("user_id", cls.practitioner.id)
        values.setdefault("partner_ids", [Command.set(cls.practitioner.partner_id.ids)])
        values.setdefault("clinic_patient_id", (patient or cls.client).id)
        values.setdefault(
            "clinic_service_ids",
            [Command.create({"rate_id": rate.id}) for rate in rates or cls.rate],
        )
        event = cls.env["calendar.event"].with_user(user).create(values)
        event.flush_recordset()
        return event.with_env(cls.env)

    @classmethod
    def _create_series(cls, **values):
        """Book an appointment that comes again weekly; return all in their order."""
        first = cls._create_event(**{**WEEKLY, **values})
        return first.recurrence_id.calendar_event_ids.sorted("start")

    @classmethod
    def _create_service(cls, rate=None, patient=None, **values):
        """Record a service; without ``event_id`` it belongs to no appointment."""
        values.setdefault("date", "2024-03-12")
        return cls.env["clinic.service"].create(
            {
                "rate_id": (rate or cls.rate).id,
                "patient_id": (patient or cls.client).id,
                **values,
            }
        )

    @classmethod
    def _create_services(cls, count, **values):
        services = cls.env["clinic.service"]
        for _number in range(count):
            services |= cls._create_service(**values)
        return services

    @classmethod
    def _create_run(cls, services, user=None, **values):
        model = cls.env["clinic.billing.run"].with_user(user or cls.biller)
        return model.create(
            {
                "service_ids": [Command.set(services.ids)],
                "invoice_date": "2024-03-31",
                **values,
            }
        )

    @classmethod
    def _invoice(cls, services, user=None, **values):
        """Return the invoices that a billing run makes of the services."""
        run = cls._create_run(services, user, **values)
        run.action_start()
        return run.with_env(cls.env).invoice_ids

    @classmethod
    def _pay(cls, invoices, amount=None):
        """Register a payment that was received outside, one for each payer.

        One for each invoice would be slow: PostgreSQL knows nothing yet about the rows
        of a transaction as long as a test.
        """
        wizard = (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create({"payment_date": "2024-04-02", "group_payment": True})
        )
        if amount is not None:
            wizard.amount = amount
        return wizard._create_payments()

    @classmethod
    def _bill_to(cls, invoice, partner):
        """Correct a posted invoice: somebody else owes it."""
        invoice.button_draft()
        invoice.partner_id = partner
        invoice.action_post()

    @classmethod
    def _credit(cls, invoice, **default_values):
        """Return the posted credit note of a whole invoice, reconciled with it."""
        return invoice._reverse_moves(
            [{"invoice_date": invoice.invoice_date, **default_values}], cancel=True
        )

    def _go_online(self, provider):
        """Let the provider be one that charges by itself."""
        field = type(provider)._fields["code"]
        codes = [*field._description_selection(self.env), ("clinic_test", "Test")]
        # A function: Odoo asks the database for the names of a list, when pages are
        # shown in a language.
        self.patch(field, "selection", lambda _providers: codes)
        provider.flush_recordset()
        # SQL: no provider of this kind is installed without the gateway.
        self.env.cr.execute(
            "UPDATE payment_provider SET code = 'clinic_test' WHERE id = %s",
            [provider.id],
        )
        provider.invalidate_recordset(["code"])
        transactions = self.env["payment.transaction"]
        transactions.invalidate_model(["provider_code"])
