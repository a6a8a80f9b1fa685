from collections import Counter, defaultdict

from odoo import models
from odoo.fields import Domain

# Of the account for fees that a provider may have.
FEE_ACCOUNT_TYPES = ("expense", "expense_direct_cost")


class ClinicStripeCheck(models.Model):
    """The comparison of what banks have taken back with what was booked."""

    _inherit = "clinic.stripe.check"

    def _compare_disputes(self, disputes, findings):
        """Compare what banks keep, and Stripe's fees, with the entries of disputes."""
        model = self.env["clinic.stripe.dispute"]
        known = model.search(
            Domain("provider_id", "=", self.provider_id.id)
            & Domain("dispute_id", "in", [each.id for each in disputes])
        )
        posted = self._search_posted(Domain("id", "in", known.withdrawal_id.ids))
        fees = self._get_booked_fees(known)
        known = known.grouped("dispute_id")
        owners = self._find_owners(disputes)
        for listed in disputes:
            dispute = known.get(listed.id, model)
            transactions = dispute.transaction_id or owners[listed.intent_id]
            if not self._is_ours(listed.charge, transactions):
                findings.count("other")
                continue
            findings.count("dispute")
            booked = dispute.withdrawal_id & posted
            expected = listed.withdrawn
            if self._is_young(listed) and not booked:
                findings.count("under_way")
                expected = 0
            count = len(findings.differences)
            self._judge(findings, "dispute", listed, expected, transactions, booked)
            if len(findings.differences) == count:
                # What settles the withdrawal books the fee as well.
                self._judge_fee(findings, listed, transactions, fees[dispute.id])

    def _get_booked_fees(self, disputes):
        """Return by dispute what stands in the books for its fee, by currency."""
        lines = self.env["account.move.line"].search(
            Domain("move_id.clinic_stripe_dispute_id", "in", disputes.ids)
            & Domain("parent_state", "=", "posted")
            & Domain("account_id.account_type", "in", FEE_ACCOUNT_TYPES)
        )
        fees = defaultdict(Counter)
        for line in lines:
            currency = line.currency_id
            amount = currency._clinic_stripe_to_minor(line.amount_currency)
            fees[line.move_id.clinic_stripe_dispute_id.id][currency.name] += amount
        return fees

    def _judge_fee(self, findings, listed, transactions, booked):
        """Note a fee that was not booked as Stripe has kept it."""
        # Equal as counters: what is zero is nothing.
        if booked == Counter({listed.fee_currency: listed.fee}) or (
            self._is_young(listed) and not booked
        ):
            return
        currency = self._find_currency(listed.fee_currency)
        to_major = currency._clinic_stripe_to_major
        findings.differences.append(
            {
                "kind": "dispute_fee",
                "object_id": listed.id,
                "transaction_id": transactions[:1].id,
                "currency_id": currency.id,
                "stripe_amount": to_major(listed.fee),
                "odoo_currency_id": currency.id,
                "odoo_amount": to_major(booked[listed.fee_currency]),
            }
        )
