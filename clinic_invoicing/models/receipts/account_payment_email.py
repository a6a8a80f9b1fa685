from datetime import timedelta

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...rules.askers import INSURERS
from ..paying.account_payment import BOOKED_STATES

CONFIRMATION = "clinic_invoicing.account_payment_mail_template_letter"
GIVEN_BACK = "clinic_invoicing.account_payment_mail_template_given_back"
# Payments of one transaction.
PAYMENTS_PER_CHUNK = 50
# What is recorded later than this is an old book that is being typed in.
NEWS = timedelta(days=30)


class AccountPayment(models.Model):
    """The e-mails that tell a client that money has arrived, or was given back."""

    _inherit = "account.payment"

    clinic_letter_state = fields.Selection(
        [("to_send", "To Be Sent"), ("sent", "Sent"), ("none", "No E-mail Address")],
        string="E-mail After Payment",
        readonly=True,
        copy=False,
        help="Whether the client was told by e-mail that the payment has arrived, or "
        "was given back.",
    )

    _clinic_letter_index = models.Index("(id) WHERE clinic_letter_state = 'to_send'")

    # === WHEN === #

    def _clinic_after_post(self):
        """Tell of deposits, of money given back, and of payments without an entry."""
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
        # sudo: as above.
        given_back = self.sudo().filtered(lambda payment: payment._clinic_gives_back())
        given_back._clinic_queue_letters()
        return super()._clinic_after_post()

    def _clinic_gives_back(self):
        """Whether the practice has given a client's money back with this payment."""
        self.ensure_one()
        return (
            self.state in BOOKED_STATES
            and self.payment_type == "outbound"
            and bool(self.clinic_reversed_payment_id)
            # Discounts that are taken back are no money.
            and self.currency_id.compare_amounts(self.amount, 0) > 0
            and self._clinic_was_sent_by_practice()
        )

    def _clinic_was_sent_by_practice(self):
        """Whether money that went back was given by the practice: a hook.

        A client's bank may have taken it.
        """
        self.ensure_one()
        return True

    def _clinic_queue_letters(self):
        """Remember, in sudo, of which of these payments clients have to be told.

        They are told after the commit, and once: not of a payment that is allocated
        for the second time.
        """
        news = self.filtered(
            lambda payment: (
                payment.company_id.clinic_email_receipts
                and not payment.clinic_letter_state
                and payment.partner_type == "customer"
                and (payment.payment_type == "inbound" or payment._clinic_gives_back())
                and payment.date >= payment.company_id._clinic_get_day() - NEWS
            )
        )
        if news:
            news.clinic_letter_state = "to_send"
            self.env.ref("clinic_invoicing.ir_cron_send_letters")._trigger()

    @api.model
    def _cron_clinic_send_letters(self):
        """Tell clients of the money that has arrived, or was given back, since.

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
        for direction, payments in reachable.grouped("payment_type").items():
            template = CONFIRMATION if direction == "inbound" else GIVEN_BACK
            self.env.ref(template).send_mail_batch(payments.ids)
            payments._message_log_batch(
                bodies={
                    payment.id: payment._clinic_describe_letter()
                    for payment in payments
                }
            )

    def _clinic_describe_letter(self):
        """Return what was told to whom, for the record."""
        client = self._clinic_get_letter_recipient().name
        if self.payment_type == "outbound":
            return self.env._(
                "%(client)s was told by e-mail that this money was given back.",
                client=client,
            )
        return self.env._(
            "%(client)s was told by e-mail that this payment has arrived.",
            client=client,
        )

    def _clinic_is_worth_a_letter(self):
        """Whether it still is as the e-mail says, and concerns what a client is billed.

        Odoo's own sales e-mails tell of orders.
        """
        self.ensure_one()
        tx = self.payment_transaction_id
        is_order = "sale_order_ids" in tx._fields and tx.sale_order_ids
        if not self.company_id.clinic_email_receipts or is_order:
            return False
        if self.payment_type == "outbound":
            return self._clinic_gives_back() and self._clinic_concerns_client()
        return (
            self.state in BOOKED_STATES
            and self.currency_id.compare_amounts(self._clinic_get_returnable(), 0) > 0
            and self._clinic_concerns_client()
        )

    def _clinic_concerns_client(self):
        """Whether the money is a deposit, or is for what is billed to a client.

        What goes back of money that a client was told of concerns them as well.
        """
        invoices = self._clinic_get_letter_invoices()
        if invoices:
            return any(
                invoice.clinic_has_services and not invoice._clinic_has_reason(INSURERS)
                for invoice in invoices
            )
        source = self.clinic_reversed_payment_id or self
        was_told = self != source and source.clinic_letter_state == "sent"
        return bool(source.clinic_deposit_event_id) or was_told

    # === WHAT IT SAYS === #

    def _clinic_get_letter_invoices(self):
        """Return the invoices that this payment has paid, wholly or in part.

        Of money that was given back those that it had paid.
        """
        self.ensure_one()
        if self.payment_type == "outbound":
            return self._clinic_get_formers().invoice_id.sorted("name")
        if not self.move_id:
            return self.invoice_ids
        partials = self._clinic_get_receivable_lines().matched_debit_ids
        paid = partials.debit_move_id.move_id
        return paid.filtered(lambda move: move.move_type == "out_invoice").sorted(
            "name"
        )

    def _clinic_get_parts_given_back(self):
        """Return how much of which invoice went back with this money, as dicts."""
        formers = self._clinic_get_formers()
        return [
            {"invoice": invoice, "amount": sum(same.mapped("amount_money"))}
            for invoice, same in formers.grouped("invoice_id").items()
        ]

    def _clinic_get_letter_recipient(self):
        """Return who has paid, or gets it back; nobody when that cannot be told.

        The payment itself may only know the company that the client belongs to, and
        that need not read what was billed to whom.
        """
        self.ensure_one()
        source = self.clinic_reversed_payment_id or self
        payer = source.payment_transaction_id.partner_id
        if not payer and source.clinic_deposit_event_id:
            payer = source._clinic_get_payer()
        if not payer:
            payer = self._clinic_get_letter_invoices().partner_id
        addressees = payer._clinic_get_addressees()
        return addressees if len(addressees) == 1 else addressees.browse()

    def _clinic_get_method_details(self):
        """Return how it was paid, with the last digits of a card that is saved.

        Money goes back as it has come.
        """
        self.ensure_one()
        if self.clinic_reversed_payment_id:
            return self.clinic_reversed_payment_id._clinic_get_method_details()
        method = self._clinic_get_method_name()
        # sudo: billers do not read every transaction and card.
        payment = self.sudo()
        card = payment.payment_token_id or payment.payment_transaction_id.token_id
        return (
            f"{method} •••• {card.payment_details}" if card.payment_details else method
        )
