from odoo import models
from odoo.fields import Domain


class ClinicStripeCheck(models.Model):
    """Whether what banks have taken back is in the books."""

    _inherit = "clinic.stripe.check"

    def _compare_disputes(self, disputes, findings):
        result = super()._compare_disputes(disputes, findings)
        model = self.env["clinic.stripe.dispute"]
        known = model.search(
            Domain("provider_id", "=", self.provider_id.id)
            & Domain("dispute_id", "in", [each.id for each in disputes])
        )
        posted = self._search_posted(Domain("id", "in", known.withdrawal_id.ids))
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
            self._judge(findings, "dispute", listed, expected, transactions, booked)
        return result

    def _get_rest_domain(self):
        """Leave out the entries of disputes: they are compared with their disputes."""
        return super()._get_rest_domain() & Domain(
            "move_id.clinic_stripe_dispute_id", "=", False
        )
