import re

from odoo.exceptions import UserError, ValidationError
from odoo.http import request, route

from odoo.addons.account_payment.controllers.portal import PortalAccount

from ...rules.askers import DIALOG
from ...rules.typed_numbers import read_amount, read_number
from .form import prepare_form

# PostgreSQL's ids have 31 bits.
LARGEST_ID = 2**31 - 1
# What the session remembers of payments.
THANKED = "clinic_thanked_for"


class ClinicPaymentPanel(PortalAccount):
    """The step in which somebody reads what is paid, and with what.

    Shared by the pages that take money; how much of what may be paid is decided by
    the invoices.
    """

    # === WHAT IS ASKED FOR === #

    def _clinic_read_ids(self, text):
        """Return the ids in a list that somebody may have typed."""
        parts = filter(re.compile("[0-9]{1,10}").fullmatch, text.split(","))
        return [number for number in map(int, parts) if number <= LARGEST_ID]

    def _clinic_read_amount(self, text):
        """Return the amount that somebody has typed.

        :raise ValidationError: it is none
        """
        amount = read_number(text)
        if amount is None:
            raise ValidationError(
                request.env._("Please enter an amount of money, for instance 25.50.")
            )
        return amount

    # === AFTERWARDS === #

    def _clinic_thank_once(self, tx):
        """Return the payment that its payer has not been thanked for yet."""
        if not tx or request.session.get(THANKED) == tx.id:
            return None
        request.session[THANKED] = tx.id
        return tx

    # === THE PANEL === #

    def _clinic_prepare_panel(self, invoices, payer, amount="", **form):
        """Return what the template ``clinic_invoicing.payment_panel`` shows.

        :param account.move invoices: to be paid, as superuser
        :param res.partner payer: whose cards are offered
        :param str amount: what somebody wants to pay of them; nothing for all
        :param form: see :meth:`_clinic_prepare_form`, and ``panel_route`` and
            ``panel_params``: where the amount is changed
        :raise UserError: they cannot be paid
        """
        invoices._clinic_check_chosen()
        currency = invoices.currency_id
        most = invoices._clinic_sum_offered(DIALOG)
        invoices._clinic_check_payable(most, currency)
        suggested = invoices._clinic_get_suggested(DIALOG)
        to_pay, error = invoices._clinic_get_chargeable(suggested), False
        if not to_pay:
            raise ValidationError(invoices._clinic_explain_chargeable(to_pay))
        most = invoices._clinic_get_chargeable(most)
        if amount:
            try:
                to_pay = self._clinic_check_amount(invoices, amount)
            except UserError as refusal:
                error = refusal.args[0]
        allocation = invoices._clinic_get_allocation(to_pay)
        return {
            "payable": invoices,
            "owed_total": most,
            "covered": invoices._clinic_sum_covered(DIALOG),
            "amount": to_pay,
            "amount_step": 10**-currency.decimal_places,
            "amount_error": error,
            "allocation": allocation,
            "left": invoices._clinic_get_left(allocation),
            "instead": invoices.company_id._clinic_describe_otherwise(invoices),
            "panel_route": form.pop("panel_route"),
            "panel_params": form.pop("panel_params", {}),
            **self._clinic_prepare_form(invoices, payer, to_pay, **form),
        }

    def _clinic_check_amount(self, invoices, text):
        """Return the amount that somebody wants to pay of these invoices.

        :raise UserError: it may not be paid
        """
        currency = invoices.currency_id
        amount = self._clinic_read_amount(text)
        invoices._clinic_check_payable(amount, currency)
        invoices._clinic_check_part(amount)
        return currency.round(amount)

    def _clinic_prepare_form(
        self, invoices, payer, amount, *, with_cards=True, **routes
    ):
        """Return what Odoo's payment form needs.

        Core always offers the cards of the user who is logged in.

        :param bool with_cards: offer the payer's cards, and to save new ones; else the
            form tells nothing of the payer
        :param str routes: ``landing_route`` and ``transaction_route``
        """
        company, currency = invoices.company_id, invoices.currency_id
        report = {}
        # sudo: payers read neither providers nor the cards of others.
        env = request.env(su=True)
        providers = env["payment.provider"]._get_compatible_providers(
            company.id, payer.id, amount, currency_id=currency.id, report=report
        )
        form = prepare_form(providers, payer, currency, report=report, **routes)
        if with_cards:
            cards = form["tokens_sudo"]
            form["tokens_sudo"] = cards._get_available_tokens(providers.ids, payer.id)
            may_save = self._compute_show_tokenize_input_mapping(providers)
            form["show_tokenize_input_mapping"] = may_save
        else:
            # Providers fill their forms in with the address of this partner.
            form["partner_id"] = request.env.user.partner_id.id
        seal = request.env["clinic.shown"]._seal_payment
        return {
            "shown": seal(invoices, amount, form["tokens_sudo"]),
            "company_mismatch": not self._can_partner_pay_in_company(payer, company),
            "expected_company": company,
            **form,
            **self._get_extra_payment_form_values(**form),
        }

    def _clinic_start_transaction(self, invoices, payer, amount, shown, /, **kwargs):
        """Start to pay these invoices; return what the payment form needs to go on.

        :param float amount: what the payer has read and agreed to pay
        :param Shown shown: what the payer has read
        :param kwargs: of the request, unchecked: a key may have any name
        :raise BadRequest: the payment form sends no such key
        :raise UserError: it may not be paid; nothing was changed
        """
        invoices._clinic_check_chosen()
        kwargs.pop("access_token", None)
        self._validate_transaction_kwargs(kwargs)
        return self._process_transaction(
            payer.id,
            invoices.currency_id.id,
            invoices.ids,
            None,
            amount=amount,
            clinic_shown=shown,
            **kwargs,
        )

    # === CORE'S OWN PAGES === #

    @staticmethod
    def _can_partner_pay_in_company(partner, document_company):
        """Let clients of a company pay its branches; Core asks for the same company."""
        is_theirs = partner.company_id in document_company._clinic_get_lineage()
        return is_theirs or PortalAccount._can_partner_pay_in_company(
            partner, document_company
        )

    def _overdue_invoices_get_page_view_values(self, overdue_invoices, **kwargs):
        """Ask for what is still owed; Core asks for the totals."""
        values = super()._overdue_invoices_get_page_view_values(
            overdue_invoices, **kwargs
        )
        if "payment" in values:
            owed = overdue_invoices._clinic_sum_offered(DIALOG)
            values["amount"] = values["payment"]["amount"] = owed
        return values

    def _get_common_page_view_values(self, invoices_data, *args, **kwargs):
        """Offer the ways to pay what is owed; Core asks who would take the total."""
        owed = invoices_data.get("amount_residual", invoices_data["total_amount"])
        values = super()._get_common_page_view_values(
            {**invoices_data, "total_amount": owed}, *args, **kwargs
        )
        return self._clinic_admit_to_branches(values)

    @route()
    def payment_pay(self, *args, amount=None, **kwargs):
        """Let clients of a company pay its branches by a link of Core as well."""
        # Core voids what is no number, and stumbles over numbers that are no amount.
        amount = amount if read_amount(amount) else None
        response = super().payment_pay(*args, amount=amount, **kwargs)
        if "company_mismatch" in getattr(response, "qcontext", {}):
            self._clinic_admit_to_branches(response.qcontext)
        return response

    def _clinic_admit_to_branches(self, values):
        """Decide anew whether this payer is one of the company; return the values.

        Core's pages ask Core's own class, and so nobody who overrides it.

        :param dict values: of a page of Core with a payment form; are changed
        """
        # sudo: as Core does; payers read neither companies nor other contacts.
        payer = request.env["res.partner"].sudo().browse(values["partner_id"])
        company = values["expected_company"].sudo()
        is_theirs = self._can_partner_pay_in_company(payer, company)
        values["company_mismatch"] = not is_theirs
        return values
