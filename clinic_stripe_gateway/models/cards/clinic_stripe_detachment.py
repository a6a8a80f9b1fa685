from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from odoo.addons.payment.logging import get_payment_logger

from ...adapter import OutcomeUnknown, TryLater
from ...backoff import doubled

_logger = get_payment_logger(__name__)

FIRST_REMOVAL_DELAY_SECONDS = 60


class ClinicStripeDetachment(models.Model):
    """A payment method that is to be removed at Stripe, kept until it is.

    It outlives the saved card: one may be deleted while Stripe does not answer, or
    stand for a newer payment method meanwhile.
    """

    _name = "clinic.stripe.detachment"
    _description = "Card to Be Removed at Stripe"
    _inherit = ["clinic.guarded"]
    _order = "id desc"
    _rec_name = "payment_method_ref"

    provider_id = fields.Many2one(
        "payment.provider", required=True, readonly=True, ondelete="cascade"
    )
    token_id = fields.Many2one(
        "payment.token", readonly=True, index="btree_not_null", ondelete="set null"
    )
    payment_method_ref = fields.Char(required=True, readonly=True)
    account_ref = fields.Char(
        readonly=True, help="The account and mode that know the payment method."
    )
    state = fields.Selection(
        [("waiting", "To be removed at Stripe"), ("done", "Removed")],
        default="waiting",
        required=True,
        readonly=True,
    )
    attempts = fields.Integer(readonly=True)
    next_attempt = fields.Datetime(
        readonly=True, required=True, default=fields.Datetime.now
    )
    reason = fields.Char(readonly=True)

    _once = models.Constraint(
        "UNIQUE (provider_id, payment_method_ref)", "This card is removed already."
    )
    _waiting_index = models.Index("(next_attempt, id) WHERE state = 'waiting'")

    @api.model
    def _add(self, cards, state="waiting"):
        """Note that what these cards stand for now is, or is to be, removed."""
        cards = cards.filtered("stripe_payment_method")
        by_method = cards.grouped(
            lambda card: (card.provider_id, card.stripe_payment_method)
        )
        for known in self.search(
            [("payment_method_ref", "in", cards.mapped("stripe_payment_method"))]
        ):
            by_method.pop((known.provider_id, known.payment_method_ref), None)
        # Should two cards stand for one payment method, it is removed once.
        self.create([card[0]._prepare_detachment(state) for card in by_method.values()])
        if state == "waiting":
            self._trigger()

    @api.model
    def _trigger(self):
        self.env.ref("clinic_stripe_gateway.ir_cron_detach_cards")._trigger()

    # === REMOVING === #

    @api.model
    def _cron_detach(self, limit=100):
        """Remove at Stripe what is waiting; called right after something was added."""
        domain = Domain("state", "=", "waiting") & Domain(
            "next_attempt", "<=", fields.Datetime.now()
        )
        waiting = self.search(domain, order="next_attempt, id", limit=limit)
        remaining = self.search_count(domain)
        for _row in waiting._remove_one_by_one():
            remaining -= 1
            if not self.env["ir.cron"]._commit_progress(1, remaining=remaining):
                break

    @api.model
    def _remove_before_uninstall(self):
        """Remove what is waiting; nobody will remember it afterwards."""
        waiting = self.search([("state", "=", "waiting")])
        left = waiting.browse()
        for row in waiting._remove_one_by_one():
            left |= row.exists().filtered(lambda each: each.state == "waiting")
        if left:
            _logger.warning(
                "These cards have to be removed in Stripe's dashboard: %s",
                ", ".join(left.mapped("payment_method_ref")),
            )

    def _remove_one_by_one(self):
        """Try to remove each; yield those that were tried."""
        in_use = self._get_in_use()
        for provider, rows in self.grouped("provider_id").items():
            account_ref = provider._clinic_stripe_try_account_ref()
            for row in rows:
                # Another worker may be removing it.
                if row.try_lock_for_update():
                    account_ref = row._remove(account_ref, in_use)
                yield row

    def _get_in_use(self):
        """Return the payment methods that another card still stands for."""
        cards = self.env["payment.token"].search(
            [("stripe_payment_method", "in", self.mapped("payment_method_ref"))]
        )
        return set(cards.mapped("stripe_payment_method"))

    def _remove(self, account_ref, in_use):
        """Try to remove one payment method.

        :param str account_ref: of the provider's key, empty if Stripe does not answer
        :return: the same, or empty if Stripe does not answer any more
        """
        self.ensure_one()
        if self.payment_method_ref in in_use:
            self.unlink()
        elif not account_ref:
            self._postpone(self.env._("Stripe did not answer."))
        elif self.account_ref and self.account_ref != account_ref:
            self._postpone(
                self.env._("The key of the account that knows it is not there.")
            )
        else:
            return self._detach() and account_ref
        return account_ref

    def _detach(self):
        """Return whether Stripe has answered."""
        try:
            self.provider_id._clinic_stripe_call(
                "detach",
                self.payment_method_ref,
                # Stripe would repeat a failed answer; detaching twice does no harm.
                idempotency_key=f"detach-{self.payment_method_ref}-{self.attempts}",
            )
        except ValidationError as error:
            self._postpone(str(error))
            return not isinstance(error.__cause__, OutcomeUnknown | TryLater)
        self.write({"state": "done", "reason": False})
        return True

    def _postpone(self, reason):
        delay = doubled(FIRST_REMOVAL_DELAY_SECONDS, self.attempts)
        self.write(
            {
                "attempts": self.attempts + 1,
                "reason": reason,
                "next_attempt": fields.Datetime.now() + delay,
            }
        )
