from odoo.exceptions import UserError
from odoo.http import request, route

from ..paying.panel import LARGEST_ID
from ..portal.billing import ClinicBilling


class ClinicAutopayPages(ClinicBilling):
    """Autopay and payment plans of the client. What may be agreed, the models say.

    A plan of somebody else is answered like one that does not exist.
    """

    def _prepare_billing_values(self, *args, **kwargs):
        return {
            **super()._prepare_billing_values(*args, **kwargs),
            **self._prepare_agreement_values(),
        }

    # === AUTOPAY === #

    @route(
        "/my/billing/autopay",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def clinic_autopay(self, **_kwargs):
        """Show what autopay does, and whether it is on."""
        return self._render_autopay()

    @route(
        "/my/billing/autopay/on",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def clinic_autopay_on(
        self,
        company_id="",
        card_id="",
        cap="",
        wording="",
        shown="",
        agree="",
        **_kwargs,
    ):
        """Turn it on for a practice, as the client has agreed."""
        practice = self._find_practice(company_id)
        if not practice:
            return request.not_found()
        try:
            self._check_agreed(agree)
            with request.env.cr.savepoint():
                self._get_agreements()._agree(
                    request.env.user,
                    practice,
                    card_id=card_id,
                    cap=cap,
                    wording=wording,
                    shown=shown,
                    ip=request.httprequest.remote_addr,
                )
        except UserError as error:
            return self._render_autopay(autopay_error=error.args[0])
        return request.redirect("/my/billing/autopay")

    @route(
        "/my/billing/autopay/off",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def clinic_autopay_off(self, company_id="", **_kwargs):
        """Turn it off for a practice; pressed twice, it is off."""
        current = self._get_agreements()._get_current(request.env.user.partner_id)
        current.filtered(lambda each: str(each.company_id.id) == company_id)._end(
            "client"
        )
        return request.redirect("/my/billing/autopay")

    # === PAYMENT PLANS === #

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

    def _check_agreed(self, agree):
        if agree != "yes":
            raise UserError(request.env._("Please tick that you agree."))

    def _get_agreements(self):
        # sudo: clients have no right on agreements; each is looked up by its payer.
        return request.env["clinic.autopay"].sudo()

    def _find_practice(self, company_id):
        practices = self._get_agreements()._get_practices(request.env.user.partner_id)
        return practices.filtered(lambda each: str(each.id) == company_id)

    def _find_plan(self, plan_id):
        # sudo: the domain says whose they are.
        plans = request.env["clinic.payment.plan"].sudo()
        if plan_id > LARGEST_ID:
            return plans
        return plans.search(
            [("id", "=", plan_id)]
            + plans._get_client_domain(request.env.user.partner_id)
        )

    def _prepare_agreement_values(self):
        partner = request.env.user.partner_id
        agreements = self._get_agreements()
        # sudo: the domain says whose they are.
        plans = request.env["clinic.payment.plan"].sudo()
        return {
            "autopay_on": agreements._get_current(partner),
            "autopay_practices": agreements._get_practices(partner),
            "payment_plans": plans.search(
                [("state", "in", ("proposed", "active"))]
                + plans._get_client_domain(partner)
            ),
        }

    def _render_autopay(self, **values):
        values = {
            **self._prepare_portal_layout_values(),
            **self._prepare_agreement_values(),
            "page_name": "clinic_autopay",
            **values,
        }
        agreements = self._get_agreements()
        partner = request.env.user.partner_id
        values["autopay_cards"] = {
            practice.id: agreements._get_cards(partner, practice)
            for practice in values["autopay_practices"]
        }
        values["can_save_card"] = {
            practice.id: agreements._can_save_card(partner, practice)
            for practice in values["autopay_practices"]
        }
        values["seal_autopay"] = request.env["clinic.shown"]._seal_autopay
        return request.render("clinic_invoicing.portal_autopay", values)

    def _render_plan(self, plan, **values):
        cards = plan._get_cards(request.env.user)
        return request.render(
            "clinic_invoicing.portal_plan",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "clinic_plan",
                "plan": plan,
                "plan_cards": cards,
                "can_save_card": self._get_agreements()._can_save_card(
                    request.env.user.partner_id, plan.company_id, plan.currency_id
                ),
                "shown": plan.env["clinic.shown"]._seal_plan(plan, cards),
                **values,
            },
        )
