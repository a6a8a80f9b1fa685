from odoo import models


class AccountPayment(models.Model):
    """How it was paid, in the client's words."""

    _inherit = "account.payment"

    def _clinic_get_method_name(self):
        """Return how it was paid, as the client knows it: card brand, bank, cash."""
        self.ensure_one()
        # sudo: billers do not read every transaction.
        online = self.sudo().payment_transaction_id.payment_method_id
        if online:
            return online.name
        line = self.payment_method_line_id
        if line.code != "manual":
            return line.name
        # "Manual Payment" says nothing to the client.
        journal = self.journal_id
        kinds = dict(journal._fields["type"]._description_selection(self.env))
        return kinds.get(journal.type, line.name)

    def _clinic_get_card_name(self):
        """Return the saved card that paid, as its owner knows it; else nothing."""
        # sudo: clients read neither transactions nor other people's cards.
        return self.sudo().payment_transaction_id.token_id.display_name or ""
