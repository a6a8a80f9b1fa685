from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_portal import PortalCommon


@tagged("post_install", "-at_install")
class TestPortalPrivacy(PortalCommon):
    """What a client sees and reaches of other people's invoices: nothing."""

    def _check_foreign_bill_is_out_of_reach(self):
        bill = self.foreign_bill
        names = (bill.name, "Otto Other")
        for url in ("/my", "/my/billing", "/my/invoices"):
            text = self._get(url).text
            for name in names:
                self.assertNotIn(name, text, url)
        for params in (
            {},
            {"report_type": "html"},
            {"report_type": "pdf"},
            {"report_type": "pdf", "download": "true"},
            {"access_token": "guessed"},
        ):
            response = self._get(f"/my/invoices/{bill.id}", **params)
            self.assertEqual(response.status_code, 303, params)
            self.assertURLEqual(response.headers["Location"], "/my")
        with mute_logger("odoo.http"):
            for url in (
                f"/report/pdf/account.report_invoice/{bill.id}",
                f"/report/html/account.report_invoice/{bill.id}",
            ):
                response = self._get(url)
                self.assertGreaterEqual(response.status_code, 400)
                for name in names:
                    self.assertNotIn(name, response.text, url)

    def _check_foreign_bill_cannot_be_read_over_rpc(self):
        bill = self.foreign_bill
        moves, lines = "account.move", "account.move.line"
        self.assertForbidden(moves, "read", bill.ids, ["name"])
        self.assertForbidden(moves, "web_read", bill.ids, {"name": {}})
        self.assertForbidden(moves, "export_data", bill.ids, ["name"])
        self.assertForbidden(lines, "read", bill.invoice_line_ids.ids, ["name"])
        for domain in (
            [("id", "=", bill.id)],
            [("name", "=", bill.name)],
            [("partner_id.name", "=", "Otto Other")],
            [("clinic_has_services", "=", True), ("partner_id", "!=", self.client.id)],
        ):
            self.assertEqual(self._call(moves, "search", domain)[0], [])
            self.assertEqual(self._call(moves, "search_count", domain)[0], 0)
            groups = self._call(moves, "formatted_read_group", domain, ["name"])
            self.assertEqual(groups[0], [])
        domain = [("move_id", "=", bill.id)]
        self.assertEqual(self._call(lines, "search", domain)[0], [])
        self.assertEqual(self._call(moves, "name_search", bill.name)[0], [])

    def test_invoice_of_another_client_is_out_of_reach(self):
        self._check_foreign_bill_is_out_of_reach()
        self._check_foreign_bill_cannot_be_read_over_rpc()

    def test_invoice_of_a_colleague_is_out_of_reach(self):
        self._colleagues()
        # Their own are still there.
        self.assertIn(self.own_bill.id, self._get_rows(self._get_page()))
        self._check_foreign_bill_is_out_of_reach()
        self._check_foreign_bill_cannot_be_read_over_rpc()
        self.assertEqual(
            set(self._call("account.move", "search", [])[0]),
            set((self.own_bill | self.childs_bill).ids),
        )

    def test_employer_does_not_see_what_is_billed_to_an_employee(self):
        self.other_client.parent_id = self.client
        self._check_foreign_bill_is_out_of_reach()
        self._check_foreign_bill_cannot_be_read_over_rpc()

    def test_duplicate_is_as_private_as_its_original(self):
        self.assertTrue(self.foreign_bill.copy().clinic_has_services)

    def test_credit_note_of_a_colleague_is_out_of_reach(self):
        self._colleagues()
        credit_note = self._credit(self.foreign_bill)
        self.assertForbidden("account.move", "read", credit_note.ids, ["name"])
        self.assertNotIn(credit_note.name, self._get("/my/invoices").text)

    def test_invoices_made_by_hand_are_shared_in_a_company_as_before(self):
        self._colleagues()
        bill = self.init_invoice(
            "out_invoice", self.other_client, amounts=[10], post=True
        )
        result, _error = self._call("account.move", "read", bill.ids, ["name"])
        self.assertEqual(result[0]["name"], bill.name)
        # But they are not the client's to pay.
        self.assertNotIn(bill.id, self._get_rows(self._get_page()))

    def test_child_does_not_see_what_is_billed_to_the_guarantor(self):
        self.authenticate("child", "childxxx")
        page = self._get_page()
        self.assertEqual(self._get_badge(page), 0)
        self.assertEqual(self._get_rows(page), {})
        self.assertForbidden("account.move", "read", self.childs_bill.ids, ["name"])
        response = self._get(f"/my/invoices/{self.childs_bill.id}")
        self.assertEqual(response.status_code, 303)
        self.assertRefused(self.childs_bill.id, 135, "nothing to pay")

    def test_client_reads_no_service_over_rpc(self):
        services = self.own_bill.invoice_line_ids.clinic_service_id
        for model, ids in (
            ("clinic.service", services.ids),
            ("clinic.service.share", services.share_ids.ids),
            ("clinic.billing.run", self.own_bill.clinic_billing_run_id.ids),
            ("clinic.billing.run.item", [1]),
            ("clinic.billing.run.chunk", [1]),
        ):
            self.assertForbidden(model, "read", ids, ["id"])
            self.assertForbidden(model, "search", [])
            self.assertForbidden(model, "write", ids, {})
        self.assertForbidden("clinic.service", "get_tab_counts")
        self.assertForbidden("clinic.service", "action_cancel", services.ids)

    def test_client_changes_no_invoice_over_rpc(self):
        for method, args in (
            ("write", [{"narration": "Nothing is due"}]),
            ("button_draft", []),
            ("unlink", []),
        ):
            for bill in (self.own_bill, self.foreign_bill):
                self.assertForbidden("account.move", method, bill.ids, *args)

    def test_helpers_of_the_portal_cannot_be_called_over_rpc(self):
        for method in (
            "_clinic_start_online_payment",
            "_clinic_get_portal_lines",
            "_clinic_get_payment_notice",
        ):
            self.assertForbidden("account.move", method, self.own_bill.ids)
        self.assertForbidden(
            "res.users", "_clinic_get_unpaid_count", self.other_client_user.ids
        )
