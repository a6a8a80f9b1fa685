from odoo import api, fields, models
from odoo.exceptions import LockError, UserError


class CalendarEvent(models.Model):
    """Group sessions: one slot, the services of many patients."""

    _inherit = "calendar.event"

    clinic_patient_count = fields.Integer(
        string="Patients",
        compute="_compute_clinic_patients",
        # sudo: stock hides what is on private appointments of others.
        compute_sudo=True,
        groups="clinic_invoicing.group_front_desk",
    )
    clinic_group_label = fields.Char(
        string="Group",
        compute="_compute_clinic_patients",
        # sudo: as above.
        compute_sudo=True,
        groups="clinic_invoicing.group_front_desk",
    )
    clinic_is_visit = fields.Boolean(
        string="Visit",
        compute="_compute_clinic_patients",
        # sudo: as above.
        compute_sudo=True,
        groups="clinic_invoicing.group_front_desk",
    )

    @api.depends(
        "clinic_patient_id",
        "clinic_service_ids.is_cancelled",
        "clinic_service_ids.patient_id",
    )
    def _compute_clinic_patients(self):
        for event in self:
            services = event.clinic_service_ids
            kept = services.filtered(lambda service: not service.is_cancelled)
            count = len(event.clinic_patient_id | kept.patient_id)
            event.clinic_patient_count = count
            event.clinic_group_label = count > 1 and self.env._(
                "%(count)s patients", count=count
            )
            event.clinic_is_visit = bool(event.clinic_patient_id or services)

    def write(self, vals):
        """Change the appointment's patient, and not the others of a group."""
        if "clinic_patient_id" not in vals:
            return super().write(vals)
        # sudo: whoever may write this need not see every service.
        services = self.sudo().clinic_service_ids
        others = services.filtered(
            lambda service: service.patient_id != service.event_id.clinic_patient_id
        )
        with self.env.protecting([services._fields["patient_id"]], others):
            return super().write(vals)

    def action_clinic_add_patients(self):
        """Open the dialog that adds patients to the session."""
        self.ensure_one()
        self._clinic_check_rights()
        self._clinic_check_status("planned")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Add Patients"),
            "res_model": "clinic.session.patients",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_event_id": self.id},
        }

    def _clinic_add_patients(self, patients, rate, with_following=False):
        """Book a service of the rate for each patient who has none yet.

        :param bool with_following: also at the planned occurrences that follow
        """
        self.ensure_one()
        self._clinic_check_rights()
        events = self
        if with_following:
            events |= self.recurrence_id.calendar_event_ids.filtered(
                lambda event: (
                    event.start > self.start and event.clinic_status == "planned"
                )
            )
        events._clinic_lock()
        self._clinic_check_status("planned")
        services = self.env["clinic.service"].search(
            [
                ("event_id", "in", events.ids),
                ("rate_id", "=", rate.id),
                ("is_cancelled", "!=", True),
            ]
        )
        booked = {(service.event_id, service.patient_id) for service in services}
        added = services.create(
            [
                {"event_id": event.id, "patient_id": patient.id, "rate_id": rate.id}
                for event in events
                for patient in patients
                if (event, patient) not in booked
            ]
        )
        # sudo: nobody says by hand that a service repeats.
        added.sudo().repeats = with_following
        return added

    def _clinic_lock(self):
        """Let one person at a time change what becomes of these visits.

        sudo: private appointments of others can be locked too.

        :raise UserError: somebody else is at it
        """
        try:
            self.sudo().lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._(
                    "Somebody else is changing this appointment at this moment. "
                    "Please reload the page."
                )
            ) from error
        # What was read before the lock may be out of date.
        self.invalidate_recordset(["clinic_status"])
