from odoo import models
from odoo.tools import SQL

# Who is billed, or has paid: an invoice's receivable line only knows the commercial
# partner, e.g. the employer of a client; so does the entry of a payment. It is what
# `_clinic_get_billed()` says, for the tables of RECEIVABLE_LINES.
BILLED_PARTNER = SQL(
    """COALESCE(
        payment.clinic_payer_id,
        CASE WHEN move.move_type <> 'entry' OR payment.id IS NOT NULL
             THEN move.partner_id END,
        line.partner_id)"""
)

RECEIVABLE_LINES = SQL(
    """account_move_line line
    JOIN account_move move ON move.id = line.move_id
    LEFT JOIN account_payment payment ON payment.id = move.origin_payment_id"""
)

# The person behind it: what `res.partner._clinic_get_addressee()` says.
ADDRESSEE = SQL(
    """CASE WHEN billed.type <> 'contact' AND billed.parent_id IS NOT NULL
            THEN billed.parent_id ELSE billed.id END"""
)


class AccountMoveLine(models.Model):
    """Whose a journal item is, what it is of its invoice, and the taxes in it."""

    _inherit = "account.move.line"

    # === WHOSE === #

    def _clinic_get_billed(self):
        """Return to whom this is billed, or who has paid it."""
        self.ensure_one()
        # sudo: who reads the books need not read every payment.
        entry = self.sudo().move_id
        payment = entry.origin_payment_id
        is_theirs = payment or entry.move_type != "entry"
        billed = payment.clinic_payer_id or (is_theirs and entry.partner_id)
        return (billed or self.partner_id).with_env(self.env)

    def _clinic_get_owners(self):
        """Return the persons whose these are, each once."""
        billed = (line._clinic_get_billed() for line in self)
        return self.partner_id.browse().union(*billed)._clinic_get_addressees()

    # === WHAT IS BILLED === #

    def _clinic_get_billed_amounts(self):
        """Return what each of these lines bills; of a credit note it is negative.

        Asked for many at once: each invoice is looked at as a whole.

        :rtype: dict
        """
        billed = {}
        for move, lines in self.grouped("move_id").items():
            totals = move._clinic_get_line_totals()
            sign = -1 if move.move_type == "out_refund" else 1
            billed.update({line: sign * totals.get(line, 0.0) for line in lines})
        return billed

    def _clinic_filter_invoiced(self):
        """Return those of these that are on invoices, the newest first."""
        invoiced = self.filtered(lambda line: line.move_id.move_type == "out_invoice")
        return invoiced.sorted("id", reverse=True)

    def _clinic_filter_credits(self, lines):
        """Return those of these lines that take a part of this one back."""
        self.ensure_one()
        return lines.filtered(
            lambda line: (
                line.move_id.move_type == "out_refund"
                and line.move_id.reversed_entry_id == self.move_id
                and line.clinic_share_id == self.clinic_share_id
            )
        )

    def _clinic_is_credited_as(self, amount):
        """Whether a copy of this line, on a credit note with others, is this much."""
        self.ensure_one()
        per_line = self.company_id.tax_calculation_rounding_method == "round_per_line"
        return per_line and not self.currency_id.compare_amounts(
            amount, self.price_total
        )

    # === TAXES === #

    def _clinic_get_tax_amounts(self):
        """Return how much of each tax the total of this invoice line contains."""
        self.ensure_one()
        taxes = self.env["account.tax"]
        line = self.move_id._prepare_product_base_line_for_taxes_computation(self)
        taxes._add_tax_details_in_base_line(line, self.company_id)
        taxes._round_base_lines_tax_details([line], self.company_id)
        return {
            data["tax"]: data["tax_amount_currency"]
            for data in line["tax_details"]["taxes_data"]
        }
