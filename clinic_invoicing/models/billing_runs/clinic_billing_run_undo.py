from odoo import models
from odoo.exceptions import UserError


class ClinicBillingRun(models.Model):
    """Taking back a run that nobody has paid."""

    _inherit = "clinic.billing.run"

    def action_undo(self):
        """Credit all invoices of this run; its services are to be invoiced again.

        :raise AccessError: for everybody but managers
        :raise UserError: something was paid, is being paid, or the run is not over
        """
        self.ensure_one()
        self.env["account.payment"]._clinic_check_may_undo()
        self._check_may_run()
        self._lock_in_state(
            ("paused", "done", "failed", "cancelled"),
            self.env._("Pause the billing run first."),
        )
        invoices = self._get_invoices_to_undo()
        if not invoices:
            raise UserError(self.env._("This billing run has no invoice to undo."))
        invoices._clinic_lock_for_void()
        self._check_nobody_pays(invoices)
        invoices._clinic_void(self.env._("%(run)s was undone.", run=self.name))
        self._set_state("cancelled")
        self.message_post(body=self.env._("All invoices of this run were undone."))

    def _get_invoices_to_undo(self):
        return self.invoice_ids.filtered(
            lambda move: (
                move.move_type == "out_invoice"
                and move.state == "posted"
                and move.payment_state != "reversed"
            )
        )

    def _check_nobody_pays(self, invoices):
        """Raise UserError when money has come for one of these, or is on its way."""
        invoices._clinic_check_not_being_paid()
        paid = invoices.filtered(
            lambda move: (
                move.payment_state != "not_paid"
                or move.currency_id.compare_amounts(
                    move.amount_residual, move.amount_total
                )
            )
        )
        if paid:
            raise UserError(
                self.env._(
                    "%(invoices)s: something was paid. Void these invoices one by one, "
                    "or leave the run as it is.",
                    invoices=", ".join(paid[:10].mapped("name")),
                )
            )
