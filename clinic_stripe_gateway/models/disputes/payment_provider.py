from odoo import fields, models


class PaymentProvider(models.Model):
    """Providers with the account for the fees of disputes."""

    _inherit = "payment.provider"

    clinic_stripe_fee_account_id = fields.Many2one(
        "account.account",
        string="Dispute Fees",
        check_company=True,
        copy=False,
        domain="[('account_type', 'in', ('expense', 'expense_direct_cost'))]",
        help="Where the fees of disputes are booked. The chart's account for bank "
        "fees if it is empty.",
    )

    def _clinic_stripe_get_fee_account(self):
        """Return where dispute fees are booked, empty if the chart has no place."""
        self.ensure_one()
        chart = self.env["account.chart.template"]
        return self.clinic_stripe_fee_account_id or (
            chart._get_bank_fees_reco_account(self.company_id)
        )
