from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import pager as portal_pager

from ...models.paying.account_move_allocation import PAID_FIRST
from ...rules.askers import DIALOG, PAGE
from ..paying.form import Shown
from ..paying.panel import ClinicPaymentPanel

# Instead of ids: everything that can be paid.
ALL = "all"
# So many days that come are told one by one.
LATER_DAYS = 3
# An address names them all, and servers refuse long ones.
MOST_AT_ONCE = 100
# What the session remembers: whose bills are shown to who acts for others.
PAYER = "clinic_billing_payer"


class ClinicBilling(ClinicPaymentPanel):
    """The client's Billing pages. What is owed is decided by the invoices."""

    _rows_per_page = 10

    @route(
        ["/my/billing", "/my/billing/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def clinic_billing(self, page=1, patient="", **_kwargs):
        """Show what the client owes, then what has been paid."""
        values = self._prepare_billing_values(page, patient)
        return request.render("clinic_invoicing.portal_billing", values)

    @route(
        "/my/billing/for/<int:payer_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def clinic_billing_for(self, payer_id, **_kwargs):
        """Show the bills of a payer whom the client acts for, until another is chosen.

        Whoever is no such payer is not remembered.
        """
        if payer_id in request.env.user.partner_id._clinic_get_payer_ids():
            request.session[PAYER] = payer_id
        return request.redirect("/my/billing")

    @route("/my/billing/pay", type="http", auth="user", website=True, methods=["GET"])
    def clinic_billing_pay(self, amount="", patient="", **chosen):
        """Show the Billing page with the card dialog for the chosen invoices."""
        values = self._prepare_billing_values(patient=patient)
        try:
            invoices = self._get_chosen_invoices(patient, **chosen)
            values.update(self._prepare_payment_values(invoices, amount, patient))
        except UserError as error:
            values["payment_error"] = error.args[0]
        return request.render("clinic_invoicing.portal_billing", values)

    @route("/my/billing/pay/<string:invoice_ids>", type="jsonrpc", auth="user")
    def clinic_billing_transaction(self, invoice_ids, amount=None, shown="", **kwargs):
        """Start to pay the chosen invoices; called by the payment form.

        :param str invoice_ids: ids, separated by commas
        :param float amount: what the client has read and agreed to pay
        :param str shown: the seal of what the client has read
        :return: what the payment form needs to go on
        :raise UserError: it may not be paid; nothing was changed
        """
        invoices = self._get_own_invoices(invoice_ids)
        payer = self._get_payer_of(invoices)
        return self._clinic_start_transaction(
            invoices, payer, amount, Shown(str(shown), with_cards=True), **kwargs
        )

    @route()
    def portal_my_overdue_invoices(self, access_token=None, **kwargs):
        """Lead clients of the practice to the page that asks for what is owed now."""
        overdue = request.env["account.move"]
        if overdue.has_access("read"):
            overdue = overdue.search(self._get_overdue_invoices_domain())
        if any(overdue.mapped("clinic_has_services")):
            return request.redirect("/my/billing")
        return super().portal_my_overdue_invoices(access_token, **kwargs)

    def _get_overdue_invoices_domain(self, partner_id=None):
        """Let them be overdue when the practice's day is over; Core goes by UTC's."""
        day = request.env.company._clinic_get_day()
        return [
            ("invoice_date_due", "<", day) if leaf[0] == "invoice_date_due" else leaf
            for leaf in super()._get_overdue_invoices_domain(partner_id)
        ]

    # === WHOSE BILLS === #

    def _get_shown_payer(self):
        """Return whose bills are shown, in sudo: the client's own, if they have any.

        Or those of the one that a client has chosen who acts for others.
        """
        payers = request.env.user.partner_id._clinic_get_payers()
        chosen = payers.filtered(lambda one: one.id == request.session.get(PAYER))
        if chosen or len(payers) == 1:
            return chosen or payers
        # sudo: the domain says whose they are.
        moves = request.env["account.move"].sudo()
        own = moves._clinic_get_billed_domain(payers[0])
        return payers[0] if moves.search_count(own, limit=1) else payers[1]

    def _get_payer_of(self, invoices):
        """Return as whom the client pays these invoices of theirs, in sudo.

        :raise ValidationError: they are of several payers
        """
        own = request.env.user.partner_id
        payers = own._clinic_pays_as(invoices.partner_id)
        if len(payers) > 1:
            raise ValidationError(
                request.env._("Invoices of several payers are paid one by one.")
            )
        return payers or own

    # === WHICH INVOICES === #

    def _get_own_invoices(self, invoice_ids):
        """Return those of the chosen invoices that the client sees under Billing.

        Whether another invoice exists is not told: it is treated like one that
        does not.
        """
        # sudo: the domain says whose they are, exactly as the list does.
        moves = request.env["account.move"].sudo()
        payers = request.env.user.partner_id._clinic_get_payers()
        billed = moves._clinic_get_billed_domain(payers)
        ids = self._clinic_read_ids(invoice_ids)
        return moves.search(Domain("id", "in", ids) & billed)

    def _get_chosen_invoices(self, patient="", invoice_ids="", **group):
        """Return the invoices that were ticked, or all that can be paid.

        :param group: ``company_id`` and ``currency_id`` of what is paid at once
        """
        # A form sends one value for each tick.
        ticked = request.httprequest.args.getlist("invoice_ids") or [invoice_ids]
        if ticked != [ALL]:
            return self._get_own_invoices(",".join(ticked))
        # sudo: as in _get_own_invoices().
        moves = request.env["account.move"].sudo()
        domain = moves._clinic_get_asked_domain(self._get_shown_payer(), PAGE)
        for name in ("company_id", "currency_id"):
            if group.get(name):
                domain &= Domain(name, "in", self._clinic_read_ids(group[name]))
        domain &= self._get_patient_domain(patient)
        payable = moves.search(domain, order=PAID_FIRST, limit=MOST_AT_ONCE)
        return payable._clinic_filter_for(DIALOG)

    def _get_patient_domain(self, patient):
        ids = self._clinic_read_ids(patient)
        moves = request.env["account.move"]
        return moves._clinic_get_patient_domain(ids[0]) if ids else Domain.TRUE

    # === WHAT THE PAGES SHOW === #

    def _prepare_billing_values(self, page=1, patient=""):
        partner = self._get_shown_payer()
        # sudo: clients read the services and payments of their own invoices.
        moves = request.env["account.move"].sudo()
        chosen = self._get_patient_domain(patient)
        asked = moves._clinic_get_asked(partner, chosen)
        rows = self._prepare_rows(partner, chosen, page, {"patient": patient})
        return {
            **self._prepare_portal_layout_values(),
            "page_name": "clinic_billing",
            "payer": partner,
            "payers": request.env.user.partner_id._clinic_get_payers(),
            "asked": asked,
            "held": moves._clinic_describe_held(partner, asked),
            "asked_now": [group for group in asked if group.amount > 0],
            "later_days": LATER_DAYS,
            **self._prepare_ways(asked),
            "patients": moves._clinic_get_billed_patients(partner),
            "patient_id": next(iter(self._clinic_read_ids(patient)), False),
            "thanks": self._clinic_thank_once(
                moves.transaction_ids._clinic_get_recent(partner)
            ),
            **rows,
            "described": (rows["unpaid"] | rows["settled"])._clinic_describe_rows(
                any(group.held for group in asked)
            ),
        }

    def _prepare_ways(self, asked):
        """Return for which practice and currency clients can pay online."""
        partner = self._get_shown_payer()
        is_on = request.env["account.move"]._clinic_is_online_payment_on()
        online = {
            group[:2]
            for group in asked
            if is_on and group.company._clinic_get_gateways(partner, group.currency)
        }
        offline = {group.company for group in asked if group.amount > 0} - {
            company for company, _currency in online
        }
        return {
            "online": online,
            "is_payment_on": bool(online),
            "otherwise": [each._clinic_describe_otherwise() for each in offline],
        }

    def _prepare_rows(self, partner, chosen, page, url_args):
        """Return the invoices of one page: what is unpaid, then what is paid."""
        # sudo: as in _prepare_billing_values().
        moves = request.env["account.move"].sudo()
        domain = moves._clinic_get_billed_domain(partner) & chosen
        unpaid_count, settled_count = moves._clinic_count_open(domain)
        pager = portal_pager(
            url="/my/billing",
            url_args=url_args,
            total=unpaid_count + settled_count,
            page=page,
            step=self._rows_per_page,
        )
        offset = pager["offset"]
        unpaid = moves.search(
            moves._clinic_get_open_domain(partner) & chosen,
            order=PAID_FIRST,
            limit=self._rows_per_page,
            offset=offset,
        )
        settled = moves.search(
            moves._clinic_get_settled_domain(partner) & chosen,
            order="invoice_date desc, id desc",
            limit=self._rows_per_page,
            offset=max(0, offset - unpaid_count),
        )[: self._rows_per_page - len(unpaid)]
        # Read together: all rows of the page open to the same.
        rows = moves.browse(unpaid.ids + settled.ids)
        return {
            "unpaid": unpaid.with_prefetch(rows.ids),
            "settled": settled.with_prefetch(rows.ids),
            "given_back": rows._clinic_get_given_back_by_invoice(),
            "pager": pager,
        }

    def _prepare_payment_values(self, invoices, amount="", patient=""):
        """Return what the card dialog shows for these invoices.

        :raise UserError: they cannot be paid
        """
        ids = ",".join(map(str, invoices.ids))
        return self._clinic_prepare_panel(
            invoices,
            self._get_payer_of(invoices),
            amount,
            panel_route="/my/billing/pay",
            panel_params={"invoice_ids": ids, "patient": patient},
            landing_route="/my/billing",
            transaction_route=f"/my/billing/pay/{ids}",
        )
