from odoo import models
from odoo.fields import Domain

from ...rules.askers import INSURERS
from ..paying.account_move_allocation import PAID_FIRST


class AccountMove(models.Model):
    """Invoices that are paid at the desk."""

    _inherit = "account.move"

    def _clinic_get_owed_by_same_payer(self):
        """Return what the payer of this invoice owes the practice in its currency."""
        return self.search(
            self._clinic_get_unpaid_domain(self.partner_id._clinic_get_addressee())
            & Domain("company_id", "=", self.company_id.id)
            & Domain("currency_id", "=", self.currency_id.id),
            order=PAID_FIRST,
        )

    def _clinic_get_of_same_visit(self):
        """Return what other payers still owe of the visits on this invoice."""
        if not self:
            return self
        events = self.invoice_line_ids.clinic_service_id.event_id
        invoices = events.clinic_service_ids.invoice_ids.filtered(
            lambda move: (
                move.company_id == self.company_id and move._clinic_is_due_at_desk()
            )
        )
        return invoices - self._clinic_get_owed_by_same_payer() - self

    def _clinic_is_due_at_desk(self):
        """Whether somebody who stands at the desk may pay it."""
        self.ensure_one()
        return self._clinic_is_unpaid() and not self._clinic_has_reason(INSURERS)

    def _clinic_get_first_obstacle(self):
        """Return why one of these cannot be paid now; nothing if all can be."""
        return next(iter(self._clinic_get_payment_obstacles().values()), "")

    def _clinic_count_clearing(self):
        """Return for how many of these a payment is on its way."""
        return len(self.filtered(lambda move: move._clinic_is_clearing()))

    def _clinic_get_left_of_visit(self):
        """Return why other services of the visits on this invoice are not invoiced."""
        events = self.invoice_line_ids.clinic_service_id.event_id
        left = events.clinic_service_ids.filtered(
            lambda service: (
                service.state not in ("invoiced", "paid", "cancelled")
                and not service._is_absent()
            )
        )
        obstacles = left._get_billing_obstacles(may_be_planned=True)
        return left._format_obstacles(obstacles) if obstacles else ""

    def _clinic_get_desk_url(self):
        """Return the address of the page on which the first payer of these pays."""
        first = self[:1]
        same = self.filtered(lambda move: move.partner_id == first.partner_id)
        url = f"/clinic/desk/pay/{first.id}"
        if len(same) > 1:
            url += "?invoice_ids=" + ",".join(map(str, same.ids))
        return url

    def _clinic_get_parts_by_account(self, amount):
        """Return what is paid of each account: lines, part, and those with a discount.

        :param float amount: that pays these invoices, the oldest due first
        """
        parts = {}
        for line, part, discount in self._clinic_get_line_parts(amount):
            nothing = (line.browse(), 0.0, line.browse())
            lines, total, discounted = parts.get(line.account_id, nothing)
            parts[line.account_id] = (
                lines | line,
                line.currency_id.round(total + part),
                discounted | line if discount else discounted,
            )
        return list(parts.values())
