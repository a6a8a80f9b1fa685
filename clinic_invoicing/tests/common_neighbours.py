from .common import ClinicInvoicingCommon


class NeighboursCommon(ClinicInvoicingCommon):
    """A second practice in the same database, with people of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hill = cls.env["res.company"].create({"name": "Hill Clinic"})
        cls.hill_desk, cls.hill_manager, cls.hill_employee = (
            cls._create_user(
                login, group, company_id=cls.hill.id, company_ids=cls.hill.ids
            )
            for login, group in (
                ("hill_desk", "clinic_invoicing.group_front_desk"),
                ("hill_manager", "clinic_invoicing.group_manager"),
                ("hill_employee", "base.group_user"),
            )
        )
