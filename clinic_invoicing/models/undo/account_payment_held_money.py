from odoo import api, fields, models
from odoo.exceptions import UserError

from ...server_side import heard, tell
from ..paying.account_payment import BOOKED_STATES
from ..paying.payment_transaction import OFFLINE_CODES

# While a transaction is in one of these, its provider has the money, or may have it.
CHARGED_STATES = ("done", "pending", "authorized")
# What a payment says of the money. Emptied or changed, it is out of the books as well.
MONEY_FIELDS = (
    "amount",
    "currency_id",
    "move_id",
    "partner_type",
    "payment_transaction_id",
    "payment_type",
)


class AccountPayment(models.Model):
    """What a provider has moved leaves the books by the undo dialogs only.

    They ask the provider. In the books alone, the invoice would be open again while
    the provider keeps the money, and the client would be charged a second time. What
    people have typed is as free as Odoo leaves it.
    """

    _inherit = "account.payment"

    clinic_stays_booked = fields.Boolean(
        string="Undone by Dialog Only",
        compute="_compute_clinic_stays_booked",
        help="Its provider has moved the money, and is asked before it is undone.",
    )

    # As on its entry.
    @api.depends("state")
    def _compute_clinic_stays_booked(self):
        for payment in self:
            payment.clinic_stays_booked = bool(payment._clinic_get_leaving_obstacle())

    # === DOORS === #

    def _clinic_check_stays_booked(self, vals):
        """Raise UserError when these values take one out of the books that stays."""
        if vals.get("state", BOOKED_STATES[0]) not in BOOKED_STATES:
            self._clinic_check_may_leave()
        elif not vals.keys().isdisjoint(MONEY_FIELDS):
            self.filtered(
                lambda each: each._clinic_changes_money(vals)
            )._clinic_check_may_leave()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_provider_holds_money(self):
        self._clinic_check_may_leave()

    # === WHAT MAY LEAVE === #

    def _clinic_undoing(self):
        """Return these payments so that the undo dialogs can take them out.

        This is the one way past the guard, for code that has asked the provider. It can
        not be reached by a request: no client can send what opens it.
        """
        # Context: see above.
        return self.with_context(**tell(clinic_undoing=True))

    def _clinic_check_may_leave(self):
        """Raise UserError when one of these leaves the books by the dialogs only."""
        if heard(self.env, "clinic_undoing"):
            return
        for payment in self:
            obstacle = payment._clinic_get_leaving_obstacle()
            if obstacle:
                raise UserError(obstacle)

    def _clinic_get_leaving_obstacle(self):
        """Return why this may not be taken out of the books by hand, else ``False``.

        This is a hook for other money that the books follow by themselves.
        """
        self.ensure_one()
        # sudo: billers do not read every transaction.
        tx = self.sudo().payment_transaction_id
        is_held = tx.state in CHARGED_STATES and tx.provider_code not in OFFLINE_CODES
        if not is_held or not self._clinic_is_in_books():
            return False
        if self.payment_type == "outbound":
            return self.env._(
                "%(provider)s has given this money back, so %(payment)s stays in the "
                "books. To see or undo what was paid, open %(paid)s and use Void or "
                "Reverse Payment.",
                provider=tx.provider_id.name,
                payment=self.display_name,
                paid=self.clinic_reversed_payment_id.display_name
                or self.env._("the payment"),
            )
        return self.env._(
            "%(provider)s has the money of %(payment)s, so it cannot be undone in the "
            "books alone. Use Reverse Payment or Void, which give it back as well.",
            provider=tx.provider_id.name,
            payment=self.display_name,
        )

    def _clinic_is_in_books(self):
        """Whether the books say that this money was moved.

        The entry decides, where there is one: with a card that is being charged, Core
        calls the payment booked before it is.
        """
        self.ensure_one()
        if self.move_id:
            return self.move_id.state == "posted"
        return self.state in BOOKED_STATES

    def _clinic_changes_money(self, vals):
        """Whether these values would change what this payment says of the money."""
        self.ensure_one()

        def new(field):
            value = field.convert_to_cache(vals[field.name], self)
            return field.convert_to_record(value, self)

        money = (self._fields[name] for name in MONEY_FIELDS if name in vals)
        return any(
            self[field.name] and new(field) != self[field.name] for field in money
        )
