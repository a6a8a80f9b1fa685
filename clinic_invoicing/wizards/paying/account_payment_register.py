from odoo import api, fields, models
from odoo.exceptions import UserError

from ...models.paying.payment_transaction import OFFLINE_CODES
from ...rules.askers import DESK
from ...server_side import heard, tell


class AccountPaymentRegister(models.TransientModel):
    """Payments that staff register: what has happened, or is charged, and only once."""

    _inherit = "account.payment.register"

    clinic_clearing_names = fields.Char(
        compute="_compute_clinic_clearing_names",
        help="The invoices that money is on its way for already.",
    )
    clinic_held_note = fields.Char(
        compute="_compute_clinic_held_note",
        help="How much of what is owed is covered by money that is held.",
    )
    clinic_share_ids = fields.Many2many(
        "clinic.service.share",
        string="For",
        groups="clinic_invoicing.group_biller",
        help="What the money is for, where an invoice bills more. Empty: the oldest "
        "is paid first.",
    )

    # === COMPUTE METHODS === #

    @api.depends("clinic_share_ids")
    def _compute_amount(self):
        """Ask for what is open of those that were named, not of their invoices."""
        result = super()._compute_amount()
        for wizard in self:
            meant = wizard._clinic_get_meant(wizard.line_ids)
            if meant and not wizard.custom_user_amount:
                wizard.amount = _sum_meant(meant)
        return result

    @api.depends("line_ids")
    def _compute_clinic_clearing_names(self):
        for wizard in self:
            clearing = wizard.line_ids.move_id.filtered("clinic_is_clearing")
            wizard.clinic_clearing_names = ", ".join(clearing.mapped("name"))

    @api.depends("line_ids")
    def _compute_clinic_held_note(self):
        for wizard in self:
            invoices = wizard.line_ids.move_id.filtered(
                lambda move: move.clinic_has_services and move._clinic_is_unpaid()
            )
            # Amounts of several currencies have no sum.
            is_sum = len(invoices.company_id) == len(invoices.currency_id) == 1
            note = is_sum and invoices._clinic_explain_held(DESK)
            wizard.clinic_held_note = note

    @api.depends_context("clinic_received_outside")
    @api.depends("payment_type", "journal_id", "currency_id")
    def _compute_payment_method_line_fields(self):
        result = super()._compute_payment_method_line_fields()
        for wizard in self:
            wizard.available_payment_method_line_ids = wizard._clinic_filter_lines(
                wizard.available_payment_method_line_ids
            )
        return result

    @api.depends("payment_type", "journal_id")
    def _compute_payment_method_line_id(self):
        result = super()._compute_payment_method_line_id()
        for wizard in self:
            if wizard._clinic_filter_lines(wizard.payment_method_line_id):
                continue
            wizard.payment_method_line_id = wizard._clinic_filter_lines(
                wizard.journal_id._get_available_payment_method_lines(
                    wizard.payment_type
                )
            )[:1]
        return result

    def _clinic_filter_lines(self, lines):
        """Leave out online providers for money that was received outside.

        Choosing one would record the invoices as paid without charging anybody.
        The context key is set by the worklist's "Mark as paid".
        """
        if not self.env.context.get("clinic_received_outside"):
            return lines
        return lines.filtered(lambda line: not line.payment_provider_id)

    @api.depends("payment_method_line_id")
    def _compute_suitable_payment_token_ids(self):
        result = super()._compute_suitable_payment_token_ids()
        for wizard in self:
            cards = wizard.suitable_payment_token_ids
            if wizard._clinic_is_for_services():
                cards = wizard._clinic_find_cards()
            wizard.suitable_payment_token_ids = cards._clinic_get_offered()
        return result

    def _clinic_find_cards(self):
        """Return the cards of whom these invoices are billed to, in sudo.

        Core finds those of the payer's company; and none of who is behind an address.
        """
        # sudo: as Core does; they are the payer's own.
        tokens = self.env["payment.token"].sudo()
        provider = self.payment_method_line_id.payment_provider_id
        payer = self._clinic_get_payer(self.line_ids)
        if not payer or not self.use_electronic_payment_method:
            return tokens
        return tokens.search(
            [
                *tokens._check_company_domain(self.company_id),
                ("partner_id", "in", payer._clinic_get_wallet_owners().ids),
                ("provider_id.capture_manually", "=", False),
                ("provider_id", "=", provider.id),
            ]
        )

    # === WHO PAYS === #

    def _clinic_is_for_services(self):
        """Whether some of what is paid is billed by the practice for services."""
        return any(self.line_ids.move_id.mapped("clinic_has_services"))

    @api.model
    def _clinic_get_payer(self, lines):
        """Return whose money pays these lines; nobody when several persons owe them.

        Then it is whom Core names: an employer who pays for several employees.
        """
        owners = lines._clinic_get_owners()
        return owners if len(owners) == 1 else owners.browse()

    # === ACTION METHODS === #

    def action_create_payments(self):
        """Take a payment back when a negative amount was typed."""
        if self._clinic_is_negative():
            payments = self.env["account.payment"]._clinic_find_reversible(
                self.line_ids._clinic_get_owners(), -self.amount, self.line_ids.move_id
            )
            return payments._clinic_reverse_by_habit(-self.amount)
        return super().action_create_payments()

    # === THE PAYMENTS === #

    def _create_payments(self):
        """Charge a saved card for what is owed, once; refuse a negative amount."""
        if self._clinic_is_negative():
            raise UserError(
                self.env._(
                    "A payment is never negative. To take one back, open it and press "
                    "Reverse Payment."
                )
            )
        if self.payment_token_id:
            # sudo: billers do not read every transaction of the invoices.
            invoices = self.sudo().line_ids.move_id
            chargeable = self.payment_token_id._clinic_get_chargeable(
                self.amount, self.currency_id
            )
            if self.currency_id.compare_amounts(chargeable, self.amount):
                raise UserError(invoices._clinic_explain_chargeable(chargeable))
            due = invoices._clinic_get_due(currency=self.currency_id, is_charge=True)
            self.env["payment.transaction"]._clinic_reserve(due, self.amount)
        return super()._create_payments()

    def _clinic_is_negative(self):
        self.ensure_one()
        return bool(
            self.partner_type == "customer"
            and self.currency_id
            and self.currency_id.compare_amounts(self.amount, 0) < 0
        )

    def _init_payments(self, to_process, edit_mode=False):
        """Refuse to record as paid what an online provider has not charged."""
        for values in to_process:
            self._clinic_check_will_charge(values["create_vals"])
        return super()._init_payments(to_process, edit_mode=edit_mode)

    def _reconcile_payments(self, to_process, edit_mode=False):
        """Pay what was named, then the oldest first, and be linked to what is paid.

        What is due on one day Core pays by chance; it links what gets nothing as well.
        """
        named = []
        for values in to_process:
            values["to_reconcile"] = values["to_reconcile"]._clinic_sort_oldest_first()
            named += self._clinic_name(values)
        result = super()._reconcile_payments(to_process, edit_mode=edit_mode)
        for values in to_process:
            self._clinic_forget_unpaid(values)
        self.env["clinic.share.allocation"]._remember(named)
        return result

    def _clinic_forget_unpaid(self, values):
        """Let a payment be linked to what it pays alone."""
        payment = values["payment"]
        # Without an entry, the link alone tells what it pays.
        if payment.move_id and payment.payment_type == "inbound":
            payment._clinic_forget_unpaid(
                values["to_reconcile"].move_id.filtered(
                    lambda move: move.move_type == "out_invoice"
                )
            )

    # === WHAT IT IS FOR === #

    def _clinic_get_meant(self, lines):
        """Return what is meant to be paid of the invoices of these lines.

        An invoice all of whose open shares are named is paid as a whole.

        :return: what is open of the named shares, or of the whole invoice, by invoice;
            empty when nothing has to be told apart
        :rtype: dict[account.move, dict | float]
        """
        invoices = lines.move_id
        # sudo: who has no right in the clinic registers payments and names nothing.
        named = self.sudo().clinic_share_ids._origin.with_env(self.env)
        if not named or invoices.currency_id != self.currency_id:
            return {}
        meant = {}
        for invoice, shares in invoices._clinic_get_open_by_share().items():
            chosen = {share: part for share, part in shares.items() if share in named}
            is_all = len(chosen) == len(shares)
            meant[invoice] = invoice.amount_residual if is_all else chosen
        has_parts = any(parts and _is_part(parts) for parts in meant.values())
        return meant if has_parts else {}

    def _clinic_name(self, values):
        """Let a payment pay what is meant; return which shares that is.

        :param dict values: of one payment, as Core processes it
        :return: see clinic.share.allocation._remember()
        """
        payment, invoices = values["payment"], values["to_reconcile"].move_id
        meant = self._clinic_get_meant(values["to_reconcile"])
        if not meant or values["create_vals"].get("write_off_line_vals"):
            return []
        named, left, shown = [], payment.amount, []
        for invoice, parts in meant.items():
            amount = min(left, _sum_meant({invoice: parts}))
            shown += invoice._clinic_get_line_parts(amount, day=False)
            left = self.currency_id.round(left - amount)
            for share, part in parts.items() if _is_part(parts) else ():
                named.append((payment, invoice, share, min(part, amount)))
                amount = self.currency_id.round(amount - min(part, amount))
        shown = [(line.id, part) for line, part, _discount in shown]
        parts = invoices._clinic_get_line_parts(payment.amount, day=False, shown=shown)
        most = {line.id: part for line, part, _discount in parts}
        # context: Core pays the oldest first.
        values["payment"] = payment.with_context(**tell(clinic_most_matched=most))
        return [row for row in named if not self.currency_id.is_zero(row[3])]

    def _clinic_check_will_charge(self, payment_values):
        """Raise UserError when an online provider would not be asked for the money.

        It only is with a saved card, and for one payment at a time.
        """
        line = self.env["account.payment.method.line"].browse(
            payment_values["payment_method_line_id"]
        )
        # sudo: billers do not read providers.
        provider = line.sudo().payment_provider_id
        if (
            payment_values["payment_type"] != "inbound"
            or provider.code in (False, *OFFLINE_CODES)
            or payment_values.get("payment_token_id")
        ):
            return
        raise UserError(
            self.env._(
                "%(provider)s would not be asked for the money, and the invoices would "
                "be shown as paid. Choose a saved card and pay the invoices one by one "
                "or as one payment; send a payment link; or choose the method by which "
                "the money was really received.",
                provider=line.name,
            )
        )

    def _create_payment_vals_from_wizard(self, batch_result):
        """Write off the discounts of exactly those that are closed.

        Core gives them for all lines or for none. The context key is set by the desk.
        """
        values = super()._create_payment_vals_from_wizard(batch_result)
        line_ids = heard(self.env, "clinic_discounted_ids") or []
        lines = self.env["account.move.line"].browse(line_ids)
        values["write_off_line_vals"] += lines._clinic_prepare_discounts()
        return {**values, **self._clinic_prepare_payer(batch_result)}

    def _create_payment_vals_from_batch(self, batch_result):
        values = super()._create_payment_vals_from_batch(batch_result)
        meant = self._clinic_get_meant(batch_result["lines"])
        if meant:
            values.update(amount=_sum_meant(meant), write_off_line_vals=[])
        return {**values, **self._clinic_prepare_payer(batch_result)}

    def _clinic_prepare_payer(self, batch_result):
        """Return the value that tells whose money a payment of services is."""
        payer = self._clinic_get_payer(batch_result["lines"])
        is_ours = payer and self._clinic_is_for_services()
        return {"clinic_payer_id": payer.id} if is_ours else {}


def _is_part(meant):
    """Whether shares are meant, and not a whole invoice."""
    return isinstance(meant, dict)


def _sum_meant(meant):
    """Return how much is meant altogether, see _clinic_get_meant()."""
    return sum(
        sum(parts.values()) if _is_part(parts) else parts for parts in meant.values()
    )
