from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ...rules import instalments
from ..charges.clinic_scheduled_charge import OPEN_STATES

MAIL_PROPOSED = "clinic_invoicing.payment_plan_mail_template_proposed"


class ClinicPaymentPlan(models.Model):
    """Invoices of one payer that are paid in parts, as both sides have agreed.

    The instalments are scheduled charges. What is owed is only ever on the invoices.
    """

    _name = "clinic.payment.plan"
    _description = "Payment Plan"
    _inherit = ["mail.thread", "mail.activity.mixin", "clinic.guarded"]
    _mail_post_access = "read"
    _order = "id desc"
    _check_company_auto = True

    partner_id = fields.Many2one(
        "res.partner",
        string="Payer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company",
        string="Practice",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    invoice_ids = fields.Many2many(
        "account.move",
        "clinic_plan_invoice_rel",
        "plan_id",
        "invoice_id",
        string="Invoices",
        readonly=True,
        check_company=True,
    )
    charge_ids = fields.One2many(
        "clinic.scheduled.charge", "plan_id", string="Instalments", readonly=True
    )
    token_id = fields.Many2one(
        "payment.token",
        string="Card",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Empty: the client receives a link to pay for each instalment.",
    )
    amount_total = fields.Monetary(
        string="Total", readonly=True, help="What was owed when it was proposed."
    )
    amount_open = fields.Monetary(
        string="Still Open", compute="_compute_amount_open", help="On the invoices."
    )
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("active", "Active"),
            ("done", "Completed"),
            ("broken", "Broken"),
            ("cancelled", "Cancelled"),
        ],
        default="proposed",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
        help="While it is active, its invoices are not reminded and autopay leaves "
        "them alone.",
    )
    end_reason = fields.Char(readonly=True, tracking=True)
    agreed_on = fields.Datetime(readonly=True)
    agreed_by_id = fields.Many2one("res.users", readonly=True)
    agreed_ip = fields.Char(string="From the Address", readonly=True)
    wording_version = fields.Char(readonly=True)
    wording = fields.Text(readonly=True, help="As it was shown.")

    @api.depends("partner_id", "currency_id", "amount_total")
    def _compute_display_name(self):
        for plan in self:
            total = plan.currency_id.format(plan.amount_total)
            plan.display_name = f"{plan.partner_id.name}, {total}"

    @api.depends(
        "invoice_ids.amount_residual",
        "invoice_ids.state",
        "invoice_ids.partner_id",
        "invoice_ids.currency_id",
    )
    def _compute_amount_open(self):
        for plan in self:
            plan.amount_open = plan._get_open_invoices()._clinic_sum_owed()

    # === ACTION METHODS === #

    def action_cancel(self):
        """End plans at the practice's wish; what is owed is due as before."""
        self.check_access("read")
        if not self.env.user.has_group("clinic_invoicing.group_biller"):
            raise AccessError(self.env._("Only billers may end payment plans."))
        # sudo: nobody writes plans by hand; the rights were checked.
        for plan in self.sudo():
            plan._end(
                "cancelled", self.env._("Ended by %(user)s.", user=self.env.user.name)
            )

    # === PROPOSING === #

    @api.model
    def _propose(self, invoices, parts):
        """Offer a plan to the payer of these invoices; nothing changes until accepted.

        :param list parts: pairs of a date and an amount that sum up to what is owed
        """
        plan = self.create(
            {
                "partner_id": invoices.partner_id._clinic_get_addressee().id,
                "company_id": invoices.company_id.id,
                "currency_id": invoices.currency_id.id,
                "invoice_ids": [Command.set(invoices.ids)],
                "amount_total": sum(amount for _date, amount in parts),
            }
        )
        self.env["clinic.scheduled.charge"].create(
            [plan._prepare_instalment(date, amount) for date, amount in parts]
        )
        plan._send_mail(MAIL_PROPOSED)
        return plan

    def _prepare_instalment(self, date, amount):
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "origin": "instalment",
            "plan_id": self.id,
            "invoice_ids": [Command.set(self.invoice_ids.ids)],
            "amount": amount,
            "date": date,
            "state": "draft",
        }

    def _send_mail(self, template):
        if self.partner_id.email:
            # sudo: who proposes need not read e-mail templates.
            self.env.ref(template).sudo().send_mail(self.id)

    def _get_page_url(self):
        """Return where the client reads and accepts it; used by the e-mail."""
        self.ensure_one()
        return f"{self.company_id.get_base_url()}/my/billing/plans/{self.id}"

    # === MOVES === #

    def _update_state(self, target, **values):
        """Make a move of the table.

        :raise UserError: there is no such move
        """
        self.ensure_one()
        if not instalments.is_allowed(self.state, target):
            raise UserError(
                self.env._(
                    "This payment plan is not open any more. Please reload the page."
                )
            )
        self.write({"state": target, **values})

    def _end(self, target, reason):
        """Call off what is still to come; the invoices are claimed as before."""
        for plan in self:
            plan._update_state(target, end_reason=reason)
            plan.charge_ids._call_off(reason)

    # === WHAT IS LEFT === #

    def _get_open_invoices(self):
        """Return those of its invoices that the payer still owes."""
        return self.invoice_ids._clinic_keep_agreed(self.partner_id, self.currency_id)

    def _get_open_charges(self):
        """Return the instalments that are not paid, those asked for already first."""
        open_charges = self.charge_ids.filtered(
            lambda charge: charge.state in (*OPEN_STATES, "draft", "link_sent")
        )
        return open_charges.sorted(
            lambda charge: (charge.state != "link_sent", charge.date, charge.id)
        )

    def _get_upcoming(self):
        """Return the instalments that are not paid, in the order of their dates."""
        return self._get_open_charges().sorted("date")
