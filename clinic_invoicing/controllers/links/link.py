from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.http import request, route

from ..paying.form import Shown
from ..paying.panel import ClinicPaymentPanel

# The address is the key: it is neither kept, nor passed on, nor found.
PRIVATE_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


class ClinicPaymentLinks(ClinicPaymentPanel):
    """The page to pay by a link, without login. It names no service and no patient."""

    @route(
        "/clinic/pay/<string:token>",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
        sitemap=False,
    )
    def clinic_payment_link(self, token, amount="", **_kwargs):
        """Show what is owed now, and the payment form."""
        link = self._find_link(token)
        if not link:
            return self._render_privately("clinic_invoicing.payment_link_gone", {}, 404)
        link._note_opening()
        values = self._prepare_link_values(link)
        payable = link._get_payable()
        if payable:
            try:
                values.update(self._prepare_link_panel(link, payable, amount))
            except UserError as error:
                values["payment_error"] = error.args[0]
        return self._render_privately("clinic_invoicing.payment_link_page", values)

    @route("/clinic/pay/<string:token>/transaction", type="jsonrpc", auth="public")
    def clinic_payment_link_transaction(
        self,
        token,
        amount=None,
        shown="",
        token_id=None,
        tokenization_requested=False,
        **kwargs,
    ):
        """Start to pay by a link; called by the payment form.

        :param float amount: what the payer has read and agreed to pay
        :param str shown: the seal of what the payer has read
        :raise UserError: it may not be paid; nothing was changed
        """
        link = self._find_link(token)
        if not link:
            raise ValidationError(request.env._("This link is not valid any more."))
        if not self._is_payer(link):
            # Everybody with the link may pay, and has no right to the payer's cards.
            tokenization_requested = False
            if token_id or kwargs.get("flow") == "token":
                raise ValidationError(
                    request.env._("Log in to pay with a saved payment method.")
                )
        return self._clinic_start_transaction(
            link._get_payable(),
            self._get_payer(link),
            amount,
            Shown(str(shown), with_cards=self._is_payer(link)),
            token_id=token_id,
            tokenization_requested=tokenization_requested,
            **kwargs,
        )

    @route()
    def portal_my_invoice_detail(
        self, invoice_id, payment_token=None, amount=None, **kwargs
    ):
        """Lead a payer without login to the page that names no service."""
        if kwargs.get("payment") and request.env.user._is_public():
            invoice = self._find_document(invoice_id, kwargs.get("access_token"))
            if invoice and invoice._clinic_takes_link():
                # sudo: Core's link opens the same invoice.
                url = invoice._clinic_get_payment_link().sudo().url
                return request.redirect(url, code=303, local=False)
        return super().portal_my_invoice_detail(
            invoice_id, payment_token=payment_token, amount=amount, **kwargs
        )

    # === HELPERS === #

    def _find_document(self, invoice_id, access_token):
        """Return the invoice, as superuser, if this token opens it in the portal."""
        try:
            return self._document_check_access("account.move", invoice_id, access_token)
        except (AccessError, MissingError):
            return None

    def _find_link(self, token):
        # sudo: everybody who knows the token may use the link; there is no other right.
        return request.env["clinic.payment.link"].sudo()._find(token)

    def _is_payer(self, link):
        """Whether it is the payer who is logged in, not only somebody with the link.

        Or who acts for the payer.
        """
        return bool(request.env.user.partner_id._clinic_pays_as(link.partner_id))

    def _get_payer(self, link):
        """Return the contact whose cards pay: an address has none of its own."""
        payers = request.env.user.partner_id._clinic_pays_as(link.partner_id)
        return payers[:1] or link.partner_id

    def _prepare_link_values(self, link):
        unpayable = link._get_unpayable()
        offline = unpayable.filtered(lambda one: not one._clinic_can_be_paid_online())
        return {
            "page_name": "clinic_payment_link",
            "company": link.company_id,
            "due_day": link._get_due_day(),
            "unpayable": unpayable,
            "instead": offline and link.company_id._clinic_describe_otherwise(offline),
            "thanks": self._clinic_thank_once(link._get_thanks()),
        }

    def _prepare_link_panel(self, link, payable, amount):
        return self._clinic_prepare_panel(
            payable,
            self._get_payer(link),
            amount,
            panel_route=f"/clinic/pay/{link.token}",
            landing_route=f"/clinic/pay/{link.token}",
            transaction_route=f"/clinic/pay/{link.token}/transaction",
            with_cards=self._is_payer(link),
        )

    def _render_privately(self, template, values, status=200):
        response = request.render(template, values, status=status)
        response.headers.update(PRIVATE_HEADERS)
        return response
