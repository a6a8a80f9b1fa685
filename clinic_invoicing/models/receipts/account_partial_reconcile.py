from odoo import api, models


class AccountPartialReconcile(models.Model):
    """The moment at which a payment is booked for an invoice."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        # sudo: who reconciles may not read payments.
        booked = partials.sudo()
        booked.credit_move_id.move_id.origin_payment_id._clinic_close_left_deposits()
        for_services = booked.filtered("debit_move_id.move_id.clinic_has_services")
        for_services.credit_move_id.move_id.origin_payment_id._clinic_queue_letters()
        return partials

    def _clinic_get_written_off(self, line):
        """Return what of this match is no money, in the currency of what is settled.

        :param account.move.line line: its side that may be a payment
        """
        parts = line.move_id.origin_payment_id._clinic_get_write_off_parts()
        _part, settled_part = parts.get(self, (0.0, 0.0))
        return settled_part
