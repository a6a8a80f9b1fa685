from lxml import etree

from odoo.fields import Command
from odoo.tests import tagged

from ..common import ClinicInvoicingCommon
from .common_web_client import X2MANY, WebClientMixin, get_field_nodes, is_sent


@tagged("post_install", "-at_install")
class TestDialogs(WebClientMixin, ClinicInvoicingCommon):
    """Dialogs get by with what the web client sends back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rate.clinic_counterpart_rate_id = cls.insurer_rate.product_tmpl_id
        cls.env.flush_all()

    def test_rates_are_flipped_from_the_dialog(self):
        planned = self._create_service()
        invoiced = self._create_service()
        self._invoice(invoiced)
        services = (planned | invoiced).with_user(self.biller)
        dialog, _told = self._press_in_dialog(
            services.action_flip_rate(), "action_confirm", self.biller, reason="Insured"
        )
        self.assertEqual(dialog.line_ids.service_id, services)
        self.assertEqual(services.rate_id, self.insurer_rate)

    def test_flip_does_what_the_server_has_said_not_the_client(self):
        flipped = self._create_service()
        orphan = self._create_service(self._create_rate("Report", 10))
        other = self._create_service()
        dialog = self._save_dialog(
            (flipped | orphan).with_user(self.biller).action_flip_rate(), self.biller
        )
        dialog.line_ids = [Command.create({"service_id": other.id})]
        dialog.action_confirm()
        self.assertEqual(flipped.rate_id, self.insurer_rate)
        self.assertEqual(orphan.rate_id.name, "Report")
        self.assertEqual(other.rate_id, self.rate)

    def test_every_line_that_is_sent_back_is_whole(self):
        """No view lets the client send back lines without what the server requires."""
        forms = self._get_our_forms()
        self.assertGreater(len(forms), 20)
        halves = [
            f"{view.xml_id}: {node.get('name')} lacks {', '.join(sorted(missing))}"
            for view, model, arch in forms
            for node in get_field_nodes(arch)
            if (missing := self._get_missing(model, node))
        ]
        self.assertFalse(halves, "\n".join(halves))

    def test_half_lines_are_found(self):
        arch = etree.fromstring(
            """<form><field name="line_ids" readonly="1" force_save="1">
                <list><field name="service_id" /></list></field></form>"""
        )
        missing = self._get_missing(
            self.env["clinic.service.flip"], get_field_nodes(arch)[0]
        )
        self.assertEqual(missing, {"service_id"})

    def _get_our_forms(self):
        """Return ``(view, model, arch)`` of each form with something of ours in it."""
        ours = self.env["ir.model.data"].search(
            [("model", "=", "ir.ui.view"), ("module", "=like", "clinic%")]
        )
        views = self.env["ir.ui.view"].browse(ours.mapped("res_id"))
        forms = views.filtered(lambda view: view.type == "form")
        roots = {
            (view if view.mode == "primary" else view.inherit_id): view
            for view in forms
        }
        return [
            (
                view,
                self.env[view.model],
                etree.fromstring(
                    self.env[view.model].get_views([(root.id, "form")])["views"][
                        "form"
                    ]["arch"]
                ),
            )
            for root, view in roots.items()
        ]

    def _get_missing(self, model, node):
        """Return what a line of this field requires and the client does not send."""
        field = model._fields[node.get("name")]
        if field.type not in X2MANY or not len(node) or not is_sent(field, node):
            return set()
        # Lines that nobody adds, neither by hand nor the server.
        view = node.find("list")
        if view is None or (view.get("create") in ("0", "False") and not field.compute):
            return set()
        lines = self.env[field.comodel_name]
        sent = {
            each.get("name")
            for each in get_field_nodes(node)
            if is_sent(lines._fields[each.get("name")], each)
        }
        return {
            name
            for name, each in lines._fields.items()
            if each.required
            and not (each.default or each.compute or each.related)
            and name not in {*sent, getattr(field, "inverse_name", None)}
        }
