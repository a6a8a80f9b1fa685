from odoo import api, fields, models

from ...actions import notification
from ...rules import billing_obstacles


class ClinicService(models.Model):
    """Why a service cannot be invoiced, for the worklist's filters and for people."""

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
        from_client = waiting.filtered(lambda share: share.payer_type == "patient")
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

    # === ACTION METHODS === #

    def action_why_not(self):
        """Tell why the service cannot be invoiced."""
        self.ensure_one()
        obstacle = self._get_billing_obstacles().get(self)
        message = obstacle or self.env._("This service is ready to be invoiced.")
        return notification(
            "warning" if obstacle else "success", message, title=self.display_name
        )

    # === SENTENCES === #

    def _get_billing_obstacles(self, may_be_planned=False):
        """Return why services cannot be invoiced now.

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
