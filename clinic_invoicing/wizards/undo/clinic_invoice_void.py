from odoo import api, fields, models

from ...actions import CLOSE, notification


class ClinicInvoiceVoid(models.TransientModel):
    """Void invoices: the money, the documents and the services in one step."""

    _name = "clinic.invoice.void"
    _description = "Void of Invoices"
    _inherit = "clinic.dialog.effect"
    _effect_depends = ("invoice_ids", "services", "money")

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

    def _get_effects(self):
        """Return a sentence for each thing that is going to happen."""
        self.ensure_one()
        invoices = self.invoice_ids._origin
        effects = [
            self.env._(
                "%(invoice)s is settled by a credit note.", invoice=invoice.display_name
            )
            for invoice in invoices
        ]
        for payment in invoices._clinic_get_inbound_payments():
            amount = payment._clinic_get_amount_back(invoices)
            effects.append(payment._clinic_describe_sending(self.money, amount))
        return effects

    # === ACTION METHODS === #

    def action_confirm(self):
        """Void the invoices."""
        self.ensure_one()
        credit_notes = self.invoice_ids._clinic_void(
            self.reason, services=self.services, money=self.money
        )
        return notification(
            "success",
            self.env._(
                "Voided. Credit notes: %(names)s.",
                names=", ".join(credit_notes.mapped("name")),
            ),
            then=CLOSE,
        )
