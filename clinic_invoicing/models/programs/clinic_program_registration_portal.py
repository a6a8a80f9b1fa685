from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...rules.askers import DIALOG


class ClinicProgramRegistration(models.Model):
    """A client's own registrations in the portal; called in sudo."""

    _inherit = "clinic.program.registration"

    @api.model
    def _get_client_domain(self, partner):
        """Return the domain of registrations billed to a client or their addresses."""
        own = partner._clinic_get_own_domain()
        return Domain("service_id.bill_to_id", "any", own)

    @api.model
    def _get_current(self, partner):
        """Return the client's registrations for what is still to come, or under way."""
        return self.search(
            self._get_client_domain(partner) & ~self._get_past_domain()
        ).sorted(lambda registration: registration.program_id.date_begin)

    @api.model
    def _get_former_domain(self, partner):
        """Return the domain of a client's registrations that are cancelled or over."""
        return self._get_client_domain(partner) & self._get_past_domain()

    @api.model
    def _get_past_domain(self):
        is_over = Domain("program_id.date_end", "<", fields.Datetime.now())
        return Domain("is_cancelled", "=", True) | is_over

    def _start_reservation(self):
        """Keep the place for as long as the client needs to pay.

        A client who cannot pay online keeps it: the practice asks for the money.
        """
        self.ensure_one()
        bill = self.invoice_id
        if bill and bill._clinic_can_be_paid_online():
            minutes = self.program_id.reservation_minutes
            self.reserved_until = fields.Datetime.now() + timedelta(minutes=minutes)

    def _get_payable_bill(self):
        """Return the invoice that the client can pay now, empty if there is none."""
        self.ensure_one()
        bill = self._get_bills()[:1] if self.state == "reserved" else None
        return bill._clinic_filter_for(DIALOG) if bill else self.env["account.move"]

    def _is_cancellable_by_client(self):
        self.ensure_one()
        has_begun = self.program_id.date_begin <= fields.Datetime.now()
        return self.state != "cancelled" and not has_begun

    def _cancel_for_client(self, user, terms):
        """Cancel by the rules of the program; pressed twice, it is cancelled once.

        :param res.users user: the client
        :param str terms: what the client has read about the money
        :raise UserError: it cannot be done, or the terms are other ones by now
        """
        self.ensure_one()
        self._lock_for_cancelling()
        if self.is_cancelled:
            return
        if not self._is_cancellable_by_client():
            raise UserError(
                self.env._("This program has begun. Please call the practice.")
            )
        if terms != self._describe_cancelling():
            raise UserError(
                self.env._("What you would get back has changed. Please read again.")
            )
        self._cancel(self.env._("Cancelled by %(client)s.", client=user.name))
