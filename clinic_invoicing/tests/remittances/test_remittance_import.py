import base64
import io

from openpyxl import Workbook

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_remittances import RemittancesCommon

HEAD = "Invoice,Date of service,Patient,Paid,Contractual,Codes,Rest\n"


@tagged("post_install", "-at_install")
class TestRemittanceImport(RemittancesCommon):
    """Lines from a file of the insurer: all of them, or a sentence and none."""

    def _import(self, content, remittance=None, name="remittance.csv"):
        remittance = remittance or self._create_remittance()
        content = content.encode() if isinstance(content, str) else content
        self.env["clinic.remittance.import"].with_user(self.biller).create(
            {
                "remittance_id": remittance.id,
                "file": base64.b64encode(content),
                "file_name": name,
            }
        ).action_import()
        return remittance

    def _get_rows(self):
        return [
            [self.bill.name, "2024-03-12", "Clara Client", "0", "", "PR-1", "client"],
            [self.bill.name, "2024-03-12", "Otto Other", "60", "20", "CO-45", ""],
            ["INV/1999/1", "", "", "80", "", "", ""],
        ]

    def test_a_file_becomes_lines_that_are_posted(self):
        rows = "\n".join(",".join(row) for row in self._get_rows())
        remittance = self._import(HEAD + rows)
        self.assertEqual(
            remittance.line_ids.mapped("share_id"), self.shares[0] | self.shares[1]
        )
        self.assertEqual(
            remittance.line_ids.mapped("problem"),
            [False, False, "Nothing is found for INV/1999/1."],
        )
        remittance.line_ids[2].leave_out = True
        remittance.amount = 60
        remittance.action_post()
        self.assertPaid(0, 60, 0)

    def test_a_spreadsheet_is_read_as_well(self):
        book = Workbook()
        book.active.append(HEAD.strip().split(","))
        for row in self._get_rows():
            cells = list(row)
            cells[3] = float(row[3])
            book.active.append(cells)
        content = io.BytesIO()
        book.save(content)
        remittance = self._import(content.getvalue(), name="remittance.xlsx")
        self.assertEqual(remittance.line_ids.mapped("paid"), [0, 60, 80])

    def test_broken_files_are_told_and_nothing_is_added(self):
        remittance = self._create_remittance()
        for content, sentence in (
            ("", "Choose a file"),
            (b"PK\x03\x04 not a spreadsheet", "cannot be read"),
            (b"\x00\x01\x02", "no line"),
            ("\n\n", "no line"),
            ("a,b\n1,2\n", "Line 1 has to name the columns"),
            (
                HEAD + "INV/1,2024-03-12,,80,,,\n\nINV/2,,,eighty,,,\n",
                "Line 4: “eighty”",
            ),
            (HEAD + "INV/1,2024-02-30,,80,,,\n", "Line 2: “2024-02-30” is no date"),
            (HEAD + ",,Clara,80,,,\n", "Line 2: neither"),
            (HEAD + "INV/1,,,80,,,maybe\n", "Line 2: “maybe”"),
        ):
            with self.subTest(sentence=sentence):
                with self.assertRaisesRegex(UserError, sentence), self.cr.savepoint():
                    self._import(content, remittance)
                self.assertFalse(remittance.line_ids)

    def test_what_is_imported_needs_the_same_queries_for_any_number_of_lines(self):
        line = f"{self.bill.name},2024-03-12,Otto Other,1,,,\n"
        few, many = self._create_remittance(), self._create_remittance()

        def count(remittance, lines):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._import(HEAD + line * lines, remittance)
            self.env.flush_all()
            self.assertEqual(len(remittance.line_ids), lines)
            return self.cr.sql_log_count - before

        count(self._create_remittance(), 2)
        self.assertLess(count(many, 800) - count(few, 20), 30)
