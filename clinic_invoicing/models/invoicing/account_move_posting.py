from contextlib import contextmanager

from odoo import models

# Where the formats of the numbers are kept while a batch is posted.
FORMATS = "clinic.number.formats"
POSTING = {"state", "posted_before"}
# Whoever extends one of these may number each invoice in another way.
STOCK_NUMBERING = (
    "_get_last_sequence",
    "_get_last_sequence_domain",
    "_get_sequence_format_param",
    "_get_starting_sequence",
)


class AccountMove(models.Model):
    """What stock does again for each invoice of a batch is done once."""

    _inherit = "account.move"

    # === NUMBERS === #

    @contextmanager
    def _clinic_posting_in_batch(self):
        """While this lasts, the invoices that are posted are the same in kind."""
        data = self.env.cr.precommit.data
        data[FORMATS] = {}
        try:
            yield
        finally:
            data.pop(FORMATS, None)

    def _clinic_get_formats(self):
        return self.env.cr.precommit.data.get(FORMATS)

    def _get_next_sequence_format(self):
        """Look up the last number once; stock's lock and its counter do the rest.

        The first number of a journal and period is found, and locked until the
        commit, by stock. The next ones are counted from there, without a gap.
        """
        formats = self._clinic_get_formats()
        if formats is None or not self._clinic_is_numbering_stock():
            return super()._get_next_sequence_format()
        key = (self.journal_id, self.date, self.move_type, bool(self.origin_payment_id))
        if key not in formats:
            formats[key] = super()._get_next_sequence_format()
        number_format, values = formats[key]
        # The caller takes the number out of its values.
        return number_format, dict(values)

    def _clinic_is_numbering_stock(self):
        # A journal of self-billing counts for each partner.
        return not self.journal_id.is_self_billing and all(
            getattr(type(self), name).__module__.startswith("odoo.addons.account.")
            for name in STOCK_NUMBERING
        )

    # === STATE === #

    def write(self, vals):
        """Post without comparing every line before and after: only the state changes.

        Not when another module has lines of its own to be synchronized.
        """
        only_posts = vals.keys() == POSTING and self._clinic_get_formats() is not None
        if only_posts and self._clinic_is_sync_stock():
            with self._disable_recursion(None, "skip_invoice_sync"):
                return super().write(vals)
        return super().write(vals)
