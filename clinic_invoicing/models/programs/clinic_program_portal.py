from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class ClinicProgram(models.Model):
    """Programs as clients see them, and how they register; called in sudo."""

    _inherit = "clinic.program"

    @api.model
    def _get_visible_domain(self, user):
        """Return the domain of what a client may look at, also when full or over."""
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
        """Return whether a client who registers now may still cancel free of charge."""
        self.ensure_one()
        now = fields.Datetime.now()
        return now <= self.refund_until and now < self.date_begin

    def _register_for_client(self, user, patient_id, shown=None):
        """Register one of the client's own patients and have it invoiced.

        Pressed twice, it is one registration.

        :param res.users user: the client
        :param str patient_id: as it came from the browser
        :param str shown: the seal of what the client has read
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
        shows = self.env["clinic.shown"]
        shows._check(shown, shows._seal_program(self))
        patient.clinic_is_patient = True
        # context: clients follow neither the service nor what staff write about it.
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
