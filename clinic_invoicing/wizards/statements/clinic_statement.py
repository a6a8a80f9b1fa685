import re
from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import date_utils

from ...actions import CLOSE, notification

REPORT = "clinic_invoicing.clinic_statement_report"
MAIL_TEMPLATE = "clinic_invoicing.clinic_statement_mail_template"

# How far back, and the length of the period.
PERIODS = {
    "this_month": (relativedelta(), "month"),
    "last_month": (relativedelta(months=1), "month"),
    "this_quarter": (relativedelta(), "quarter"),
    "last_quarter": (relativedelta(months=3), "quarter"),
    "this_year": (relativedelta(), "year"),
}


class ClinicStatement(models.TransientModel):
    """A statement of what was billed and paid in a period, to print or to e-mail."""

    _name = "clinic.statement"
    _description = "Statement"
    _inherit = "clinic.dialog"

    partner_ids = fields.Many2many("res.partner", string="Payers", required=True)
    partner_id = fields.Many2one(
        "res.partner", compute="_compute_partner_id", help="Whom it is sent to."
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    period = fields.Selection(
        [
            ("this_month", "This Month"),
            ("last_month", "Last Month"),
            ("this_quarter", "This Quarter"),
            ("last_quarter", "Last Quarter"),
            ("this_year", "This Year"),
            ("custom", "Other Dates"),
        ],
        required=True,
        default="this_month",
    )
    date_from = fields.Date(
        string="From",
        compute="_compute_dates",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    date_to = fields.Date(
        string="To",
        compute="_compute_dates",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_ids")
    def _compute_partner_id(self):
        for statement in self:
            statement.partner_id = statement.partner_ids[:1]

    @api.depends("period")
    def _compute_dates(self):
        for statement in self.filtered(lambda each: each.period in PERIODS):
            statement.date_from, statement.date_to = self._get_period(statement.period)

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for statement in self:
            if statement.date_from > statement.date_to:
                raise ValidationError(
                    self.env._("The period ends before it begins. Check the dates.")
                )

    # === ACTION METHODS === #

    def action_print(self):
        """Print one document for all payers."""
        self.ensure_one()
        self.check_access("read")
        return self.env.ref(REPORT).report_action(self)

    def action_send(self):
        """E-mail to each payer their own statement."""
        self.ensure_one()
        self.check_access("write")
        sent = self._split().filtered(lambda each: each.partner_id.email)
        left_out = self.partner_ids - sent.partner_ids
        if not sent:
            raise UserError(
                self.env._(
                    "No e-mail address, or nothing to tell: %(names)s.",
                    names=", ".join(left_out.mapped("display_name")),
                )
            )
        self.env.ref(MAIL_TEMPLATE).send_mail_batch(sent.ids)
        message = self.env._("Statements sent: %(count)s.", count=len(sent))
        if left_out:
            message += " " + self.env._(
                "Without e-mail address, or nothing to tell: %(names)s.",
                names=", ".join(left_out.mapped("display_name")),
            )
        return notification("warning" if left_out else "success", message, then=CLOSE)

    # === BUSINESS METHODS === #

    @api.model
    def _get_period(self, period):
        """Return the first and the last day of a period, today at the latest."""
        today = self.env.company._clinic_get_day()
        back, length = PERIODS[period]
        last = date_utils.end_of(today - back, length)
        return date_utils.start_of(today - back, length), min(last, today)

    def _split(self):
        """Return a statement for each payer that there is something to tell."""
        self.ensure_one()
        statements = self._get_statements()
        return self.create(
            [
                {
                    "partner_ids": [Command.set(partner.ids)],
                    "company_id": self.company_id.id,
                    "period": "custom",
                    "date_from": self.date_from,
                    "date_to": self.date_to,
                }
                for partner in self.partner_ids
                if any(
                    each["entries"] or each["closing"] for each in statements[partner]
                )
            ]
        )

    def _get_statements(self):
        """Return the statements by payer; see ``_clinic_get_statements``."""
        self.ensure_one()
        return self.partner_ids._clinic_get_statements(
            self.company_id, self.date_from, self.date_to
        )

    def _get_report_base_filename(self):
        self.ensure_one()
        return self.env._(
            "Statement %(date_from)s %(date_to)s",
            date_from=self.date_from,
            date_to=self.date_to,
        )

    # === THE CLIENT'S OWN === #

    @api.model
    def _create_for_client(self, partner, date_from="", date_to=""):
        """Return the statements that a client has asked for, one for each company.

        :param str date_from: in ISO's form, from a browser; empty for this year
        :raise ValidationError: telling what is wrong with the dates
        """
        values = {"partner_ids": [Command.set(partner.ids)], "period": "this_year"}
        if date_from or date_to:
            values["period"] = "custom"
            values["date_from"] = self._parse_date(date_from)
            values["date_to"] = self._parse_date(date_to)
        payer = partner.with_env(self.env)
        companies = payer._clinic_get_billing_companies() or self.env.company
        return self.create(
            [{**values, "company_id": company.id} for company in companies]
        )

    @api.model
    def _parse_date(self, text):
        # Python's own would take other forms than browsers send.
        is_date = re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text or "")
        try:
            return date.fromisoformat(text if is_date else "")
        except ValueError as error:
            raise ValidationError(
                self.env._("Please give both dates of the period, e.g. 2026-01-31.")
            ) from error
