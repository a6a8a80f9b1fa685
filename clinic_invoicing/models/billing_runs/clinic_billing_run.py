from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

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
    currency_id = fields.Many2one(related="company_id.currency_id")
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
    send_by_email = fields.Boolean(
        string="Send by E-mail",
        help="Each payer gets the invoice with a link to pay it online. Payers "
        "without an e-mail address get none.",
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
    ready_count = fields.Integer(string="To Be Invoiced", compute="_compute_preview")
    preview_invoice_count = fields.Integer(
        string="Invoices to Be Made", compute="_compute_preview"
    )
    preview_payer_count = fields.Integer(string="Payers", compute="_compute_preview")
    preview_total = fields.Monetary(string="Total", compute="_compute_preview")
    preview_skipped = fields.Text(
        string="Left Out",
        compute="_compute_preview",
        help="How many services cannot be invoiced, and why.",
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

    @api.depends("service_ids", "grouping")
    def _compute_preview(self):
        for run in self:
            services = run.service_ids._origin
            total, payers, ready, invoices = run._preview_invoices(services)
            run.ready_count = ready
            run.preview_total = total
            run.preview_payer_count = payers
            run.preview_invoice_count = payers if run.grouping == "payer" else invoices
            run.preview_skipped = "\n".join(run._preview_obstacles(services))

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

    def action_undo(self):
        """Credit all invoices of this run; its services are to be invoiced again.

        :raise AccessError: for everybody but managers
        :raise UserError: something was paid, is being paid, or the run is not over
        """
        self.ensure_one()
        self.env["account.payment"]._clinic_check_may_undo()
        self._check_may_run()
        self._lock_in_state(
            ("paused", "done", "failed", "cancelled"),
            self.env._("Pause the billing run first."),
        )
        invoices = self._get_invoices_to_undo()
        if not invoices:
            raise UserError(self.env._("This billing run has no invoice to undo."))
        invoices._clinic_lock_for_void()
        self._check_nobody_pays(invoices)
        reason = self.env._("%(run)s was undone.", run=self.name)
        invoices._clinic_void(reason, money="keep")
        self._set_state("cancelled")
        self.message_post(body=self.env._("All invoices of this run were undone."))

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

    # === WHAT IT IS GOING TO DO === #

    def _preview_invoices(self, services):
        """Return the total, and the numbers of payers, services and pairs of both."""
        self.ensure_one()
        shares = self.env["clinic.service.share"]
        ready = (
            Domain("service_id", "in", services.ids)
            & Domain("service_id.billing_obstacle", "=", False)
            & shares._get_billable_domain()
        )
        [counts] = shares._read_group(
            ready,
            [],
            [
                "amount:sum",
                "partner_id:count_distinct",
                "service_id:count_distinct",
                "__count",
            ],
        )
        return counts

    def _preview_obstacles(self, services):
        """Return how many services are left out for each reason, in sentences."""
        sentences = services._get_obstacle_sentences()
        counts = services._read_group(
            [("id", "in", services.ids), ("billing_obstacle", "!=", False)],
            ["billing_obstacle"],
            ["__count"],
        )
        return [f"{count} × {sentences[obstacle]}" for obstacle, count in counts]

    # === ITS STATE === #

    def _check_may_run(self):
        """Raise AccessError for everybody but billers of this practice."""
        self.check_access("write")
        self.service_ids.check_access("write")

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

    def _lock_in_state(self, states, message):
        """Keep others from starting or stopping this run at the same moment.

        :raise UserError: it is in another state, or somebody else is at it
        """
        self._clinic_lock_or_refuse(
            self.env._("Somebody else is at this billing run. Reload the page.")
        )
        self.invalidate_recordset(["state"])
        if self.state not in states:
            raise UserError(message)

    def _set_state(self, state, **values):
        self._clinic_unguarded().write({"state": state, **values})

    def _set_running(self):
        """Let the workers act for who has pressed the button, and for nobody else."""
        self._set_state("running", started_by_id=self.env.uid)

    # === ITS WORK === #

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

    def _send(self, invoices):
        """Let Odoo's own scheduled action send invoices, after the commit."""
        if not self.send_by_email:
            return
        reachable = invoices.filtered("partner_id.email")
        # The invoice carries the link already.
        reachable._clinic_unguarded().clinic_ask_on = False
        author = self.started_by_id
        # What Odoo's own dialog for sending several invoices leaves for its job.
        reachable.sending_data = {
            "author_user_id": author.id,
            "author_partner_id": author.partner_id.id,
        }
        # sudo: billers may send invoices, and not read scheduled actions.
        self.env.ref("account.ir_cron_account_move_send").sudo()._trigger()

    def _get_invoices_to_undo(self):
        return self.invoice_ids.filtered(
            lambda move: (
                move.move_type == "out_invoice"
                and move.state == "posted"
                and move.payment_state != "reversed"
            )
        )

    def _check_nobody_pays(self, invoices):
        """Raise UserError when money has come for one of these, or is on its way.

        What was held before they were made is held again.
        """
        invoices._clinic_check_not_being_paid()
        paid = invoices.filtered(
            lambda move: (
                (
                    move.payment_state != "not_paid"
                    or move.currency_id.compare_amounts(
                        move.amount_residual, move.amount_total
                    )
                )
                and not move._clinic_is_paid_with_older()
            )
        )
        if paid:
            raise UserError(
                self.env._(
                    "%(invoices)s: something was paid. Void these invoices one by one, "
                    "or leave the run as it is.",
                    invoices=", ".join(paid[:10].mapped("name")),
                )
            )

    # === WHAT THE USER SEES AFTERWARDS === #

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
