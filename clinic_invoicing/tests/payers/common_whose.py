from odoo.fields import Command

from ..common_online import OnlineCommon

# Each has a login.
NAMES = (
    "employer",
    "employee",
    "colleague",
    "mother",
    "child",
    "home",
    "clerk",
    "nurse",
    "stranger",
)


class WhoseCommon(OnlineCommon):
    """People whom Core takes for one commercial partner, with an invoice each.

    An employer with two employees, of whom one has an address for invoices; a mother
    whose child's contact stands below hers; a care home that pays for a resident, with
    a clerk who acts for it and a colleague who does not.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            name: cls._create_user(
                f"whose_{name}", "base.group_portal", name=f"Whose {name}"
            )
            for name in NAMES
        }
        people = {name: user.partner_id for name, user in cls.users.items()}
        cls.people = people
        (people["employer"] | people["home"]).is_company = True
        (people["employee"] | people["colleague"]).parent_id = people["employer"]
        (people["clerk"] | people["nurse"]).parent_id = people["home"]
        people["child"].parent_id = people["mother"]
        people["home"].clinic_acting_ids = [Command.link(people["clerk"].id)]
        cls.box = cls.env["res.partner"].create(
            {
                "name": "Employee's post box",
                "type": "invoice",
                "parent_id": people["employee"].id,
            }
        )
        cls.resident = cls.env["res.partner"].create(
            {"name": "Rita Resident", "clinic_guarantor_id": people["home"].id}
        )
        billed = people.keys() - {"home"}
        cls.bills = {name: cls._bill(people[name]) for name in billed}
        cls.bills["home"] = cls._bill(cls.resident)
        cls.env.flush_all()

    @classmethod
    def _bill(cls, patient, amount=100):
        """Return the invoice of a service that this patient has received."""
        return cls._invoice(cls._create_service(patient=patient, price_unit=amount))
