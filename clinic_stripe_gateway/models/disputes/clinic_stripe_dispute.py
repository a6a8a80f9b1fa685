from datetime import datetime, timezone

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment.logging import get_payment_logger
from odoo.addons.payment_stripe import const as stripe_const

_logger = get_payment_logger(__name__, stripe_const.SENSITIVE_KEYS)

STATUSES = [
    ("warning_needs_response", "Inquiry: Answer Needed"),
    ("warning_under_review", "Inquiry: Under Review"),
    ("warning_closed", "Inquiry Closed"),
    ("needs_response", "Answer Needed"),
    ("under_review", "Under Review"),
    ("appeal_needs_response", "Appeal: Answer Needed"),
    ("appeal_under_review", "Appeal: Under Review"),
    ("won", "Won"),
    ("lost", "Lost"),
    ("prevented", "Prevented"),
    ("unknown", "Unknown to Odoo"),
]


class ClinicStripeDispute(models.Model):
    """A payment about which a client's bank asks, or which it takes back.

    The row says what Stripe says now, and the books follow the row: whatever was
    heard before, in whatever order, the same facts lead to the same entries.
    """

    _name = "clinic.stripe.dispute"
    _description = "Stripe Dispute"
    _inherit = ["mail.thread", "mail.activity.mixin", "clinic.guarded"]
    _order = "id desc"
    _rec_name = "dispute_id"
    _mail_post_access = "read"

    provider_id = fields.Many2one(
        "payment.provider", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="provider_id.company_id", store=True)
    dispute_id = fields.Char("Dispute at Stripe", required=True, readonly=True)
    charge_id = fields.Char("Charge at Stripe", readonly=True)
    transaction_id = fields.Many2one(
        "payment.transaction",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    partner_id = fields.Many2one(
        related="transaction_id.partner_id", string="Client", store=True
    )
    payment_id = fields.Many2one(
        "account.payment", readonly=True, index="btree_not_null"
    )
    invoice_ids = fields.Many2many(
        "account.move",
        "clinic_stripe_dispute_invoice_rel",
        "dispute_id",
        "invoice_id",
        string="Invoices",
        readonly=True,
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(readonly=True)
    amount_withdrawn = fields.Monetary(
        readonly=True, tracking=True, help="What the bank has taken back and keeps."
    )
    fee_currency_id = fields.Many2one("res.currency", readonly=True)
    fee = fields.Monetary(
        currency_field="fee_currency_id",
        readonly=True,
        help="What Stripe keeps for the dispute.",
    )
    fee_booked = fields.Monetary(currency_field="fee_currency_id", readonly=True)
    reason = fields.Char(readonly=True)
    reason_text = fields.Char(
        string="Reason",
        compute="_compute_reason_text",
        help="What the client told the bank.",
    )
    status = fields.Selection(STATUSES, required=True, readonly=True, tracking=True)
    due_date = fields.Datetime(
        string="Answer Due", readonly=True, help="Later answers are not read."
    )
    is_held = fields.Boolean(
        string="Undecided",
        readonly=True,
        help="The client cannot pay the invoices, and nobody can refund the payment.",
    )
    is_refundable = fields.Boolean(
        string="Can Be Refunded",
        readonly=True,
        help="Stripe still accepts a refund, which ends an inquiry.",
    )
    withdrawal_id = fields.Many2one(
        "account.payment",
        readonly=True,
        index="btree_not_null",
        help="The money that is with the bank now.",
    )
    moved_on = fields.Date(readonly=True, help="The date of what is booked.")
    entry_ids = fields.One2many(
        "account.move", "clinic_stripe_dispute_id", string="Entries", readonly=True
    )
    problem = fields.Char(
        string="Not Booked", readonly=True, help="Why the books do not follow yet."
    )

    _once = models.Constraint(
        "UNIQUE (provider_id, dispute_id)", "This dispute is known already."
    )

    # === COMPUTE METHODS === #

    @api.depends("amount", "currency_id", "partner_id")
    def _compute_display_name(self):
        for dispute in self:
            dispute.display_name = self.env._(
                "%(client)s, %(amount)s",
                client=dispute.partner_id.name,
                amount=dispute.currency_id.format(dispute.amount),
            )

    @api.depends("reason")
    def _compute_reason_text(self):
        for dispute in self:
            dispute.reason_text = (dispute.reason or "").replace("_", " ").capitalize()

    # === ACTION METHODS === #

    def action_refresh(self):
        """Bring these disputes to what Stripe says now."""
        if not self.env.user.has_group("clinic_invoicing.group_manager"):
            raise AccessError(self.env._("Only managers may look after disputes."))
        self.check_access("read")
        # sudo: asking Stripe takes its key, and booking more rights than a manager's.
        self.sudo()._refresh()

    @api.model
    def _cron_refresh(self, limit=100):
        """Ask about what is undecided, in case that Stripe's messages were lost."""
        domain = [
            ("provider_id.state", "!=", "disabled"),
            "|",
            ("is_held", "=", True),
            ("problem", "!=", False),
        ]
        disputes = self.search(domain, order="write_date, id", limit=limit)
        for dispute in disputes:
            try:
                with self.env.cr.savepoint():
                    dispute._refresh()
            except psycopg2.OperationalError:
                # The transaction is lost; the next run begins anew.
                raise
            except Exception as error:  # noqa: BLE001 - one must not stop the others
                _logger.warning(
                    "Asking about dispute %s failed: %s",
                    dispute.dispute_id,
                    type(error).__name__,
                )
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _refresh(self):
        for dispute in self:
            snapshot = dispute.provider_id._clinic_stripe_call(
                "get_dispute", dispute.dispute_id
            )
            self._settle(dispute.transaction_id, snapshot)

    def _get_view_action(self):
        """Return the action that shows these disputes."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "clinic_stripe_gateway.clinic_stripe_dispute_action"
        )
        if len(self) == 1:
            return {**action, "view_mode": "form", "views": [], "res_id": self.id}
        return {**action, "domain": [("id", "in", self.ids)]}

    # === WHAT STRIPE SAYS === #

    @api.model
    def _settle(self, tx, snapshot):
        """Bring row and books to what Stripe says, however often it is called.

        :param payment.transaction tx: that is disputed
        :param adapter.DisputeSnapshot snapshot: of the dispute
        """
        dispute = self.search(
            [
                ("provider_id", "=", tx.provider_id.id),
                ("dispute_id", "=", snapshot.id),
            ]
        )
        old_status, had_taken = dispute.status, dispute.amount_withdrawn
        if dispute:
            # Whoever knows more than this transaction makes it start anew.
            dispute.lock_for_update(allow_referencing=True)
            dispute.write(self._prepare_facts(tx, snapshot))
        else:
            dispute = self.create(self._prepare_dispute(tx, snapshot))
        dispute._find_payment()
        dispute._book()
        if dispute.amount_withdrawn and not had_taken:
            dispute._pause_charges()
        if dispute.status != old_status:
            dispute._tell_status(is_new=not old_status)
        return dispute

    @api.model
    def _prepare_dispute(self, tx, snapshot):
        return {
            "provider_id": tx.provider_id.id,
            "dispute_id": snapshot.id,
            "charge_id": snapshot.charge_id,
            "transaction_id": tx.id,
            **self._prepare_facts(tx, snapshot),
        }

    @api.model
    def _prepare_facts(self, tx, snapshot):
        currency = self._get_currency(snapshot.currency)
        fee_currency = self._get_currency(snapshot.fee_currency)
        is_known = snapshot.status in dict(STATUSES)
        # Won, and the money is on its way back: the client need not pay.
        is_awaited = snapshot.status == "won" and snapshot.withdrawn
        return {
            "currency_id": currency.id,
            "amount": self._to_major(snapshot.amount, currency),
            "amount_withdrawn": self._to_major(snapshot.withdrawn, currency),
            "fee_currency_id": fee_currency.id,
            "fee": self._to_major(snapshot.fee, fee_currency),
            "reason": snapshot.reason.replace("_", " "),
            "status": snapshot.status if is_known else "unknown",
            "due_date": self._to_datetime(snapshot.due_by),
            "is_held": bool(not snapshot.is_closed or is_awaited),
            "is_refundable": snapshot.is_refundable,
            "moved_on": snapshot.moved_at
            and tx.company_id._clinic_get_day(self._to_datetime(snapshot.moved_at)),
        }

    @api.model
    def _get_currency(self, code):
        # Context: Stripe may settle in a currency that the practice does not use.
        currencies = self.env["res.currency"].with_context(active_test=False)
        return currencies.search([("name", "=", code.upper())], limit=1)

    @api.model
    def _to_major(self, amount, currency):
        return payment_utils.to_major_currency_units(
            amount,
            currency,
            arbitrary_decimal_number=stripe_const.CURRENCY_DECIMALS.get(currency.name),
        )

    @api.model
    def _to_datetime(self, seconds):
        return seconds and datetime.fromtimestamp(seconds, timezone.utc).replace(
            tzinfo=None
        )

    def _find_payment(self):
        """Remember the disputed payment and the invoices that it has paid."""
        self.ensure_one()
        if self.payment_id:
            return
        tx = self.transaction_id
        payment = tx._clinic_stripe_get_disputed_payment()
        self.payment_id = payment
        self.invoice_ids = tx.invoice_ids | payment.reconciled_invoice_ids
