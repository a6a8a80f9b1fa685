from odoo import api, fields, models


class ClinicInvoiceVoid(models.TransientModel):
    """Void invoices: the money, the documents and the services in one step."""

    _name = "clinic.invoice.void"
    _description = "Void of Invoices"

    invoice_ids = fields.Many2many("account.move", required=True, readonly=True)
    reason = fields.Text(required=True)
    services = fields.Selection(
        [
            ("to_invoice", "Are to be invoiced again"),
            ("write_off", "Are written off: nobody is billed for them"),
        ],
        required=True,
        default="to_invoice",
    )
    money = fields.Selection(
        [
            ("refund", "Give it back now"),
            ("already_refunded", "It was given back already: do not process"),
            ("keep", "Keep it as credit for other invoices"),
        ],
        string="What Was Paid",
        required=True,
        default="refund",
    )
    has_services = fields.Boolean(compute="_compute_has_services")
    has_payments = fields.Boolean(compute="_compute_has_payments")
    effect = fields.Text(string="What Happens", compute="_compute_effect")

    # === COMPUTE METHODS === #

    @api.depends("invoice_ids")
    def _compute_has_services(self):
        for wizard in self:
            lines = wizard.invoice_ids.invoice_line_ids
            wizard.has_services = bool(lines.clinic_share_id)

    @api.depends("invoice_ids")
    def _compute_has_payments(self):
        for wizard in self:
            payments = wizard.invoice_ids._origin._clinic_get_inbound_payments()
            wizard.has_payments = bool(payments)

    @api.depends("invoice_ids", "services", "money")
    def _compute_effect(self):
        for wizard in self:
            effects = []
            for invoice in wizard.invoice_ids._origin:
                effects += wizard._get_effects(invoice)
            wizard.effect = "\n".join(effects)

    def _get_effects(self, invoice):
        """Return a sentence for each thing that happens to one invoice."""
        self.ensure_one()
        yield self.env._(
            "%(invoice)s is settled by a credit note.", invoice=invoice.display_name
        )
        for payment in invoice._clinic_get_inbound_payments():
            paid = payment._clinic_get_paid_parts().get(invoice, 0.0)
            amount = min(paid, payment._clinic_get_returnable())
            if self.money == "keep":
                yield self.env._(
                    "%(amount)s of %(payment)s is credit for other invoices.",
                    amount=payment.currency_id.format(paid),
                    payment=payment.display_name,
                )
            else:
                yield payment._clinic_describe_sending(self.money, amount)

    # === ACTION METHODS === #

    def action_confirm(self):
        """Void the invoices."""
        self.ensure_one()
        credit_notes = self.invoice_ids._clinic_void(
            self.reason, services=self.services, money=self.money
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Voided. Credit notes: %(names)s.",
                    names=", ".join(credit_notes.mapped("name")),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
