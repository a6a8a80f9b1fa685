from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import html2plaintext, str2bool

from ...rules import allocation

UNPAID_STATES = ("not_paid", "partial")
# Money is open on these as well, and cannot be paid at the moment.
OPEN_STATES = (*UNPAID_STATES, "blocked")
# What is larger cannot be rounded.
LARGEST_AMOUNT = 1e300


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "clinic.guarded"]

    clinic_has_services = fields.Boolean(
        string="Bills Services",
        readonly=True,
        copy=False,
        help="Read only by the person it is billed to, not by their relatives or "
        "colleagues.",
    )
    clinic_billing_run_id = fields.Many2one(
        "clinic.billing.run",
        string="Billing Run",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    clinic_payment_attempts = fields.Integer(
        readonly=True,
        copy=False,
        help="How often somebody started to pay online.",
    )

    # The red number of the client's portal is counted by this index alone.
    _clinic_unpaid_index = models.Index(
        """(partner_id)
        WHERE state = 'posted' AND move_type = 'out_invoice'
          AND payment_state IN ('not_paid', 'partial')"""
    )

    # === CRUD METHODS === #

    def copy_data(self, default=None):
        """Let credit notes and what replaces an invoice be read by nobody else."""
        vals_list = super().copy_data(default)
        if not self._clinic_is_guarded():
            for move, vals in zip(self, vals_list, strict=True):
                vals.setdefault("clinic_has_services", move.clinic_has_services)
        return vals_list

    def copy(self, default=None):
        """Nor does a duplicate, which still names the services."""
        copies = super().copy(default)
        told = copies.browse(
            new.id
            for old, new in zip(self, copies, strict=True)
            if old.clinic_has_services and not new.clinic_has_services
        )
        told._clinic_unguarded().write({"clinic_has_services": True})
        return copies

    def _reverse_moves(self, *args, **kwargs):
        """Carry the shares to credit notes, which nobody does by hand."""
        moves = super(AccountMove, self._clinic_unguarded())
        return moves._reverse_moves(*args, **kwargs).with_env(self.env)

    # === SHARES === #

    def _clinic_get_paid_by_share(self):
        """Return what was paid of each share on these invoices.

        An invoice and its credit notes are one account: what is credited was not
        paid. What was paid fills the lines in their order.

        :return: amount in the invoice's currency by share id
        :rtype: dict[int, float]
        """
        paid_by_share = defaultdict(float)
        posted = self.filtered(lambda move: move.state == "posted")
        origins = self.browse()
        for move in posted:
            origins |= move.reversed_entry_id or move
        for origin in origins:
            for share_id, amount in origin._clinic_allocate_paid().items():
                paid_by_share[share_id] += amount
        return paid_by_share

    def _clinic_allocate_paid(self):
        """Return what was paid of each share of this invoice, by share id."""
        self.ensure_one()
        rounding = self.currency_id.rounding
        nets = defaultdict(int)
        total = residual = 0
        family = self | self.reversal_move_ids
        for move in family.filtered(lambda move: move.state == "posted"):
            sign = -1 if move.move_type == "out_refund" else 1
            total += sign * allocation.to_smallest_unit(move.amount_total, rounding)
            residual += sign * allocation.to_smallest_unit(
                move.amount_residual, rounding
            )
            for line in move.invoice_line_ids.sorted("sequence"):
                # A line added by hand takes its turn like the shares do.
                key = line.clinic_share_id or line
                nets[key] += sign * allocation.to_smallest_unit(
                    line.price_total, rounding
                )
        if not nets:
            return {}
        # Taxes rounded per invoice may differ by a cent from those of the lines.
        nets[next(reversed(nets))] += total - sum(nets.values())
        parts = allocation.allocate_in_order(total - residual, list(nets.values()))
        return {
            key.id: part * rounding
            for key, part in zip(nets, parts, strict=True)
            if key._name == "clinic.service.share"
        }

    # === WHAT A CLIENT MAY SEE AND PAY === #

    @api.model
    def _clinic_get_billed_to_domain(self, partner):
        """Invoices addressed to ``partner``, or to one of their own addresses."""
        return Domain("partner_id", "any", partner._clinic_get_own_domain())

    @api.model
    def _clinic_get_billed_domain(self, partner):
        """Posted invoices that ``partner`` sees under Billing."""
        return self._clinic_get_billed_to_domain(partner) & Domain(
            [("state", "=", "posted"), ("move_type", "=", "out_invoice")]
        )

    @api.model
    def _clinic_get_unpaid_domain(self, partner):
        """Invoices that ``partner`` still owes money for."""
        return self._clinic_get_billed_domain(partner) & Domain(
            "payment_state", "in", UNPAID_STATES
        )

    @api.model
    def _clinic_get_open_domain(self, partner):
        """Invoices with money open, whether it can be paid at the moment or not."""
        return self._clinic_get_billed_domain(partner) & Domain(
            "payment_state", "in", OPEN_STATES
        )

    @api.model
    def _clinic_get_settled_domain(self, partner):
        """Invoices that ``partner`` owes nothing for any more."""
        return self._clinic_get_billed_domain(partner) & Domain(
            "payment_state", "not in", OPEN_STATES
        )

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

    def _clinic_start_online_payment(self, amount, currency):
        """Make sure, under lock, that exactly this may be paid for these invoices.

        Called before each online payment attempt, whatever page it comes from.
        The rows stay locked until the attempt is stored, and are written to, so
        that a second attempt at the same moment sees the first.

        :param float amount: what is about to be paid, in ``currency``
        :param res.currency currency: of the payment
        :raise UserError: somebody else is paying them at this moment
        :raise ValidationError: it may not be paid; nothing was changed
        """
        self._clinic_lock_for_payment()
        self._clinic_check_payable(amount, currency)
        self._clinic_get_attempts()._clinic_supersede_open_attempts()
        # Superseding may have found out that the money had arrived already.
        self._clinic_check_payable(amount, currency)
        self._clinic_count_attempt()

    def _clinic_check_payable(self, amount, currency):
        """Raise ValidationError unless ``0 < amount <= what is asked for now``."""
        for invoice in self:
            reason = invoice._clinic_get_payment_obstacle()
            if reason and len(self) > 1:
                raise ValidationError(
                    self.env._(
                        "%(invoice)s: %(reason)s", invoice=invoice.name, reason=reason
                    )
                )
            if reason:
                raise ValidationError(reason)
        if any(invoice.currency_id != currency for invoice in self):
            raise ValidationError(
                self.env._("An invoice can only be paid in its own currency.")
            )
        # It comes from a browser: JSON knows texts, and Python's reads NaN as a number.
        if amount and not _is_number(amount):
            raise ValidationError(self.env._("This is not an amount of money."))
        if not amount or currency.compare_amounts(amount, 0) <= 0:
            raise ValidationError(self.env._("The amount must be more than zero."))
        asked = self._clinic_sum_asked()
        if currency.compare_amounts(amount, asked) > 0:
            raise ValidationError(self._clinic_explain_asked(asked))

    def _clinic_explain_asked(self, asked):
        """Return why no more is taken than ``asked``, which closes these invoices."""
        currency = self.currency_id[:1]
        amount = currency.format(asked)
        if currency.compare_amounts(asked, self._clinic_sum_owed()) < 0:
            return self.env._(
                "Only %(owed)s is still owed: the discount for paying early is taken "
                "off.",
                owed=amount,
            )
        return self.env._(
            "Only %(owed)s is still owed. Please reload the page.", owed=amount
        )

    def _clinic_check_offered(self, payer, amount, provider_id, token_id):
        """Raise unless the payment form offers this way to pay to this payer.

        Stock's routes take any provider, one that is switched off as well, and the
        saved card of anybody who belongs to the same company as the payer.
        """
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

    def _clinic_get_payment_obstacle(self):
        """Return why this invoice cannot be paid online, ``False`` if it can."""
        self.ensure_one()
        if self.move_type != "out_invoice" or self.state != "posted":
            return self.env._("This document cannot be paid.")
        if self.payment_state == "reversed":
            return self.env._("This invoice has been cancelled. Nothing is owed.")
        if self.payment_state == "blocked":
            return self.env._(
                "This invoice is on hold. Nothing needs to be paid for it at present."
            )
        # What was paid without an entry is open until the bank statement comes.
        is_paid = self.payment_state not in UNPAID_STATES
        if is_paid or self.currency_id.is_zero(self.amount_residual):
            return self.env._("This invoice has already been paid.")
        if self._clinic_is_clearing():
            return self.env._(
                "A payment of this invoice is on its way. You need not pay again."
            )
        if not self._clinic_can_be_paid_online():
            return self.env._("Invoices cannot be paid online at the moment.")
        return False

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
        self.ensure_one()
        # One by one: joined, they would be read for each invoice by itself.
        return any(
            tx._clinic_is_clearing()
            for tx in (*self.transaction_ids, *self.clinic_deposit_transaction_ids)
        )

    def _clinic_get_payment_notice(self):
        """Tell the client what became of the last attempt to pay online.

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
        if last.state == "draft":
            return last._clinic_get_unfinished_notice()
        if last.state == "error":
            return self.env._(
                "The last payment did not go through. %(reason)s",
                reason=html2plaintext(last.state_message or "").strip(),
            )
        return False


def _is_number(amount):
    """Whether it is an amount that can be computed with."""
    return type(amount) in (int, float) and abs(amount) < LARGEST_AMOUNT
