from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..actions import CLOSE, notification


class ClinicBillingRun(models.Model):
    """One batch of services turned into invoices, and the record of it."""

    _name = "clinic.billing.run"
    _description = "Clinic Billing Run"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )
    service_ids = fields.Many2many(
        "clinic.service", string="Services", check_company=True
    )
    service_count = fields.Integer(compute="_compute_service_count")
    invoice_date = fields.Date(required=True, default=fields.Date.context_today)
    grouping = fields.Selection(
        [("payer", "One invoice per payer"), ("service", "One invoice per service")],
        required=True,
        default="payer",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("done", "Done"), ("failed", "Done with errors")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    progress = fields.Float(
        string="Progress (%)",
        compute="_compute_progress",
        help="How many of the services are invoiced or have failed.",
    )
    invoice_ids = fields.One2many(
        "account.move", "clinic_billing_run_id", string="Invoices", readonly=True
    )
    invoice_count = fields.Integer(compute="_compute_invoice_count")
    error_ids = fields.One2many(
        "clinic.billing.run.error", "run_id", string="Not invoiced", readonly=True
    )

    # === COMPUTE METHODS === #

    @api.depends("create_date")
    def _compute_name(self):
        for run in self:
            run.name = self.env._("Billing run %(number)s", number=run.id or "")

    @api.depends("service_ids")
    def _compute_service_count(self):
        for run in self:
            run.service_count = len(run.service_ids)

    @api.depends("invoice_ids")
    def _compute_invoice_count(self):
        counts = dict(
            self.env["account.move"]._read_group(
                [("clinic_billing_run_id", "in", self.ids)],
                ["clinic_billing_run_id"],
                ["__count"],
            )
        )
        for run in self:
            run.invoice_count = counts.get(run, 0)

    @api.depends("state")
    def _compute_progress(self):
        for run in self:
            run.progress = 0 if run.state == "draft" else 100

    # === ACTION METHODS === #

    def action_start(self):
        """Invoice the services of this run; what cannot be invoiced is listed.

        :return: the action that shows the outcome
        :raise UserError: the run was started before, or another one has its
            services at this moment
        """
        self.ensure_one()
        if self.state != "draft":
            raise UserError(self.env._("This billing run was started before."))
        services = self.service_ids
        if not services:
            raise UserError(self.env._("Choose the services to be invoiced first."))
        services._lock_for_billing()
        obstacles = services._get_billing_obstacles()
        ready = services.filtered(lambda service: service not in obstacles)
        invoices = ready._create_invoices(
            self.invoice_date, self.grouping, clinic_billing_run_id=self.id
        )
        self._record_outcome(invoices, obstacles)
        return self._get_outcome_action()

    def _record_outcome(self, invoices, obstacles):
        self.write(
            {
                "state": "failed" if obstacles else "done",
                "error_ids": [
                    Command.create({"service_id": service.id, "reason": reason})
                    for service, reason in obstacles.items()
                ],
            }
        )
        body = self.env._(
            "Made by %(run)s, started by %(user)s.",
            run=self.name,
            user=self.env.user.name,
        )
        invoices._message_log_batch(bodies=dict.fromkeys(invoices.ids, body))

    def _get_outcome_action(self):
        """Say what was done; list what was not."""
        self.ensure_one()
        if self.error_ids:
            return {
                "type": "ir.actions.act_window",
                "name": self.name,
                "res_model": self._name,
                "res_id": self.id,
                "view_mode": "form",
                "views": [(False, "form")],
                "target": "new",
            }
        return notification(
            "success",
            self.env._(
                "%(services)s services invoiced on %(invoices)s invoices.",
                services=len(self.service_ids),
                invoices=len(self.invoice_ids),
            ),
            then=CLOSE,
        )

    def action_open_invoices(self):
        """Open the invoices that this run has made."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "account.action_move_out_invoice_type"
            ),
            "domain": [("clinic_billing_run_id", "=", self.id)],
        }
