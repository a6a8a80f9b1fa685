from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _invoice_paid_hook(self):
        """Keep for good the places of programs that are paid now."""
        # sudo: whoever books the payment, and jobs as well.
        registrations = self.env["clinic.program.registration"].sudo()
        billed = self.filtered("clinic_has_services")
        if billed:
            registrations.search(
                [("invoice_id", "in", billed.ids), ("reserved_until", "!=", False)]
            ).reserved_until = False
        return super()._invoice_paid_hook()

    def _clinic_can_be_paid_online(self):
        """Whether the client finds a way to pay this invoice in the portal."""
        self.ensure_one()
        providers = self.env["payment.provider"]._get_compatible_providers(
            self.company_id.id,
            self.partner_id.id,
            self.amount_residual,
            currency_id=self.currency_id.id,
        )
        return bool(providers) and self._clinic_is_online_payment_on()
