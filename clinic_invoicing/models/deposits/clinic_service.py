from odoo import api, fields, models


class ClinicService(models.Model):
    """Services for which deposits are suggested, taken and counted."""

    _inherit = "clinic.service"

    deposit_attempts = fields.Integer(
        readonly=True, copy=False, help="How often somebody started to pay a deposit."
    )

    # === WHAT IS OWED CHANGES === #

    @api.depends("event_id", "share_ids.partner_id")
    def _compute_state(self):
        """Have the deposits looked at whenever something else is owed, or by others."""
        result = super()._compute_state()
        self.event_id._clinic_watch_deposits()
        return result

    def _before_write(self, vals):
        if "event_id" in vals:
            self.event_id._clinic_watch_deposits()
        return super()._before_write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_watch_deposits(self):
        self.event_id._clinic_watch_deposits()

    # === INVOICED === #

    def _count_deposit(self):
        """Write to these, so that what invoices them at this moment is run again.

        A transaction that has read them before, and invoices them after, sees the
        deposit then. It waits for their lock, and is run again itself if they were
        invoiced.
        """
        # sudo: nobody counts by hand.
        for service in self.sudo():
            service.deposit_attempts += 1
        self.flush_recordset(["deposit_attempts"])

    def _get_deposit(self):
        """Return what is suggested for this service, in the practice's currency."""
        self.ensure_one()
        rate = self.rate_id.product_tmpl_id
        # The currency of a rate that several practices share is not each one's own.
        return rate.currency_id._convert(
            rate.clinic_deposit, self.currency_id, self.company_id
        )
