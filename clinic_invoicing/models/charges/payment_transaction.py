from odoo import fields, models


class PaymentTransaction(models.Model):
    """Attempts of scheduled charges: announced, sent once, and their outcome told."""

    _inherit = "payment.transaction"

    clinic_charge_id = fields.Many2one(
        "clinic.scheduled.charge",
        string="Scheduled Charge",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )

    def _clinic_announce_charge(self):
        """Count as on its way from now on, before the provider is asked.

        This is a hook for providers that can find out what became of it when the worker
        dies before their answer is stored. Without that it stays pending.
        """
        self._set_pending(state_message=self.env._("The card is being charged."))

    def _clinic_is_still_owed(self):
        """Send nothing that the payer has called off meanwhile."""
        # sudo: who asks the provider need not see the charge.
        charge = self.sudo().clinic_charge_id
        is_agreed = not charge or (charge._is_agreed() and self.token_id.active)
        return is_agreed and super()._clinic_is_still_owed()

    def _clinic_withdraw_charge(self):
        """Take back what was announced and never sent: a hook."""
        self._set_canceled(
            self.env._("The invoice was changed before the card was charged.")
        )

    def _update_state(self, *args, **more):
        """Let the charge go on when its outcome is known, whoever brings it."""
        updated = super()._update_state(*args, **more)
        # sudo: the user who brings the outcome need not see the charge, nor jobs.
        if updated.sudo().clinic_charge_id:
            self.env["clinic.scheduled.charge"]._wake_job()
        return updated
