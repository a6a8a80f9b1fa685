from odoo import api, fields, models

from ...actions import CLOSE


class ClinicSessionPatients(models.TransientModel):
    """Add patients to a group session: several at once, with the same rate."""

    _name = "clinic.session.patients"
    _description = "Patients of a Group Session"
    _inherit = "clinic.dialog"

    event_id = fields.Many2one("calendar.event", required=True, readonly=True)
    patient_ids = fields.Many2many(
        "res.partner",
        required=True,
        domain="[('clinic_is_patient', '=', True)]",
        help="Each of them is billed for their own service. Who has this service "
        "already does not get a second one.",
    )
    rate_id = fields.Many2one(
        "product.product",
        string="Service",
        compute="_compute_rate_id",
        store=True,
        readonly=False,
        required=True,
        domain="[('clinic_is_rate', '=', True)]",
    )
    is_series = fields.Boolean(compute="_compute_is_series")
    with_following = fields.Boolean(
        string="Also the Following Appointments",
        help="They get the service at each planned appointment of the series from "
        "this one on.",
    )

    def _check_references(self, names=None):
        if not self.env.su:
            self.event_id._origin._clinic_check_rights()
        return super()._check_references(names)

    @api.depends("event_id")
    def _compute_rate_id(self):
        for wizard in self:
            services = wizard.event_id._origin.clinic_service_ids
            booked = services.filtered(lambda service: not service.is_fee)
            wizard.rate_id = booked[:1].rate_id

    @api.depends("event_id")
    def _compute_is_series(self):
        for wizard in self:
            wizard.is_series = bool(wizard.event_id.recurrence_id)

    def action_confirm(self):
        """Add the patients."""
        self.ensure_one()
        self.event_id._clinic_add_patients(
            self.patient_ids, self.rate_id, self.with_following
        )
        return CLOSE
