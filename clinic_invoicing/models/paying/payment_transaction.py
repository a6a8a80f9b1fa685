from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

PROMISED_STATES = ("pending", "authorized")
# Their payments are confirmed by people; all others charge by themselves. A wire
# transfer is pending from the start and may never arrive.
OFFLINE_CODES = ("none", "custom")
# As long as this after a payment, its payer is thanked for it.
THANKING_MINUTES = 10


class PaymentTransaction(models.Model):
    """Attempts to pay: whether money is on its way, and what providers tell of it."""

    _name = "payment.transaction"
    _inherit = ["payment.transaction", "clinic.guarded"]

    # === MONEY ON ITS WAY === #

    def _clinic_is_clearing(self):
        """Whether its money is on its way."""
        self.ensure_one()
        return bool(self.filtered_domain(self._clinic_get_clearing_domain()))

    @api.model
    def _clinic_get_clearing_domain(self):
        """Transactions whose money is on its way."""
        arrived = Domain("state", "=", "done") & Domain("is_post_processed", "=", False)
        promised = Domain("state", "in", PROMISED_STATES) & Domain(
            "provider_code", "not in", OFFLINE_CODES
        )
        return arrived | promised

    @api.model
    def _clinic_get_recent(self, payers):
        """Return the last payment of invoices that has just arrived from these.

        Nobody is thanked for what was given back since.
        """
        since = fields.Datetime.now() - timedelta(minutes=THANKING_MINUTES)
        recent = self.search(
            [
                ("partner_id", "in", payers.ids),
                ("state", "=", "done"),
                ("amount", ">", 0),
                ("invoice_ids", "!=", False),
                ("last_state_change", ">=", since),
            ],
            order="last_state_change desc, id desc",
        )
        return recent.filtered(lambda tx: tx._clinic_has_kept_money())[:1]

    def _clinic_has_kept_money(self):
        """Whether something of its money is still here."""
        self.ensure_one()
        # What is not booked yet cannot have been given back.
        payment = self.payment_id
        return not payment or payment._clinic_get_returnable() > 0

    # === ATTEMPTS === #

    def _clinic_supersede_open_attempts(self):
        """Close the attempts that were started and never finished.

        Only one attempt per invoice may be alive: a form left open in another
        tab must not collect the same money again. This is a hook for providers
        that can close an attempt on their side, and settle it if it was paid
        meanwhile. An attempt that only Odoo considers closed could still be paid,
        so nothing is closed here.

        :raise UserError: an attempt is being processed and cannot be closed
        """

    def _clinic_is_closed_by_next(self):
        """Whether the next attempt closes this one: a hook, see above."""
        self.ensure_one()
        return False

    def _clinic_get_unfinished_notice(self):
        """Tell the client of an attempt that was started and never finished."""
        self.ensure_one()
        date = format_date(self.env, self.create_date)
        if self._clinic_is_closed_by_next():
            return self.env._(
                "A payment was started on %(date)s and not finished. You can pay "
                "again: you will not be charged twice.",
                date=date,
            )
        return self.env._(
            "A payment was started on %(date)s, and nobody has told us how it ended. "
            "If you have confirmed it, please wait. If not, you can pay again.",
            date=date,
        )

    # === CHARGING A SAVED CARD === #

    def _charge_with_token(self):
        """Refuse it before the provider is asked, whoever has chosen it."""
        try:
            self.token_id._clinic_check_chargeable()
        except UserError as refusal:
            self._set_error(str(refusal))
            return None
        return super()._charge_with_token()

    def _clinic_was_turned_away(self):
        """Whether its provider was too busy to look at it, so that no bank was asked.

        This is a hook for providers: it says nothing of the card, and may succeed soon.
        """
        self.ensure_one()
        return False

    def _clinic_needs_authentication(self):
        """Whether it failed because its owner has to confirm it, e.g. by 3-D Secure.

        This is a hook for providers: without its owner, such a card is charged in vain.
        """
        self.ensure_one()
        return False

    # === REFUNDS === #

    def _clinic_get_refund_support(self):
        """Return what the provider and the method can refund.

        :return: two of ``none``, ``full_only`` and ``partial``
        :rtype: tuple
        """
        self.ensure_one()
        method = self.payment_method_id
        method = method.primary_payment_method_id or method
        return self.provider_id.support_refund, method.support_refund
