from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ...rules.payers import PAYER_INSURER
from ..paying.clinic_open_item import AS_OF, DEPENDS

AGING = """
SELECT aging.*,
       CASE WHEN EXISTS (SELECT FROM res_partner patient
                          WHERE patient.clinic_insurer_id = aging.partner_id)
              OR EXISTS (SELECT FROM clinic_service_share share
                          WHERE share.partner_id = aging.partner_id
                            AND share.payer_type = %(insurer)s)
            THEN %(insurer)s ELSE 'client' END AS payer_type
  FROM (SELECT MIN(id) AS id,
               partner_id,
               company_id,
               company_currency_id,
               currency_id,
               SUM(GREATEST(amount_open, 0)) AS amount_owed,
               %(buckets)s
               COALESCE(SUM(GREATEST(amount_open, 0))
                            FILTER (WHERE days_overdue > 0), 0) AS amount_overdue,
               -SUM(LEAST(amount_open, 0)) AS amount_credit,
               SUM(amount_open) AS balance,
               SUM(company_amount_open) AS company_balance
          FROM (%(items)s) item
         GROUP BY partner_id, company_id, company_currency_id, currency_id) aging
"""

BUCKET = """COALESCE(SUM(amount_open) FILTER (WHERE bucket = %(bucket)s), 0)
                   AS %(name)s,"""

AMOUNT_BY_BUCKET = {
    "current": "amount_current",
    "days_30": "amount_30",
    "days_60": "amount_60",
    "days_90": "amount_90",
    "over_90": "amount_over_90",
}


class ClinicAging(models.Model):
    """Money owed, by its age: one row per payer, company and currency.

    It is what accounting says is receivable, read at the moment it is asked for.
    """

    _name = "clinic.aging"
    _inherit = ["clinic.by.currency"]
    _description = "Money Owed"
    _auto = False
    _rec_name = "partner_id"
    _order = "amount_owed desc, id"
    _depends = {
        **DEPENDS,
        "clinic.service.share": ["partner_id", "payer_type"],
        "res.partner": [*DEPENDS["res.partner"], "clinic_insurer_id"],
    }

    partner_id = fields.Many2one("res.partner", string="Payer", readonly=True)
    payer_type = fields.Selection(
        [("client", "Client"), (PAYER_INSURER, "Insurer")], readonly=True
    )
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount_owed = fields.Monetary(
        string="Owed",
        readonly=True,
        depends_context=(AS_OF,),
        help="What is open of invoices and other charges.",
    )
    amount_current = fields.Monetary(
        string="Current",
        readonly=True,
        depends_context=(AS_OF,),
        help="Not due yet, or due on the day itself.",
    )
    amount_30 = fields.Monetary(
        string="1-30",
        readonly=True,
        depends_context=(AS_OF,),
        help="1 to 30 days overdue.",
    )
    amount_60 = fields.Monetary(
        string="31-60",
        readonly=True,
        depends_context=(AS_OF,),
        help="31 to 60 days overdue.",
    )
    amount_90 = fields.Monetary(
        string="61-90",
        readonly=True,
        depends_context=(AS_OF,),
        help="61 to 90 days overdue.",
    )
    amount_over_90 = fields.Monetary(
        string="90+",
        readonly=True,
        depends_context=(AS_OF,),
        help="More than 90 days overdue.",
    )
    amount_overdue = fields.Monetary(
        string="Overdue", readonly=True, depends_context=(AS_OF,)
    )
    amount_credit = fields.Monetary(
        string="Unallocated",
        readonly=True,
        depends_context=(AS_OF,),
        help="Payments and credit notes that have paid nothing yet.",
    )
    balance = fields.Monetary(
        readonly=True,
        depends_context=(AS_OF,),
        help="What is owed, less what is unallocated.",
    )
    company_balance = fields.Monetary(
        string="Balance in Company Currency",
        currency_field="company_currency_id",
        readonly=True,
        depends_context=(AS_OF,),
    )

    @property
    def _table_query(self):
        buckets = SQL(" ").join(
            SQL(BUCKET, bucket=bucket, name=SQL.identifier(name))
            for bucket, name in AMOUNT_BY_BUCKET.items()
        )
        items = self.env["clinic.open.item"]._table_query
        return SQL(AGING, buckets=buckets, items=items, insurer=PAYER_INSURER)

    # === ACTION METHODS === #

    def action_open_items(self):
        """Open the documents that make up these rows."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "clinic_invoicing.clinic_open_item_action"
        )
        as_of = self.env["clinic.open.item"]._get_as_of()
        payers = ", ".join(self.partner_id.mapped("display_name"))
        return {
            **action,
            "name": self._get_title(payers or action["name"], as_of),
            "domain": [
                ("partner_id", "in", self.partner_id.ids or [False]),
                ("company_id", "in", self.company_id.ids),
                ("currency_id", "in", self.currency_id.ids),
            ],
            "context": {AS_OF: fields.Date.to_string(as_of)} if as_of else {},
        }

    def action_statement(self):
        """Open the dialog that makes statements for these payers."""
        self.check_access("read")
        return self.partner_id._clinic_get_statement_action()

    @api.model
    def _get_title(self, title, as_of):
        if not as_of:
            return title
        return self.env._(
            "%(title)s on %(date)s", title=title, date=format_date(self.env, as_of)
        )
