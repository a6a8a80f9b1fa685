from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import html2plaintext, str2bool

from ...rules.askers import CLEARING, TOO_SMALL

UNPAID_STATES = ("not_paid", "partial")
# Money is open on these as well, and cannot be paid at the moment.
OPEN_STATES = (*UNPAID_STATES, "blocked")
# What is larger cannot be rounded.
LARGEST_AMOUNT = 1e300


class AccountMove(models.Model):
    """Which invoices somebody owes, may be asked for and may pay, and in which way."""

    _inherit = "account.move"

    clinic_has_gateway = fields.Boolean(
        compute="_compute_clinic_has_gateway",
        compute_sudo=True,
        help="Whether a payment provider takes the money of whom it is billed to.",
    )

    # The red number of the client's portal is counted by this index alone.
    _clinic_unpaid_index = models.Index(
        """(partner_id)
        WHERE state = 'posted' AND move_type = 'out_invoice'
          AND payment_state IN ('not_paid', 'partial')"""
    )

    # === COMPUTE METHODS === #

    @api.depends("company_id", "currency_id", "partner_id.country_id")
    def _compute_clinic_has_gateway(self):
        # All that providers ask of a payer is the country: many payers, few answers.
        groups = self.grouped(
            lambda move: (
                move.company_id,
                move.currency_id,
                move.partner_id.country_id,
            )
        )
        for (company, currency, _country), moves in groups.items():
            ways = company._clinic_get_gateways(moves.partner_id[:1], currency)
            moves.clinic_has_gateway = bool(ways)

    # === WHAT IS OWED === #

    @api.model
    def _clinic_get_billed_to_domain(self, partner):
        """Invoices addressed to ``partner``, or to one of their own addresses."""
        return Domain("partner_id", "any", partner._clinic_get_own_domain())

    @api.model
    def _clinic_get_posted_domain(self):
        """Invoices that are in the books."""
        return Domain([("state", "=", "posted"), ("move_type", "=", "out_invoice")])

    @api.model
    def _clinic_get_billed_domain(self, partner):
        """Posted invoices that ``partner`` sees under Billing."""
        own = self._clinic_get_billed_to_domain(partner)
        return own & self._clinic_get_posted_domain()

    @api.model
    def _clinic_get_unpaid_domain(self, partner):
        """Invoices that ``partner`` still owes money for."""
        own = self._clinic_get_billed_to_domain(partner)
        return own & self._clinic_get_owed_domain()

    @api.model
    def _clinic_get_owed_domain(self):
        """Invoices that somebody still owes money for."""
        owed = Domain("payment_state", "in", UNPAID_STATES)
        return self._clinic_get_posted_domain() & owed

    def _clinic_is_unpaid(self):
        """Whether it is an invoice that somebody still owes money for."""
        self.ensure_one()
        return bool(self.filtered_domain(self._clinic_get_owed_domain()))

    # === WHAT MAY BE PAID === #

    def _clinic_check_chosen(self):
        """Raise when nothing of what somebody chose to pay can be found."""
        if not self:
            raise ValidationError(
                self.env._("There is nothing to pay here. Please reload the page.")
            )
        if len(self.currency_id) > 1 or len(self.company_id) > 1:
            raise ValidationError(
                self.env._(
                    "Invoices of several practices or currencies are paid one by one."
                )
            )

    def _clinic_check_payable(self, amount, currency):
        """Raise ValidationError unless ``0 < amount <= what is asked for now``."""
        for invoice, reason in self._clinic_get_payment_obstacles().items():
            if len(self) > 1:
                raise ValidationError(
                    self.env._(
                        "%(invoice)s: %(reason)s", invoice=invoice.name, reason=reason
                    )
                )
            raise ValidationError(reason)
        if any(invoice.currency_id != currency for invoice in self):
            raise ValidationError(
                self.env._("An invoice can only be paid in its own currency.")
            )
        # It comes from a browser: JSON knows texts, and Python's reads NaN as a number.
        if amount and not _is_number(amount):
            raise ValidationError(self.env._("This is not an amount of money."))
        asked = self._clinic_sum_offered(self._clinic_get_asker())
        if currency.compare_amounts(amount or 0, asked) > 0 or not asked:
            raise ValidationError(self._clinic_explain_asked(asked))
        if not amount or currency.compare_amounts(amount, 0) <= 0:
            raise ValidationError(self.env._("The amount must be more than zero."))

    def _clinic_explain_asked(self, asked):
        """Return why no more is taken than ``asked``, which closes these invoices."""
        currency = self.currency_id[:1]
        amount = currency.format(asked)
        closing = self._clinic_sum_closing()
        covered = self._clinic_sum_covered(self._clinic_get_asker())
        if not asked and currency.compare_amounts(covered, closing) < 0:
            return self[:1]._clinic_explain_reason(TOO_SMALL)
        if currency.compare_amounts(asked, closing) < 0:
            return self.env._(
                "Only %(owed)s is to be paid: the rest is covered by money that the "
                "practice holds for you.",
                owed=amount,
            )
        if currency.compare_amounts(asked, self._clinic_sum_owed()) < 0:
            return self.env._(
                "Only %(owed)s is still owed: the discount for paying early is taken "
                "off.",
                owed=amount,
            )
        return self.env._(
            "Only %(owed)s is still owed. Please reload the page.", owed=amount
        )

    def _clinic_can_be_paid_online(self):
        """Whether the client finds a way to pay this invoice in the portal."""
        self.ensure_one()
        return self._clinic_is_online_payment_on() and self.clinic_has_gateway

    @api.model
    def _clinic_is_online_payment_on(self):
        """Whether clients may pay in the portal: Odoo's own switch."""
        # sudo: clients may not read system parameters.
        parameters = self.env["ir.config_parameter"].sudo()
        return str2bool(parameters.get_param("account_payment.enable_portal_payment"))

    def _clinic_is_clearing(self):
        """Whether money for this invoice is promised, or has come and is not booked."""
        return self._clinic_has_reason(CLEARING)

    def _clinic_get_payment_notice(self):
        """Tell the client what became of the last attempt to pay online.

        A hook for what else the client should know of it.

        :return: a sentence, or ``False`` when there is nothing to explain
        """
        self.ensure_one()
        last = self.transaction_ids.sorted("id")[-1:]
        if self._clinic_is_clearing():
            return self.env._(
                "Your payment is clearing: it is on its way. You need not do anything."
            )
        if self.payment_state == "blocked":
            return self._clinic_get_payment_obstacle()
        if self._clinic_has_reason(TOO_SMALL):
            return self._clinic_explain_reason(TOO_SMALL)
        if last.state == "draft":
            return last._clinic_get_unfinished_notice()
        if last.state == "error":
            return self.env._(
                "The last payment did not go through. %(reason)s",
                reason=html2plaintext(last.state_message or "").strip(),
            )
        return False

    # === IN WHICH WAY === #

    def _clinic_check_offered(self, payer, amount, provider_id, token_id):
        """Raise unless the payment form offers this way to pay to this payer.

        Why a card of one's own is refused is told; of others' nothing is said. Core's
        routes take any provider, one that is switched off as well, and the saved card
        of anybody who belongs to the same company as the payer.
        """
        # sudo: payers do not read their cards.
        token = self.env["payment.token"].sudo().browse(token_id).exists()
        if token.partner_id == payer:
            token._clinic_check_accepted()
        providers, tokens = self._clinic_get_offer(payer, amount)
        if provider_id not in providers.ids:
            raise ValidationError(
                self.env._("This way to pay is not available. Please reload the page.")
            )
        if token_id and token_id not in tokens.ids:
            raise AccessError(
                self.env._("You do not have access to this payment token.")
            )

    def _clinic_get_offer(self, payer, amount):
        """Return the providers and the saved cards by which this payer can pay.

        :param float amount: of these invoices of one company and currency
        """
        providers = self.env["payment.provider"]._get_compatible_providers(
            self.company_id[:1].id, payer.id, amount, self.currency_id.id
        )
        tokens = self.env["payment.token"]
        return providers, tokens._get_available_tokens(providers.ids, payer.id)

    # === WHAT CORE ASKS AND TELLS === #

    def _has_to_be_paid(self):
        """Let Odoo's own page of an invoice offer no more than ours does."""
        has_to_be_paid = super()._has_to_be_paid()
        if not has_to_be_paid or not self.clinic_has_services:
            return has_to_be_paid
        return self._clinic_can_be_paid_online()

    def _get_online_payment_error(self):
        """Tell on Odoo's own page what ours tells."""
        told = super()._get_online_payment_error()
        if not self.clinic_has_services or self._clinic_can_be_paid_online():
            return told
        offline = self.env._("Invoices cannot be paid online at the moment.")
        return "\n".join(filter(None, [told, offline]))

    def _invoice_paid_hook(self):
        self._clinic_after_paid()
        return super()._invoice_paid_hook()

    def _clinic_after_paid(self):
        """Do what follows when these are paid. Rooms below add to it."""


def _is_number(amount):
    """Whether it is an amount that can be computed with."""
    return type(amount) in (int, float) and abs(amount) < LARGEST_AMOUNT
