from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.clinic_invoicing.rules.askers import DISPUTED


class AccountMove(models.Model):
    """Invoices whose payment is disputed, and entries that are booked for a dispute."""

    _inherit = "account.move"

    clinic_stripe_dispute_id = fields.Many2one(
        "clinic.stripe.dispute",
        string="Booked for Dispute",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    clinic_stripe_dispute_ids = fields.Many2many(
        "clinic.stripe.dispute",
        "clinic_stripe_dispute_invoice_rel",
        "invoice_id",
        "dispute_id",
        string="Disputes",
        readonly=True,
        copy=False,
        groups="clinic_invoicing.group_manager",
    )
    clinic_stripe_dispute_notice = fields.Char(
        compute="_compute_clinic_stripe_dispute_notice"
    )

    @api.depends("clinic_stripe_dispute_ids.is_held")
    def _compute_clinic_stripe_dispute_notice(self):
        for move in self:
            move.clinic_stripe_dispute_notice = (
                move._clinic_stripe_is_disputed()
                and self.env._(
                    "The client's bank disputes a payment of this invoice. Until the "
                    "bank has decided, the client cannot pay it online, and it cannot "
                    "be voided."
                )
            )

    def _clinic_stripe_is_disputed(self):
        """Whether a bank has not decided yet about a payment of this invoice."""
        return self._clinic_has_reason(DISPUTED)

    def action_clinic_stripe_view_disputes(self):
        """Open the disputes about payments of this invoice."""
        return self.clinic_stripe_dispute_ids._get_view_action()

    def _clinic_get_void_obstacle(self):
        return (
            super()._clinic_get_void_obstacle() or self._clinic_stripe_get_void_hold()
        )

    def _clinic_stripe_get_void_hold(self):
        # sudo: who voids invoices need not see disputes.
        disputes = self.sudo().clinic_stripe_dispute_ids
        # An inquiry ends when the money goes back.
        if not disputes.filtered(lambda each: each.is_held and not each.is_refundable):
            return False
        return self.env._(
            "The client's bank disputes a payment of %(invoice)s and may give the "
            "money back. Wait until it has decided.",
            invoice=self.name,
        )

    # === WHAT STAYS BOOKED === #

    def _clinic_get_leaving_obstacle(self):
        """Leave to Stripe fees and what else is booked for a dispute.

        Each is booked once, as far as the dispute's row knows: out of the books it
        would never be booked again.
        """
        # sudo: billers do not read disputes.
        dispute = self.sudo().clinic_stripe_dispute_id
        if not dispute or self.state != "posted":
            return super()._clinic_get_leaving_obstacle()
        return self.env._(
            "%(entry)s is booked for dispute %(dispute)s, and follows what Stripe says "
            "of it. Book what has to be corrected in an entry of its own.",
            entry=self.display_name,
            dispute=dispute.dispute_id,
        )

    # === WHAT A CLIENT MAY PAY === #

    @api.model
    def _clinic_get_reason_domains(self):
        disputed = Domain("clinic_stripe_dispute_ids.is_held", "=", True)
        return {**super()._clinic_get_reason_domains(), DISPUTED: disputed}

    def _clinic_explain_reason(self, reason):
        if reason == DISPUTED:
            return self._clinic_stripe_get_hold()
        return super()._clinic_explain_reason(reason)

    def _has_to_be_paid(self):
        return super()._has_to_be_paid() and not self._clinic_stripe_is_disputed()

    def _get_online_payment_error(self):
        return self._clinic_stripe_get_hold() or super()._get_online_payment_error()

    def _clinic_get_payment_notice(self):
        return self._clinic_stripe_get_hold() or super()._clinic_get_payment_notice()

    def _clinic_stripe_get_hold(self):
        """Return what the client reads while the bank decides, else ``False``."""
        return self._clinic_stripe_is_disputed() and self.env._(
            "Your bank is checking an earlier payment of this invoice. You cannot pay "
            "it at the moment and need not do anything."
        )
