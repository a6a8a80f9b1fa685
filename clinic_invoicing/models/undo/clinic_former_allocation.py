from odoo import api, fields, models


class ClinicFormerAllocation(models.Model):
    """What a payment paid on an invoice before its money went back.

    Odoo forgets it: a match that is undone is deleted. By this the payer is told how
    much of which invoice went back, and money that comes back pays the same again.
    """

    _name = "clinic.former.allocation"
    _description = "Former Allocation of a Payment"
    _inherit = ["clinic.guarded"]
    _order = "id"

    payment_id = fields.Many2one(
        "account.payment",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="The payment that paid it.",
    )
    outbound_id = fields.Many2one(
        "account.payment",
        string="Given Back by",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="Empty: the money was taken off the invoice, and has not gone back.",
    )
    invoice_id = fields.Many2one(
        "account.move", required=True, readonly=True, index=True, ondelete="cascade"
    )
    line_id = fields.Many2one(
        "account.move.line",
        string="Receivable Line",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    currency_id = fields.Many2one(related="payment_id.currency_id")
    amount = fields.Monetary(
        readonly=True, help="What was paid, discounts and write-offs included."
    )
    amount_written_off = fields.Monetary(
        readonly=True, help="The part that was no money, and fell with it."
    )
    amount_money = fields.Monetary(compute="_compute_amount_money")

    @api.depends("amount", "amount_written_off")
    def _compute_amount_money(self):
        for former in self:
            former.amount_money = former.amount - former.amount_written_off

    def _give_back(self, outbound, amount):
        """Say that ``amount`` of the money of these went back; the rest waits.

        :param account.payment outbound: by which it went back
        """
        for former in self:
            money = former.currency_id.round(min(former.amount_money, amount))
            amount = former.currency_id.round(amount - money)
            if former.currency_id.is_zero(money):
                continue
            former._split(money).outbound_id = outbound

    def _split(self, money):
        """Return a row of so much of the money of this one, which keeps the rest.

        What was written off stays with the last of it.
        """
        self.ensure_one()
        if self.currency_id.compare_amounts(money, self.amount_money) >= 0:
            return self
        part = self.copy({"amount": money, "amount_written_off": 0.0})
        self.amount -= money
        return part

    # === THE MONEY IS HERE AGAIN === #

    def _hand_out(self, taken):
        """Return ``(line, part)`` of what this was and is open.

        A corrected invoice has other lines: what its line cannot take, they do.

        :param dict taken: what others of these get already, by line
        """
        self.ensure_one()
        open_lines = self.invoice_id._clinic_get_open_lines()
        parts, left = [], self.amount
        for line in (self.line_id & open_lines) | open_lines:
            is_open = line.amount_residual_currency - taken.get(line, 0.0)
            part = self.currency_id.round(min(left, is_open))
            if self.currency_id.compare_amounts(part, 0) > 0:
                parts.append((line, part))
                left = self.currency_id.round(left - part)
        return parts

    def _keep(self, amount):
        """Forget what is paid again; what is not owed any more waits."""
        self.ensure_one()
        if self.currency_id.is_zero(amount):
            self.unlink()
            return
        written_off = min(amount, self.amount_written_off)
        self.write(
            {
                "amount": amount,
                "amount_written_off": written_off,
                "outbound_id": False,
            }
        )
