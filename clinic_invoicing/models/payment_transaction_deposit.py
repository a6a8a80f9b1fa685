from odoo import fields, models


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
        payment = super()._create_payment(
            **{**extra_create_values, "clinic_deposit_event_id": event.id}
        )
        # sudo: providers' messages come as nobody, who reads no services.
        invoices = event.sudo().clinic_service_ids.invoice_ids
        payment._clinic_use_deposits(invoices)
        return payment
