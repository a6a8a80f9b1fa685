from odoo import api, fields, models
from odoo.tools import SQL

from ..payers.account_move_line import ADDRESSEE, BILLED_PARTNER, RECEIVABLE_LINES

# The context key by which a past date is asked for, as a date or in ISO's form.
AS_OF = "clinic_as_of"

BUCKETS = (
    ("current", "Current"),
    ("days_30", "1-30"),
    ("days_60", "31-60"),
    ("days_90", "61-90"),
    ("over_90", "90+"),
    ("credit", "Credit"),
)

# What is to be written to the database before it is read.
DEPENDS = {
    "account.account": ["account_type"],
    "account.move": ["move_type", "origin_payment_id", "partner_id"],
    "account.move.line": [
        "account_id",
        "amount_currency",
        "amount_residual",
        "amount_residual_currency",
        "company_currency_id",
        "company_id",
        "currency_id",
        "date",
        "date_maturity",
        "move_id",
        "parent_state",
        "partner_id",
        "reconciled",
    ],
    "account.partial.reconcile": [
        "amount",
        "credit_amount_currency",
        "credit_move_id",
        "debit_amount_currency",
        "debit_move_id",
        "max_date",
    ],
    "account.payment": ["clinic_payer_id", "payment_transaction_id"],
    "res.partner": ["parent_id", "type"],
}

IS_RECEIVABLE = SQL(
    """line.account_id IN (
        SELECT id FROM account_account WHERE account_type = 'asset_receivable')"""
)

ITEMS = """
SELECT line.id,
       line.move_id,
       line.company_id,
       line.company_currency_id,
       line.currency_id,
       line.date,
       COALESCE(line.date_maturity, line.date) AS date_due,
       %(today)s - COALESCE(line.date_maturity, line.date) AS days_overdue,
       line.amount_currency AS amount,
       line.amount_residual_currency + COALESCE(later.amount_currency, 0)
           AS amount_open,
       line.amount_residual + COALESCE(later.amount, 0) AS company_amount_open,
       billed.id AS billed_partner_id,
       %(addressee)s AS partner_id
  FROM %(lines)s
  %(later)s
  LEFT JOIN res_partner billed ON billed.id = %(billed_partner)s
 WHERE line.parent_state = 'posted'
   AND %(condition)s
"""

WITH_BUCKET = """
SELECT item.*,
       CASE WHEN amount_open < 0 THEN 'credit'
            WHEN days_overdue <= 0 THEN 'current'
            WHEN days_overdue <= 30 THEN 'days_30'
            WHEN days_overdue <= 60 THEN 'days_60'
            WHEN days_overdue <= 90 THEN 'days_90'
            ELSE 'over_90' END AS bucket
  FROM (%s) item
 WHERE amount_open <> 0 OR company_amount_open <> 0
"""

# What was reconciled after a date was open at that date.
LATER = """
SELECT line_id, SUM(amount) AS amount, SUM(amount_currency) AS amount_currency
  FROM (SELECT debit_move_id AS line_id,
               amount,
               debit_amount_currency AS amount_currency
          FROM account_partial_reconcile
         WHERE max_date > %(date)s
         UNION ALL
        SELECT credit_move_id, -amount, -credit_amount_currency
          FROM account_partial_reconcile
         WHERE max_date > %(date)s) side
 GROUP BY line_id
"""

OPEN_AT_DATE = """
line.date <= %(date)s
   AND line.id IN (SELECT id
                     FROM account_move_line line
                    WHERE line.reconciled IS NOT TRUE
                      AND %(is_receivable)s
                    UNION ALL
                   SELECT line_id FROM (%(later)s) candidate)
   AND %(is_receivable)s
"""


class ClinicByCurrency(models.AbstractModel):
    """Amounts of several currencies are never added up, nor converted."""

    _name = "clinic.by.currency"
    _description = "Amounts by Currency"

    def _read_group_select(self, aggregate_spec, query):
        """Give no total for a group in which there are several currencies."""
        total = super()._read_group_select(aggregate_spec, query)
        field = self._fields.get(aggregate_spec.split(":")[0])
        if field is None or field.type != "monetary":
            return total
        currency = self._field_to_sql(
            self._table, field.get_currency_field(self), query
        )
        return SQL("CASE WHEN COUNT(DISTINCT %s) = 1 THEN %s END", currency, total)


class ClinicOpenItem(models.Model):
    """An invoice, a payment or a credit note of which something is open.

    There is one row for each receivable line, as of today or of the date in the
    context. What was open at a date follows from what is matched now: a match that has
    been undone since counts as never made.
    """

    _name = "clinic.open.item"
    _inherit = [ClinicByCurrency._name]
    _description = "Clinic Open Item"
    _auto = False
    _rec_name = "move_id"
    _order = "date_due, id"
    _depends = DEPENDS

    move_id = fields.Many2one("account.move", string="Document", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date = fields.Date(readonly=True)
    date_due = fields.Date(string="Due", readonly=True)
    days_overdue = fields.Integer(
        readonly=True, aggregator="max", depends_context=(AS_OF,)
    )
    bucket = fields.Selection(
        list(BUCKETS),
        string="Days Overdue (Range)",
        readonly=True,
        depends_context=(AS_OF,),
    )
    billed_partner_id = fields.Many2one(
        "res.partner", string="Billed To", readonly=True
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Payer",
        readonly=True,
        help="The person or insurer behind the address that was billed.",
    )
    amount = fields.Monetary(string="Total", readonly=True)
    amount_open = fields.Monetary(
        string="Open", readonly=True, depends_context=(AS_OF,)
    )
    company_amount_open = fields.Monetary(
        string="Open in Company Currency",
        currency_field="company_currency_id",
        readonly=True,
        depends_context=(AS_OF,),
    )

    @property
    def _table_query(self):
        return SQL(WITH_BUCKET, self._get_items_query())

    @api.model
    def _get_as_of(self):
        """Return the date that was asked for, ``None`` for what is open now."""
        date = self.env.context.get(AS_OF)
        return fields.Date.to_date(date) if date else None

    @api.model
    def _get_items_query(self):
        """Return the query of the receivable lines that were open."""
        date = self._get_as_of()
        today = self.env.company._clinic_get_day()
        later = SQL(LATER, date=date)
        return SQL(
            ITEMS,
            # Nothing is overdue before its day has come.
            today=min(date or today, today),
            lines=RECEIVABLE_LINES,
            # Matches that are made already all count today.
            later=SQL("LEFT JOIN (%s) later ON later.line_id = line.id", later)
            if date
            else SQL("CROSS JOIN (SELECT 0 AS amount, 0 AS amount_currency) later"),
            billed_partner=BILLED_PARTNER,
            addressee=ADDRESSEE,
            condition=SQL(
                OPEN_AT_DATE, date=date, is_receivable=IS_RECEIVABLE, later=later
            )
            if date
            else SQL("line.reconciled IS NOT TRUE AND %s", IS_RECEIVABLE),
        )

    @api.model
    def _flush_facts(self):
        """Write to the database what follows from it, for SQL that is not a view's."""
        for model_name, names in DEPENDS.items():
            self.env[model_name].flush_model(names)

    # === ACTION METHODS === #

    def action_open_document(self):
        """Open the invoice, the payment or the entry."""
        self.ensure_one()
        self.check_access("read")
        document = self.move_id.origin_payment_id or self.move_id
        return {
            "type": "ir.actions.act_window",
            "res_model": document._name,
            "res_id": document.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
