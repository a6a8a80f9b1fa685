import re

from odoo.exceptions import UserError
from odoo.http import request, route

from odoo.addons.account_payment.controllers.portal import PortalAccount
from odoo.addons.portal.controllers.portal import pager as portal_pager


class ClinicBilling(PortalAccount):
    """The client's Billing pages. What is owed is decided by the invoices."""

    _paid_per_page = 20

    @route(
        ["/my/billing", "/my/billing/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def clinic_billing(self, page=1, **_kwargs):
        """Show what the client owes, then what has been paid."""
        return request.render(
            "clinic_invoicing.portal_billing", self._prepare_billing_values(page)
        )

    @route("/my/billing/pay", type="http", auth="user", website=True, methods=["GET"])
    def clinic_billing_pay(self, invoice_ids="", **_kwargs):
        """Show the Billing page with the card dialog for the chosen invoices."""
        values = self._prepare_billing_values()
        invoices = self._get_own_invoices(invoice_ids)
        try:
            values.update(self._prepare_payment_values(invoices))
        except UserError as error:
            values["payment_error"] = error.args[0]
        return request.render("clinic_invoicing.portal_billing", values)

    @route("/my/billing/pay/<string:invoice_ids>", type="jsonrpc", auth="user")
    def clinic_billing_transaction(self, invoice_ids, amount=None, **kwargs):
        """Start to pay the chosen invoices; called by the payment form.

        :param str invoice_ids: ids, separated by commas
        :param float amount: what the client has read and agreed to pay
        :return: what the payment form needs to go on
        :raise UserError: it may not be paid; nothing was changed
        """
        invoices = self._get_own_invoices(invoice_ids)
        invoices._clinic_check_chosen()
        kwargs.pop("access_token", None)
        self._validate_transaction_kwargs(kwargs)
        return self._process_transaction(
            request.env.user.partner_id.id,
            invoices.currency_id.id,
            invoices.ids,
            None,
            amount=amount,
            **kwargs,
        )

    def _overdue_invoices_get_page_view_values(self, overdue_invoices, **kwargs):
        """Ask for what is still owed; stock asks for the totals."""
        values = super()._overdue_invoices_get_page_view_values(
            overdue_invoices, **kwargs
        )
        if "payment" in values:
            owed = sum(overdue_invoices.mapped("amount_residual"))
            values["amount"] = values["payment"]["amount"] = owed
        return values

    def _get_common_page_view_values(self, invoices_data, *args, **kwargs):
        """Offer the ways to pay what is owed; stock asks who would take the total."""
        owed = invoices_data.get("amount_residual", invoices_data["total_amount"])
        return super()._get_common_page_view_values(
            {**invoices_data, "total_amount": owed}, *args, **kwargs
        )

    # === HELPERS === #

    def _get_own_invoices(self, invoice_ids):
        """Return those of the chosen invoices that are billed to the client.

        Whether another invoice exists is not told: it is treated like one that
        does not.
        """
        parts = filter(re.compile("[0-9]{1,10}").fullmatch, invoice_ids.split(","))
        # PostgreSQL's ids have 31 bits.
        ids = [number for number in map(int, parts) if number < 2**31]
        moves = request.env["account.move"]
        # sudo: the domain says whose they are, exactly as the list does.
        return moves.sudo().search(
            [("id", "in", ids)]
            + list(moves._clinic_get_billed_domain(request.env.user.partner_id))
        )

    def _prepare_billing_values(self, page=1):
        partner = request.env.user.partner_id
        # sudo: clients read the services and payments of their own invoices.
        moves = request.env["account.move"].sudo()
        unpaid = moves.search(
            moves._clinic_get_open_domain(partner), order="invoice_date_due, id"
        )
        settled_domain = moves._clinic_get_settled_domain(partner)
        pager = portal_pager(
            url="/my/billing",
            total=moves.search_count(settled_domain),
            page=page,
            step=self._paid_per_page,
        )
        settled = moves.search(
            settled_domain,
            order="invoice_date desc, id desc",
            limit=self._paid_per_page,
            offset=pager["offset"],
        )
        return {
            **self._prepare_portal_layout_values(),
            "page_name": "clinic_billing",
            "unpaid": unpaid,
            "settled": settled,
            "owed": unpaid._clinic_get_owed_by_currency(),
            "pager": pager,
        }

    def _prepare_payment_values(self, invoices):
        """Return what the card dialog shows for these invoices.

        :raise UserError: they cannot be paid
        """
        invoices._clinic_check_chosen()
        owed = sum(invoices.mapped("amount_residual"))
        invoices._clinic_check_payable(owed, invoices.currency_id)
        ids = ",".join(map(str, invoices.ids))
        return {
            "payable": invoices,
            "amount": owed,
            **self._get_common_page_view_values(
                {
                    "partner": invoices.partner_id[:1],
                    "company": invoices.company_id,
                    "total_amount": owed,
                    "currency": invoices.currency_id,
                    "landing_route": "/my/billing",
                    "transaction_route": f"/my/billing/pay/{ids}",
                }
            ),
        }
