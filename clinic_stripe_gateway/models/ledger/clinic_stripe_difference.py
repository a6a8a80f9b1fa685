from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.clinic_invoicing.actions import RELOAD, notification

# What Odoo can settle by looking at the object again, as if Stripe had told of it.
HINT_BY_KIND = {
    "charge_not_booked": "payment_intent.succeeded",
    "charge_amount": "payment_intent.succeeded",
    "refund_not_booked": "charge.refund.updated",
    "refund_amount": "charge.refund.updated",
    "refund_failed": "charge.refund.updated",
    "dispute_not_booked": "charge.dispute.updated",
    "dispute_missing": "charge.dispute.updated",
    "dispute_amount": "charge.dispute.updated",
    "dispute_fee": "charge.dispute.updated",
}


class ClinicStripeDifference(models.Model):
    """One place where Stripe's books and Odoo's entries do not say the same."""

    _name = "clinic.stripe.difference"
    _description = "Stripe Ledger Difference"
    _inherit = ["clinic.guarded"]
    _order = "check_id desc, id"
    _rec_name = "object_id"

    check_id = fields.Many2one(
        "clinic.stripe.check",
        required=True,
        index=True,
        ondelete="cascade",
        readonly=True,
    )
    provider_id = fields.Many2one(related="check_id.provider_id", store=True)
    kind = fields.Selection(
        [
            ("charge_not_booked", "Paid at Stripe, not in the books"),
            ("charge_missing", "In the books, not paid at Stripe"),
            ("charge_amount", "Another amount"),
            ("charge_twice", "Booked twice"),
            ("refund_not_booked", "Refunded at Stripe, not in the books"),
            ("refund_missing", "Refund in the books, not at Stripe"),
            ("refund_amount", "Refund of another amount"),
            ("refund_twice", "Refund booked twice"),
            ("refund_failed", "Refund failed, still in the books"),
            ("dispute_not_booked", "Dispute withdrawn, not in the books"),
            ("dispute_missing", "Dispute in the books, nothing withdrawn"),
            ("dispute_amount", "Dispute of another amount"),
            ("dispute_twice", "Dispute booked twice"),
            ("dispute_fee", "Another fee of a dispute"),
        ],
        required=True,
        readonly=True,
    )
    object_id = fields.Char(string="Stripe Object", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    stripe_amount = fields.Monetary(string="Stripe Says", readonly=True)
    odoo_currency_id = fields.Many2one("res.currency", readonly=True)
    odoo_amount = fields.Monetary(
        string="Odoo Says", currency_field="odoo_currency_id", readonly=True
    )
    transaction_id = fields.Many2one(
        "payment.transaction", ondelete="set null", readonly=True
    )
    payment_id = fields.Many2one("account.payment", ondelete="set null", readonly=True)
    explanation = fields.Char(compute="_compute_explanation")
    can_settle = fields.Boolean(compute="_compute_can_settle")
    asked_on = fields.Datetime(
        string="Handed Over",
        readonly=True,
        help="When the object was given to the inbox, to be looked at again.",
    )

    @api.depends("kind", "payment_id", "object_id", "currency_id", "odoo_currency_id")
    def _compute_explanation(self):
        for difference in self:
            difference.explanation = difference._explain()

    @api.depends("kind", "object_id")
    def _compute_can_settle(self):
        for difference in self:
            difference.can_settle = bool(
                difference.object_id and difference.kind in HINT_BY_KIND
            )

    # === ACTION METHODS === #

    def action_settle(self):
        """Hand the objects to the inbox, which looks at them as they are now."""
        self.check_access("read")
        if not self.env.user.has_group("clinic_invoicing.group_manager"):
            raise AccessError(self.env._("Only managers may settle differences."))
        for difference in self.filtered("can_settle"):
            # sudo: managers may not write events; nothing else is written here.
            difference.sudo()._hand_over()
        return notification(
            "info",
            self.env._(
                "Stripe is asked again in a moment. Compare once more afterwards."
            ),
            then=RELOAD,
        )

    def action_open_payment(self):
        """Show the payment that stands in the books."""
        self.ensure_one()
        self.check_access("read")
        return self.payment_id._get_records_action()

    def _hand_over(self):
        self.ensure_one()
        # Odoo may think that it is booked: its payment was cancelled or deleted since.
        # A refund that Odoo does not know is listed with the payment's transaction.
        is_refund = self.transaction_id.operation == "refund"
        if self.kind == ("refund_not_booked" if is_refund else "charge_not_booked"):
            self.transaction_id._clinic_stripe_book_anew()
        self.env["clinic.stripe.event"]._ask_about(
            self.provider_id.id, HINT_BY_KIND[self.kind], self.object_id
        )
        self.asked_on = fields.Datetime.now()

    # === EXPLANATIONS === #

    def _explain(self):
        """Return in plain words what is the matter, and what can be done."""
        self.ensure_one()
        by_kind = {
            **self._explain_charges(),
            **self._explain_refunds(),
            **self._explain_disputes(),
        }
        return by_kind.get(self.kind)

    def _explain_charges(self):
        return {
            "charge_not_booked": self.env._(
                "The client has paid, but no posted payment says so. Settle books it."
            ),
            "charge_missing": self.env._(
                "A payment is posted, but Stripe has taken no money for it. Find out "
                "whether it came another way; if not, reverse it as never charged."
            ),
            "charge_amount": self.env._(
                "Stripe has taken another amount or currency than was booked. Correct "
                "the payment, or refund what was too much."
            ),
            "charge_twice": self.env._(
                "Stripe has taken this once, but several payments are posted for it. "
                "Reverse the one too many as never charged."
            ),
        }

    def _explain_refunds(self):
        return {
            "refund_not_booked": self.env._(
                "Stripe has given money back, but no posted payment says so. Settle "
                "books it."
            ),
            "refund_missing": self.env._(
                "A refund is posted, but Stripe has given nothing back. Reverse the "
                "posted refund as never charged."
            ),
            "refund_amount": self.env._(
                "Stripe has given back another amount or currency than was booked."
            ),
            "refund_twice": self.env._(
                "Stripe has given this back once, but several refunds are posted. "
                "Reverse the one too many as never charged."
            ),
            "refund_failed": self.env._(
                "The refund did not reach the client: the money is back at Stripe, but "
                "the refund still stands in the books. Settle undoes it."
            ),
        }

    def _explain_disputes(self):
        return {
            "dispute_not_booked": self.env._(
                "Stripe has taken disputed money back, but the books do not say so. "
                "Settle books it."
            ),
            "dispute_missing": self.env._(
                "The books say that disputed money is gone, but Stripe has it or has "
                "given it back. Settle undoes it."
            ),
            "dispute_amount": self.env._(
                "Another amount is disputed at Stripe than was booked."
            ),
            "dispute_twice": self.env._(
                "Stripe has withdrawn this once, but several entries say so."
            ),
            "dispute_fee": self.env._(
                "Stripe has kept another fee for this dispute than was booked. Settle "
                "books what was never booked; an entry that somebody has changed since "
                "has to be corrected by hand."
            ),
        }
