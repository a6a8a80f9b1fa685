from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from ..common import ClinicInvoicingCommon

WRITTEN_OFF = {"payer_type": "write_off", "fixed_amount": 99}


@tagged("post_install", "-at_install")
class TestWriteOffs(ClinicInvoicingCommon):
    """Billers say who owes what, and it is told what nobody owes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls._create_service()
        cls.env.flush_all()

    def _get_told(self, service=None):
        return " ".join((service or self.service).message_ids.mapped("body"))

    def _get_ways(self):
        """Return the ways by which a share is made over RPC."""
        own = {"service_id": self.service.id}
        new = {"rate_id": self.rate.id, "patient_id": self.client.id}
        rest = {"takes_rest": True}
        insurers = {"payer_type": "insurer", "partner_id": self.insurer.id}

        def make(vals, **context):
            return lambda env: (
                env["clinic.service.share"]
                .with_context(**context)
                .create({**own, **vals})
            )

        def record(*shares, **context):
            commands = [Command.create(vals) for vals in shares]
            vals = {**new, "share_ids": commands} if commands else new
            return lambda env: (
                env["clinic.service"].with_context(**context).create(vals)
            )

        return {
            "share": make(WRITTEN_OFF),
            "insurer": make({**insurers, "fixed_amount": 99}),
            "share of the client": make({"payer_type": "patient", "fixed_amount": 9}),
            "default": make({"fixed_amount": 99}, default_payer_type="write_off"),
            "with the service": record(rest, WRITTEN_OFF),
            "the whole service": record({**rest, "payer_type": "write_off"}),
            "another payer": record({**rest, "partner_id": self.other_client.id}),
            "on the service": lambda env: (
                env["clinic.service"]
                .browse(self.service.id)
                .write({"share_ids": [Command.create(WRITTEN_OFF)]})
            ),
            "save": lambda env: (
                env["clinic.service"]
                .browse(self.service.id)
                .web_save({"share_ids": [Command.create(WRITTEN_OFF)]}, {})
            ),
        }

    def test_the_front_desk_does_not_say_who_owes_what(self):
        before = self.env["clinic.service"].search_count([])
        for name, way in self._get_ways().items():
            with self.subTest(name), self.assertRaises(AccessError):
                way(self.env(user=self.front_desk))
            self.env.invalidate_all()
            self.assertRecordValues(
                self.service.share_ids, [{"payer_type": "patient", "amount": 100}]
            )
        self.assertEqual(self.env["clinic.service"].search_count([]), before)

    def test_the_front_desk_records_services(self):
        values = {"rate_id": self.insurer_rate.id, "patient_id": self.client.id}
        services = self.env["clinic.service"].with_user(self.front_desk)
        service = services.with_context(default_payer_type="write_off").create(values)
        self.assertEqual(service.share_ids.partner_id, self.insurer)
        self.assertNotIn("written off", self._get_told(service))

    def test_what_a_biller_writes_off_is_told(self):
        ways = self._get_ways()
        ways["share"](self.env(user=self.biller))
        self.assertIn("99.00 written off by Bill Biller", self._get_told())
        whole = ways["the whole service"](self.env(user=self.biller))
        self.assertIn("100.00 written off by Bill Biller", self._get_told(whole))

    def test_what_a_split_writes_off_is_told(self):
        wizard = self.env["clinic.service.split"].with_user(self.biller)
        wizard.create(
            {"service_ids": [Command.set(self.service.ids)], "write_off": 30}
        ).action_confirm()
        self.assertIn("30.00 written off by Bill Biller", self._get_told())

    def test_what_a_void_writes_off_is_told(self):
        self.service._set_covers([("insurer", self.insurer, "amount", 40)])
        self.practice.clinic_insurer_settlement = "invoice"
        bills = self._invoice(self.service)
        bill = bills.filtered(lambda move: move.partner_id == self.client)
        bill.with_user(self.manager)._clinic_void("Hardship", services="write_off")
        told = self._get_told()
        self.assertIn("60.00 written off by Mona Manager", told)
        self.assertIn("Hardship", told)

    def test_what_is_moved_to_nobody_is_told(self):
        share = self.service.share_ids.with_user(self.biller)
        share._move({share: 25}, "write_off", reason="Goodwill")
        told = self._get_told()
        self.assertRegex(told, "25.00 moved from .* by Bill Biller. Goodwill")

    def test_a_discount_is_told(self):
        # What was made in this transaction is not tracked, nor while it is computed.
        self.env.flush_all()
        self.env.invalidate_all()
        self.env.cr.precommit.clear()
        # Context: the tests' own switches tracking off.
        service = self.service.with_context(tracking_disable=False, mail_notrack=False)
        service.with_user(self.front_desk).discount = 50
        self.env.cr.flush()
        tracked = self.service.message_ids.sudo().tracking_value_ids.field_id
        self.assertIn("discount", tracked.mapped("name"))
