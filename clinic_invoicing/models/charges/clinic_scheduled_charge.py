from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ...rules.moves import CHARGE_MOVES, is_allowed

# States in which something is to be done on a day.
DUE_STATES = ("planned", "noticed", "retrying")
OPEN_CHARGE_STATES = (*DUE_STATES, "charging")
# States in which nothing is under way that could not be called off.
WAITING_STATES = ("draft", *DUE_STATES)


class ClinicScheduledCharge(models.Model):
    """A payment that is due on a day: by a saved card, or by a link without one."""

    _name = "clinic.scheduled.charge"
    _description = "Scheduled Charge"
    _inherit = "clinic.collected"
    _order = "date, id"
    _check_company_auto = True

    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    origin = fields.Selection(
        [("autopay", "Autopay"), ("instalment", "Instalment")],
        required=True,
        readonly=True,
    )
    autopay_id = fields.Many2one(
        "clinic.autopay", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    plan_id = fields.Many2one(
        "clinic.payment.plan",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    token_id = fields.Many2one(
        help="Empty: the payer receives a link to pay on the day.",
    )
    invoice_ids = fields.Many2many(
        "account.move",
        "clinic_charge_invoice_rel",
        "charge_id",
        "invoice_id",
        string="Invoices",
        readonly=True,
        check_company=True,
    )
    amount = fields.Monetary(
        readonly=True, help="The most that is charged; less when less is owed by then."
    )
    date = fields.Date(string="Due on", required=True, readonly=True)
    due_from = fields.Date(
        string="Pays What Is Due From",
        readonly=True,
        help="Of its invoices it pays what is due from this day on; empty: from the "
        "first.",
    )
    due_until = fields.Date(
        string="Until",
        readonly=True,
        help="Of its invoices it pays what is due until this day; empty: all.",
    )
    next_date = fields.Date(
        string="Next Step on",
        readonly=True,
        index="btree_not_null",
        help="When Odoo looks at it next: to tell the payer, or to charge the card.",
    )
    state = fields.Selection(
        [
            ("draft", "Proposed"),
            ("planned", "Planned"),
            ("noticed", "Payer told"),
            ("charging", "Charging"),
            ("retrying", "Not charged, tried again"),
            ("link_sent", "Link sent"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        default="planned",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )
    noticed_on = fields.Date(string="Payer Told on", readonly=True)
    attempts = fields.Integer(readonly=True)
    first_attempt_on = fields.Date(readonly=True)
    reason = fields.Char(
        string="Last Reason",
        readonly=True,
        tracking=True,
        help="Why it waits, was declined, or ended.",
    )
    is_called_off = fields.Boolean(
        readonly=True,
        help="By a biller: autopay does not take up its invoices again.",
    )
    transaction_ids = fields.One2many(
        "payment.transaction", "clinic_charge_id", string="Attempts", readonly=True
    )
    transaction_id = fields.Many2one(
        "payment.transaction",
        string="Last Attempt",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    _amount_positive = models.Constraint(
        "CHECK (amount >= 0)", "A charge is never negative."
    )
    _charging_has_attempt = models.Constraint(
        "CHECK (state != 'charging' OR transaction_id IS NOT NULL)",
        "What is being charged has a transaction.",
    )

    @api.depends("partner_id", "date")
    def _compute_display_name(self):
        for charge in self:
            day = format_date(charge.env, charge.date)
            charge.display_name = f"{charge.partner_id.name}, {day}"

    # === ACTION METHODS === #

    def action_cancel(self):
        """Call off what has not been charged yet; billers only."""
        self._check_biller(self.env._("Only billers may call off charges."))
        # sudo: nobody writes charges by hand; the rights were checked.
        for charge in self.sudo():
            charge._set_cancelled(
                self.env._("Called off by %(user)s.", user=self.env.user.name),
                is_called_off=True,
            )

    def _get_tomorrow(self):
        return fields.Date.add(self._get_today(), days=1)

    def _get_today(self, moment=None):
        """Return the day as it is, or was at a moment, for practice and payer."""
        self.ensure_one()
        return self.company_id._clinic_get_today(self.partner_id, moment)

    # === CONSENT === #

    def _is_agreed(self):
        """Return whether what its payer has agreed to is still in force."""
        self.ensure_one()
        return self._get_agreement()._is_in_force()

    def _get_agreement(self):
        """Return what its payer has agreed to, as a ``clinic.agreement``."""
        return self.autopay_id or self.plan_id

    def _get_pause(self):
        """Return why its card is not charged at present, nothing if it is.

        A link can be paid whatever becomes of cards.
        """
        self.ensure_one()
        return self.token_id and self._get_agreement()._get_pause()

    def _get_payable(self):
        """Return those of its invoices that the payer still owes."""
        return self.invoice_ids._clinic_keep_agreed(self.partner_id, self.currency_id)

    def _covers(self, due):
        """Whether it pays what is due on a day."""
        self.ensure_one()
        return (not self.due_from or self.due_from <= due) and (
            not self.due_until or due <= self.due_until
        )

    def _get_end_reason(self):
        """Return why it is not charged any more, after the agreement has ended."""
        return self.plan_id.end_reason or self.env._("Autopay is off.")

    # === MOVES === #

    def _set_planned(self, next_date):
        self._update_state("planned", next_date=next_date)

    def _set_noticed(self, date):
        self._update_state(
            "noticed",
            date=date,
            next_date=date,
            noticed_on=self._get_today(),
            reason=False,
        )

    def _set_charging(self, tx):
        self._update_state(
            "charging",
            transaction_id=tx.id,
            attempts=self.attempts + 1,
            first_attempt_on=self.first_attempt_on or self._get_today(),
            next_date=False,
            reason=False,
        )

    def _set_retrying(self, next_date, reason, **values):
        self._update_state("retrying", next_date=next_date, reason=reason, **values)

    def _set_link_sent(self, reason):
        self._update_state(
            "link_sent",
            next_date=False,
            noticed_on=self._get_today(),
            reason=reason,
        )

    def _set_done(self, reason=False):
        self._update_state("done", next_date=False, reason=reason)

    def _set_cancelled(self, reason, **values):
        self._update_state("cancelled", next_date=False, reason=reason, **values)

    def _call_off(self, reason):
        """Cancel the ones that are neither under way nor over."""
        self.filtered(
            lambda charge: is_allowed(CHARGE_MOVES, charge.state, "cancelled")
        )._set_cancelled(reason)

    def _close_if_paid(self):
        """Close it when nothing is owed of what it pays; return whether it is so."""
        payable = self._get_payable()
        is_open = any(
            self._covers(line._clinic_get_due_day())
            for line in payable._clinic_get_open_lines()
        )
        if is_open:
            return False
        if payable and not self._is_due_as_planned():
            # Autopay takes it up again, for its new day.
            self._set_cancelled(self.env._("It is due on another day now."))
        else:
            self._set_done(self.env._("Nothing is owed any more."))
        return True

    def _is_due_as_planned(self):
        """Whether something of its invoices is, or was, due on the days it pays."""
        lines = self.invoice_ids.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        )
        return any(self._covers(line._clinic_get_due_day()) for line in lines)

    def _update_state(self, target, **values):
        """Change the state, if the table of moves allows it.

        :raise UserError: there is no such move
        """
        for charge in self:
            if not is_allowed(CHARGE_MOVES, charge.state, target):
                labels = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "%(charge)s is %(state)s and cannot become %(target)s.",
                        charge=charge.display_name,
                        state=labels[charge.state],
                        target=labels[target],
                    )
                )
        self.write({"state": target, **values})

    def _wait(self, reason):
        """Look at it again tomorrow."""
        self.write({"next_date": self._get_tomorrow(), "reason": reason})
