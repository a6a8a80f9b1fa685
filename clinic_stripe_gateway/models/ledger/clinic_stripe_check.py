from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.payment.logging import get_payment_logger
from odoo.addons.payment_stripe import const as stripe_const

_logger = get_payment_logger(__name__, stripe_const.SENSITIVE_KEYS)

# Each day is looked at several times: bank debits come late.
DAYS_COMPARED = 7
# Once a week: refunds fail after weeks, and disputes are decided after months.
DAYS_ON_SUNDAYS = 120
SUNDAY = 6
# What has just happened at Stripe may be on its way to Odoo.
UNDER_WAY_MINUTES = 15
KEEP_CHECK_DAYS = 400


class ClinicStripeCheck(models.Model):
    """One comparison of Stripe's books with Odoo's entries, for a time."""

    _name = "clinic.stripe.check"
    _description = "Stripe Ledger Check"
    _inherit = ["mail.thread", "mail.activity.mixin", "clinic.guarded"]
    _order = "id desc"

    provider_id = fields.Many2one(
        "payment.provider",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self._default_provider_id(),
    )
    date_from = fields.Datetime(
        string="From",
        required=True,
        default=lambda self: fields.Datetime.now() - timedelta(days=DAYS_COMPARED),
    )
    date_to = fields.Datetime(
        string="To",
        required=True,
        default=fields.Datetime.now,
        help="What happens at this moment or later is not compared.",
    )
    state = fields.Selection(
        [
            ("draft", "Not Checked Yet"),
            ("done", "Checked"),
            ("failed", "Could Not Be Checked"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    checked_on = fields.Datetime(readonly=True, copy=False)
    user_id = fields.Many2one(
        "res.users", string="Checked by", readonly=True, copy=False
    )
    reason = fields.Char(readonly=True, copy=False)
    charge_count = fields.Integer(string="Charges", readonly=True, copy=False)
    refund_count = fields.Integer(string="Refunds", readonly=True, copy=False)
    dispute_count = fields.Integer(string="Disputes", readonly=True, copy=False)
    other_count = fields.Integer(
        string="Of Other Applications",
        readonly=True,
        copy=False,
        help="Objects that the point of sale, another company or another application "
        "of the account has made. They are not compared.",
    )
    under_way_count = fields.Integer(
        string="Under Way",
        readonly=True,
        copy=False,
        help="Too young to be a difference, or not decided by the bank yet.",
    )
    difference_ids = fields.One2many(
        "clinic.stripe.difference", "check_id", readonly=True
    )
    difference_count = fields.Integer(string="Differences", readonly=True, copy=False)

    _period_order = models.Constraint(
        "CHECK (date_from < date_to)", "The period must begin before it ends."
    )

    @api.model
    def _default_provider_id(self):
        """Return the company's Stripe: managers may not look for providers."""
        # sudo: only which one it is.
        return (
            self.sudo()
            ._get_providers()
            .filtered_domain(
                self.env["payment.provider"]._check_company_domain(self.env.company)
            )[:1]
        )

    @api.depends("provider_id", "date_from", "date_to")
    @api.depends_context("tz")
    def _compute_display_name(self):
        for check in self:
            # sudo: managers may not read providers.
            name = check.provider_id.sudo().name or ""
            period = [
                moment and str(fields.Date.context_today(check, moment))
                for moment in (check.date_from, check.date_to)
            ]
            check.display_name = f"{name} {' – '.join(filter(None, period))}".strip()

    # === ACTION METHODS === #

    def action_run(self):
        """Compare now; what an earlier comparison has found is forgotten."""
        self.check_access("read")
        if not self.env.user.has_group("clinic_invoicing.group_manager"):
            raise AccessError(self.env._("Only managers may compare the books."))
        # sudo: comparing reads the key, and payments of all journals.
        self.sudo()._run()

    def action_check_now(self):
        """Compare the last days of every Stripe account of the user's companies.

        Not of the ticked checks: the list's button only happens to hand them over.
        """
        self.browse().check_access("create")
        # sudo: managers may not look for providers.
        providers = self.sudo()._get_providers()
        companies = self.env.companies._clinic_get_lineage()
        providers = providers.filtered(lambda p: p.company_id in companies)
        if not providers:
            raise UserError(self.env._("Stripe is not enabled for these companies."))
        checks = self.create([{"provider_id": provider.id} for provider in providers])
        checks.action_run()
        return checks._get_action()

    def _get_action(self):
        """Return the action that shows these checks."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "clinic_stripe_gateway.clinic_stripe_check_action"
        )
        if len(self) == 1:
            return {**action, "views": [(False, "form")], "res_id": self.id}
        return {**action, "domain": [("id", "in", self.ids)]}

    # === RUNNING === #

    @api.model
    def _get_providers(self):
        return self.env["clinic.stripe.event"]._get_listening_providers()

    def _run(self):
        """Compare, and tell on the check itself when that was not possible."""
        for check in self:
            try:
                with self.env.cr.savepoint():
                    findings = check._compare()
            except UserError as error:
                # What is told by Stripe or by a right is for the reader.
                check._set_outcome("failed", reason=str(error))
                continue
            check.difference_ids.unlink()
            check.write({"difference_ids": findings.get_commands()})
            check._set_outcome("done", reason=False, **findings.get_counts())

    def _set_outcome(self, state, **values):
        self.ensure_one()
        self.write(
            {
                "state": state,
                "checked_on": fields.Datetime.now(),
                "user_id": self.env.uid,
                **values,
            }
        )

    @api.model
    def _cron_check(self):
        """Compare the last days of each account, and tell a manager of differences."""
        providers = self._get_providers()
        for number, provider in enumerate(providers, 1):
            check = self.create(
                {"provider_id": provider.id, "date_from": self._get_job_start()}
            )
            check._run()
            check._tell_manager()
            provider._clinic_stripe_check_health()
            remaining = len(providers) - number
            if not self.env["ir.cron"]._commit_progress(1, remaining=remaining):
                break

    @api.model
    def _get_job_start(self, now=None):
        """Return how far back the job looks."""
        now = now or fields.Datetime.now()
        return now - timedelta(
            days=DAYS_ON_SUNDAYS if now.weekday() == SUNDAY else DAYS_COMPARED
        )

    def _tell_manager(self):
        """Keep one activity for each provider, on its latest check that needs it."""
        self.ensure_one()
        earlier = self.search(
            [("provider_id", "=", self.provider_id.id), ("id", "!=", self.id)]
        )
        earlier.activity_ids.unlink()
        if self.state == "done" and not self.difference_count:
            return
        note = self.env._("Each difference says what it means and what to do about it.")
        if self.state == "failed":
            note = self.reason
        self.provider_id.company_id._clinic_tell_managers(
            self, self.env._("Stripe's books and Odoo's do not agree"), note
        )

    @api.autovacuum
    def _gc_old(self):
        """Forget old checks; the entries that they are about stay."""
        limit = fields.Datetime.now() - timedelta(days=KEEP_CHECK_DAYS)
        self.search([("create_date", "<", limit)], limit=10_000).unlink()
