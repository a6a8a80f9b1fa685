from odoo.exceptions import UserError
from odoo.http import request, route

from ..autopay.autopay import ClinicAutopayPages
from ..paying.panel import LARGEST_ID


class ClinicPlanPages(ClinicAutopayPages):
    """The client's payment plans, and those of payers that they act for.

    What may be agreed is decided by the models.
    A plan of somebody else is answered like one that does not exist.
    """

    @route(
        "/my/billing/plans/<int:plan_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def clinic_plan(self, plan_id, **_kwargs):
        """Show a payment plan, with the form to accept it."""
        plan = self._find_plan(plan_id)
        return self._render_plan(plan) if plan else request.not_found()

    @route(
        "/my/billing/plans/<int:plan_id>/accept",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def clinic_plan_accept(
        self, plan_id, card_id="", wording="", shown="", agree="", **_kwargs
    ):
        """Start the plan as the client has read it."""
        plan = self._find_plan(plan_id)
        if not plan:
            return request.not_found()
        try:
            self._check_agreed(agree)
            with request.env.cr.savepoint():
                plan._accept(
                    request.env.user,
                    card_id=card_id,
                    wording=wording,
                    shown=shown,
                    ip=request.httprequest.remote_addr,
                )
        except UserError as error:
            return self._render_plan(plan, plan_error=error.args[0])
        return request.redirect(f"/my/billing/plans/{plan.id}")

    @route(
        "/my/billing/plans/<int:plan_id>/decline",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def clinic_plan_decline(self, plan_id, **_kwargs):
        """Say no to a plan that was proposed."""
        plan = self._find_plan(plan_id)
        if not plan:
            return request.not_found()
        try:
            with request.env.cr.savepoint():
                plan._decline()
        except UserError as error:
            return self._render_plan(plan, plan_error=error.args[0])
        return request.redirect("/my/billing")

    # === HELPERS === #

    def _find_plan(self, plan_id):
        # sudo: the domain says whose they are.
        plans = request.env["clinic.payment.plan"].sudo()
        if plan_id > LARGEST_ID:
            return plans
        payers = request.env.user.partner_id._clinic_get_payers()
        return plans.search([("id", "=", plan_id)] + plans._get_client_domain(payers))

    def _prepare_agreement_values(self):
        # sudo: the domain says whose they are.
        plans = request.env["clinic.payment.plan"].sudo()
        values = super()._prepare_agreement_values()
        return {
            **values,
            "payment_plans": plans.search(
                [("state", "in", ("proposed", "active"))]
                + plans._get_client_domain(values["payer"])
            ),
        }

    def _render_plan(self, plan, **values):
        user = request.env.user
        cards, payer = plan._get_cards(user), plan._get_payer(user)
        is_acting = payer != user.partner_id
        return request.render(
            "clinic_invoicing.portal_plan",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "clinic_plan",
                "plan": plan,
                "payer": payer,
                "is_acting": is_acting,
                "plan_cards": cards,
                "barred_cards": plan._get_barred_cards(user),
                # A card that is saved is one's own, and not the payer's.
                "can_save_card": not is_acting
                and self._get_agreements()._can_save_card(
                    payer, plan.company_id, plan.currency_id
                ),
                "shown": plan.env["clinic.shown"]._seal_plan(plan, cards),
                **values,
            },
        )
