from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ...rules import billing_state

# What may not change any more once it stands on an invoice: the invoice says so.
FIELDS_FROZEN_BY_INVOICE = frozenset(
    {
        "bill_to_id",
        "billing",
        "company_id",
        "date",
        "discount",
        "patient_id",
        "price_unit",
        "quantity",
        "rate_id",
        "share_ids",
        "tax_ids",
    }
)


class ClinicService(models.Model):
    """One rate rendered to one patient at one date: all that is ever billed.

    The appointment is only the slot. Calendars rewrite, split and delete their
    events, so what matters for the bill is copied here and survives them.
    """

    _name = "clinic.service"
    _description = "Clinic Service"
    _inherit = [
        "clinic.company.bound",
        "mail.thread",
        "clinic.guarded",
        "clinic.following",
    ]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Description",
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="What the client reads on the invoice.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        precompute=True,
    )
    event_id = fields.Many2one(
        "calendar.event",
        string="Appointment",
        ondelete="set null",
        index="btree_not_null",
        copy=False,
    )
    appointment_status = fields.Selection(
        [
            ("planned", "Planned"),
            ("completed", "Completed"),
            ("no_show", "No-show"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_appointment_status",
        store=True,
        precompute=True,
        help="Kept when the appointment itself is deleted.",
    )
    date = fields.Date(
        compute="_compute_date",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    duration = fields.Float(
        string="Duration (hours)",
        compute="_compute_duration",
        store=True,
        readonly=False,
        precompute=True,
    )
    practitioner_id = fields.Many2one(
        "res.users",
        compute="_compute_practitioner_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        domain="[('share', '=', False)]",
    )
    patient_id = fields.Many2one(
        "res.partner",
        compute="_compute_patient_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        domain="[('clinic_is_patient', '=', True)]",
        check_company=True,
        tracking=True,
    )
    rate_id = fields.Many2one(
        "product.product",
        string="Billing Rate",
        required=True,
        domain="[('clinic_is_rate', '=', True)]",
        check_company=True,
        tracking=True,
    )
    quantity = fields.Float(
        compute="_compute_quantity",
        store=True,
        readonly=False,
        precompute=True,
        digits="Product Unit",
    )
    quantity_mode = fields.Selection(related="rate_id.clinic_quantity_mode")
    amount_due = fields.Monetary(
        compute="_compute_state", store=True, help="What nobody has paid yet."
    )
    share_ids = fields.One2many(
        "clinic.service.share", "service_id", string="Shares", copy=False
    )
    is_cancelled = fields.Boolean(
        string="Cancelled", readonly=True, copy=False, tracking=True
    )
    needs_approval = fields.Boolean(
        compute="_compute_needs_approval",
        store=True,
        precompute=True,
        help="Decided by the rate when the service is recorded.",
    )
    approved_by_id = fields.Many2one(
        "res.users", string="Approved by", readonly=True, copy=False, tracking=True
    )
    approved_on = fields.Datetime(readonly=True, copy=False)
    state = fields.Selection(
        [
            (billing_state.PLANNED, "Planned"),
            (billing_state.TO_INVOICE, "To Invoice"),
            (billing_state.INSURANCE, "Insurance"),
            (billing_state.INVOICED, "Invoiced"),
            (billing_state.PAID, "Paid"),
            (billing_state.NO_CHARGE, "No Charge"),
            (billing_state.CANCELLED, "Cancelled"),
        ],
        compute="_compute_state",
        store=True,
        help="Planned: the appointment has not been completed.\n"
        "To Invoice: on the Invoices page, waiting for the biller.\n"
        "Insurance: billed to the insurer.\n"
        "Invoiced: on an invoice that is not fully paid.\n"
        "Paid: nothing is due any more.\n"
        "No Charge: recorded, never billed.\n"
        "Cancelled: will not be billed.",
    )
    invoice_ids = fields.Many2many(
        "account.move",
        string="Invoices",
        compute="_compute_invoice_ids",
        search="_search_invoice_ids",
        groups="account.group_account_invoice",
    )
    invoice_date = fields.Date(
        string="Invoiced on", compute="_compute_state", store=True
    )

    _quantity_positive = models.Constraint(
        "CHECK (quantity > 0)", "The quantity of a service must be positive."
    )
    # The tabs of the worklist are read and counted by this index alone.
    _worklist_index = models.Index("(company_id, state, date DESC, id DESC)")

    # === COMPUTE METHODS === #

    @api.depends("company_id.currency_id")
    def _compute_currency_id(self):
        for service in self:
            service.currency_id = service.company_id.currency_id

    @api.depends("event_id.clinic_status")
    def _compute_appointment_status(self):
        for service in self.filtered("event_id"):
            service.appointment_status = service.event_id.clinic_status

    @api.depends("rate_id")
    def _compute_needs_approval(self):
        for service in self:
            service.needs_approval = service.rate_id.clinic_needs_approval

    @api.depends(
        "appointment_status",
        "amount_priced",
        "billing",
        "discount",
        "is_cancelled",
        "price_unit",
        "share_ids.amount",
        "share_ids.amount_due",
        "share_ids.invoice_date",
        "share_ids.payer_type",
        "share_ids.state",
    )
    def _compute_state(self):
        for service in self:
            service.state = billing_state.service_state(service._get_facts())
            service.amount_due = service._get_amount_due()
            service.invoice_date = max(
                filter(None, service.share_ids.mapped("invoice_date")), default=False
            )

    def _get_facts(self):
        self.ensure_one()
        return billing_state.ServiceFacts(
            decision=self.billing,
            is_given_away=self._is_given_away(),
            appointment_status=self.appointment_status or None,
            is_cancelled=self.is_cancelled,
            shares=tuple(
                billing_state.ShareFacts(share.payer_type, share.state)
                for share in self.share_ids
                if not share._is_nothing()
            ),
        )

    def _is_given_away(self):
        """Whether it has a price, and a discount of all of it."""
        self.ensure_one()
        return bool(
            self.price_unit
            and self.discount
            and (self.currency_id or self.env.company.currency_id).is_zero(
                self.amount_priced
            )
        )

    def _get_amount_due(self):
        if self.state in (billing_state.NO_CHARGE, billing_state.CANCELLED):
            return 0.0
        return sum(self.share_ids.mapped("amount_due"))

    @api.depends("share_ids.invoice_line_ids")
    def _compute_invoice_ids(self):
        for service in self:
            service.invoice_ids = service.share_ids.invoice_line_ids.move_id

    def _search_invoice_ids(self, operator, value):
        return [("share_ids.invoice_line_ids.move_id", operator, value)]

    @api.depends("name", "patient_id", "date")
    def _compute_display_name(self):
        for service in self:
            date = service.date and fields.Date.to_string(service.date)
            parts = (service.name, service.patient_id.name, date)
            service.display_name = " · ".join(filter(None, parts))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self._before_create(vals_list)
        for vals in vals_list:
            vals.setdefault("share_ids", self._prepare_first_share())
        services = super().create(vals_list)
        services._after_create()
        services._after_rate_is_set()
        return services

    def write(self, vals):
        self._before_write(vals)
        if FIELDS_FROZEN_BY_INVOICE & vals.keys():
            self._check_not_on_invoice()
        with self._following_patient(vals):
            result = super().write(vals)
        if "rate_id" in vals:
            self._after_rate_is_set()
        return result

    @api.model
    def _prepare_first_share(self):
        """Return the share that takes whatever others leave: everything, for now."""
        return [Command.create({"takes_rest": True})]

    @api.model
    def _preview(self, vals):
        """Return a service as these values would make it; nothing is stored."""
        return self.new({"share_ids": self._prepare_first_share(), **vals})

    @api.model
    def _before_create(self, vals_list):
        """Check what services are going to be made of. Rooms below add to it."""

    def _before_write(self, vals):
        """Check what is going to be written, and undo what it ends.

        Rooms below add to it.
        """
        if "rate_id" in vals:
            rate = self.env["product.product"].browse(vals["rate_id"])
            exchanged = self.filtered(lambda service: service.rate_id != rate)
            exchanged._forget_former_rate(rate)

    def _after_create(self):
        """Follow what was not there before the shares. Rooms below add to it."""

    def _after_rate_is_set(self):
        """Follow what the rate says of services like these. Rooms below add to it."""

    @api.ondelete(at_uninstall=False)
    def _unlink_except_on_invoice(self):
        self._check_not_on_invoice()

    # === ACTION METHODS === #

    def action_approve(self):
        """Let these services be invoiced; managers do it.

        :raise AccessError: the user is no manager
        :raise UserError: none of them waits for it
        """
        if not self.env.user.has_group("clinic_invoicing.group_manager"):
            raise AccessError(self.env._("Only managers may approve services."))
        self.check_access("write")
        waiting = self.filtered(
            lambda service: service.needs_approval and not service.approved_by_id
        )
        if not waiting:
            raise UserError(self.env._("None of these services needs approval."))
        # sudo: nobody writes it but this action.
        waiting.sudo().write(
            {"approved_by_id": self.env.uid, "approved_on": fields.Datetime.now()}
        )
