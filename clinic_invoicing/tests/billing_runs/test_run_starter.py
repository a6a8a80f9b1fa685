from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from ..common import ClinicInvoicingCommon


@tagged("post_install", "-at_install")
class TestRunStarter(ClinicInvoicingCommon):
    """A run has the rights of who has pressed its button, and of nobody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls._create_service()

    def test_nobody_starts_a_run_in_the_name_of_another(self):
        run = self._create_run(self.service)
        for values in ({"started_by_id": self.manager.id}, {"state": "running"}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                run.with_user(self.second_biller).write(values)
        self.assertFalse(run.started_by_id)

    def test_a_resumed_run_is_of_who_has_resumed_it(self):
        run = self._create_run(self.service, self.manager)
        run._set_running()
        run.action_pause()
        run.with_user(self.biller).action_resume()
        self.assertEqual(run.started_by_id, self.biller)

    def test_a_worker_does_nothing_for_who_may_not_any_more(self):
        billers = self.env.ref("clinic_invoicing.group_biller")
        other = self.env["res.company"].create({"name": "Hill Clinic"})
        for values in (
            {"group_ids": [Command.unlink(billers.id)]},
            {"active": False},
            {
                "company_ids": [Command.set(other.ids)],
                "company_id": other.id,
            },
        ):
            with self.subTest(values=values):
                user = self._create_user(
                    f"former{len(str(values))}", "clinic_invoicing.group_biller"
                )
                run = self._create_run(self._create_service(), user)
                run._set_running()
                run._fill_queue(run.service_ids)
                user.write(values)
                sudo = run.sudo()
                sudo._work_on(sudo.item_ids.chunk_id, [])
                self.assertEqual(sudo.item_ids.state, "failed")
                self.assertIn(user.name, sudo.item_ids.reason)
                self.assertFalse(sudo.invoice_ids)
