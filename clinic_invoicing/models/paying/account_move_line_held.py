from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from ..payers.account_move_line import ADDRESSEE, BILLED_PARTNER, RECEIVABLE_LINES
from .account_payment import BOOKED_STATES
from .clinic_open_item import IS_RECEIVABLE

# A practice, whichever of its branches it is.
ROOT_COMPANY = SQL("SPLIT_PART(company.parent_path, '/', 1)::integer")

# In the order in which Odoo reconciles: the oldest first.
HELD_LINES = """
SELECT line.id,
       %(payer)s AS payer_id,
       %(root_company)s AS company_id,
       line.currency_id
  FROM %(lines)s
  JOIN res_company company ON company.id = line.company_id
  LEFT JOIN payment_transaction tx ON tx.id = payment.payment_transaction_id
  JOIN res_partner billed ON billed.id = %(billed_partner)s
 WHERE line.reconciled IS NOT TRUE
   AND line.parent_state = 'posted'
   AND line.amount_residual < 0
   AND line.amount_residual_currency < 0
   AND %(is_receivable)s
   AND %(payer)s IN %(payers)s
   AND %(is_of_practice)s
   AND %(condition)s
 ORDER BY COALESCE(line.date_maturity, line.date), line.amount_currency, line.id
"""

# What a web shop was paid is for its orders: no invoice was meant.
IS_MEANT_FOR_INVOICES = SQL(
    """EXISTS (SELECT FROM account_invoice_transaction_rel meant
                WHERE meant.transaction_id IN (tx.id, tx.source_transaction_id))"""
)


IS_GOING_BACK = SQL(
    """EXISTS (SELECT FROM payment_transaction refund
                WHERE refund.source_transaction_id = tx.id
                  AND refund.operation = 'refund'
                  AND (refund.state IN ('pending', 'authorized')
                       OR (refund.state = 'done' AND refund.payment_id IS NULL)))"""
)


class AccountMoveLine(models.Model):
    """Money that the practice holds for payers: credit that has paid nothing yet.

    Payments that were too much, unallocated, or kept when an invoice was voided, and
    what credit notes have freed. It belongs to the person who was billed or has paid,
    not to their employer or family.
    """

    _inherit = "account.move.line"

    clinic_held_as = fields.Selection(
        [("freed", "Freed by a Void or a Credit"), ("staff", "Left to Staff")],
        string="Held Money",
        readonly=True,
        copy=False,
        help="Freed: staff are told of what no invoice takes. Left to staff: it was "
        "held before held money paid invoices by itself, or somebody has taken it off "
        "an invoice.",
    )

    # === WHAT IS HELD === #

    @api.model
    def _clinic_get_held_lines(self, payers, companies=None):
        """Return the lines on which money is held for payers, the oldest first.

        Deposits stay with their visits. What a bank disputes, what is still on its way
        and what was paid for something else than invoices is not in it. A practice and
        its branches hold money together.

        :param res.partner payers: people or insurers, or their addresses
        :param res.company companies: practices, or branches of them; all if it is
            ``None``
        :return: by payer, practice and currency, each in sudo; see
            :meth:`account.move._clinic_get_held_key`
        :rtype: dict[tuple, account.move.line]
        """
        query = self._clinic_get_held_query(payers, companies)
        # SQL: no domain finds who was billed, nor is fast where much is open.
        rows = self.env.execute_query(query) if query else []
        ids = defaultdict(list)
        for line_id, *key in rows:
            ids[tuple(key)].append(line_id)
        # sudo: what is held counts for everybody who asks for money.
        lines = self.sudo()
        everybodys = [row[0] for row in rows]
        names = ("res.partner", "res.company", "res.currency")
        return {
            tuple(
                self.env[name].browse(key_id)
                for name, key_id in zip(names, key, strict=True)
            ): lines.browse(line_ids).with_prefetch(everybodys)
            for key, line_ids in ids.items()
        }

    @api.model
    def _clinic_sum_held(self, payers, companies=None):
        """Return how much money is held: see :meth:`_clinic_get_held_lines`.

        :return: by payer, practice and currency
        :rtype: dict[tuple, float]
        """
        held = self._clinic_get_held_lines(payers, companies)
        return {
            key: key[-1].round(-sum(lines.mapped("amount_residual_currency")))
            for key, lines in held.items()
        }

    @api.model
    def _clinic_get_held_query(self, payers, companies=None):
        """Return the SQL that finds the lines; ``None`` when there is nobody.

        :param res.company companies: all if it is ``None``
        """
        payer_ids = payers._clinic_get_addressees().ids
        if not payer_ids or (companies is not None and not companies):
            return None
        self.env["clinic.open.item"]._flush_facts()
        return SQL(
            HELD_LINES,
            lines=RECEIVABLE_LINES,
            billed_partner=BILLED_PARTNER,
            payer=ADDRESSEE,
            root_company=ROOT_COMPANY,
            is_receivable=IS_RECEIVABLE,
            payers=tuple(payer_ids),
            is_of_practice=SQL("TRUE")
            if companies is None
            else SQL("%s IN %s", ROOT_COMPANY, tuple(companies.root_id.ids)),
            condition=self._clinic_get_held_condition(),
        )

    @api.model
    def _clinic_get_held_condition(self):
        """Return the SQL condition under which open credit is held for any invoice.

        It may speak of ``line``, ``move``, ``payment`` and ``tx``, and names the fields
        to be flushed. A hook for money that is there for something else.
        """
        payments, transactions = (
            self.env[name]._fields
            for name in ("account.payment", "payment.transaction")
        )
        return SQL(
            """(payment.id IS NULL OR payment.state IN %(booked)s)
               AND (tx.id IS NULL
                    OR (tx.state = 'done'
                        AND %(is_meant_for_invoices)s AND NOT %(is_going_back)s))""",
            booked=BOOKED_STATES,
            is_meant_for_invoices=IS_MEANT_FOR_INVOICES,
            is_going_back=IS_GOING_BACK,
            to_flush=(
                payments["state"],
                *(
                    transactions[name]
                    for name in (
                        "operation",
                        "payment_id",
                        "source_transaction_id",
                        "state",
                    )
                ),
            ),
        )

    # === WHAT BECOMES OF IT === #

    def _clinic_leave_to_staff(self):
        """Allocate these by hand only, until they are used up."""
        # sudo: nobody writes it by hand.
        self.sudo().write({"clinic_held_as": "staff"})

    def _clinic_mark_freed(self):
        """Remember that these have paid something that is not owed any more."""
        # sudo: nobody writes it by hand.
        marked = self.sudo().filtered(lambda line: not line.clinic_held_as)
        marked.write({"clinic_held_as": "freed"})

    def _clinic_forget_used(self):
        """Forget why those of these were held that are used up now."""
        used = self.filtered(lambda line: line.clinic_held_as and line.reconciled)
        if used:
            used.write({"clinic_held_as": False})

    def _clinic_try_lock_held(self):
        """Return those of these, in sudo, that nobody else is about to use or undo.

        Whoever posts an invoice is not held up by who gives money back.
        """
        moves = self.move_id.try_lock_for_update(allow_referencing=True)
        payments = moves.origin_payment_id
        busy = payments - payments._clinic_try_lock_for_undo()
        return self.filtered(
            lambda line: (
                line.move_id in moves and line.move_id.origin_payment_id not in busy
            )
        )

    def _clinic_tell_of_rest(self):
        """Tell a biller, once, of money that was freed and pays nothing now."""
        for line in self.filtered(lambda line: line.clinic_held_as == "freed"):
            # sudo: nobody writes it by hand.
            line.sudo().clinic_held_as = False
            if line.currency_id.compare_amounts(line.amount_residual_currency, 0) >= 0:
                continue
            line.company_id._clinic_tell_billers(
                line.move_id.origin_payment_id or line.move_id,
                self.env._("Money is left over"),
                self.env._(
                    "%(amount)s is left over: its invoice was voided or credited, and "
                    "no new one has taken all of it. Allocate it to another invoice, "
                    "leave it for the next one, or have it given back: a manager opens "
                    "the payment and presses Reverse Payment.",
                    amount=line.currency_id.format(-line.amount_residual_currency),
                ),
            )
