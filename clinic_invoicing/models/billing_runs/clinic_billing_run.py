from odoo import api, fields, models
from odoo.exceptions import UserError

from ...actions import CLOSE, RELOAD, notification

# Up to so many services are invoiced while the user waits.
AT_ONCE = 100


class ClinicBillingRun(models.Model):
    """One batch of services turned into invoices, and the record of it.

    A small run is through when the button is. A large one is worked off in the
    background, chunk by chunk: see :class:`ClinicBillingRunChunk`.
    """

    _name = "clinic.billing.run"
    _description = "Clinic Billing Run"
    _inherit = ["clinic.company.bound", "mail.thread", "clinic.guarded"]
    _order = "id desc"
    _check_company_auto = True
    _clinic_given = ("company_id",)

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
    invoice_date = fields.Date(
        required=True, default=lambda self: self.env.company._clinic_get_day()
    )
    grouping = fields.Selection(
        [("payer", "One invoice per payer"), ("service", "One invoice per service")],
        required=True,
        default="payer",
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("running", "Running"),
            ("paused", "Paused"),
            ("done", "Done"),
            ("failed", "Done with errors"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    started_by_id = fields.Many2one(
        "res.users",
        readonly=True,
        copy=False,
        help="Whose rights the run has, and whose name is on its invoices: who has "
        "started, resumed or retried it last.",
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
    item_ids = fields.One2many("clinic.billing.run.item", "run_id", readonly=True)
    error_ids = fields.One2many(
        "clinic.billing.run.item",
        "run_id",
        string="Not invoiced",
        readonly=True,
        domain=[("state", "in", ("skipped", "failed"))],
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
                [
                    ("clinic_billing_run_id", "in", self.ids),
                    ("move_type", "=", "out_invoice"),
                ],
                ["clinic_billing_run_id"],
                ["__count"],
            )
        )
        for run in self:
            run.invoice_count = counts.get(run, 0)

    @api.depends("state", "item_ids.state")
    def _compute_progress(self):
        counts = self.env["clinic.billing.run.item"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "state"], ["__count"]
        )
        total, open_ = dict.fromkeys(self, 0), dict.fromkeys(self, 0)
        for run, state, count in counts:
            total[run] += count
            open_[run] += count if state == "todo" else 0
        for run in self:
            count = total.get(run, 0)
            run.progress = 100 * (count - open_[run]) / count if count else 0

    # === ACTION METHODS === #

    def action_start(self):
        """Invoice the services of this run; what cannot be invoiced is listed.

        :return: the action that shows the outcome, or the progress of a large run
        :raise UserError: the run was started before, or another one has its
            services at this moment
        """
        self.ensure_one()
        self._check_may_run()
        self._lock_in_state(
            ["draft"], self.env._("This billing run was started before.")
        )
        if not self.service_ids:
            raise UserError(self.env._("Choose the services to be invoiced first."))
        self._set_running()
        self._fill_queue(self.service_ids)
        return self._work_off()

    def action_pause(self):
        """Let the run rest; what is being invoiced at this moment is finished."""
        self.ensure_one()
        self._check_may_run()
        self._lock_in_state(["running"], self.env._("This billing run is not running."))
        self._set_state("paused")
        return RELOAD

    def action_resume(self):
        """Go on where the run was paused."""
        self.ensure_one()
        self._check_may_run()
        self._lock_in_state(["paused"], self.env._("This billing run is not paused."))
        self._set_running()
        self._wake_workers()
        return RELOAD

    def action_cancel(self):
        """Invoice nothing more; what has been invoiced stays."""
        self.ensure_one()
        self._check_may_run()
        self._lock_in_state(
            ["draft", "running", "paused"],
            self.env._("This billing run is over. There is nothing to be cancelled."),
        )
        self._set_state("cancelled")
        return RELOAD

    def action_retry(self):
        """Try again to invoice what could not be invoiced."""
        self.ensure_one()
        self._check_may_run()
        self._lock_in_state(["failed"], self.env._("There is nothing to try again."))
        self._set_running()
        services = self.error_ids.service_id
        # sudo: only the engine writes the queue.
        self.error_ids.sudo().unlink()
        self._fill_queue(services)
        return self._work_off()

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

    # === HELPERS === #

    def _get_starter_problem(self):
        """Return why nothing may be done for who has started this run any more."""
        user = self.started_by_id
        if (
            (user.active or user._is_superuser())
            and user.has_group("clinic_invoicing.group_biller")
            and self.company_id in user.company_ids
        ):
            return False
        return self.env._(
            "%(user)s has started this run, and may not invoice any more.",
            user=user.name,
        )

    def _set_state(self, state, **values):
        self._clinic_unguarded().write({"state": state, **values})

    def _set_running(self):
        """Let the workers act for who has pressed the button, and for nobody else."""
        self._set_state("running", started_by_id=self.env.uid)

    def _check_may_run(self):
        """Raise AccessError for everybody but billers of this practice."""
        self.check_access("write")
        self.service_ids.check_access("write")

    def _lock_in_state(self, states, message):
        """Keep others from starting or stopping this run at the same moment.

        :raise UserError: it is in another state, or somebody else is at it
        """
        if not self.try_lock_for_update(allow_referencing=True):
            raise UserError(
                self.env._("Somebody else is at this billing run. Reload the page.")
            )
        self.invalidate_recordset(["state"])
        if self.state not in states:
            raise UserError(message)

    def _work_off(self):
        """Invoice a small run now; let the workers begin with a large one."""
        is_open = [("run_id", "=", self.id), ("state", "=", "todo")]
        if self.env["clinic.billing.run.item"].search_count(is_open) > AT_ONCE:
            self._wake_workers()
            return self._get_form_action()
        # sudo: users read the queue; only the engine writes it.
        for chunk in self.env["clinic.billing.run.chunk"].sudo().search(is_open):
            chunk._get_services()._lock_for_billing()
            chunk._invoice()
        self._finish()
        return self._get_outcome_action()

    def _get_outcome_action(self):
        """Say what was done; list what was not."""
        self.ensure_one()
        if self.error_ids:
            return self._get_form_action()
        return notification(
            "success",
            self.env._(
                "%(services)s services invoiced on %(invoices)s invoices.",
                services=len(self.service_ids),
                invoices=len(self.invoice_ids),
            ),
            then=CLOSE,
        )

    def _get_form_action(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new" if self.state in ("done", "failed") else "current",
        }
