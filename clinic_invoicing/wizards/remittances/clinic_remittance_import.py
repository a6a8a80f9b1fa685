import base64
import io

from odoo import fields, models
from odoo.exceptions import UserError

from ...actions import CLOSE
from ...rules import remittance_file

# How the files of spreadsheets begin.
ZIP = b"PK\x03\x04"
EXAMPLE = "/clinic_invoicing/static/files/remittance.csv"


class ClinicRemittanceImport(models.TransientModel):
    """Take the lines of a remittance from a file of the insurer: all, or none."""

    _name = "clinic.remittance.import"
    _description = "Import of a Remittance"
    _inherit = "clinic.dialog"

    remittance_id = fields.Many2one("clinic.remittance", required=True, readonly=True)
    file = fields.Binary(attachment=False, help="CSV or XLSX.")
    file_name = fields.Char()

    def action_import(self):
        """Add a line for each line of the file.

        :raise UserError: there is no file, or a line cannot be read; it is named
        """
        self.ensure_one()
        remittance = self.remittance_id
        remittance.check_access("write")
        if not self.file:
            # Not required: the template is downloaded by who has no file yet.
            raise UserError(self.env._("Choose a file."))
        try:
            lines = remittance_file.read_lines(self._read_rows(), self._get_reading())
        except remittance_file.FileProblem as problem:
            raise UserError(self._explain(problem)) from problem
        remittance._add_lines(lines)
        return CLOSE

    def action_template(self):
        """Give a file with all columns, to be filled in."""
        self.check_access("read")
        self.remittance_id.check_access("read")
        return {"type": "ir.actions.act_url", "url": EXAMPLE, "target": "download"}

    # === READING === #

    def _read_rows(self):
        """Return the rows of the file.

        :raise UserError: it is no table
        """
        try:
            content = base64.b64decode(self.file)
            if content.startswith(ZIP):
                return _read_sheet(content)
            return remittance_file.read_csv(content)
        except Exception as error:
            # Whatever a broken file does to its reader, it is the file's fault.
            raise UserError(
                self.env._(
                    "%(file)s cannot be read. Save it as CSV or XLSX, and try again.",
                    file=self.file_name or self.env._("The file"),
                )
            ) from error

    def _get_reading(self):
        """Return how the user's language writes days and amounts."""
        language = self.env["res.lang"]._get_data(code=self.env.user.lang or "en_US")
        return remittance_file.Reading(
            is_day_first=language.date_format.find("%d")
            < language.date_format.find("%m"),
            decimal_point=language.decimal_point,
        )

    def _explain(self, problem):
        """Return why the file is not read, for people."""
        values = {"line": problem.line, "text": problem.text}
        sentences = {
            "empty": self.env._("There is no line in the file."),
            "columns": self.env._(
                "Line %(line)s has to name the columns: Paid, and Invoice or Date of "
                "service. It says: %(text)s"
            ),
            "too_many": self.env._("A file has no more than %(text)s lines."),
            "nothing_named": self.env._(
                "Line %(line)s: neither an invoice nor a date of service."
            ),
            "amount": self.env._("Line %(line)s: “%(text)s” is no amount of money."),
            "date": self.env._("Line %(line)s: “%(text)s” is no date."),
            "rest": self.env._(
                "Line %(line)s: “%(text)s” does not say what becomes of the rest: "
                "keep, secondary, client or write off."
            ),
            "mixed_amounts": self.env._(
                "Line %(line)s: “%(text)s” has its cents after another sign than the "
                "lines before."
            ),
            "mixed_dates": self.env._(
                "Line %(line)s: “%(text)s” has day and month in another order than the "
                "lines before."
            ),
        }
        return sentences[problem.kind] % values


def _read_sheet(content):
    """Return the rows of the first sheet of a spreadsheet."""
    # Here, as Odoo does: it is large, and few requests read a spreadsheet.
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
