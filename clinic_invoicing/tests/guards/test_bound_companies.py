from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common_neighbours import NeighboursCommon


@tagged("post_install", "-at_install")
class TestBoundCompanies(NeighboursCommon):
    """A record stays within the companies of who writes it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls._create_service()
        cls.env.flush_all()

    def _get_company_models(self):
        """Return our models whose records somebody may give another company."""
        manager = self.hill_manager
        for model in self.registry:
            records = self.env[model].with_user(manager)
            field = records._fields.get("company_id")
            if (
                model.startswith("clinic.")
                and not records._abstract
                and not records._transient
                and field
                and field.store
                and not field.related
                and records.has_access("write")
            ):
                yield model

    def test_every_record_stays_within_the_companies_of_its_user(self):
        bound = self.registry["clinic.company.bound"]
        models = list(self._get_company_models())
        self.assertIn("clinic.service", models)
        for model in models:
            self.assertIsInstance(self.env[model], bound, model)

    def test_nobody_gives_records_to_a_company_that_is_not_theirs(self):
        program = self.env["clinic.program"].create(
            {
                "name": "Back school",
                "rate_id": self.rate.id,
                "date_begin": "2099-03-12 14:00:00",
                "date_end": "2099-03-12 16:00:00",
            }
        )
        for record, user in (
            (self.service, self.front_desk),
            (self.service, self.manager),
            (self._create_run(self.service), self.biller),
            (program, self.biller),
        ):
            for door in ("write", "web_save"):
                more = () if door == "write" else ({},)
                with (
                    self.subTest(model=record._name, user=user.login, door=door),
                    self.assertRaises(AccessError),
                ):
                    call = getattr(record.with_user(user), door)
                    call({"company_id": self.hill.id}, *more)
                self.assertEqual(record.company_id, self.practice)

    def test_nobody_records_services_for_a_patient_of_another_practice(self):
        patient = self.env["res.partner"].create(
            {"name": "Ann Other", "company_id": self.practice.id}
        )
        services = self.env["clinic.service"].with_user(self.hill_desk)
        with self.assertRaises(UserError):
            services.create({"patient_id": patient.id, "rate_id": self.rate.id})
