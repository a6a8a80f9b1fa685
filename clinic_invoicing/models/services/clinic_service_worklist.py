from odoo import api, fields, models
from odoo.exceptions import UserError

from ...actions import notification
from ...rules import billing_obstacles, billing_state
from ...rules.payers import PAYER_INSURER, PAYER_PATIENT

WORKLIST_TABS = (billing_state.TO_INVOICE, billing_state.INVOICED, billing_state.PAID)
TAB_LIMIT = 999


class ClinicService(models.Model):
    """The Invoices page: its tabs, what billers do there, and what hinders them."""

    _inherit = "clinic.service"

    billing_obstacle = fields.Selection(
        [
            (billing_obstacles.NO_CHARGE, "Free of charge"),
            (billing_obstacles.BILLED, "Invoiced already"),
            (billing_obstacles.CANCELLED, "Cancelled"),
            (billing_obstacles.NOT_COMPLETED, "Appointment not completed"),
            (billing_obstacles.NEEDS_APPROVAL, "Needs approval"),
            (billing_obstacles.NO_PRICE, "No price"),
            (billing_obstacles.NO_PAYER, "No payer"),
            (billing_obstacles.NOT_INVOICED, "Rate is not invoiced"),
            (billing_obstacles.NO_INSURER, "No insurer"),
        ],
        string="Cannot Be Billed",
        compute="_compute_billing_obstacle",
        store=True,
        help="Empty when the service can be invoiced now.",
    )
    insurer_id = fields.Many2one(
        "res.partner",
        compute="_compute_insurer_id",
        store=True,
        index="btree_not_null",
        help="The first insurer who owes a part of it.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "state",
        "billing",
        "amount_total",
        "approved_by_id",
        "company_id.clinic_insurer_settlement",
        "needs_approval",
        "share_ids.partner_id",
        "share_ids.payer_type",
        "share_ids.state",
    )
    def _compute_billing_obstacle(self):
        for service in self:
            facts = service._get_billing_facts()
            service.billing_obstacle = billing_obstacles.billing_obstacle(facts)

    def _get_billing_facts(self):
        self.ensure_one()
        waiting = self.share_ids.filtered(lambda share: share.state == "to_bill")
        from_client = waiting.filtered(lambda share: share.payer_type == PAYER_PATIENT)
        owed = waiting.filtered(lambda share: not share._is_nothing())
        is_insured = bool(owed or self.billing == "insurance") and not (
            owed & from_client
        )
        return billing_obstacles.BillingFacts(
            state=self.state,
            is_insured=is_insured,
            is_awaiting_approval=self.needs_approval and not self.approved_by_id,
            has_price=not self.currency_id.is_zero(self.amount_total),
            # An insurer who is not known yet does not hold up the client's invoice.
            has_payer=any(
                share.partner_id for share in (owed if is_insured else from_client)
            ),
            are_insurers_invoiced=self.company_id.clinic_insurer_settlement
            == "invoice",
        )

    @api.depends("share_ids.amount", "share_ids.partner_id", "share_ids.payer_type")
    def _compute_insurer_id(self):
        for service in self:
            insured = service.share_ids.filtered(
                lambda share: (
                    share.payer_type == PAYER_INSURER and not share._is_nothing()
                )
            )
            service.insurer_id = insured.sorted("id")[:1].partner_id

    # === TABS === #

    @api.model
    def get_tab_counts(self):
        """Return how many services are under each tab of the Invoices page.

        Counting stops at a limit, so that the page stays as fast with a million
        paid services as with a hundred.

        :rtype: dict[str, str]
        """
        counts = {}
        for state in WORKLIST_TABS:
            count = self.search_count([("state", "=", state)], limit=TAB_LIMIT + 1)
            counts[state] = str(count) if count <= TAB_LIMIT else f"{TAB_LIMIT}+"
        return counts

    # === ACTION METHODS === #

    def action_why_not(self):
        """Tell why the service cannot be invoiced."""
        self.ensure_one()
        obstacle = self._get_billing_obstacles().get(self)
        message = obstacle or self.env._("This service is ready to be invoiced.")
        return notification(
            "warning" if obstacle else "success", message, title=self.display_name
        )

    def action_cancel(self):
        """Take services off the bill that will never be charged."""
        self.check_access("write")
        self._check_not_on_invoice()
        # sudo: nobody writes it but these two actions.
        self.sudo().is_cancelled = True

    def action_restore(self):
        """Put cancelled services back on the bill."""
        self.check_access("write")
        # sudo: see action_cancel().
        self.sudo().is_cancelled = False

    def action_open_invoices(self):
        """Open the invoices of these services."""
        invoices = self.invoice_ids
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        if len(invoices) == 1:
            return {**action, "views": [(False, "form")], "res_id": invoices.id}
        return {**action, "domain": [("id", "in", invoices.ids)]}

    def action_mark_as_paid(self):
        """Record a payment received outside for the invoices of these services."""
        invoices = self.invoice_ids.filtered(
            lambda move: move.state == "posted" and move.amount_residual
        )
        if not invoices:
            raise UserError(
                self.env._(
                    "Nothing is due for the selected services. Only invoiced "
                    "services can be marked as paid."
                )
            )
        names = ", ".join(invoices.mapped("name"))
        action = invoices.action_register_payment()
        return {
            **action,
            # An invoice may bill more services than those that were ticked.
            "name": self.env._("Mark as paid: %(names)s", names=names),
            "context": {
                **action["context"],
                "default_clinic_share_ids": self.share_ids.ids,
                "clinic_received_outside": True,
                # The biller stays on the worklist.
                "dont_redirect_to_payments": True,
            },
        }

    # === WHAT HINDERS AN INVOICE === #

    def _get_billing_obstacles(self, may_be_planned=False):
        """Return why services cannot be invoiced now: a hook for other reasons.

        :param bool may_be_planned: their visits need not have taken place yet
        :return: a sentence for each service that cannot
        :rtype: dict
        """
        sentences = self._get_obstacle_sentences()
        obstacles = {}
        for service in self:
            obstacle = billing_obstacles.billing_obstacle(
                service._get_billing_facts(), may_be_planned
            )
            if obstacle:
                obstacles[service] = sentences[obstacle]
        return obstacles

    @api.model
    def _get_obstacle_sentences(self):
        """Return what each obstacle says to people."""
        return {
            billing_obstacles.NO_CHARGE: self.env._("It is free of charge."),
            billing_obstacles.BILLED: self.env._("It has been invoiced already."),
            billing_obstacles.CANCELLED: self.env._("It has been cancelled."),
            billing_obstacles.NOT_COMPLETED: self.env._(
                "Its appointment has not been completed."
            ),
            billing_obstacles.NEEDS_APPROVAL: self.env._(
                "Its rate needs approval: press Approve."
            ),
            billing_obstacles.NO_PRICE: self.env._("It has no price."),
            billing_obstacles.NO_PAYER: self.env._(
                "Nobody is set to be billed for it."
            ),
            billing_obstacles.NOT_INVOICED: self.env._(
                "Its rate is billed to the insurer. Flip it to the self-pay rate, or "
                "move the balance to the client."
            ),
            billing_obstacles.NO_INSURER: self.env._(
                "The patient has no insurer. Enter one on the patient's contact."
            ),
        }

    def _format_obstacles(self, obstacles):
        """Return the ``{service: sentence}`` of obstacles as a text for people."""
        return "\n".join(
            f"{service.display_name}: {sentence}"
            for service, sentence in obstacles.items()
        )
