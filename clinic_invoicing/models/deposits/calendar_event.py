from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools.misc import clean_context

from ...commands import linked_ids
from ...rules.billing_state import (
    CANCELLED,
    PLANNED,
    STATUSES_WITHOUT_CHARGE,
    TO_INVOICE,
)
from ...rules.payers import PAYER_PATIENT
from ..paying.due import Due

# What is paid for with a deposit is still to be invoiced.
UNBILLED_STATES = (PLANNED, TO_INVOICE)
# Where a transaction keeps the visits of which it has to look at the deposits.
WATCHED = "clinic_deposits_watched"
# What a visit hands over when its series is rewritten.
DEPOSITS = ("clinic_deposit_ids", "clinic_deposit_transaction_ids")


class CalendarEvent(models.Model):
    """Deposits that are taken when a visit is booked, and what becomes of them.

    They are taken off the visit's invoices, follow it when its series is rewritten, or
    the managers decide.
    """

    _inherit = "calendar.event"

    clinic_deposit_ids = fields.One2many(
        "account.payment",
        "clinic_deposit_event_id",
        string="Deposits",
        groups="clinic_invoicing.group_biller",
        readonly=True,
    )
    clinic_deposit_transaction_ids = fields.One2many(
        "payment.transaction",
        "clinic_deposit_event_id",
        groups="clinic_invoicing.group_biller",
        readonly=True,
    )
    clinic_deposit_label = fields.Char(
        string="Deposit",
        compute="_compute_clinic_deposit_label",
        # sudo: the front desk reads that it was paid, and not the payments.
        compute_sudo=True,
        groups="clinic_invoicing.group_front_desk",
    )

    @api.depends(
        "clinic_deposit_ids.amount",
        "clinic_deposit_ids.state",
        "clinic_service_ids.state",
        "clinic_service_ids.share_ids.partner_id",
    )
    def _compute_clinic_deposit_label(self):
        """Count what was paid by those who still pay for the visit."""
        for event in self:
            services = event.clinic_service_ids
            shares = services.filtered(lambda one: one.state != CANCELLED).share_ids
            payers = shares.filtered(
                lambda share: (
                    share.payer_type == PAYER_PATIENT and not share._is_nothing()
                )
            ).partner_id
            payments = event.clinic_deposit_ids._clinic_filter_paid_by(payers)
            kept = payments._clinic_get_kept()
            currency = payments.currency_id[:1]
            event.clinic_deposit_label = kept > 0 and self.env._(
                "Deposit %(amount)s paid", amount=currency.format(kept)
            )

    # === ACTION METHODS === #

    def action_clinic_take_deposit(self):
        """Open the desk's page on which a deposit is paid.

        :raise UserError: the visit does not take place, or is invoiced already
        """
        self.ensure_one()
        self._clinic_check_front_desk()
        self._clinic_check_deposit()
        return {
            "type": "ir.actions.act_url",
            "url": f"/clinic/desk/deposit/{self.id}",
            "target": "self",
        }

    # === TAKING === #

    def _clinic_check_deposit(self):
        """Raise UserError when no deposit is taken for this visit any more.

        sudo: Core hides what is on private appointments of others.
        """
        event = self.sudo()
        closed = event.clinic_status in STATUSES_WITHOUT_CHARGE
        if closed or event.clinic_billing_state not in UNBILLED_STATES:
            raise UserError(
                self.env._(
                    "A deposit is taken before the visit is invoiced. Take a payment "
                    "of the invoice instead."
                )
            )
        if not event._clinic_get_deposit_shares():
            raise UserError(
                self.env._(
                    "No deposit is taken for this visit: nothing of it is still to be "
                    "invoiced to a client."
                )
            )

    # === AT THE DOOR: SEE payment.transaction._clinic_reserve() === #

    def _clinic_get_deposit_due(self, payer):
        """Return what a deposit of this payer would be, as it comes to the door."""
        company = self._clinic_get_company()
        return Due(
            payer=payer,
            company=company,
            currency=company.currency_id,
            invoices=self.env["account.move"],
            event=self,
        )

    def _clinic_lock_for_payment(self):
        """Let nobody change or invoice this visit until its deposit is stored."""
        self._clinic_lock()
        self._clinic_get_services()._lock_for_billing()

    def _clinic_check_due(self, due, amount):
        """Raise UserError when it would be taken twice, or is asked for in vain."""
        self._clinic_check_deposit()
        self._clinic_check_deposit_amount(amount, due.payer)

    def _clinic_get_reached(self, due, amount):
        """Return this visit: its deposit is for nothing else."""
        return self

    def _clinic_get_due_attempts(self, due):
        """Return the deposits that this payer has started to pay."""
        return self._clinic_get_deposit_attempts(due.payer)

    def _clinic_prepare_due(self, due, amount):
        """Return what a transaction keeps: which visit it is for."""
        return {"clinic_deposit_event_id": self.id}

    def _clinic_count_attempt(self):
        """Write to the locked services: see :meth:`_count_deposit` there."""
        self._clinic_get_services()._count_deposit()

    def _clinic_check_deposit_amount(self, amount, payer):
        obstacle = self._clinic_get_deposit_obstacle(payer)
        if obstacle:
            raise UserError(obstacle)
        if not amount or amount <= 0:
            raise ValidationError(self.env._("The amount must be more than zero."))
        room = self._clinic_get_deposit_room(payer)
        currency = self._clinic_get_company().currency_id
        if currency.compare_amounts(amount, room) > 0:
            raise ValidationError(
                self.env._(
                    "%(client)s will owe %(amount)s more for this visit. No deposit is "
                    "larger.",
                    client=payer.name,
                    amount=currency.format(room),
                )
            )

    def _clinic_get_deposit_obstacle(self, payer):
        """Return why this payer is not asked for a deposit now; nothing if they are."""
        currency = self._clinic_get_company().currency_id
        on_its_way = self._clinic_get_deposit_on_its_way(payer)
        if on_its_way:
            return self.env._(
                "A deposit of %(amount)s is on its way. Do not take it again.",
                amount=currency.format(on_its_way),
            )
        if currency.is_zero(self._clinic_get_deposit_room(payer)):
            return self.env._(
                "All that %(client)s will owe for this visit is paid already.",
                client=payer.name,
            )
        return ""

    # === HOW MUCH === #

    def _clinic_get_deposit_shares(self, payer=None):
        """Return what clients will owe of what is booked and not invoiced, in sudo.

        :param res.partner payer: only their shares; those of all if not given
        """
        # sudo: Core hides what is on private appointments of others.
        services = self.sudo().clinic_service_ids.filtered(
            lambda one: one.state in UNBILLED_STATES and not one.is_fee
        )
        behind = payer and payer._clinic_get_addressee()
        return services.share_ids.filtered(
            lambda share: (
                share.payer_type == PAYER_PATIENT
                and share.state == "to_bill"
                and share.partner_id
                and not share._is_nothing()
                and (not payer or share.partner_id._clinic_get_addressee() == behind)
            )
        )

    def _clinic_get_deposit_payers(self):
        """Return the payers of what is booked, without insurers."""
        return self._clinic_get_deposit_shares().partner_id

    def _clinic_get_deposit_attempts(self, payer):
        """Return the transactions by which this payer has tried to pay a deposit."""
        behind = payer._clinic_get_addressee()
        return self.clinic_deposit_transaction_ids.filtered(
            lambda tx: tx.partner_id._clinic_get_addressee() == behind
        )

    def _clinic_get_deposit_on_its_way(self, payer):
        """Return what is promised by this payer, or has come and is not booked."""
        attempts = self._clinic_get_deposit_attempts(payer)
        clearing = attempts.filtered(lambda tx: tx._clinic_is_clearing())
        return sum(clearing.mapped("amount"))

    def _clinic_get_deposited(self, payer):
        """Return what this payer has paid already and no invoice has taken yet.

        What is on its way counts as paid.
        """
        paid = self.clinic_deposit_ids._clinic_filter_paid_by(payer)
        return paid._clinic_get_usable() + self._clinic_get_deposit_on_its_way(payer)

    def _clinic_get_deposit_room(self, payer):
        """Return how much more this payer can pay in advance."""
        owed = self._clinic_get_deposit_shares(payer)._preview_owed()
        currency = self._clinic_get_company().currency_id
        return max(0.0, currency.round(owed - self._clinic_get_deposited(payer)))

    def _clinic_get_deposit_amount(self, payer):
        """Return what is suggested: the rates' deposits without what was paid.

        Money that is held for a payer who does not owe it is as good as a deposit.
        """
        services = self._clinic_get_deposit_shares(payer).service_id.filtered(
            lambda one: one.bill_to_id == payer
        )
        asked = sum(service._get_deposit() for service in services)
        company = self._clinic_get_company()
        free = self.env["account.move"]._clinic_get_free_held(
            payer, company, company.currency_id
        )
        left = max(0.0, asked - self._clinic_get_deposited(payer) - free)
        return min(left, self._clinic_get_deposit_room(payer))

    # === INVOICED === #

    def _clinic_pass_deposits(self, invoices):
        """Take the deposits for these visits off their new invoices, in sudo.

        Those on their way are counted by the invoices, so that nobody pays them twice.
        """
        open_attempts = self.clinic_deposit_transaction_ids.filtered(
            lambda tx: tx._clinic_is_clearing() or tx.state in ("draft", "error")
        )
        invoices._clinic_await_deposits(open_attempts._clinic_close_deposits())
        deposits = self.env["account.payment"].search(
            [("clinic_deposit_event_id", "in", self.ids)], order="date, id"
        )
        deposits._clinic_use_deposits(invoices)
        deposits._clinic_tell_of_left_deposits()

    # === WHAT THEY ARE FOR CHANGES === #

    def _clinic_watch_deposits(self):
        """Look at the deposits for these once more before the commit.

        What is owed for a visit changes in many ways, and in several steps: whether
        its deposits are left is known at the end.
        """
        if not self.ids:
            return
        precommit = self.env.cr.precommit
        watched = precommit.data.setdefault(WATCHED, set())
        if not watched:
            # sudo: whoever changes what is owed need not read what was paid. context:
            # defaults are for what is made now, not for what is told then.
            env = self.env(su=True, context=clean_context(self.env.context))
            precommit.add(env[self._name]._clinic_look_at_deposits)
        watched.update(self.ids)

    @api.model
    def _clinic_look_at_deposits(self):
        """Tell of the deposits that are left, and close what is needed again."""
        ids = self.env.cr.precommit.data.pop(WATCHED, ())
        deposits = self.env["account.payment"].search(
            [("clinic_deposit_event_id", "in", list(ids))]
        )
        # A draft that is being corrected takes them off again when it is posted.
        at_rest = deposits.filtered(
            lambda deposit: (
                deposit._clinic_is_open() and not deposit._clinic_is_in_draft()
            )
        )
        at_rest._clinic_tell_of_left_deposits()
        deposits._clinic_close_left_deposits()

    # === CLOSED, ARCHIVED, DELETED === #

    def _clinic_close(self, *args, **kwargs):
        fees = super()._clinic_close(*args, **kwargs)
        # sudo: the front desk has no right in accounting.
        self.sudo().clinic_deposit_ids._clinic_tell_of_left_deposits()
        return fees

    @contextmanager
    def _clinic_freeing_slots(self):
        # sudo: whoever frees the slot need not know what was paid.
        deposits = self.sudo().clinic_deposit_ids
        with super()._clinic_freeing_slots():
            yield
        deposits._clinic_tell_of_left_deposits()

    # === SERIES THAT ARE REWRITTEN === #

    def _clinic_get_visit(self, vals):
        values, services = super()._clinic_get_visit(vals)
        links = {
            name: [Command.link(record.id) for record in self[name]]
            for name in DEPOSITS
            if self[name]
        }
        return {**values, **links}, services

    def _clinic_hand_over(self, visits, newer):
        """Tell of deposits for occurrences that no longer take place."""
        heirs = super()._clinic_hand_over(visits, newer)
        remaining = self.exists().filtered("active")
        links = [
            command
            for event in self - remaining - self.browse().union(*heirs)
            for command in visits[event][0].get("clinic_deposit_ids", ())
        ]
        deposits = self.env["account.payment"].browse(linked_ids(links))
        deposits._clinic_tell_of_left_deposits()
        return heirs
