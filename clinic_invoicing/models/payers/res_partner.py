from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain


class ResPartner(models.Model):
    """Patients, who is billed for them, and which contacts are one client.

    Who is a patient here is nobody's business but the clinic's. The fields are not
    copied: any employee may duplicate a contact, and Odoo would refuse to read them.
    """

    _name = "res.partner"
    _inherit = ["res.partner", "clinic.guarded"]

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
    clinic_second_insurer_id = fields.Many2one(
        "res.partner",
        string="Secondary Insurer",
        domain="[('is_company', '=', True)]",
        copy=False,
        groups="clinic_invoicing.group_front_desk",
        help="Who covers a part of what the insurer leaves.",
    )
    clinic_member_number = fields.Char(
        string="Member Number",
        copy=False,
        groups="clinic_invoicing.group_front_desk",
        help="The patient's number with the insurer. It is printed on receipts.",
    )
    clinic_birthdate = fields.Date(
        string="Date of Birth",
        copy=False,
        groups="clinic_invoicing.group_front_desk",
        help="From the age of majority on, the patient is billed, not the guarantor.",
    )
    clinic_guarantor_always = fields.Boolean(
        string="Guarantor Pays at Any Age",
        copy=False,
        groups="clinic_invoicing.group_front_desk",
        help="The guarantor is billed for this patient when of age as well.",
    )
    clinic_licence_number = fields.Char(
        string="Licence Number",
        copy=False,
        groups="clinic_invoicing.group_front_desk",
        help="A practitioner's professional licence. It is printed on receipts, which "
        "insurers ask for.",
    )
    clinic_service_ids = fields.One2many(
        "clinic.service",
        "patient_id",
        string="Services",
        groups="clinic_invoicing.group_front_desk",
        readonly=True,
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

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_services(self):
        # sudo: whoever deletes contacts need not read services.
        sudo = self.sudo()
        for model, name in (
            ("clinic.service", "patient_id"),
            ("clinic.service", "bill_to_id"),
            ("clinic.service.share", "partner_id"),
        ):
            found = sudo.env[model].search([(name, "in", self.ids)], limit=1)
            if found:
                raise UserError(
                    self.env._(
                        "Services of %(name)s, or paid by %(name)s, are recorded: they "
                        "would be nobody's. Archive the contact instead.",
                        name=found[name].display_name,
                    )
                )

    # === WHO IS BILLED === #

    def _clinic_get_bill_to(self, date, company):
        """Return who receives the invoices for this patient.

        :param date date: of the service
        :param res.company company: the practice, which knows the age of majority
        """
        self.ensure_one()
        # The stored partner: forms compute on records that are not saved yet.
        patient = self._origin
        is_billed = patient._clinic_is_of_age(date, company)
        guarantor = patient.clinic_guarantor_id
        payer = patient if is_billed else guarantor or patient
        # Not address_get(): it would find the accounts department of an employer.
        address = payer.child_ids.filtered(
            lambda child: child.active and child.type == "invoice"
        )
        return address[:1] or payer

    def _clinic_is_of_age(self, date, company):
        """Whether this patient is billed directly, in spite of a guarantor."""
        self.ensure_one()
        if not self.clinic_birthdate or self.clinic_guarantor_always:
            return False
        majority = relativedelta(years=company.clinic_majority_age)
        return self.clinic_birthdate + majority <= date

    # === WHO IS ONE CLIENT === #

    def _clinic_check_may_merge(self):
        """Raise unless the user may make one client of these.

        :raise UserError: several of them log in
        :raise AccessError: something of theirs is another practice's
        """
        # sudo: Core counts the logins that the user sees, and those of other
        # companies are hidden. Context: neither an archived login becomes another's.
        logins = self.sudo().with_context(active_test=False).user_ids
        if len(logins) > 1:
            raise UserError(
                self.env._(
                    "Several of these contacts have a login. Each would read what the "
                    "other was billed: they cannot be merged."
                )
            )
        self.check_access("write")
        own = self.env.user.company_ids._clinic_get_lineage()
        foreign = self._clinic_get_practices() - own
        if foreign and not self.env.su:
            raise AccessError(
                self.env._(
                    "One of these contacts is a client of another practice. Only who "
                    "works for both may merge them."
                )
            )

    def _clinic_get_practices(self):
        """Return the companies that these are clients of, in sudo."""
        # sudo: that is what is asked here.
        partners = self.sudo()
        companies = partners.company_id | partners.user_ids.company_ids
        for model, domain in (
            (
                "clinic.service",
                Domain("patient_id", "in", self.ids)
                | Domain("bill_to_id", "in", self.ids),
            ),
            ("account.move", Domain("partner_id", "in", self.ids)),
            (
                "account.payment",
                Domain("partner_id", "in", self.ids)
                | Domain("clinic_payer_id", "in", self.ids),
            ),
        ):
            groups = partners.env[model]._read_group(domain, ["company_id"])
            companies |= companies.union(*(company for (company,) in groups))
        return companies
