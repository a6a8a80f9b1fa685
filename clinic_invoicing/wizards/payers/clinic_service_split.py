from odoo import api, fields, models

from ...actions import CLOSE, notification
from ...rules.payers import PAYER_INSURER, PAYER_WRITE_OFF

COVER_TYPES = [("amount", "Amount"), ("percent", "% of the price")]


class ClinicServiceSplit(models.TransientModel):
    """Say who owes what of services that are not invoiced yet."""

    _name = "clinic.service.split"
    _description = "Split of Services"
    _inherit = "clinic.dialog.effect"
    _effect_depends = (
        "service_ids",
        "insurer_id",
        "cover_type",
        "cover",
        "second_insurer_id",
        "second_cover_type",
        "second_cover",
        "write_off_type",
        "write_off",
    )

    service_ids = fields.Many2many("clinic.service", required=True, readonly=True)
    company_id = fields.Many2one(related="service_ids.company_id")
    currency_id = fields.Many2one(related="service_ids.currency_id")
    insurer_id = fields.Many2one(
        "res.partner",
        compute="_compute_insurers",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('is_company', '=', True)]",
        help="Empty: the insurer of each patient.",
    )
    cover_type = fields.Selection(COVER_TYPES, default="percent", required=True)
    cover = fields.Float(string="Covers")
    second_insurer_id = fields.Many2one(
        "res.partner",
        string="Secondary Insurer",
        compute="_compute_insurers",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('is_company', '=', True)]",
    )
    second_cover_type = fields.Selection(COVER_TYPES, default="percent", required=True)
    second_cover = fields.Float(string="Secondary Covers")
    write_off_type = fields.Selection(COVER_TYPES, default="amount", required=True)
    write_off = fields.Float(string="Written Off")

    # === COMPUTE METHODS === #

    @api.depends("service_ids")
    def _compute_insurers(self):
        for wizard in self:
            patients = wizard.service_ids.patient_id
            insurers = patients.clinic_insurer_id
            seconds = patients.clinic_second_insurer_id
            wizard.insurer_id = insurers if len(insurers) == 1 else False
            wizard.second_insurer_id = seconds if len(seconds) == 1 else False

    def _get_effects(self):
        return [self._describe(service._origin) for service in self.service_ids]

    def _describe(self, service):
        """Return who would owe what of this service."""
        covers = self._get_covers(service)
        rest, *shares = service._preview_covers(covers).share_ids
        names = [
            partner.display_name or self.env._("Written off")
            for _payer_type, partner, _kind, _value in covers
        ]
        parts = ", ".join(
            f"{name} {service.currency_id.format(share.amount)}"
            for name, share in [
                *zip(names, shares, strict=True),
                (service.bill_to_id.display_name, rest),
            ]
        )
        return f"{service.display_name}: {parts}"

    # === ACTION METHODS === #

    def action_confirm(self):
        """Split the services."""
        self.ensure_one()
        services = self.service_ids
        services.share_ids._check_may_move()
        services._lock_for_billing()
        services._check_not_on_invoice()
        for service in services:
            service._set_covers(self._get_covers(service))
        return notification(
            "success",
            self.env._("Split: %(count)s services.", count=len(services)),
            then=CLOSE,
        )

    def _get_covers(self, service):
        """Return the covers of this service, see ``clinic.service._set_covers()``."""
        partners = self.env["res.partner"]
        patient = service.patient_id
        covers = [
            (
                PAYER_INSURER,
                self.insurer_id or patient.clinic_insurer_id,
                self.cover_type,
                self.cover,
            ),
            (
                PAYER_INSURER,
                self.second_insurer_id or patient.clinic_second_insurer_id,
                self.second_cover_type,
                self.second_cover,
            ),
            (PAYER_WRITE_OFF, partners, self.write_off_type, self.write_off),
        ]
        return [
            cover
            for cover in covers
            if cover[3] > 0 and (cover[0] == PAYER_WRITE_OFF or cover[1])
        ]
