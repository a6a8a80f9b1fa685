from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResPartner(models.Model):
    """Who is a patient here is nobody's business but the clinic's.

    The fields are not copied: any employee may duplicate a contact, and Odoo would
    refuse to read them.
    """

    _inherit = "res.partner"

    clinic_is_patient = fields.Boolean(
        string="Patient",
        copy=False,
        help="Can be booked on appointments.",
        groups="clinic_invoicing.group_front_desk",
    )
    clinic_guarantor_id = fields.Many2one(
        "res.partner",
        string="Guarantor",
        index="btree_not_null",
        copy=False,
        groups="clinic_invoicing.group_front_desk",
        help="The person who pays for this patient and receives the invoices. It "
        "gives no right to read the patient's record.",
    )
    clinic_insurer_id = fields.Many2one(
        "res.partner",
        string="Insurer",
        domain="[('is_company', '=', True)]",
        copy=False,
        groups="clinic_invoicing.group_front_desk",
        help="Who is billed for services of rates that are not invoiced to clients.",
    )
    clinic_service_ids = fields.One2many(
        "clinic.service",
        "patient_id",
        string="Services",
        groups="clinic_invoicing.group_front_desk",
    )

    @api.constrains("clinic_guarantor_id")
    def _check_clinic_guarantor(self):
        # sudo: contacts are created by employees who may not read this as well.
        for patient in self.sudo():
            if patient.clinic_guarantor_id == patient:
                raise ValidationError(
                    self.env._(
                        "%(patient)s cannot be their own guarantor. Leave the "
                        "guarantor empty: the patient is then billed.",
                        patient=patient.name,
                    )
                )

    def _clinic_get_bill_to(self):
        """Return who receives the invoices for this patient."""
        self.ensure_one()
        # The stored partner: forms compute on records that are not saved yet.
        payer = self._origin.clinic_guarantor_id or self._origin
        # Not address_get(): it would find the accounts department of an employer.
        address = payer.child_ids.filtered(lambda child: child.type == "invoice")
        return address[:1] or payer
