from odoo.exceptions import UserError
from odoo.http import request, route

from ..portal.billing import ClinicBilling


class ClinicAutopayPages(ClinicBilling):
    """The client's autopay. What may be agreed is decided by the models."""

    def _prepare_billing_values(self, *args, **kwargs):
        return {
            **super()._prepare_billing_values(*args, **kwargs),
            **self._prepare_agreement_values(),
        }

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

    def _prepare_agreement_values(self):
        """Return what is agreed with whose bills are shown."""
        partner = self._get_shown_payer()
        agreements = self._get_agreements()
        return {
            "payer": partner,
            "is_acting": partner != request.env.user.partner_id,
            "autopay_on": agreements._get_current(partner),
            "autopay_practices": agreements._get_practices(partner),
        }

    def _render_autopay(self, **values):
        values = {
            **self._prepare_portal_layout_values(),
            **self._prepare_agreement_values(),
            "page_name": "clinic_autopay",
            **values,
        }
        agreements = self._get_agreements()
        partner = values["payer"]
        values["autopay_cards"] = {
            practice.id: agreements._get_cards(partner, practice)
            for practice in values["autopay_practices"]
        }
        values["barred_cards"] = {
            practice.id: agreements._get_barred_cards(partner, practice)
            for practice in values["autopay_practices"]
        }
        values["can_save_card"] = {
            practice.id: agreements._can_save_card(partner, practice)
            for practice in values["autopay_practices"]
        }
        values["seal_autopay"] = request.env["clinic.shown"]._seal_autopay
        return request.render("clinic_invoicing.portal_autopay", values)
