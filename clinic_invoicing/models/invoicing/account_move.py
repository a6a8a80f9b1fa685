from odoo import fields, models


class AccountMove(models.Model):
    """Invoices of services: how they are marked, copied, credited and written."""

    _name = "account.move"
    _inherit = ["account.move", "clinic.guarded"]

    clinic_has_services = fields.Boolean(
        string="Bills Services",
        readonly=True,
        copy=False,
        help="Read only by the person it is billed to, not by their relatives or "
        "colleagues.",
    )

    # === CRUD METHODS === #

    def write(self, vals):
        """Check what is written; post a batch without synchronizing each invoice."""
        self._clinic_check_write(vals)
        if not self._clinic_only_posts(vals):
            return super().write(vals)
        with self._disable_recursion(None, "skip_invoice_sync"):
            return super().write(vals)

    def _clinic_check_write(self, vals):
        """Raise UserError when these values may not be written.

        Rooms below add to it.
        """

    def copy_data(self, default=None):
        """Let credit notes and what replaces an invoice be read by nobody else."""
        vals_list = super().copy_data(default)
        if not self._clinic_is_guarded():
            for move, vals in zip(self, vals_list, strict=True):
                vals.setdefault("clinic_has_services", move.clinic_has_services)
        return vals_list

    def copy(self, default=None):
        """Let duplicates, which name the services as well, be read by nobody else."""
        copies = super().copy(default)
        told = copies.browse(
            new.id
            for old, new in zip(self, copies, strict=True)
            if old.clinic_has_services and not new.clinic_has_services
        )
        told._clinic_unguarded().write({"clinic_has_services": True})
        return copies

    # === BUSINESS METHODS === #

    def _post(self, soft=True):
        posted = super()._post(soft=soft)
        # What is posted in a batch is followed up when all of it is in the books.
        invoices = posted.filtered(lambda move: move.is_sale_document())
        if invoices and self._clinic_get_formats() is None:
            invoices._clinic_after_posting()
        return posted

    def _clinic_after_posting(self):
        """Do what follows when these invoices are posted. Rooms below add to it."""

    def _reverse_moves(self, *args, **kwargs):
        """Carry the shares to credit notes, which nobody does by hand."""
        self._clinic_check_reversal()
        moves = super(AccountMove, self._clinic_unguarded())
        return moves._reverse_moves(*args, **kwargs).with_env(self.env)

    def _clinic_check_reversal(self):
        """Raise UserError when one of these may not be reversed.

        Rooms below add to it.
        """
