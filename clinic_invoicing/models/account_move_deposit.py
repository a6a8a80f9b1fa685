from odoo import fields, models
from odoo.fields import Command


class AccountMove(models.Model):
    """Deposits that were on their way when their visits were invoiced."""

    _inherit = "account.move"

    # Not among transaction_ids: providers know what each of those was made for.
    clinic_deposit_transaction_ids = fields.Many2many(
        "payment.transaction",
        relation="clinic_invoice_deposit_transaction",
        column1="invoice_id",
        column2="transaction_id",
        string="Deposits on Their Way",
        readonly=True,
        copy=False,
        help="Started before the invoice was made. What arrives is taken off it.",
    )

    def _clinic_get_attempts(self):
        """Return all transactions that may bring money for these invoices."""
        return self.transaction_ids | self.clinic_deposit_transaction_ids

    def _clinic_bills_visit(self, visit, payer):
        """Whether it bills this payer for a service of the appointment."""
        self.ensure_one()
        billed = self.partner_id
        return payer in (billed, billed._clinic_get_addressee()) and (
            visit in self.invoice_line_ids.clinic_service_id.event_id
        )

    def _clinic_await_deposits(self, transactions):
        """Let these new invoices count the deposits for their visits.

        :param transactions: deposits that may still arrive
        """
        for move in self if transactions else ():
            own = transactions.filtered(
                lambda tx, move=move: move._clinic_bills_visit(
                    tx.clinic_deposit_event_id, tx.partner_id
                )
            )
            if own:
                move.clinic_deposit_transaction_ids = [
                    Command.link(tx.id) for tx in own
                ]
