from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...actions import RELOAD, notification


class ClinicProgram(models.Model):
    """A course, a group or an event that clients register for in the portal."""

    _name = "clinic.program"
    _description = "Clinic Program"
    _inherit = ["clinic.company.bound", "mail.thread", "clinic.guarded"]
    _order = "date_begin, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        help="Stands as practitioner on what is billed. Dates are shown to clients in "
        "this person's time zone.",
    )
    rate_id = fields.Many2one(
        "product.product",
        string="Billing Rate",
        required=True,
        domain="[('clinic_is_rate', '=', True)]",
        check_company=True,
        tracking=True,
        help="Decides price and taxes. Without a price, or with a rate that is not "
        "billed, registrations are confirmed at once.",
    )
    price = fields.Monetary(
        compute="_compute_price",
        compute_sudo=True,
        help="For a client without special taxes, who see their own price.",
    )
    description = fields.Html(translate=True, help="What clients read in the portal.")
    location = fields.Char(translate=True)
    sessions = fields.Text(
        translate=True, help="When and where it meets, one session in each line."
    )
    date_begin = fields.Datetime(string="Begins", required=True, tracking=True)
    date_end = fields.Datetime(string="Ends", required=True, tracking=True)
    registration_deadline = fields.Datetime(
        help="Until when clients register by themselves. Empty: until it begins."
    )
    registration_until = fields.Datetime(
        compute="_compute_registration_until", store=True
    )
    places = fields.Integer(help="0: as many as come.", tracking=True)
    places_taken = fields.Integer(
        compute="_compute_places_taken", store=True, help="Reserved or confirmed."
    )
    places_left = fields.Integer(compute="_compute_places_left")
    is_full = fields.Boolean(compute="_compute_places_left")
    registration_attempts = fields.Integer(
        readonly=True, copy=False, help="How often somebody started to register."
    )
    reservation_minutes = fields.Integer(
        string="Minutes to Pay",
        default=30,
        required=True,
        help="How long a place is kept for a client who registers and has not paid. "
        "Who is paying at that moment keeps it longer.",
    )
    refund_days = fields.Integer(
        string="Free Cancellation (Days Before)",
        default=7,
        required=True,
        help="Clients who cancel up to that many days before it begins get their money "
        "back. Later the place is free again, and the money stays.",
    )
    refund_until = fields.Datetime(compute="_compute_refund_until")
    is_published = fields.Boolean(
        string="Published",
        copy=False,
        tracking=True,
        help="Clients see it in the portal as soon as registration is open.",
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("open", "Open"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        help="Open: clients register by themselves.\n"
        "Closed: only the practice registers.\n"
        "Cancelled: nobody takes part, and all money goes back.",
    )
    registration_ids = fields.One2many(
        "clinic.program.registration", "program_id", string="Registrations"
    )
    invoice_count = fields.Integer(
        compute="_compute_invoice_count", groups="account.group_account_invoice"
    )

    # PostgreSQL has the last word on the last place, whoever writes.
    _places_not_exceeded = models.Constraint(
        "CHECK (places >= 0 AND (places = 0 OR places_taken <= places))",
        "There are not so many places: more are taken already.",
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_end >= date_begin)", "A program cannot end before it begins."
    )
    _periods_not_negative = models.Constraint(
        "CHECK (reservation_minutes > 0 AND refund_days >= 0)",
        "The minutes to pay must be positive, and the days of free cancellation "
        "cannot be negative.",
    )

    # === COMPUTE METHODS === #

    @api.depends("rate_id.lst_price", "rate_id.taxes_id", "company_id")
    def _compute_price(self):
        for program in self:
            program.price = program._get_price()

    def _get_price(self, patient=None):
        """Return what a registration costs, in all, as its service would."""
        self.ensure_one()
        service = self.env["clinic.service"]._preview(
            {
                "company_id": self.company_id.id,
                "date": self._get_day() if self.date_begin else False,
                "patient_id": patient and patient.id,
                "rate_id": self.rate_id._origin.id,
            }
        )
        return service.amount_total

    @api.depends("date_begin", "registration_deadline")
    def _compute_registration_until(self):
        for program in self:
            program.registration_until = (
                program.registration_deadline or program.date_begin
            )

    @api.depends("registration_ids.is_cancelled")
    def _compute_places_taken(self):
        taken = dict(
            self.env["clinic.program.registration"]._read_group(
                [("program_id", "in", self.ids), ("is_cancelled", "=", False)],
                ["program_id"],
                ["__count"],
            )
        )
        for program in self:
            program.places_taken = taken.get(program._origin, 0)

    @api.depends("places", "places_taken")
    def _compute_places_left(self):
        for program in self:
            program.places_left = max(0, program.places - program.places_taken)
            program.is_full = bool(program.places) and not program.places_left

    @api.depends("date_begin", "refund_days")
    def _compute_refund_until(self):
        for program in self:
            program.refund_until = program.date_begin and (
                program.date_begin - timedelta(days=program.refund_days)
            )

    @api.depends("registration_ids.invoice_id")
    def _compute_invoice_count(self):
        for program in self:
            program.invoice_count = len(program.registration_ids.invoice_id)

    def _get_tz(self):
        """Return the name of the time zone that its dates are told in.

        It takes place at the practice, wherever the practitioner's login is from.
        """
        self.ensure_one()
        # sudo: whoever asks may be of another practice.
        zone = self.company_id.sudo().clinic_zone
        return zone or self.user_id.tz or self.env.user.tz or "UTC"

    # === CONSTRAINT METHODS === #

    @api.constrains("rate_id")
    def _check_rate(self):
        for program in self:
            rate = program.rate_id.product_tmpl_id
            if rate._clinic_get_billing() == "insurance":
                raise ValidationError(
                    self.env._(
                        "%(rate)s is billed to insurers. Clients pay for programs: "
                        "choose a rate that is invoiced to them.",
                        rate=rate.display_name,
                    )
                )
            if rate.clinic_needs_approval:
                raise ValidationError(
                    self.env._(
                        "%(rate)s needs approval before it is billed, and clients pay "
                        "for programs at once.",
                        rate=rate.display_name,
                    )
                )

    # === ACTION METHODS === #

    def action_start_registration(self):
        """Let clients register, also again after it was closed."""
        self._set_state("open")

    def action_close(self):
        """Let nobody register any more but the practice."""
        self._set_state("closed")

    def action_cancel(self):
        """Call the programs off: registrations are cancelled, the money goes back.

        The refunds are sent one by one by a job, each committed: a provider does not
        take back what it has sent when the next one is refused.
        """
        self.env["account.payment"]._clinic_check_may_undo()
        self._set_state("cancelled")
        # sudo: jobs are for administrators; this one only runs a little earlier.
        job = self.env.ref("clinic_invoicing.ir_cron_release_places").sudo()
        job._trigger()
        return notification(
            "success",
            self.env._(
                "Cancelled. %(count)s registrations are being cancelled one by one, "
                "and their money goes back.",
                count=sum(self.mapped("places_taken")),
            ),
            then=RELOAD,
        )

    def _set_state(self, state):
        self.check_access("write")
        if "cancelled" in self.mapped("state"):
            raise UserError(self.env._("This program has been cancelled."))
        # sudo: nobody writes it but these buttons.
        self.sudo().state = state

    def action_open_registrations(self):
        """Open the registrations of this program."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "clinic_invoicing.clinic_program_registration_action"
        )
        return {
            **action,
            "domain": [("program_id", "=", self.id)],
            "context": {
                "default_program_id": self.id,
                "search_default_active_registrations": True,
            },
        }

    def action_open_invoices(self):
        """Open the invoices of the registrations."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        invoices = self.registration_ids.invoice_id
        return {**action, "domain": [("id", "in", invoices.ids)]}

    # === PLACES === #

    def _take_turn(self):
        """Let those who want a place come one after the other.

        The rows are written to: the second to come waits, and is then run again by Odoo
        with what the first has left. Nobody gets a place that was read before.
        """
        # sudo: people who register do not write programs.
        for program in self.sudo().sorted("id"):
            program.registration_attempts += 1
            program.flush_recordset(["registration_attempts"])

    def _check_places(self, wanted):
        """Raise UserError unless so many places of this program may be taken.

        The practice may also register when clients cannot any more.
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

    # === WHAT IS BILLED === #

    def _get_day(self):
        """Return the day on which it begins where the practice is."""
        self.ensure_one()
        return self.company_id._clinic_get_day(self.date_begin, self.user_id.tz)

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
