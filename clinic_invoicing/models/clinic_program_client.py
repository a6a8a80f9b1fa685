from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class ClinicProgram(models.Model):
    """What clients see of programs, and how they register. Called in sudo."""

    _inherit = "clinic.program"

    @api.model
    def _get_visible_domain(self, user):
        """Programs whose page a client may open, also when they are full or over."""
        return Domain(
            [
                ("is_published", "=", True),
                ("state", "!=", "draft"),
                ("company_id", "in", user.company_ids.ids),
            ]
        )

    @api.model
    def _get_offered(self, user):
        """Return the programs that a client may register for, or that are full."""
        return self.search(
            self._get_visible_domain(user)
            & Domain("state", "=", "open")
            & Domain("registration_until", ">", fields.Datetime.now())
        )

    def _get_client_obstacle(self):
        """Return why clients cannot register any more, ``False`` if they can."""
        self.ensure_one()
        now = fields.Datetime.now()
        if self.state == "cancelled":
            return self.env._("This program has been cancelled.")
        if self.date_end < now:
            return self.env._("This program is over.")
        if self.state != "open" or self.registration_until <= now:
            return self.env._("Registration for this program is closed.")
        if self.is_full:
            return self.env._("All places of this program are taken.")
        return False

    def _is_free_to_cancel(self):
        """Whether who registers now may still cancel and get the money back."""
        self.ensure_one()
        now = fields.Datetime.now()
        return now <= self.refund_until and now < self.date_begin

    def _register_for_client(self, user, patient_id):
        """Register one of the client's own patients and have it invoiced.

        Pressed twice, it is one registration.

        :param res.users user: the client
        :param str patient_id: as it came from the browser
        :return: the registration, in sudo
        :raise UserError: it cannot be done; nothing was changed
        """
        self.ensure_one()
        patients = self._get_patients_of(user.partner_id)
        patient = patients.filtered(lambda patient: str(patient.id) == patient_id)
        if not patient:
            raise UserError(self.env._("Please choose who is going to take part."))
        self._take_turn()
        existing = self._get_registered(patient)
        if existing:
            return existing
        obstacle = self._get_client_obstacle()
        if obstacle:
            raise UserError(obstacle)
        patient.clinic_is_patient = True
        # Context: clients follow neither the service nor what staff write about it.
        registrations = self.registration_ids.with_context(mail_create_nosubscribe=True)
        registration = registrations.create(
            {
                "program_id": self.id,
                "patient_id": patient.id,
                "registered_by_id": user.partner_id.id,
            }
        )
        registration._start_reservation()
        return registration

    def _get_patients_of(self, client):
        """Return whom a client may register for this program."""
        self.ensure_one()
        return client._clinic_get_own_patients(self._get_day(), self.company_id)

    def _get_registered(self, patients):
        """Return the registrations of these patients that are not cancelled."""
        self.ensure_one()
        return self.registration_ids.search(
            [
                ("program_id", "=", self.id),
                ("patient_id", "in", patients.ids),
                ("is_cancelled", "=", False),
            ]
        )


class ClinicProgramRegistration(models.Model):
    """What clients see of their registrations, and do with them. Called in sudo."""

    _inherit = "clinic.program.registration"

    @api.model
    def _get_client_domain(self, partner):
        """Registrations billed to ``partner``, or to one of their own addresses."""
        own = Domain("id", "=", partner.id)
        addresses = Domain("parent_id", "=", partner.id) & Domain(
            "type", "!=", "contact"
        )
        return Domain("service_id.bill_to_id", "any", own | addresses)

    @api.model
    def _get_current(self, partner):
        """Return the client's registrations for what is still to come, or under way."""
        return self.search(
            self._get_client_domain(partner) & ~self._get_past_domain()
        ).sorted(lambda registration: registration.program_id.date_begin)

    @api.model
    def _get_former_domain(self, partner):
        """The client's registrations that are cancelled or over."""
        return self._get_client_domain(partner) & self._get_past_domain()

    @api.model
    def _get_past_domain(self):
        is_over = Domain("program_id.date_end", "<", fields.Datetime.now())
        return Domain("is_cancelled", "=", True) | is_over

    def _start_reservation(self):
        """Keep the place for as long as the client needs to pay.

        Who cannot pay online keeps it: the practice asks for the money.
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
        if not bill or bill._clinic_get_payment_obstacle():
            return self.env["account.move"]
        return bill

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
