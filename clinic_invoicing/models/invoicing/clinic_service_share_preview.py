from odoo import api, models
from odoo.fields import Command

from ...rules.payers import PAYER_INSURER, PAYER_PATIENT


class ClinicServiceShare(models.Model):
    """What the invoices of shares will say, before they are made."""

    _inherit = "clinic.service.share"

    @api.depends(
        "by_rate",
        "company_id.clinic_insurer_settlement",
        "cover_type",
        "fixed_amount",
        "partner_id.property_payment_term_id",
        "payer_type",
        "percent",
        "service_id.amount_priced",
        "service_id.billing",
        "service_id.share_ids.by_rate",
        "service_id.share_ids.cover_type",
        "service_id.share_ids.fixed_amount",
        "service_id.share_ids.partner_id",
        "service_id.share_ids.percent",
        "takes_rest",
    )
    def _compute_amount_correction(self):
        return super()._compute_amount_correction()

    def _preview_corrections(self):
        corrections = super()._preview_corrections()
        for share in self.filtered(lambda share: share._has_invoice_of_its_own()):
            agreed = share._get_agreed_amount()
            corrections[share] = share.currency_id.round(
                share._preview_invoice_total() - agreed
            )
        return corrections

    def _has_invoice_of_its_own(self):
        """Whether its invoice will say something else than its part of the price.

        Any other invoice says just that of a single service.
        """
        self.ensure_one()
        payer = self.partner_id.with_company(self.company_id)
        term = payer.property_payment_term_id
        lowers_taxes = (
            term.early_discount and term.early_pay_discount_computation == "mixed"
        )
        defaults = self.env["ir.default"]._get_model_defaults("account.move")
        if not (lowers_taxes or "invoice_cash_rounding_id" in defaults):
            return False
        insurers_too = self.company_id.clinic_insurer_settlement == "invoice"
        is_invoiced = self.payer_type == PAYER_PATIENT or (
            self.payer_type == PAYER_INSURER and insurers_too
        )
        return is_invoiced and not self.currency_id.is_zero(self._get_agreed_amount())

    def _preview_owed(self):
        """Return what the invoices of these will say: one to each payer."""
        return sum(
            shares._preview_invoice_total() if len(shares) > 1 else shares.amount
            for _payer, shares in self._group_for_invoices("payer")
        )

    def _preview_invoice_total(self):
        """Return the total of one invoice for these shares, which nobody makes.

        Odoo computes it: with the taxes, discount and cash rounding of the payer.
        """
        values = self._prepare_invoice(
            self.partner_id._origin, self[:1].company_id._clinic_get_day()
        )
        lines = [
            Command.create({**line, "clinic_share_id": False})
            for _command, _id, line in values["invoice_line_ids"]
        ]
        # sudo: nobody keeps this invoice; who asks need have no right in accounting.
        moves = self.env["account.move"].sudo().with_company(self.company_id)
        move = moves.new({**values, "invoice_line_ids": lines})
        base_lines, _tax_lines = move._get_rounded_base_and_tax_lines()
        summary = self.env["account.tax"]._get_tax_totals_summary(
            base_lines,
            move.currency_id,
            move.company_id,
            cash_rounding=move.invoice_cash_rounding_id,
        )
        return summary["total_amount_currency"]
