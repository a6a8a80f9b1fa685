from odoo import api, fields, models

from ...actions import CLOSE, notification


class ClinicPaymentReversal(models.TransientModel):
    """Take one payment back: the "negative payment" of other systems."""

    _name = "clinic.payment.reversal"
    _description = "Payment Reversal"
    _inherit = "clinic.dialog.effect"
    _effect_depends = ("payment_id", "mode", "amount")

    payment_id = fields.Many2one(
        "account.payment", required=True, domain="[('id', 'in', candidate_ids)]"
    )
    candidate_ids = fields.Many2many(
        "account.payment",
        help="The payments to choose from when it is not known which one is meant.",
    )
    company_id = fields.Many2one(related="payment_id.company_id")
    currency_id = fields.Many2one(related="payment_id.currency_id")
    partner_id = fields.Many2one(string="Client", related="payment_id.clinic_payer_id")
    amount_returnable = fields.Monetary(
        string="Can Be Given Back", related="payment_id.clinic_amount_returnable"
    )
    mode = fields.Selection(
        [
            ("never_charged", "It was never charged (a typing error)"),
            ("refund", "Give the money back now"),
            ("already_refunded", "It was given back already: do not process"),
        ],
        string="How",
        required=True,
        compute="_compute_mode",
        store=True,
        readonly=False,
        precompute=True,
        help="Never charged: the payment is cancelled.\n"
        "Give back now: the provider that took the money sends it back; what was "
        "received in another way you hand out yourself.\n"
        "Given back already: nothing is sent, only the books are done.",
    )
    amount = fields.Monetary(
        compute="_compute_amount",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    reason = fields.Text(required=True)

    # === COMPUTE METHODS === #

    @api.depends("payment_id")
    def _compute_mode(self):
        for wizard in self:
            # sudo: managers do not read every transaction.
            payment = wizard.payment_id.sudo()
            is_charged = payment.payment_transaction_id
            is_inbound = payment.payment_type == "inbound"
            wizard.mode = "refund" if is_charged and is_inbound else "never_charged"

    @api.depends("payment_id", "mode")
    def _compute_amount(self):
        for wizard in self:
            payment = wizard.payment_id
            is_inbound = payment.payment_type != "outbound"
            whole = payment._clinic_get_returnable() if is_inbound else payment.amount
            is_all = wizard.mode == "never_charged" or not wizard.amount
            wizard.amount = whole if is_all else wizard.amount

    def _get_effects(self):
        """Return a sentence for each thing that is going to happen."""
        self.ensure_one()
        payment, currency = self.payment_id, self.currency_id
        if not payment:
            return []
        if self.mode == "never_charged":
            effects = [self.env._("The payment is called off; no money moves.")]
            opened = payment._clinic_get_paid_parts()
        else:
            effects = [payment._clinic_describe_sending(self.mode, self.amount)]
            opened = payment._clinic_get_reopening(self.amount)
        effects += [
            self.env._(
                "%(amount)s of %(invoice)s is owed again.",
                invoice=invoice.display_name,
                amount=currency.format(amount),
            )
            for invoice, amount in opened.items()
        ]
        if not opened:
            effects.append(self.env._("No invoice becomes unpaid."))
        return effects

    # === ACTION METHODS === #

    def action_confirm(self):
        """Take the payment back."""
        self.ensure_one()
        outbound = self.payment_id._clinic_undo(self.mode, self.amount, self.reason)
        return notification("success", self._get_outcome(outbound), then=CLOSE)

    def _get_outcome(self, outbound):
        """Tell what has been done."""
        if self.mode == "never_charged":
            return self.env._("The payment has been called off.")
        if not outbound:
            return self.env._(
                "The refund is on its way. It is booked as soon as it is confirmed."
            )
        return self.env._(
            "Given back: %(amount)s.",
            amount=self.currency_id.format(sum(outbound.mapped("amount"))),
        )
