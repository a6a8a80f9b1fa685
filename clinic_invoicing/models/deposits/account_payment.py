from collections import defaultdict

from odoo import fields, models

from ..paying.account_payment import BOOKED_STATES


class AccountPayment(models.Model):
    """Deposits: money for a visit that has not been invoiced yet."""

    _inherit = "account.payment"

    clinic_deposit_event_id = fields.Many2one(
        "calendar.event",
        string="Deposit for",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The appointment whose invoice this money is taken off.",
    )

    # === WHOSE, AND HOW MUCH === #

    def _clinic_filter_paid_by(self, payers):
        """Return those of these deposits that one of these contacts has paid."""
        addressees = payers._clinic_get_addressees()
        return self.filtered(
            lambda payment: (
                payment._clinic_get_payer()._clinic_get_addressee() in addressees
            )
        )

    def _clinic_is_open(self):
        """Whether something of this deposit is booked and has paid nothing."""
        self.ensure_one()
        open_amount = self.clinic_amount_unallocated
        return (
            self.state in BOOKED_STATES
            and self.currency_id.compare_amounts(open_amount, 0) > 0
        )

    def _clinic_get_kept(self):
        """Return what was taken of these payments and has not been given back."""
        booked = self.filtered(lambda payment: payment.state in BOOKED_STATES)
        back = booked._clinic_get_booked_reversals()
        return sum(booked.mapped("amount")) - sum(back.mapped("amount"))

    def _clinic_get_usable(self):
        """Return what of these can still be taken off an invoice."""
        return sum(
            payment.clinic_amount_unallocated
            for payment in self
            if payment._clinic_is_open()
        )

    def _clinic_get_desk_outcome(self):
        return {
            **super()._clinic_get_desk_outcome(),
            "event": self.clinic_deposit_event_id,
        }

    # === WHAT BECOMES OF THEM === #

    def _clinic_use_deposits(self, invoices):
        """Take these deposits off those of the invoices that bill their visits.

        Never more than is owed, and never off an invoice to somebody else.
        """
        usable = self.filtered(lambda payment: payment._clinic_is_open())
        owed = invoices.with_env(self.env).filtered(
            lambda move: move._clinic_is_unpaid()
        )
        if not usable or not owed:
            return
        by_visit = defaultdict(owed.browse)
        for move in owed:
            for visit in move.invoice_line_ids.clinic_service_id.event_id:
                by_visit[visit.id] |= move
        usable._clinic_lock_for_undo()
        own = {
            payment: by_visit[payment.clinic_deposit_event_id.id].filtered(
                lambda move, payment=payment: payment._clinic_may_pay(move)
            )
            for payment in usable
        }
        usable._clinic_name_visits(usable._clinic_allocate_each(own))

    def _clinic_name_visits(self, paid):
        """Let these pay their own visits, where an invoice bills others as well.

        :param dict paid: the invoices that each of these has paid
        """
        meant = defaultdict(dict)
        # sudo: the front desk takes deposits, and reads not what money is named for.
        for payment in self.sudo():
            services = payment.clinic_deposit_event_id.clinic_service_ids
            for invoice in paid[payment]:
                meant[invoice.id][payment] = services.share_ids
        named = []
        for invoice in self.env["account.move"].sudo().browse(meant):
            named += invoice._clinic_name_meant(meant[invoice.id])
        self.env["clinic.share.allocation"]._remember(named)

    def _clinic_may_pay(self, invoice):
        """Whether the invoice is to this deposit's payer, and in the same money."""
        self.ensure_one()
        return (
            self._clinic_get_payer()._clinic_is_billed_at(invoice.partner_id)
            and invoice.company_id._clinic_shares_books(self.company_id)
            and invoice.currency_id == self.currency_id
        )

    def _clinic_after_return(self):
        """Take a deposit whose money is here again off its visit's invoice."""
        # sudo: who undoes a refund need not read appointments and services.
        for deposit in self.sudo().filtered("clinic_deposit_event_id"):
            services = deposit.clinic_deposit_event_id.clinic_service_ids
            deposit._clinic_use_deposits(services.invoice_ids)
            deposit._clinic_tell_of_left_deposits()
        return super()._clinic_after_return()

    def _clinic_is_awaited(self):
        """Whether something of its visit is still to be invoiced to its payer."""
        self.ensure_one()
        visit, payer = self.clinic_deposit_event_id, self._clinic_get_payer()
        return bool(visit._clinic_get_deposit_shares(payer))

    def _clinic_is_in_draft(self):
        """Whether an invoice of its visit to its payer is a draft."""
        self.ensure_one()
        invoices = self.clinic_deposit_event_id.clinic_service_ids.invoice_ids
        drafts = invoices.filtered(lambda move: move.state == "draft")
        return any(self._clinic_may_pay(move) for move in drafts)

    def _clinic_is_left(self):
        """Whether money is open that no service of its visit is left for."""
        self.ensure_one()
        return self._clinic_is_open() and not self._clinic_is_awaited()

    def _clinic_tell_of_left_deposits(self):
        """Tell the managers of money that no service of its visit is left for."""
        left = self.filtered(lambda payment: payment._clinic_is_left())
        # With a visit that is deleted goes what kept its money from other invoices.
        gone = left.filtered(lambda payment: not payment.clinic_deposit_event_id)
        lines = gone.move_id.line_ids
        lines.filtered_domain(lines._clinic_get_open_domain())._clinic_leave_to_staff()
        for payment in left:
            payment.company_id._clinic_tell_managers(
                payment,
                self._clinic_get_left_summary(),
                self.env._(
                    "%(amount)s of this deposit is open, and nothing of its visit is "
                    "still to be invoiced to the client who has paid it. If a fee is "
                    "due, invoice it: the deposit pays it then. Otherwise use it for "
                    "the client's other invoices by Allocate, or give it back by "
                    "Reverse Payment.",
                    amount=payment.currency_id.format(
                        payment.clinic_amount_unallocated
                    ),
                ),
            )

    def _clinic_get_left_summary(self):
        return self.env._("A deposit is left")

    def _clinic_call_off(self, reason):
        result = super()._clinic_call_off(reason)
        self._clinic_close_left_deposits()
        return result

    def _clinic_close_left_deposits(self):
        """Close what managers were asked to do, where nothing of a deposit is left.

        What its visit needs again is not left either.
        """
        if not self:
            return
        # Searched: most payments are no deposits, and a deposit's visit may be deleted.
        activities = self.env["res.company"]._clinic_find_asked(
            self, "_clinic_get_left_summary"
        )
        # sudo: who reconciles need not read what is left of deposits.
        told = self.sudo().browse(activities.mapped("res_id"))
        left = told.filtered(lambda payment: payment._clinic_is_left())
        done = activities.filtered(lambda activity: activity.res_id not in left.ids)
        if done:
            done.action_feedback(feedback=self.env._("Nothing of it is left."))
