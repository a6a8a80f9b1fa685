import logging

from odoo import fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class PaymentTransaction(models.Model):
    """Deposits that are paid by card."""

    _inherit = "payment.transaction"

    clinic_deposit_event_id = fields.Many2one(
        "calendar.event",
        string="Deposit for",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    def _create_payment(self, **extra_create_values):
        """Remember which visit the money is for, and take it off its invoice.

        It may have been invoiced while the money was on its way.
        """
        charge = self.source_transaction_id or self
        event = charge.clinic_deposit_event_id
        if not event or self.operation == "refund":
            return super()._create_payment(**extra_create_values)
        # sudo: providers' messages come as a user who reads no services.
        services = event.sudo().clinic_service_ids
        # Before anything is read of them: they may be invoiced at this moment.
        services._count_deposit()
        lines = self.provider_id.journal_id.inbound_payment_method_line_ids
        line = lines.filtered(lambda one: one.payment_provider_id == self.provider_id)
        # Context: without an entry nothing could be taken off an invoice. Where the
        # method has an account there is one, and forcing it would take another account.
        tx = self._clinic_unguarded().with_context(
            force_payment_move=not line.payment_account_id
        )
        payment = super(PaymentTransaction, tx)._create_payment(
            **{**extra_create_values, "clinic_deposit_event_id": event.id}
        )
        payment = payment.with_env(self.env)
        payment._clinic_use_deposits(services.invoice_ids)
        return payment

    def _clinic_get_paid_companies(self):
        charge = self.source_transaction_id or self
        # sudo: providers' messages come as a user who reads no services.
        event = charge.clinic_deposit_event_id.sudo()
        found = super()._clinic_get_paid_companies()
        return found or (event and event._clinic_get_company()) or found

    def _clinic_is_still_owed(self):
        """Take a deposit only while the visit is to take place without it."""
        is_deposit = self.clinic_desk_key and not self.invoice_ids
        if not is_deposit:
            return super()._clinic_is_still_owed()
        return self._clinic_is_deposit_wanted()

    def _clinic_is_deposit_wanted(self):
        """Whether nobody has called off the visit, or taken another deposit, since."""
        visit = self.clinic_deposit_event_id
        if not visit:
            return False
        try:
            visit._clinic_lock()
            visit._clinic_check_deposit()
        except UserError:
            return False
        return not any(
            payment.create_date >= self.create_date
            and payment._clinic_get_payer() == self.partner_id
            for payment in visit.clinic_deposit_ids
        )

    def _clinic_get_desk_outcome(self):
        return {
            **super()._clinic_get_desk_outcome(),
            "event": self.clinic_deposit_event_id,
        }

    def _clinic_is_meant_for_invoices(self):
        # Nor is there a visit any more that it could be for.
        is_lost_deposit = self.clinic_desk_key and not self.clinic_deposit_event_id
        return super()._clinic_is_meant_for_invoices() or bool(is_lost_deposit)

    def _clinic_report_unallocated(self):
        """Take what came late off the invoice, and tell of what is left of it."""
        result = super()._clinic_report_unallocated()
        charge = self.source_transaction_id or self
        # sudo: providers' messages come as nobody.
        visit = charge.clinic_deposit_event_id.sudo()
        payment = self.sudo().payment_id
        if visit and payment and self.operation != "refund":
            payment._clinic_use_deposits(visit.clinic_service_ids.invoice_ids)
            payment._clinic_tell_of_left_deposits()
        return result

    def _clinic_get_awaiting_invoices(self):
        awaiting = super()._clinic_get_awaiting_invoices()
        deposits = self.filtered("clinic_deposit_event_id")
        if not deposits:
            return awaiting
        await_these = [("clinic_deposit_transaction_ids", "in", deposits.ids)]
        return awaiting | awaiting.search(await_these)

    def _clinic_close_deposits(self):
        """Close the forms of these that are still open; return what may yet arrive.

        An attempt that is being processed cannot be closed. It is found again when
        the invoice is paid next, which is refused until its outcome is known.
        """
        alive = self.browse()
        for tx in self:
            try:
                tx._clinic_supersede_open_attempts()
            except UserError:
                _logger.info("Deposit %s is still being processed", tx.id)
                alive |= tx
        return alive | self.filtered(
            lambda tx: tx.state == "draft" or tx._clinic_is_clearing()
        )
