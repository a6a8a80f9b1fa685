from collections import Counter

from odoo import fields, models
from odoo.fields import Domain

from ...unix_time import to_seconds
from .clinic_stripe_check import UNDER_WAY_MINUTES

POSTED = ("in_process", "paid")


class ClinicStripeCheck(models.Model):
    """The judgement of what counts as a difference, and whose it is."""

    _inherit = "clinic.stripe.check"

    def _is_ours(self, charge, transactions):
        """Whether a payment belongs to the check's provider.

        Accounts are shared: by the point of sale, by companies and by other
        applications. What Odoo has forgotten still bears its database's mark.
        """
        if transactions:
            return self.provider_id in transactions.provider_id
        if not charge:
            return False
        origin = self.env["payment.transaction"]._clinic_stripe_read_origin(
            {"metadata": {"origin": charge.origin}}
        )
        return bool(origin) and origin["provider"] == self.provider_id.id

    def _is_young(self, listed):
        """Whether it was made about now; clocks may differ a little."""
        age = to_seconds(fields.Datetime.now()) - listed.created
        return abs(age) < UNDER_WAY_MINUTES * 60

    def _search_posted(self, domain):
        """Return the payments that stand in the books: neither undone nor a draft."""
        domain &= Domain("state", "in", POSTED)
        return self.env["account.payment"].search(domain).filtered(_stands)

    def _judge(self, findings, subject, listed, expected, transactions, payments):
        """Note a difference between what Stripe says and what was booked."""
        currency = listed and listed.currency
        booked = Counter()
        for payment in payments:
            booked[payment.currency_id.name] += (
                payment.currency_id._clinic_stripe_to_minor(payment.amount)
            )
        if booked == Counter({currency: expected} if expected else {}):
            return
        kind = self._get_kind(subject, listed, expected, booked, payments)
        findings.differences.append(
            {
                "kind": kind,
                "object_id": listed and (listed.intent_id or listed.id)
                if subject == "charge"
                else listed and listed.id,
                "transaction_id": transactions[:1].id,
                "payment_id": payments[-1:].id,
                **self._get_amounts(listed, expected, payments),
            }
        )

    def _get_kind(self, subject, listed, expected, booked, payments):
        if not payments:
            return f"{subject}_not_booked"
        if not expected:
            is_gone = subject == "refund" and listed and listed.is_gone
            return "refund_failed" if is_gone else f"{subject}_missing"
        if len(payments) > 1 and booked[listed.currency] > expected:
            return f"{subject}_twice"
        return f"{subject}_amount"

    def _get_amounts(self, listed, expected, payments):
        odoo_currency = payments.currency_id[:1]
        currency = odoo_currency
        if listed:
            currency = self._find_currency(listed.currency)
        return {
            "currency_id": currency.id,
            "stripe_amount": currency and currency._clinic_stripe_to_major(expected),
            "odoo_currency_id": (odoo_currency or currency).id,
            "odoo_amount": sum(payments.mapped("amount")),
        }

    def _find_currency(self, name):
        # context: Stripe may know more currencies than Odoo uses.
        currencies = self.env["res.currency"].with_context(active_test=False)
        return currencies.search([("name", "=", name)], limit=1)


def _stands(payment):
    """Whether a payment's entry is posted, if it has one, and not reversed."""
    move = payment.move_id
    reversals = move.reversal_move_ids
    return not move or (
        move.state == "posted" and "posted" not in reversals.mapped("state")
    )
