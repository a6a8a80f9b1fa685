from odoo import fields, models


class ClinicBillingRun(models.Model):
    """The invoices of a run by e-mail, each with the link to pay it."""

    _inherit = "clinic.billing.run"

    send_by_email = fields.Boolean(
        string="Send by E-mail",
        help="Each payer gets the invoice with a link to pay it online. Payers "
        "without an e-mail address get none.",
    )

    def _send(self, invoices):
        """Let Odoo's own scheduled action send invoices, after the commit."""
        if not self.send_by_email:
            return
        reachable = invoices.filtered("partner_id.email")
        # The invoice carries the link already.
        reachable._clinic_unguarded().clinic_ask_on = False
        author = self.started_by_id
        # What Odoo's own dialog for sending several invoices leaves for its job.
        reachable.sending_data = {
            "author_user_id": author.id,
            "author_partner_id": author.partner_id.id,
        }
        # sudo: billers may send invoices, and not read scheduled actions.
        self.env.ref("account.ir_cron_account_move_send").sudo()._trigger()
