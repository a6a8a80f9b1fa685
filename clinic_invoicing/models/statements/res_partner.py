from collections import defaultdict
from itertools import accumulate

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..payers.account_move_line import BILLED_PARTNER, RECEIVABLE_LINES
from ..paying.clinic_open_item import AS_OF, BUCKETS, IS_RECEIVABLE

# One row for each document and day of the period; one without a day for what was
# before. What is paid with somebody else's money, or in another currency, is an entry
# of its own: so the balance is always what is open.
ENTRIES = """
WITH addressee AS (
    SELECT UNNEST(%(addresses)s) AS address_id, UNNEST(%(owners)s) AS owner_id
), own AS (
    SELECT line.id,
           line.move_id,
           line.date,
           line.currency_id,
           line.amount_currency,
           addressee.owner_id
      FROM %(lines)s
      JOIN addressee ON addressee.address_id = %(billed_partner)s
     WHERE line.partner_id = ANY(%(partners)s)
       AND line.company_id = %(company)s
       AND line.parent_state = 'posted'
       AND line.date <= %(date_to)s
       AND %(is_receivable)s
), entry AS (
    SELECT owner_id, currency_id, move_id, date, amount_currency AS amount,
           FALSE AS is_transfer, NULL::integer AS match_id
      FROM own
     UNION ALL
    SELECT own.owner_id, own.currency_id, other.move_id, partial.max_date,
           -partial.debit_amount_currency, FALSE, partial.id
      FROM own
      JOIN account_partial_reconcile partial ON partial.debit_move_id = own.id
      JOIN account_move_line other ON other.id = partial.credit_move_id
     WHERE partial.max_date <= %(date_to)s AND %(is_foreign)s
     UNION ALL
    SELECT own.owner_id, own.currency_id, own.move_id, partial.max_date,
           partial.credit_amount_currency, TRUE, partial.id
      FROM own
      JOIN account_partial_reconcile partial ON partial.credit_move_id = own.id
      JOIN account_move_line other ON other.id = partial.debit_move_id
     WHERE partial.max_date <= %(date_to)s AND %(is_foreign)s
)
SELECT owner_id,
       currency_id,
       CASE WHEN date >= %(date_from)s THEN date END AS day,
       CASE WHEN date >= %(date_from)s THEN move_id END AS document_id,
       SUM(amount) AS amount,
       BOOL_AND(is_transfer) AS is_transfer,
       BOOL_OR(match_id IS NULL) AS is_own,
       ARRAY_AGG(match_id) FILTER (
           WHERE match_id IS NOT NULL AND date >= %(date_from)s
       ) AS match_ids
  FROM entry
 GROUP BY 1, 2, 3, 4
HAVING SUM(amount) <> 0
 ORDER BY 3 NULLS FIRST, 4
"""

IS_FOREIGN = SQL(
    """NOT EXISTS (SELECT FROM own same
                    WHERE same.id = other.id
                      AND same.owner_id = own.owner_id
                      AND same.currency_id = own.currency_id)"""
)


class ResPartner(models.Model):
    """What a contact owes, and what happened on its account in a period."""

    _inherit = "res.partner"

    clinic_owed = fields.Char(
        string="Money Owed",
        compute="_compute_clinic_owed",
        groups="clinic_invoicing.group_biller",
        help="What is owed, less payments and credit notes that have paid nothing "
        "yet; each currency by itself.",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("allowed_company_ids")
    @api.depends("invoice_ids.amount_residual")
    def _compute_clinic_owed(self):
        payers = self._clinic_get_addressees()
        balances = defaultdict(list)
        for payer, currency, balance in self.env["clinic.aging"]._read_group(
            [("partner_id", "in", payers._origin.ids)],
            ["partner_id", "currency_id"],
            ["balance:sum"],
        ):
            balances[payer].append(currency.format(balance))
        for partner in self:
            payer = partner._clinic_get_addressee()._origin
            partner.clinic_owed = " · ".join(balances[payer])

    # === ACTION METHODS === #

    def action_clinic_money_owed(self):
        """Open what this contact owes."""
        self.ensure_one()
        self.env["clinic.aging"].check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "clinic_invoicing.clinic_aging_action"
        )
        return {
            **action,
            "domain": [("partner_id", "=", self._clinic_get_addressee().id)],
        }

    def action_clinic_statement(self):
        """Open the dialog that makes statements for these contacts."""
        return self._clinic_get_statement_action()

    def _clinic_get_statement_action(self):
        if not self.env.user.has_group("clinic_invoicing.group_biller"):
            raise AccessError(self.env._("Only billers make statements."))
        payers = self._clinic_get_addressees()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "clinic_invoicing.clinic_statement_action"
        )
        return {**action, "context": {"default_partner_ids": payers.ids}}

    # === STATEMENTS === #

    def _clinic_get_statements(self, company, date_from, date_to):
        """Return the statements of these payers, one for each currency.

        Amounts are what the payer owes: invoices are positive, payments negative.

        :return: for each payer a list of statements; at least one
        :rtype: dict[res.partner, list[dict]]
        """
        openings, entries = self._clinic_get_entries(company, date_from, date_to)
        aging = self._clinic_get_aging(company, date_to)
        statements = {}
        for partner in self:
            found = {key[1] for key in (*openings, *entries) if key[0] == partner}
            currencies = found or {company.currency_id}
            statements[partner] = [
                self._clinic_prepare_statement(
                    currency,
                    openings.get((partner, currency), 0.0),
                    entries.get((partner, currency), []),
                    aging[partner, currency],
                )
                for currency in sorted(currencies, key=lambda currency: currency.name)
            ]
        return statements

    def _clinic_prepare_statement(self, currency, opening, entries, aging):
        amounts = (entry["amount"] for entry in entries)
        balances = [
            currency.round(balance) for balance in accumulate(amounts, initial=opening)
        ]
        return {
            "currency": currency,
            "opening": opening,
            "entries": [
                {**entry, "balance": balance}
                for entry, balance in zip(entries, balances[1:], strict=True)
            ],
            "closing": balances[-1],
            "aging": [(label, aging.get(name, 0.0)) for name, label in BUCKETS],
        }

    def _clinic_get_entries(self, company, date_from, date_to):
        """Return what was owed before the period, and what happened in it.

        :return: two dictionaries by payer and currency: amounts, lists of entries
        """
        self.env["clinic.open.item"]._flush_facts()
        # SQL: no domain finds who is billed, nor what was matched by others.
        rows = self.env.execute_query_dict(
            self._clinic_get_entries_query(company, date_from, date_to)
        )
        currencies = self.env["res.currency"]
        moves = self.env["account.move"]
        # Joined, so that all of them are read at once.
        documents = moves.browse(row["document_id"] for row in rows if row["day"])
        openings, entries = {}, defaultdict(list)
        for row in rows:
            partner = self.browse(row["owner_id"])
            key = (partner, currencies.browse(row["currency_id"]))
            if row["day"] is None:
                openings[key] = float(row["amount"])
                continue
            document = moves.browse(row["document_id"]).with_prefetch(
                documents._prefetch_ids
            )
            entries[key] += document._clinic_prepare_statement_entries(row, key[1])
        return openings, entries

    def _clinic_get_entries_query(self, company, date_from, date_to):
        pairs = self._clinic_get_own_addresses()
        addresses = self.union(*(address for address, _owner in pairs))
        return SQL(
            ENTRIES,
            addresses=[address.id for address, _owner in pairs],
            owners=[owner.id for _address, owner in pairs],
            partners=addresses._clinic_get_ledger_partners().ids,
            company=company.id,
            date_from=date_from,
            date_to=date_to,
            lines=RECEIVABLE_LINES,
            billed_partner=BILLED_PARTNER,
            is_receivable=IS_RECEIVABLE,
            is_foreign=IS_FOREIGN,
        )

    def _clinic_get_aging(self, company, date):
        """Return what was open at the end of a day, by its age.

        :return: amounts by bucket, for each payer and currency
        """
        owners = defaultdict(self.browse)
        for address, owner in self._clinic_get_own_addresses():
            owners[address] |= owner
        # Context: asks for what was open at that date.
        items = self.env["clinic.open.item"].with_context(**{AS_OF: date})
        aging = defaultdict(lambda: defaultdict(float))
        for address, currency, bucket, amount in items._read_group(
            [
                ("billed_partner_id", "in", [address.id for address in owners]),
                ("company_id", "=", company.id),
            ],
            ["billed_partner_id", "currency_id", "bucket"],
            ["amount_open:sum"],
        ):
            for owner in owners[address]:
                aging[owner, currency][bucket] += amount
        return aging

    def _clinic_get_billing_companies(self):
        """Return the companies on whose books something is billed to these payers."""
        addresses = self.union(
            *(address for address, _owner in self._clinic_get_own_addresses())
        )
        groups = self.env["account.move"]._read_group(
            [
                ("partner_id", "in", addresses.ids),
                ("state", "=", "posted"),
                ("move_type", "in", ("out_invoice", "out_refund")),
            ],
            ["company_id"],
        )
        return self.env["res.company"].union(*(company for (company,) in groups))
