from odoo import fields, models
from odoo.exceptions import UserError


class ClinicProgram(models.Model):
    """Who gets a place, and what is billed for it."""

    _inherit = "clinic.program"

    def _take_turn(self):
        """Let those who want a place come one after the other.

        The rows are written to: who comes second waits, and is then run again by Odoo
        with what the first has left. Nobody gets a place that was read before.
        """
        # sudo: who registers does not write programs.
        for program in self.sudo().sorted("id"):
            program.registration_attempts += 1
            program.flush_recordset(["registration_attempts"])

    def _check_places(self, wanted):
        """Raise UserError unless so many places of this program may be taken.

        For the practice, which also registers when clients cannot any more.
        """
        self.ensure_one()
        if self.state == "cancelled":
            raise UserError(
                self.env._("%(program)s has been cancelled.", program=self.name)
            )
        if self.state == "draft":
            raise UserError(
                self.env._(
                    "%(program)s is a draft. Start the registration first.",
                    program=self.name,
                )
            )
        if self.date_end < fields.Datetime.now():
            raise UserError(self.env._("%(program)s is over.", program=self.name))
        if self.places and self.places_left < wanted:
            raise UserError(self.env._("%(program)s is full.", program=self.name))

    def _get_day(self):
        """Return the day on which it begins where the practice is."""
        self.ensure_one()
        # By the context, because that is what context_timestamp() reads.
        local = self.with_context(tz=self._get_tz())
        return fields.Datetime.context_timestamp(local, self.date_begin).date()

    def _prepare_service(self, patient_id):
        """Return the values of the service that bills a registration."""
        self.ensure_one()
        return {
            "company_id": self.company_id.id,
            "date": self._get_day(),
            "name": self.name,
            "patient_id": patient_id,
            "practitioner_id": self.user_id.id,
            "rate_id": self.rate_id.id,
        }
