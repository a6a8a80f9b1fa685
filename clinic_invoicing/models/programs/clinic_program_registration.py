from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicProgramRegistration(models.Model):
    """One place of a program, for one patient.

    It is billed by a service like any other, whose invoice says whether it has been
    paid.
    """

    _name = "clinic.program.registration"
    _description = "Program Registration"
    _inherit = ["mail.thread", "mail.activity.mixin", "clinic.guarded"]
    _order = "id desc"
    _check_company_auto = True
    _mail_post_access = "read"
    _clinic_given = ("patient_id", "program_id")

    program_id = fields.Many2one(
        "clinic.program",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(related="program_id.company_id", store=True)
    patient_id = fields.Many2one(
        "res.partner",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('clinic_is_patient', '=', True)]",
    )
    registered_by_id = fields.Many2one(
        "res.partner",
        string="Registered by",
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: self.env.user.partner_id,
    )
    service_id = fields.Many2one(
        "clinic.service",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    invoice_id = fields.Many2one(
        "account.move",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="account.group_account_invoice",
        help="As it was made with the registration.",
    )
    reserved_until = fields.Datetime(
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="If nothing is paid by then, the place is given back. Empty: it is kept, "
        "because it is paid or the practice has registered the patient.",
    )
    refund_until = fields.Datetime(
        string="Free Cancellation Until",
        readonly=True,
        copy=False,
        help="As it was when the patient was registered; a later date of the program "
        "counts as well.",
    )
    is_cancelled = fields.Boolean(readonly=True, copy=False)
    state = fields.Selection(
        [
            ("reserved", "Reserved"),
            ("confirmed", "Confirmed"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_state",
        store=True,
        tracking=True,
        help="Reserved: something is still owed for it.\n"
        "Confirmed: nothing is owed any more.\n"
        "Cancelled: the place is free again.",
    )
    problem = fields.Char(
        readonly=True, copy=False, help="Why it could not be cancelled by itself."
    )

    _one_place_each = models.UniqueIndex(
        "(program_id, patient_id) WHERE is_cancelled IS NOT TRUE",
        "This patient is registered for the program already.",
    )
    _one_service_each = models.Constraint(
        "UNIQUE (service_id)", "A service belongs to one registration."
    )

    # === COMPUTE METHODS === #

    @api.depends("is_cancelled", "service_id.amount_due", "service_id.currency_id")
    def _compute_state(self):
        for registration in self:
            service = registration.service_id
            if registration.is_cancelled:
                registration.state = "cancelled"
            elif service and service.currency_id.is_zero(service.amount_due):
                registration.state = "confirmed"
            else:
                registration.state = "reserved"

    @api.depends("program_id.name", "patient_id.name")
    def _compute_display_name(self):
        for registration in self:
            parts = (registration.program_id.name, registration.patient_id.name)
            registration.display_name = " · ".join(filter(None, parts))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Take the places, record the services and post their invoices.

        :raise UserError: a program is full or over; nothing was changed
        """
        self.check_access("create")
        self._clinic_check_made_by_hand(vals_list)
        programs = self.env["clinic.program"].browse(
            vals["program_id"] for vals in vals_list
        )
        programs.check_access("read")
        programs._take_turn()
        for program, wanted in Counter(programs).items():
            program._check_places(wanted)
        services = self._create_services(vals_list)
        # Checked above: what follows is ours.
        unguarded = super(ClinicProgramRegistration, self._clinic_unguarded())
        registrations = unguarded.create(
            [
                {
                    **vals,
                    "service_id": service.id,
                    "refund_until": program.refund_until,
                }
                for vals, program, service in zip(
                    vals_list, programs, services, strict=True
                )
            ]
        )
        registrations = registrations.with_env(self.env)
        registrations._create_invoices()
        return registrations

    # === BILLING === #

    @api.model
    def _create_services(self, vals_list):
        """Return the services of registrations that are about to be created."""
        programs = self.env["clinic.program"]
        # sudo: people who may register need not be allowed to bill, nor are clients.
        services = (
            self.env["clinic.service"]
            .sudo()
            .create(
                [
                    programs.browse(vals["program_id"])._prepare_service(
                        vals["patient_id"]
                    )
                    for vals in vals_list
                ]
            )
        )
        free = services.filtered(
            lambda service: service.currency_id.is_zero(service.amount_total)
        )
        free.billing = "no_charge"
        return services

    def _create_invoices(self):
        """Post an invoice for each of these registrations that costs something."""
        # sudo: as for the services.
        services = self.sudo().service_id.filtered(
            lambda service: service.billing != "no_charge"
        )
        obstacles = services._get_billing_obstacles()
        if obstacles:
            raise UserError(services._format_obstacles(obstacles))
        if not services:
            return
        invoices = services._create_invoices(
            services.company_id[:1]._clinic_get_day(), grouping="service"
        )
        by_service = {
            invoice.invoice_line_ids.clinic_service_id: invoice for invoice in invoices
        }
        for registration in self.sudo():
            registration.invoice_id = by_service.get(registration.service_id)

    def _get_bills(self):
        """Return the invoices that stand for this registration now."""
        self.ensure_one()
        # sudo: the front desk and clients read no invoices.
        return self.sudo().service_id.invoice_ids.filtered(
            lambda move: (
                move.move_type == "out_invoice"
                and move.state == "posted"
                and move.payment_state != "reversed"
            )
        )
