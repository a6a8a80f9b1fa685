from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from ...actions import CLOSE, notification


class ClinicVisitClosing(models.TransientModel):
    """Say that a visit does not take place, and decide on the fee for it."""

    _name = "clinic.visit.closing"
    _description = "Visit That Does Not Take Place"
    _inherit = "clinic.dialog"

    event_id = fields.Many2one(
        "calendar.event", string="Appointment", required=True, readonly=True
    )
    status = fields.Selection(
        [
            ("no_show", "The patient did not come"),
            ("cancelled", "The visit is cancelled"),
        ],
        string="What Happened",
        required=True,
        default="no_show",
    )
    expected_ids = fields.Many2many("res.partner", compute="_compute_expected_ids")
    is_group = fields.Boolean(compute="_compute_expected_ids")
    patient_ids = fields.Many2many(
        "res.partner",
        compute="_compute_patient_ids",
        store=True,
        readonly=False,
        required=True,
        domain="[('id', 'in', expected_ids)]",
        help="Of a group session, those whom it concerns.",
    )
    is_late = fields.Boolean(
        string="Too Late",
        compute="_compute_is_late",
        help="Less than the notice that the settings ask for is left before the visit.",
    )
    has_fee = fields.Boolean(compute="_compute_effect")
    effect = fields.Text(string="What Happens", compute="_compute_effect")
    waive = fields.Boolean(
        string="Waive the Fee",
        help="Nobody is charged. The fee is kept as a service without charge, with "
        "your name and the reason.",
    )
    waiver_reason = fields.Text(string="Reason for the Waiver")

    def _check_references(self, names=None):
        if not self.env.su:
            self.event_id._origin._clinic_check_rights()
        return super()._check_references(names)

    # === COMPUTE METHODS === #

    @api.depends("event_id")
    def _compute_expected_ids(self):
        for wizard in self:
            wizard.expected_ids = wizard.event_id._origin._clinic_get_expected()
            wizard.is_group = len(wizard.expected_ids) > 1

    @api.depends("expected_ids")
    def _compute_patient_ids(self):
        for wizard in self:
            wizard.patient_ids = wizard.patient_ids or wizard.expected_ids

    @api.depends("event_id")
    def _compute_is_late(self):
        for wizard in self:
            wizard.is_late = wizard.event_id._clinic_is_late()

    @api.depends("event_id", "status", "patient_ids", "waive")
    def _compute_effect(self):
        for wizard in self:
            event = wizard.event_id._origin
            fees = event._clinic_prepare_fees(wizard.status, wizard.patient_ids._origin)
            wizard.has_fee = bool(fees)
            wizard.effect = "\n".join(wizard._get_effects(fees))

    def _get_effects(self, vals_list):
        """Return a sentence for each thing that is going to happen.

        :param vals_list: the values of the fees that are due
        """
        self.ensure_one()
        effects = [self._describe_fee(vals) for vals in vals_list]
        if not effects:
            in_time = self.status == "cancelled" and not self.is_late
            effects.append(
                self.env._("It is cancelled in time: no fee is due.")
                if in_time
                else self.env._("No fee is due.")
            )
        services = self.event_id._origin._clinic_get_services()
        billed = services.filtered(
            lambda one: (
                one.patient_id in self.patient_ids._origin and one._is_on_invoice()
            )
        )
        for service in billed:
            effects.append(
                self.env._("%(service)s stays invoiced.", service=service.display_name)
            )
        return effects

    def _describe_fee(self, vals):
        fee = self.env["clinic.service"]._preview(vals)
        names = {
            "patient": fee.patient_id.name,
            "fee": fee.rate_id.name,
            "amount": format_amount(self.env, fee.amount_total, fee.currency_id),
            "payer": fee.bill_to_id.name,
        }
        if self.waive:
            return self.env._("%(patient)s: %(fee)s, %(amount)s, is waived.", **names)
        return self.env._(
            "%(patient)s: %(fee)s, %(amount)s, billed to %(payer)s.", **names
        )

    # === ACTION METHODS === #

    def action_confirm(self):
        """Close the visit and record its fees."""
        self.ensure_one()
        fees = self.event_id._clinic_close(
            self.status, self.patient_ids, self._get_waiver_reason()
        )
        return notification("success", self._describe_done(fees), then=CLOSE)

    def _get_waiver_reason(self):
        """Return why the fee is waived, ``None`` when it is not.

        :raise UserError: it is waived, and nobody says why
        """
        if not self.waive:
            return None
        reason = (self.waiver_reason or "").strip()
        if not reason:
            raise UserError(self.env._("Give the reason why the fee is waived."))
        return reason

    def _describe_done(self, fees):
        charged = fees.filtered(lambda fee: not fee.waiver_reason)
        if charged:
            return self.env._(
                "Recorded. To be invoiced: %(fees)s.",
                fees=", ".join(charged.mapped("display_name")),
            )
        return self.env._("Recorded. Nobody is charged.")
