from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from ...rules.billing_state import STATUSES_WITHOUT_CHARGE

FEE_RATES = {
    "no_show": "clinic_no_show_rate_id",
    "cancelled": "clinic_late_cancel_rate_id",
}


class CalendarEvent(models.Model):
    """Visits that do not take place, and the fees for them."""

    _inherit = "calendar.event"

    # === ACTION METHODS === #

    def action_clinic_no_show(self):
        """Open the dialog for patients who did not come."""
        return self._clinic_open_closing("no_show")

    def action_clinic_cancel_visit(self):
        """Open the dialog for a visit that is cancelled."""
        return self._clinic_open_closing("cancelled")

    def action_clinic_reopen(self):
        """Plan visits again that were closed by mistake, and withdraw their fees.

        :raise UserError: a fee is on an invoice
        """
        self._clinic_check_front_desk()
        self._clinic_set_status("planned")

    def _clinic_open_closing(self, status, patients=None):
        self.ensure_one()
        self._clinic_check_front_desk()
        self._clinic_check_status("planned")
        context = {"default_event_id": self.id, "default_status": status}
        if patients:
            context["default_patient_ids"] = patients.ids
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("The Visit Does Not Take Place"),
            "res_model": "clinic.visit.closing",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": context,
        }

    # === CLOSING === #

    def _clinic_close(self, status, patients, waiver_reason=None):
        """Record that patients did not come, or cancelled, and the fees they owe.

        :param str status: ``no_show`` or ``cancelled``
        :param patients: all of this occurrence, or some of a group
        :param str waiver_reason: why nobody is charged the fees that are due
        :return: the fees, waived ones too
        :raise UserError: the visit is not planned any more
        """
        self.ensure_one()
        self._clinic_check_front_desk()
        self._clinic_lock()
        self._clinic_check_status("planned")
        if not patients or patients - self._clinic_get_expected():
            raise UserError(
                self.env._("Choose patients who are expected at this visit.")
            )
        vals_list = self._clinic_prepare_fees(status, patients, waiver_reason)
        if self._clinic_concerns_all(patients):
            self._clinic_set_status(status)
        else:
            services = self._clinic_get_services()
            services.filtered(
                lambda service: service.patient_id in patients
            ).attendance = status
        # sudo: the front desk records fees here, and by hand nowhere.
        fees = self.env["clinic.service"].sudo().create(vals_list)
        for fee in fees.filtered("waiver_reason"):
            fee.message_post(
                body=self.env._("Fee waived: %(reason)s", reason=waiver_reason)
            )
        return fees.with_env(self.env)

    def _clinic_get_expected(self):
        """Return the patients of whom nobody has said yet whether they came."""
        self.ensure_one()
        services = self._clinic_get_services()
        expected = services.filtered(lambda one: one.appointment_status == "planned")
        # sudo: Core hides who is on private appointments of others.
        return expected.patient_id or self.sudo().clinic_patient_id

    def _clinic_concerns_all(self, patients):
        """Whether nobody of the visit is left but these patients."""
        self.ensure_one()
        return not self._clinic_get_services().patient_id - patients

    def _clinic_is_late(self):
        """Whether a visit that is cancelled now is cancelled too late."""
        self.ensure_one()
        hours = self._clinic_get_company().clinic_cancel_notice_hours
        return self.start - fields.Datetime.now() < timedelta(hours=hours)

    # === FEES === #

    def _clinic_prepare_fees(self, status, patients, waiver_reason=None):
        """Return the values of the fees that are due, one for each patient.

        A patient who is charged for this slot already is not charged again.

        :rtype: list[dict]
        """
        self.ensure_one()
        if status == "cancelled" and not self._clinic_is_late():
            return []
        services = self._clinic_get_services()
        charged = self.env["clinic.service"].search(
            [
                ("event_id", "=", self.id),
                ("is_cancelled", "!=", True),
                ("is_fee", "=", True),
            ]
        )
        is_whole = self._clinic_concerns_all(patients)
        vals_list = []
        for patient in patients - charged.patient_id:
            own = services.filtered(lambda one, who=patient: one.patient_id == who)
            rate = self._clinic_get_fee_rate(status, own)
            if rate:
                vals = self._clinic_prepare_fee(patient, rate, waiver_reason)
                attendance = False if is_whole else status
                vals_list.append({**vals, "attendance": attendance})
        return vals_list

    def _clinic_get_fee_rate(self, status, services):
        """Return what is owed for these services of one patient: a rate, or none."""
        name = FEE_RATES[status]
        rates = services.rate_id.product_tmpl_id.mapped(name)
        return rates[:1] or self._clinic_get_company()[name]

    def _clinic_prepare_fee(self, patient, rate, waiver_reason):
        # sudo: Core hides the practitioner of private appointments of others.
        event = self.sudo()
        company = self._clinic_get_company()
        vals = {
            "is_fee": True,
            "company_id": company.id,
            "event_id": self.id,
            "patient_id": patient.id,
            "rate_id": rate.id,
            "date": event._clinic_get_date(company),
            "duration": 0,
            "practitioner_id": event.user_id.id,
        }
        if waiver_reason:
            vals.update(billing="no_charge", waiver_reason=waiver_reason)
        return vals

    def _clinic_withdraw_fees(self):
        """Withdraw the fees of visits that take place after all."""
        # sudo: who may not write the status is refused by Odoo.
        closed = self.sudo().filtered(
            lambda event: event.clinic_status in STATUSES_WITHOUT_CHARGE
        )
        closed.clinic_service_ids.filtered(
            # That of a single patient is withdrawn with their attendance.
            lambda service: service.is_fee and not service.attendance
        )._withdraw_fees()
