from datetime import timedelta

from odoo import api, fields, models

# Until then the payer's page or Core's own job books it.
BOOKING_PATIENCE = timedelta(minutes=30)


class PaymentTransaction(models.Model):
    """Entries of what Stripe says is paid or refunded, posted and reconciled."""

    _inherit = "payment.transaction"

    _clinic_reference_index = models.Index(
        "(provider_reference) WHERE provider_reference IS NOT NULL"
    )

    def _create_payment(self, **extra_create_values):
        """Name the invoices on the payment: the reference does not tell them."""
        # Captures and refunds are for the invoices of their source.
        invoices = self.invoice_ids or self.source_transaction_id.invoice_ids
        if self.provider_code == "stripe" and invoices:
            names = ", ".join(invoices.filtered("name").mapped("name"))
            memo = f"{names} - {self.reference} - {self.provider_reference or ''}"
            extra_create_values.setdefault("memo", memo)
        return super()._create_payment(**extra_create_values)

    def _post_process(self):
        """Finish what Core leaves open: refunds, and payments that came late."""
        ours = self.filtered(lambda tx: tx.provider_code == "stripe")
        # A refund can only be netted against a payment that is booked.
        unbooked = ours._clinic_stripe_get_unbooked_sources() - self
        if unbooked:
            unbooked._post_process()
        result = super()._post_process()
        for tx in ours:
            tx._clinic_stripe_finish_booking()
        return result

    def _clinic_stripe_get_unbooked_sources(self):
        """Return what has to be booked before: sources, and captures of refunds'."""
        refunded = self.filtered(lambda tx: tx.operation == "refund")
        captures = refunded.source_transaction_id.child_transaction_ids.filtered(
            lambda tx: tx.operation != "refund"
        )
        return (self.source_transaction_id | captures).filtered(
            lambda tx: tx.state == "done" and not tx.is_post_processed
        )

    def _clinic_stripe_finish_booking(self):
        self.ensure_one()
        if self.operation == "refund":
            if self.state == "error":
                self._clinic_stripe_undo_refund()
            return
        if self.state == "done" and self.payment_id.state == "canceled":
            if self._clinic_stripe_is_settled_by_parts():
                # It was only authorised at first: the captures have payments.
                self.payment_id = False
            else:
                self._clinic_stripe_revive_payment()
        elif self.state == "done" and not self.payment_id:
            self._clinic_stripe_book_refunded()

    def _clinic_is_meant_for_invoices(self):
        # Only those are found that pay invoices.
        return super()._clinic_is_meant_for_invoices() or self.clinic_stripe_is_found

    # === REFUNDS === #

    def _clinic_stripe_get_refunds(self):
        """Return all refunds of this payment, those of its captures included."""
        root = self.source_transaction_id or self
        family = root | root.child_transaction_ids
        return family.child_transaction_ids.filtered(
            lambda tx: tx.operation == "refund"
        )

    def _clinic_stripe_undo_refund(self):
        """Take a refund out of the books that has not reached the client."""
        taken_back = self._clinic_get_refunded_payment()
        if not taken_back:
            return
        if self.payment_id and self.payment_id.state != "canceled":
            taken_back._clinic_undo_net(self.payment_id)
        self.company_id._clinic_tell_managers(
            taken_back,
            self.env._("A refund has failed"),
            self.env._(
                "%(amount)s did not reach the client, and pays again what it had paid. "
                "If the client is to have it, pay it back in another way.",
                amount=self.currency_id.format(-self.amount),
            ),
        )

    # === PAYMENTS THAT CAME LATE === #

    def _clinic_stripe_book_refunded(self):
        """Book a payment that was refunded before Odoo has heard of it.

        Core takes the refund for a capture, and leaves the booking to that.
        """
        if self.operation == "validation":
            return
        if not self._clinic_stripe_is_settled_by_parts():
            self.with_company(self.company_id)._create_payment()
            self._clinic_report_unallocated()

    def _clinic_stripe_revive_payment(self):
        """Book a payment that Core has cancelled because it was pending at first.

        It pays the parts that were shown to its payer, as any other does.
        """
        payment = self.payment_id
        payment.action_draft()
        payment.action_post()
        most = {
            line: part + discount
            for group in self._clinic_get_groups()
            for line, part, discount in group
        }
        payment._clinic_match_parts(most)
        payment._clinic_pay_invoices(self._clinic_get_paid_invoices())
        self._clinic_report_unallocated()

    # === WHAT COULD NOT BE BOOKED === #

    @api.model
    def _cron_clinic_stripe_book_again(self):
        """Put what is not booked into the inbox, which tries again and tells why.

        Core gives up after four days, and tells nobody.
        """
        unbooked = self.search(
            [
                ("provider_code", "=", "stripe"),
                ("state", "=", "done"),
                ("is_post_processed", "=", False),
                ("provider_reference", "!=", False),
                ("last_state_change", "<=", fields.Datetime.now() - BOOKING_PATIENCE),
            ]
        )
        events = self.env["clinic.stripe.event"]
        waiting = events.search(
            [("transaction_id", "in", unbooked.ids), ("state", "=", "failed")]
        )
        for tx in unbooked - waiting.transaction_id:
            events._ask_about(
                tx.provider_id.id,
                tx._clinic_stripe_get_event_type(),
                tx.provider_reference,
            )

    def _clinic_stripe_get_event_type(self):
        """Return the type of the event that has this transaction settled."""
        return {
            "refund": "charge.refund.updated",
            "validation": "setup_intent.succeeded",
        }.get(self.operation, "payment_intent.succeeded")

    def _clinic_stripe_book_anew(self):
        """Let these be booked again: their payments were cancelled or deleted.

        Nothing is booked here; whoever settles them next does it.
        """
        captures = self.child_transaction_ids.filtered(
            lambda tx: tx.operation == tx.source_transaction_id.operation
        )
        done = (self | captures).filtered(lambda tx: tx.state == "done")
        payments = done.payment_id
        payments.filtered(lambda payment: payment.state == "draft").action_cancel()
        # A payment whose entry is reversed cannot be revived, and a refund is netted
        # when it is created.
        done.filtered(
            lambda tx: (
                tx.payment_id.state == "canceled"
                and (
                    tx.operation == "refund" or tx.payment_id.move_id.state == "posted"
                )
            )
        ).payment_id = False
        done.is_post_processed = False
