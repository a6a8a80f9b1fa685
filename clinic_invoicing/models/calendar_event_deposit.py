from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..rules.billing_state import STATUSES_WITHOUT_CHARGE

# What is paid for with a deposit is still to be invoiced.
OPEN_STATES = ("planned", "to_invoice")


class CalendarEvent(models.Model):
    """Deposits that are taken when a visit is booked."""

    _inherit = "calendar.event"

    clinic_deposit_ids = fields.One2many(
        "account.payment",
        "clinic_deposit_event_id",
        string="Deposits",
        groups="clinic_invoicing.group_biller",
    )
    clinic_deposit_transaction_ids = fields.One2many(
        "payment.transaction",
        "clinic_deposit_event_id",
        groups="clinic_invoicing.group_biller",
    )
    clinic_deposit_label = fields.Char(
        string="Deposit",
        compute="_compute_clinic_deposit_label",
        # sudo: the front desk reads that it was paid, and not the payments.
        compute_sudo=True,
        groups="clinic_invoicing.group_front_desk",
    )

    @api.depends("clinic_deposit_ids.amount", "clinic_deposit_ids.state")
    def _compute_clinic_deposit_label(self):
        for event in self:
            kept = event.clinic_deposit_ids._clinic_get_kept()
            currency = event.clinic_deposit_ids.currency_id[:1]
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

        sudo: stock hides what is on private appointments of others.
        """
        event = self.sudo()
        closed = event.clinic_status in STATUSES_WITHOUT_CHARGE
        if closed or event.clinic_billing_state not in OPEN_STATES:
            raise UserError(
                self.env._(
                    "A deposit is taken before the visit is invoiced. Take a payment "
                    "of the invoice instead."
                )
            )

    def _clinic_start_deposit(self, amount, payer):
        """Make sure, under lock, that a deposit of this amount may be taken.

        The attempts that were started before and not finished are closed.

        :param res.partner payer: who pays it
        :raise UserError: it would be taken twice, or is asked for in vain
        """
        self._clinic_lock()
        self._clinic_get_services()._start_deposit()
        self._clinic_check_deposit()
        self._clinic_check_deposit_amount(amount, payer)
        attempts = self._clinic_get_deposit_attempts(payer)
        attempts._clinic_supersede_open_attempts()
        # Superseding may have found out that the money had arrived already.
        self._clinic_check_deposit_amount(amount, payer)

    def _clinic_check_deposit_amount(self, amount, payer):
        obstacle = self._clinic_get_deposit_obstacle(payer)
        if obstacle:
            raise UserError(obstacle)
        if not amount or amount <= 0:
            raise ValidationError(self.env._("The amount must be more than zero."))

    def _clinic_get_deposit_obstacle(self, payer):
        """Return why this payer is not asked for a deposit now; nothing if they are."""
        on_its_way = self._clinic_get_deposit_on_its_way(payer)
        if not on_its_way:
            return ""
        currency = self._clinic_get_company().currency_id
        return self.env._(
            "A deposit of %(amount)s is on its way. Do not take it again.",
            amount=currency.format(on_its_way),
        )

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

    def _clinic_get_deposit_payers(self):
        """Return who will pay for what is booked, those of the patients' own shares."""
        services = self._clinic_get_services()
        return services.filtered(lambda one: one.state in OPEN_STATES).bill_to_id

    def _clinic_get_deposit_amount(self, payer):
        """Return what is suggested: the rates' deposits without what was paid.

        What is on its way counts as paid.
        """
        services = self._clinic_get_services().filtered(
            lambda one: one.bill_to_id == payer and one.state in OPEN_STATES
        )
        asked = sum(
            service.rate_id.product_tmpl_id.clinic_deposit for service in services
        )
        paid = self.clinic_deposit_ids.filtered(
            lambda payment: payment._clinic_get_payer() == payer
        )
        on_its_way = self._clinic_get_deposit_on_its_way(payer)
        return max(0.0, asked - paid._clinic_get_kept() - on_its_way)

    # === WHAT BECOMES OF THEM === #

    def _clinic_close(self, *args, **kwargs):
        fees = super()._clinic_close(*args, **kwargs)
        # sudo: the front desk has no right in accounting.
        closed = self.sudo().filtered(
            lambda event: event.clinic_status in STATUSES_WITHOUT_CHARGE
        )
        closed._clinic_tell_of_deposits()
        return fees

    def unlink(self):
        if not self.env.context.get("archive_on_error"):
            # sudo: whoever may delete the slot need not know what was paid.
            self.sudo()._clinic_tell_of_deposits()
        return super().unlink()

    def _clinic_tell_of_deposits(self):
        """Tell the managers of money that no visit will be billed for."""
        for payment in self.clinic_deposit_ids:
            left = payment.clinic_amount_unallocated
            if payment.currency_id.compare_amounts(left, 0) <= 0:
                continue
            payment.company_id._clinic_tell_managers(
                payment,
                self.env._("A deposit is left"),
                self.env._(
                    "The visit does not take place. %(amount)s of its deposit is open: "
                    "invoice the fee, which it pays then, or press Refund under "
                    "Unallocated Payments.",
                    amount=payment.currency_id.format(left),
                ),
            )
