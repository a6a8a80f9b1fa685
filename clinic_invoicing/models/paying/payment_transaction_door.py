import logging

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)

SETTLED_STATES = ("done", "error", "cancel")


class PaymentTransaction(models.Model):
    """The one door for money: reserve → prepare → send → settle → book.

    Whoever pays, and wherever, the money takes these steps in this order. What is paid
    says of itself how it is locked, checked and counted: invoices in this room, the
    visits of deposits in theirs.
    """

    _inherit = "payment.transaction"

    clinic_allocation = fields.Json(
        string="Allocation Shown",
        readonly=True,
        copy=False,
        help="What the payer was shown that it pays: the ids of receivable lines, and "
        "their parts.",
    )

    # === RESERVE === #

    @api.model
    def _clinic_reserve(self, due, amount, shown=None, cards=None):
        """Make sure, under lock, that exactly this may be paid now, and by nobody else.

        What is paid stays locked until the attempt is stored, and is written to, so
        that a second attempt at the same moment sees the first. Attempts that were
        started before, and would bring the same money, are closed.

        :param Due due: what is about to be paid
        :param float amount: how much of it, in its currency
        :param str shown: the seal of what the payer has read, from a browser; ``None``
            where no page has asked
        :param payment.token cards: that stood on the page; ``None`` for those that are
            offered to the payer
        :raise UserError: somebody else is paying it at this moment, or it may not be
            paid; nothing was changed
        """
        due.purpose._clinic_lock_for_payment()
        due.purpose._clinic_check_due(due, amount)
        self.env["clinic.shown"]._check_due(shown, due, amount, cards)
        reached = due.purpose._clinic_get_reached(due, amount)
        if due.is_client:
            self._clinic_check_pace(due.payer, reached)
        reached._clinic_get_due_attempts(due)._clinic_supersede_open_attempts()
        # Superseding may have found out that the money had arrived already.
        reached._clinic_check_due(due, amount)
        reached._clinic_count_attempt()

    # === PREPARE === #

    @api.model
    def _clinic_prepare(self, due, amount):
        """Return what a transaction keeps of what it pays, as values of it.

        It is linked to what its money reaches, and to nothing else.
        """
        return due.purpose._clinic_prepare_due(due, amount)

    @api.model
    def _clinic_start_charge(self, due, card, amount, prefix=None, **values):
        """Return the stored transaction that will charge a saved card of the payer.

        :param str prefix: of its reference; invoices give their own numbers
        :param values: what else it keeps
        """
        purpose = {**self._clinic_prepare(due, amount), **values}
        return self.create(
            card._clinic_prepare_charge(
                amount, due.currency, due.payer, prefix=prefix, **purpose
            )
        )

    # === SEND === #

    def _clinic_is_still_owed(self):
        """Whether what it is for still has as much open as it would take.

        It is asked where time has passed since the reservation. The invoices stay
        locked: nobody registers another payment in this moment. Rooms below add to it.

        :raise UserError: somebody is paying them at this moment
        """
        self.ensure_one()
        invoices = self.invoice_ids
        if not invoices or invoices.currency_id != self.currency_id:
            return True
        invoices._clinic_lock_for_payment()
        # Core posts what has never been posted when its money comes.
        owed = invoices.filtered(
            lambda move: (
                move.state == "posted"
                or (move.state == "draft" and not move.posted_before)
            )
        )._clinic_sum_owed()
        return self.currency_id.compare_amounts(self.amount, owed) <= 0

    def _clinic_send(self):
        """Ask the provider for the money of a saved card, and book what has come.

        Its answer settles the transaction: ``_process`` of the provider's addon, which
        also settles what providers tell later.
        """
        self._clinic_send_charge()
        self._clinic_book()

    def _clinic_send_charge(self):
        """Ask the provider for the money: a hook."""
        self._charge_with_token()

    # === BOOK === #

    def _clinic_book(self):
        """Book what is settled, if nobody else has done so.

        What fails cannot undo that the money has come: Odoo's own job books it later.
        """
        for tx in self:
            if tx.state not in SETTLED_STATES or tx.is_post_processed:
                continue
            try:
                with self.env.cr.savepoint():
                    tx._post_process()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception:
                _logger.exception("Booking of transaction %s has failed", tx.id)
