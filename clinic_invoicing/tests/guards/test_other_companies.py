from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from ..common_neighbours import NeighboursCommon

# How a request opens a dialog, and names what it is about. All have the context.
DIALOG_DOORS = {
    "create": lambda dialog, named: dialog.create(named),
    "write": lambda dialog, named: dialog.write(named),
    "save": lambda dialog, named: dialog.web_save(named, {}),
    "onchange": lambda dialog, named: dialog.onchange(named, [*named], {}),
    "default": lambda dialog, named: dialog.default_get([*named]),
    "form": lambda dialog, named: dialog.onchange({}, [], dict.fromkeys(named, {})),
}


@tagged("post_install", "-at_install")
class TestOtherCompanies(NeighboursCommon):
    """No dialog tells of what its user may not read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visit = cls._create_event()
        cls.service = cls.visit.clinic_service_ids
        cls.insured = cls._create_service(cls.insurer_rate)
        cls.bill = cls._invoice(cls._create_service())
        cls.payment = cls._pay(cls.bill)
        cls.remittance = cls.env["clinic.remittance"].create(
            {"insurer_id": cls.insurer.id}
        )
        cls.env.flush_all()

    def _get_dialogs(self):
        """Return our dialogs, with each field by which one speaks of something."""
        for model in self.registry:
            if model.startswith("clinic.") and self.registry[model]._transient:
                for field in self.env[model]._get_reference_fields():
                    yield model, field

    def _get_foreign(self, model):
        """Return a record of that model which only the first practice may read."""
        ours = {"company_id": self.practice.id}
        if model == "res.partner":
            return self.env[model].create({"name": "Ann Other", **ours})
        if model == "product.product":
            return self._create_rate("Ours alone", 10, **ours)
        if model == "payment.token":
            return self._create_token()
        return {
            "account.move": self.bill,
            "account.payment": self.payment,
            "calendar.event": self.visit,
            "clinic.remittance": self.remittance,
            "clinic.service": self.insured,
            "clinic.service.share": self.insured.share_ids,
            "res.company": self.practice,
        }[model]

    def _create_token(self):
        provider = self.env["payment.provider"].create({"name": "Somewhere"})
        provider.company_id = self.practice
        method = self.env["payment.method"].search([], limit=1)
        return self.env["payment.token"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "partner_id": self.client.id,
                "provider_ref": "somewhere",
            }
        )

    def test_every_dialog_of_ours_checks_what_it_is_about(self):
        base = self.registry["clinic.dialog"]
        for model, field in self._get_dialogs():
            self.assertIsInstance(self.env[model], base, f"{model}.{field.name}")

    def test_no_dialog_tells_of_another_company(self):
        for model, field in self._get_dialogs():
            if self.registry[field.comodel_name]._transient:
                continue
            foreign = self._get_foreign(field.comodel_name)
            is_one = field.type == "many2one"
            named = {
                field.name: foreign.id if is_one else [Command.set(foreign.ids)],
            }
            default = {f"default_{field.name}": foreign.id if is_one else foreign.ids}
            dialog = self.env[model].with_user(self.hill_manager)
            for door, open_door in DIALOG_DOORS.items():
                with (
                    self.subTest(dialog=model, field=field.name, door=door),
                    self.assertRaises(AccessError),
                ):
                    open_door(dialog.with_context(**default), named)

    def test_no_line_of_a_remittance_tells_of_another_company(self):
        remittances = self.env["clinic.remittance"].with_user(self.hill_manager)
        line = {"share_id": self.insured.share_ids.id}
        lines = {"line_ids": [Command.create(line)]}
        spec = {"line_ids": {"fields": {"paid": {}, "amount_open": {}}}}
        own = remittances.create({"insurer_id": self.insurer.id})
        doors = (
            lambda: remittances.onchange(lines, ["line_ids"], spec),
            lambda: remittances.with_context(
                default_line_ids=[Command.create(line)]
            ).onchange({}, [], spec),
            lambda: remittances.create({**lines, "insurer_id": self.insurer.id}),
            lambda: own.write(lines),
            lambda: own.line_ids.create({**line, "remittance_id": own.id}),
            lambda: own.line_ids.onchange(line, ["share_id"], {"paid": {}}),
            lambda: own.line_ids.with_context(
                default_share_id=line["share_id"]
            ).default_get(["share_id"]),
        )
        for number, open_door in enumerate(doors):
            with (
                self.subTest(door=number),
                self.assertRaises(AccessError),
                self.cr.savepoint(),
            ):
                open_door()

    def test_a_payment_link_is_made_of_ones_own_invoices(self):
        wizard = self.env["payment.link.wizard"].with_user(self.hill_manager)
        values = {
            "res_model": "account.move",
            "res_id": self.bill.id,
            "amount": 10,
            "amount_max": 10,
            "currency_id": self.bill.currency_id.id,
            "partner_id": self.client.id,
        }
        with self.assertRaises(AccessError):
            wizard.create(values).read(["link"])

    def test_the_practice_itself_uses_its_dialogs(self):
        share = self.insured.share_ids.with_user(self.biller)
        wizard = self.env["clinic.share.move"].with_user(self.biller)
        move = wizard.create({"share_id": share.id, "reason": "Denied"})
        self.assertEqual(move.service_id, self.insured)
        move.action_confirm()
        self.assertEqual(self.insured.share_ids.mapped("payer_type")[-1], "patient")
