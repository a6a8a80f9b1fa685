from odoo import api, fields, models


class AccountMove(models.Model):
    """Whether clients find a way to pay online: one answer for all that offers it."""

    _inherit = "account.move"

    clinic_has_gateway = fields.Boolean(
        compute="_compute_clinic_has_gateway",
        compute_sudo=True,
        help="Whether a payment provider takes the money of whom it is billed to.",
    )

    @api.depends("company_id", "currency_id", "partner_id.country_id")
    def _compute_clinic_has_gateway(self):
        # All that providers ask of a payer is the country: many payers, few answers.
        groups = self.grouped(
            lambda move: (
                move.company_id,
                move.currency_id,
                move.partner_id.country_id,
            )
        )
        for (company, currency, _country), moves in groups.items():
            ways = company._clinic_get_gateways(moves.partner_id[:1], currency)
            moves.clinic_has_gateway = bool(ways)

    def _has_to_be_paid(self):
        """Let Odoo's own page of an invoice offer no more than ours does."""
        has_to_be_paid = super()._has_to_be_paid()
        if not has_to_be_paid or not self.clinic_has_services:
            return has_to_be_paid
        return self._clinic_can_be_paid_online()

    def _get_online_payment_error(self):
        """Tell on Odoo's own page what ours tells."""
        told = super()._get_online_payment_error()
        if not self.clinic_has_services or self._clinic_can_be_paid_online():
            return told
        offline = self.env._("Invoices cannot be paid online at the moment.")
        return "\n".join(filter(None, [told, offline]))
