from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from ...rules import instalments
from ...rules.askers import PROPOSAL

MOST_INSTALMENTS = 60


class ClinicPaymentPlanProposal(models.TransientModel):
    """Offer the payer of one or several invoices to pay in instalments."""

    _name = "clinic.payment.plan.proposal"
    _description = "Propose a Payment Plan"
    _inherit = "clinic.dialog"

    invoice_ids = fields.Many2many(
        "account.move",
        required=True,
        default=lambda self: self.env.context.get("active_ids"),
    )
    currency_id = fields.Many2one(related="invoice_ids.currency_id")
    amount_total = fields.Monetary(compute="_compute_amount_total", string="Owed")
    number = fields.Integer(string="Instalments", default=3, required=True)
    interval = fields.Selection(
        [
            ("week", "Every week"),
            ("fortnight", "Every two weeks"),
            ("month", "Every month"),
        ],
        default="month",
        required=True,
    )
    first_date = fields.Date(
        string="First Instalment",
        required=True,
        default=lambda self: fields.Date.add(
            self.env.company._clinic_get_day(), months=1
        ),
    )
    preview = fields.Text(compute="_compute_preview")

    # === COMPUTE METHODS === #

    @api.depends("invoice_ids")
    def _compute_amount_total(self):
        for wizard in self:
            invoices = wizard.invoice_ids
            covered = invoices._clinic_sum_covered(PROPOSAL)
            wizard.amount_total = invoices._clinic_sum_owed() - covered

    @api.depends("invoice_ids", "number", "interval", "first_date")
    def _compute_preview(self):
        for wizard in self:
            try:
                parts = wizard._get_parts()
            except UserError as error:
                wizard.preview = str(error)
                continue
            wizard.preview = "\n".join(
                f"{format_date(self.env, date)}: {wizard.currency_id.format(amount)}"
                for date, amount in parts
            )

    # === ACTION METHODS === #

    def action_propose(self):
        """Send the proposal to the payer and show it."""
        self.ensure_one()
        if not self.env.user.has_group("clinic_invoicing.group_biller"):
            raise AccessError(self.env._("Only billers may propose payment plans."))
        self.invoice_ids.check_access("write")
        self._check_invoices()
        # sudo: nobody writes plans by hand; the rights were checked.
        plans = self.env["clinic.payment.plan"].sudo()
        plan = plans._propose(self.invoice_ids, self._get_parts())
        return {
            "type": "ir.actions.act_window",
            "res_model": "clinic.payment.plan",
            "res_id": plan.id,
            "view_mode": "form",
        }

    # === HELPERS === #

    def _check_invoices(self):
        invoices = self.invoice_ids
        invoices._clinic_check_chosen()
        if len(invoices.partner_id) > 1:
            raise UserError(self.env._("A payment plan is for one payer."))
        refused = invoices - invoices._clinic_filter_for(PROPOSAL)
        if refused:
            raise UserError(
                self.env._(
                    "%(invoices)s cannot be part of a plan: paid, on its way, waiting "
                    "for an insurer or a bank, or in another plan.",
                    invoices=", ".join(refused.mapped("display_name")),
                )
            )
        # sudo: a proposal of another company's user counts as well.
        if "proposed" in invoices.sudo().clinic_plan_ids.mapped("state"):
            raise UserError(
                self.env._("A plan for these is proposed already. End it first.")
            )

    def _get_parts(self):
        """Return the dates and amounts of the instalments.

        :raise UserError: there are none like this
        """
        if not 0 < self.number <= MOST_INSTALMENTS:
            raise UserError(
                self.env._(
                    "Choose between 1 and %(most)s instalments.", most=MOST_INSTALMENTS
                )
            )
        today = self.invoice_ids._clinic_get_day()
        if not self.first_date or self.first_date < today:
            raise UserError(self.env._("The first instalment is today or later."))
        unit = self.currency_id.rounding or 1
        try:
            parts = instalments.split(round(self.amount_total / unit), self.number)
        except ValueError as error:
            raise UserError(
                self.env._("There is too little owed for so many instalments.")
            ) from error
        if any(not self.invoice_ids._clinic_get_chargeable(p * unit) for p in parts):
            raise UserError(
                self.env._("There is too little owed for so many instalments.")
            )
        dates = instalments.get_dates(self.first_date, self.interval, self.number)
        amounts = [self.currency_id.round(part * unit) for part in parts]
        return list(zip(dates, amounts, strict=True))
