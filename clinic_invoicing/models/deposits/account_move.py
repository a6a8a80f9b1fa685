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

    def _clinic_after_posting(self):
        """Take deposits off before other money pays: they are for these visits.

        They may have come while an invoice was being corrected.
        """
        # sudo: a user who posts invoices need not read appointments and deposits.
        moves = self.sudo().filtered(
            lambda move: move.move_type == "out_invoice" and move.clinic_has_services
        )
        visits = moves.invoice_line_ids.clinic_service_id.event_id
        if visits:
            visits._clinic_pass_deposits(moves)
        return super()._clinic_after_posting()

    def _clinic_get_attempts(self):
        """Return all transactions that may bring money for these invoices."""
        return self.transaction_ids | self.clinic_deposit_transaction_ids

    def _clinic_bills_visit(self, visit, payer):
        """Whether this invoice bills this payer for a service of the appointment."""
        self.ensure_one()
        visits = self.invoice_line_ids.clinic_service_id.event_id
        return payer._clinic_is_billed_at(self.partner_id) and visit in visits

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
                move._clinic_unguarded().clinic_deposit_transaction_ids = [
                    Command.link(tx.id) for tx in own
                ]
