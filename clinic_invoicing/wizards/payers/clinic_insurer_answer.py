from odoo import api, fields, models
from odoo.exceptions import UserError

from ...actions import CLOSE, notification
from ...rules.payers import PAYER_PATIENT, PAYER_WRITE_OFF


class ClinicInsurerAnswer(models.TransientModel):
    """The answer of insurers: what they paid, and who owes what they did not."""

    _name = "clinic.insurer.answer"
    _description = "Insurer's Answer"
    _inherit = "clinic.dialog"

    service_ids = fields.Many2many("clinic.service", required=True, readonly=True)
    line_ids = fields.One2many(
        "clinic.insurer.answer.line",
        "answer_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    are_settled_outside = fields.Boolean(compute="_compute_are_settled_outside")
    date = fields.Date(
        required=True, default=lambda self: self.env.company._clinic_get_day()
    )
    reference = fields.Char(help="E.g. of the insurer's remittance.")
    remainder = fields.Selection(
        [
            ("client", "Moves to the client"),
            ("write_off", "Is written off"),
            ("keep", "Stays with the insurer"),
        ],
        string="What Is Not Paid",
        required=True,
        default="client",
    )
    reason = fields.Char()

    # === COMPUTE METHODS === #

    @api.depends("service_ids")
    def _compute_line_ids(self):
        for wizard in self:
            shares = wizard.service_ids._origin._get_open_insurer_shares()
            wizard.line_ids = [fields.Command.clear()] + [
                fields.Command.create(
                    {
                        "share_id": share.id,
                        "received": 0
                        if share.state == "invoiced"
                        else share.amount_due,
                    }
                )
                for share in shares
            ]

    @api.depends("line_ids")
    def _compute_are_settled_outside(self):
        for wizard in self:
            wizard.are_settled_outside = any(
                not line.is_invoiced for line in wizard.line_ids
            )

    # === ACTION METHODS === #

    def action_confirm(self):
        """Record what was paid; move or write off what was not."""
        self.ensure_one()
        shares = self.line_ids.share_id
        shares._check_may_move()
        shares.service_id._lock_for_billing()
        settled = self._settle()
        credit_notes = self._move_remainder()
        return notification(
            "success", self._get_outcome(settled, credit_notes), then=CLOSE
        )

    def _settle(self):
        """Record what insurers have paid outside."""
        amounts = {
            line.share_id: line.received
            for line in self.line_ids
            if not line.currency_id.is_zero(line.received)
        }
        if amounts and not self.reference:
            raise UserError(self.env._("Enter the reference of the insurer's payment."))
        return self.line_ids.share_id._settle(amounts, self.date, self.reference)

    def _move_remainder(self):
        """Let somebody else owe what the insurers did not pay."""
        if self.remainder == "keep":
            return self.env["account.move"]
        amounts = {
            share: share.amount_due
            for share in self.line_ids.share_id
            if share.currency_id.compare_amounts(share.amount_due, 0) > 0
        }
        payer_type = PAYER_PATIENT if self.remainder == "client" else PAYER_WRITE_OFF
        reason = self.reason or self.env._("Not paid by the insurer")
        credit_notes, _moved = self.line_ids.share_id._move(
            amounts, payer_type, reason=reason
        )
        return credit_notes

    def _get_outcome(self, settled, credit_notes):
        """Tell what has been done."""
        sentences = [
            self.env._("Recorded: %(count)s services.", count=len(self.line_ids))
        ]
        if settled:
            total = settled.currency_id[:1].format(sum(settled.mapped("amount")))
            sentences.append(self.env._("Paid outside: %(total)s.", total=total))
        if credit_notes:
            names = ", ".join(credit_notes.mapped("name"))
            sentences.append(self.env._("Credit notes: %(names)s.", names=names))
        return " ".join(sentences)


class ClinicInsurerAnswerLine(models.TransientModel):
    """What one insurer says of one service."""

    _name = "clinic.insurer.answer.line"
    _description = "Insurer's Answer for a Service"
    _inherit = "clinic.dialog"

    answer_id = fields.Many2one(
        "clinic.insurer.answer", required=True, ondelete="cascade"
    )
    share_id = fields.Many2one(
        "clinic.service.share", required=True, readonly=True, ondelete="cascade"
    )
    service_id = fields.Many2one(related="share_id.service_id")
    partner_id = fields.Many2one(string="Insurer", related="share_id.partner_id")
    currency_id = fields.Many2one(related="share_id.currency_id")
    amount = fields.Monetary(string="Owes", related="share_id.amount")
    amount_paid = fields.Monetary(string="Has Paid", related="share_id.amount_paid")
    is_invoiced = fields.Boolean(compute="_compute_is_invoiced")
    received = fields.Monetary(
        string="Paid Now",
        help="What the insurer has paid outside Odoo. A payment of an invoice is "
        "recorded on the invoice.",
    )
    remaining = fields.Monetary(string="Not Paid", compute="_compute_remaining")

    _received_not_negative = models.Constraint(
        "CHECK (received >= 0)", "What an insurer has paid is not negative."
    )

    @api.depends("share_id")
    def _compute_is_invoiced(self):
        for line in self:
            line.is_invoiced = line.share_id.state == "invoiced"

    @api.depends("received", "share_id")
    def _compute_remaining(self):
        for line in self:
            line.remaining = line.share_id.amount_due - line.received
