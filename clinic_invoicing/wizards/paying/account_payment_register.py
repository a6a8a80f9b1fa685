from odoo import api, models

from ...server_side import heard


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    @api.depends_context("clinic_received_outside")
    @api.depends("payment_type", "journal_id", "currency_id")
    def _compute_payment_method_line_fields(self):
        result = super()._compute_payment_method_line_fields()
        for wizard in self:
            wizard.available_payment_method_line_ids = wizard._clinic_filter_lines(
                wizard.available_payment_method_line_ids
            )
        return result

    @api.depends("payment_type", "journal_id")
    def _compute_payment_method_line_id(self):
        result = super()._compute_payment_method_line_id()
        for wizard in self:
            if wizard._clinic_filter_lines(wizard.payment_method_line_id):
                continue
            wizard.payment_method_line_id = wizard._clinic_filter_lines(
                wizard.journal_id._get_available_payment_method_lines(
                    wizard.payment_type
                )
            )[:1]
        return result

    def _clinic_filter_lines(self, lines):
        """Leave out online providers for money that was received outside.

        Choosing one would record the invoices as paid without charging anybody.
        The context key is set by the worklist's "Mark as paid".
        """
        if not self.env.context.get("clinic_received_outside"):
            return lines
        return lines.filtered(lambda line: not line.payment_provider_id)

    def _create_payment_vals_from_wizard(self, batch_result):
        """Write off the discounts of exactly those that are closed.

        Stock gives them for all lines or for none. The context key is set by the desk.
        """
        values = super()._create_payment_vals_from_wizard(batch_result)
        line_ids = heard(self.env, "clinic_discounted_ids") or []
        lines = self.env["account.move.line"].browse(line_ids)
        values["write_off_line_vals"] += lines._clinic_prepare_discounts()
        return values
