from collections import defaultdict
from contextlib import contextmanager

from odoo import api, models
from odoo.fields import Command
from odoo.tools.misc import clean_context

# What an invoice may be told for its entry to be the simple one that is made here.
PLAIN_MOVE_FIELDS = frozenset(
    {
        "company_id",
        "currency_id",
        "invoice_date",
        "invoice_line_ids",
        "invoice_payment_term_id",
        "move_type",
        "partner_id",
        "ref",
    }
)
PLAIN_LINE_FIELDS = frozenset(
    {
        "discount",
        "extra_tax_data",
        "name",
        "price_unit",
        "product_id",
        "quantity",
        "tax_ids",
    }
)
# Whoever extends one of these makes other entries than Core's.
CORE_SYNC = (
    "_get_sync_stack",
    "_sync_dynamic_line",
    "_sync_dynamic_lines",
    "_sync_invoice",
    "_sync_rounding_lines",
    "_sync_tax_lines",
)
# Whoever extends one of these may number each invoice in another way.
CORE_NUMBERING = (
    "_get_last_sequence",
    "_get_last_sequence_domain",
    "_get_sequence_format_param",
    "_get_starting_sequence",
)
# Where the formats of the numbers are kept while a batch is posted.
FORMATS = "clinic.number.formats"
POSTING = {"state", "posted_before"}


class AccountMove(models.Model):
    """Many invoices at once, with the entries that Core would make one by one.

    Core first stores invoice lines without amounts, then looks at every line before
    and after each change, and writes balances, taxes and terms line by line. Here
    Core's own methods compute the taxes and the terms of all invoices, and what is
    missing is stored at once. What Core does again for each invoice that it posts is
    done once.
    """

    _inherit = "account.move"

    @api.model
    def _clinic_create_posted(self, vals_list):
        """Create and post invoices: what `create()` and `action_post()` would store.

        :raise UserError: whatever Core refuses, e.g. an invoice in a locked period
        """
        unguarded = self._clinic_unguarded()
        if self._clinic_are_plain(vals_list):
            moves = unguarded._clinic_create_drafts(vals_list)
        else:
            moves = unguarded.create(vals_list)
        moves = moves.with_env(self.env)
        with self._clinic_posting_in_batch():
            moves.action_post()
        moves._clinic_after_posting()
        return moves

    # === WHAT IS SIMPLE ENOUGH === #

    def _clinic_is_core_sync(self):
        """Whether no other module has a say in the lines that Odoo adds by itself."""
        models_ = (type(self), type(self.env["account.move.line"]))
        methods = (
            getattr(model, name)
            for model in models_
            for name in CORE_SYNC
            if hasattr(model, name)
        )
        return all(
            method.__module__.startswith("odoo.addons.account.") for method in methods
        )

    def _clinic_are_plain(self, vals_list):
        """Whether the invoices consist of products, taxes and payment terms alone."""
        return (
            self._clinic_is_core_sync()
            and all(map(_is_plain, vals_list))
            and not self._clinic_has_special_lines(vals_list)
            and not any(self._clinic_get_terms(vals_list).mapped("early_discount"))
        )

    def _clinic_get_terms(self, vals_list):
        """Return the payment terms that these invoices will have."""
        terms = self.env["account.payment.term"]
        by_company = defaultdict(list)
        for vals in vals_list:
            if "invoice_payment_term_id" in vals:
                terms |= terms.browse(vals["invoice_payment_term_id"])
            else:
                by_company[vals["company_id"]].append(vals.get("partner_id"))
        for company_id, payer_ids in by_company.items():
            payers = self.env["res.partner"].browse(filter(None, payer_ids))
            terms |= payers.with_company(company_id).property_payment_term_id
        return terms

    def _clinic_has_special_lines(self, vals_list):
        """Whether Odoo books discounts apart, or rounds what is paid in cash."""
        defaults = self.env["ir.default"]._get_model_defaults(self._name)
        companies = {vals["company_id"] for vals in vals_list}
        return bool(
            self.env["res.company"]
            .browse(companies)
            .account_discount_expense_allocation_id
            or "invoice_cash_rounding_id" in defaults
            or "default_invoice_cash_rounding_id" in self.env.context
        )

    # === DRAFTS === #

    def _clinic_create_drafts(self, vals_list):
        """Create invoices with all their lines in three steps for the whole batch."""
        container = {"records": self.browse()}
        # skip_invoice_sync and skip_invoice_line_sync: what they synchronize is made
        # below. mail_create_nolog: logged for all of them at the end.
        model = self.with_context(skip_invoice_line_sync=True, mail_create_nolog=True)
        with (
            self._check_balanced(container),
            self._disable_recursion(container, "skip_invoice_sync"),
        ):
            moves = model.create(self._clinic_complete(vals_list))
            container["records"] = moves
            moves._clinic_add_tax_lines()
            moves._clinic_add_term_lines()
        moves = moves.with_env(self.env)
        moves._clinic_log_creation()
        return moves

    def _clinic_complete(self, vals_list):
        """Return the values with what Odoo would search for each invoice and line."""
        journals = {}
        line_defaults = {}
        if not self._clinic_uses_analytic_defaults():
            line_defaults["analytic_distribution"] = False
        completed = []
        for vals in vals_list:
            kind = {name: vals.get(name) for name in ("company_id", "currency_id")}
            key = tuple(kind.values())
            if key not in journals:
                draft = self.new({"move_type": vals["move_type"], **kind})
                journals[key] = draft._search_default_journal().id
            lines = [
                Command.create({**line_defaults, **line})
                for _command, _id, line in vals.get("invoice_line_ids", ())
            ]
            defaults = {"journal_id": journals[key]}
            completed.append({**defaults, **vals, "invoice_line_ids": lines})
        return completed

    def _clinic_uses_analytic_defaults(self):
        """Whether the analytic accounts of a line may follow from something."""
        lines = self.env["account.move.line"]
        related = type(lines)._related_analytic_distribution
        rules = self.env["account.analytic.distribution.model"]
        return not related.__module__.startswith("odoo.addons.account.") or bool(
            rules.search_count([], limit=1)
        )

    def _clinic_add_tax_lines(self):
        # Defaults of the invoices are none of their lines'.
        lines = self.env(context=clean_context(self.env.context))["account.move.line"]
        amounts, vals_list = [], []
        for move in self:
            move_amounts, move_vals_list = move._clinic_prepare_tax_lines()
            amounts += move_amounts
            vals_list += move_vals_list
        lines._clinic_set_base_amounts(amounts)
        lines.create(vals_list)

    def _clinic_prepare_tax_lines(self):
        """Return the amounts of the invoice lines, and the values of the tax lines."""
        self.ensure_one()
        taxes = self.env["account.tax"]
        base_lines, _ = self._get_rounded_base_and_tax_lines(round_from_tax_lines=False)
        taxes._add_accounting_data_in_base_lines_tax_details(
            base_lines, self.company_id, include_caba_tags=self.always_tax_exigible
        )
        result = taxes._prepare_tax_lines(base_lines, self.company_id)
        amounts = [
            (base_line["record"], values)
            for base_line, values in result["base_lines_to_update"]
        ]
        vals_list = [
            {**values, "display_type": "tax", "move_id": self.id}
            for values in result["tax_lines_to_add"]
        ]
        return amounts, vals_list

    def _clinic_add_term_lines(self):
        # Defaults of the invoices are none of their lines'.
        lines = self.env(context=clean_context(self.env.context))["account.move.line"]
        needed = self._sync_dynamic_line_needed_values(self.mapped("needed_terms"))
        lines.create(
            [
                {**key, **values, "display_type": "payment_term"}
                for key, values in needed.items()
            ]
        )

    # === POSTING === #

    @contextmanager
    def _clinic_posting_in_batch(self):
        """Let invoices of the same kind be posted, as long as the block lasts."""
        data = self.env.cr.precommit.data
        data[FORMATS] = {}
        try:
            yield
        finally:
            data.pop(FORMATS, None)

    def _clinic_get_formats(self):
        return self.env.cr.precommit.data.get(FORMATS)

    def _clinic_only_posts(self, vals):
        """Whether only the state of a batch changes, so that no line need be compared.

        Another module may have lines of its own to be synchronized.
        """
        only_posts = vals.keys() == POSTING and self._clinic_get_formats() is not None
        return only_posts and self._clinic_is_core_sync()

    def _get_next_sequence_format(self):
        """Look up the last number once; Core's lock and its counter do the rest.

        The first number of a journal and period is found, and locked until the
        commit, by Core. The next ones are counted from there, without a gap.
        """
        formats = self._clinic_get_formats()
        if formats is None or not self._clinic_is_core_numbering():
            return super()._get_next_sequence_format()
        key = (self.journal_id, self.date, self.move_type, bool(self.origin_payment_id))
        if key not in formats:
            formats[key] = super()._get_next_sequence_format()
        number_format, values = formats[key]
        # The caller takes the number out of its values.
        return number_format, dict(values)

    def _clinic_is_core_numbering(self):
        # A journal of self-billing counts for each partner.
        return not self.journal_id.is_self_billing and all(
            getattr(type(self), name).__module__.startswith("odoo.addons.account.")
            for name in CORE_NUMBERING
        )


def _is_plain(vals):
    return (
        vals.get("move_type") == "out_invoice"
        and bool(vals.get("company_id") and vals.get("invoice_date"))
        and _is_subset(vals, PLAIN_MOVE_FIELDS)
        and all(map(_is_plain_line, vals.get("invoice_line_ids", ())))
    )


def _is_subset(vals, names):
    return all(name in names or name.startswith("clinic_") for name in vals)


def _is_plain_line(command):
    return command[0] == Command.CREATE and _is_subset(command[2], PLAIN_LINE_FIELDS)
