from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.clinic_invoicing.server_side import heard, tell


class PaymentToken(models.Model):
    """Cards that are removed here, and at Stripe now or as soon as possible."""

    _inherit = "payment.token"

    clinic_detachment_ids = fields.One2many(
        "clinic.stripe.detachment",
        "token_id",
        groups="base.group_system",
        readonly=True,
    )
    clinic_state = fields.Selection(
        [
            ("usable", "Usable"),
            ("expiring", "Expires soon"),
            ("expired", "Expired"),
            ("other_account", "Saved with another Stripe account: save it again"),
            ("aside", "Put aside"),
            ("removing", "To be removed at Stripe"),
            ("removed", "Removed"),
        ],
        string="Status",
        compute="_compute_clinic_state",
        # Everybody who sees a card may know why it cannot be used.
        compute_sudo=True,
    )

    @api.depends(
        "active",
        "clinic_exp_month",
        "clinic_exp_year",
        "clinic_account_ref",
        "clinic_detachment_ids.state",
        "stripe_payment_method",
        "provider_id.clinic_stripe_account_ref",
    )
    def _compute_clinic_state(self):
        for token in self:
            removal = token._clinic_get_removals()
            if removal:
                done = removal.state == "done"
                token.clinic_state = "removed" if done else "removing"
            elif not token.active:
                token.clinic_state = "aside"
            else:
                token.clinic_state = token._clinic_get_use()

    def _clinic_get_use(self):
        """Return what an active card can be used for."""
        if self.clinic_is_expired:
            return "expired"
        if not self._clinic_is_of_account(self.provider_id.clinic_stripe_account_ref):
            return "other_account"
        return "expiring" if self._clinic_expires_soon() else "usable"

    def _clinic_get_removals(self):
        """Return the removals of what these tokens stand for now, not of what they
        stood for before their card was saved anew."""
        return self.clinic_detachment_ids.filtered(
            lambda each: each.payment_method_ref == each.token_id.stripe_payment_method
        )

    # === CRUD METHODS === #

    def write(self, vals):
        if vals.get("active"):
            # sudo: whether a card is removed is kept from who may not write it.
            self.sudo()._clinic_call_off_removal()
        return super().write(vals)

    def unlink(self):
        """Remove at Stripe what is deleted here; who deletes is told by the rights."""
        self.check_access("unlink")
        if not heard(self.env, "clinic_put_aside"):
            # sudo: the queue is written by nobody.
            self.sudo()._clinic_queue_removal()
        return super().unlink()

    def _handle_archiving(self):
        """Have the cards removed at Stripe once they are removed here.

        Later, by a job: what is detached cannot be attached again, and the
        transaction that archives may still be rolled back.
        """
        result = super()._handle_archiving()
        is_aside = heard(self.env, "clinic_put_aside")
        if not (is_aside or heard(self.env, "clinic_is_gone")):
            self._clinic_queue_removal()
        return result

    def _clinic_judge_aside(self):
        """Leave what was removed meanwhile, or is of another account.

        While Stripe does not tell which account it is, cards stay aside: they come
        back when the keys are checked.
        """
        ours = self.filtered(lambda card: card.provider_code == "stripe")
        # Asked once, however many cards there are.
        answering = ours.provider_id.filtered(
            lambda provider: provider._clinic_stripe_try_account_ref()
        )
        known = ours.filtered(lambda card: card.provider_id in answering)
        lost = ours.filtered(lambda card: card._clinic_get_removals()) | known.filtered(
            lambda card: (
                not card._clinic_is_of_account(
                    card.provider_id.clinic_stripe_account_ref
                )
            )
        )
        others = self - (ours - known) - lost
        can, never = super(PaymentToken, others)._clinic_judge_aside()
        return can, never | lost

    # === ACTION METHODS === #

    def action_clinic_remove(self):
        """Remove these cards, here at once and at Stripe as soon as it answers."""
        self._clinic_check_may_manage()
        # sudo: tokens are written by administrators only; the rights were checked.
        cards = self.sudo()
        active = cards.filtered("active")
        active.active = False
        (cards - active)._clinic_queue_removal()

    # === THE QUEUE === #

    def _clinic_queue_removal(self):
        """Note what has to be removed at Stripe."""
        cards = self.filtered(
            lambda card: (
                card.provider_code == "stripe"
                and card.stripe_payment_method
                and not card._clinic_get_removals()
            )
        )
        if cards:
            self.env["clinic.stripe.detachment"]._add(cards)

    def _prepare_detachment(self, state):
        self.ensure_one()
        account_ref = self.provider_id.clinic_stripe_account_ref
        return {
            "provider_id": self.provider_id.id,
            "token_id": self.id,
            "payment_method_ref": self.stripe_payment_method,
            "account_ref": self.clinic_account_ref or account_ref,
            "state": state,
        }

    def _clinic_call_off_removal(self):
        """Keep cards that were to be removed.

        :raise UserError: it is too late
        """
        removals = self._clinic_get_removals()
        if not removals:
            return
        removals._clinic_lock_or_refuse(
            self.env._("This card is being removed at this moment."),
            allow_referencing=False,
        )
        if "done" in removals.mapped("state"):
            raise UserError(
                self.env._(
                    "This card has been removed at Stripe and cannot be used again. "
                    "Please have the client save it anew."
                )
            )
        removals.unlink()

    def _clinic_set_gone(self):
        """Take away cards that somebody has removed at Stripe."""
        # context: there is nothing left to remove.
        active = self.filtered("active")
        active.with_context(**tell(clinic_is_gone=True)).active = False
        self.env["clinic.stripe.detachment"]._add(
            self.filtered(lambda card: not card._clinic_get_removals()), state="done"
        )
