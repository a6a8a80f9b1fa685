from datetime import timedelta

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...rules.askers import INSURERS
from ..paying.account_payment import BOOKED_STATES

CONFIRMATION = "clinic_invoicing.account_payment_mail_template_letter"
# Payments of one transaction.
PAYMENTS_PER_CHUNK = 50
# What is recorded later than this is an old book that is being typed in.
NEWS = timedelta(days=30)


class AccountPayment(models.Model):
    """The e-mail that tells a client that their money has arrived."""

    _inherit = "account.payment"

    clinic_letter_state = fields.Selection(
        [("to_send", "To Be Sent"), ("sent", "Sent"), ("none", "No E-mail Address")],
        string="E-mail After Payment",
        readonly=True,
        copy=False,
        help="Whether the client was told by e-mail that the payment has arrived.",
    )

    _clinic_letter_index = models.Index("(id) WHERE clinic_letter_state = 'to_send'")

    # === WHEN === #

    def _clinic_after_post(self):
        """Tell of deposits, and of payments that have no entry of their own."""
        without_entry = self.filtered(
            lambda payment: payment.state in BOOKED_STATES and not payment.move_id
        )
        # sudo: who records payments does not write this, nor read each invoice.
        for payment in without_entry.sudo():
            if any(payment.invoice_ids.mapped("clinic_has_services")):
                payment._clinic_queue_letters()
        # sudo: as above.
        deposits = self.sudo().filtered(
            lambda payment: (
                payment.clinic_deposit_event_id and payment.state in BOOKED_STATES
            )
        )
        deposits._clinic_queue_letters()
        return super()._clinic_after_post()

    def _clinic_queue_letters(self):
        """Remember, in sudo, of which of these payments clients have to be told.

        They are told after the commit, and once: not of a payment that is allocated
        for the second time.
        """
        news = self.filtered(
            lambda payment: (
                payment.company_id.clinic_email_receipts
                and not payment.clinic_letter_state
                and payment.payment_type == "inbound"
                and payment.partner_type == "customer"
                and payment.date >= payment.company_id._clinic_get_day() - NEWS
            )
        )
        if news:
            news.clinic_letter_state = "to_send"
            self.env.ref("clinic_invoicing.ir_cron_send_letters")._trigger()

    @api.model
    def _cron_clinic_send_letters(self):
        """Tell clients of the payments that have arrived since.

        Each chunk is committed with its e-mails: a worker that dies repeats nothing.
        """
        to_send = [("clinic_letter_state", "=", "to_send")]
        crons = self.env["ir.cron"]
        time_left = True
        while time_left:
            try:
                payments = self.search(to_send, limit=PAYMENTS_PER_CHUNK)
                payments = payments.try_lock_for_update(allow_referencing=True)
                if not payments:
                    break
                payments._clinic_send_letters()
                time_left = crons._commit_progress(
                    len(payments), remaining=self.search_count(to_send)
                )
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Another transaction was faster; look again.
                self.env.cr.rollback()

    def _clinic_send_letters(self):
        """Leave an e-mail for each of these payments in Odoo's queue."""
        current = self.filtered(lambda payment: payment._clinic_is_worth_a_letter())
        # Those may be allocated later.
        (self - current).clinic_letter_state = False
        reachable = current.filtered(
            lambda payment: payment._clinic_get_letter_recipient().email
        )
        (current - reachable).clinic_letter_state = "none"
        reachable.clinic_letter_state = "sent"
        self.env.ref(CONFIRMATION).send_mail_batch(reachable.ids)
        reachable._message_log_batch(
            bodies={
                payment.id: self.env._(
                    "%(client)s was told by e-mail that this payment has arrived.",
                    client=payment._clinic_get_letter_recipient().name,
                )
                for payment in reachable
            }
        )

    def _clinic_is_worth_a_letter(self):
        """Whether the money is still here, and is for what a client is billed."""
        self.ensure_one()
        tx = self.payment_transaction_id
        invoices = self._clinic_get_letter_invoices()
        billed_to_client = [
            invoice for invoice in invoices if not invoice._clinic_has_reason(INSURERS)
        ]
        return bool(
            self.company_id.clinic_email_receipts
            and self.state in BOOKED_STATES
            and self.currency_id.compare_amounts(self._clinic_get_returnable(), 0) > 0
            and (billed_to_client or (self.clinic_deposit_event_id and not invoices))
            # Odoo's own sales e-mails tell of those.
            and not ("sale_order_ids" in tx._fields and tx.sale_order_ids)
        )

    # === WHAT IT SAYS === #

    def _clinic_get_letter_invoices(self):
        """Return the invoices that this payment has paid, wholly or in part."""
        self.ensure_one()
        if not self.move_id:
            return self.invoice_ids
        partials = self._clinic_get_receivable_lines().matched_debit_ids
        paid = partials.debit_move_id.move_id
        return paid.filtered(lambda move: move.move_type == "out_invoice").sorted(
            "name"
        )

    def _clinic_get_letter_recipient(self):
        """Return who has paid; nobody when that cannot be told.

        The payment itself may only know the company that the client belongs to, and
        that need not read what was billed to whom.
        """
        self.ensure_one()
        payer = self.payment_transaction_id.partner_id
        if not payer and self.clinic_deposit_event_id:
            payer = self._clinic_get_payer()
        if not payer:
            payer = self._clinic_get_letter_invoices().partner_id
        addressees = payer._clinic_get_addressees()
        return addressees if len(addressees) == 1 else addressees.browse()

    def _clinic_get_method_details(self):
        """Return how it was paid, with the last digits of a card that is saved."""
        self.ensure_one()
        method = self._clinic_get_method_name()
        # sudo: billers do not read every transaction and card.
        payment = self.sudo()
        card = payment.payment_token_id or payment.payment_transaction_id.token_id
        return (
            f"{method} •••• {card.payment_details}" if card.payment_details else method
        )
