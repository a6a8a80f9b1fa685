from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError

from ..paying.account_payment import BOOKED_STATES

RECEIPT = "clinic_invoicing.account_move_report_receipt"


class AccountMove(models.Model):
    """Receipts: what was done, by whom, and how it was paid."""

    _inherit = "account.move"

    # === ACTION METHODS === #

    def action_clinic_receipt(self):
        """Print the receipts of these invoices."""
        self.check_access("read")
        self._clinic_check_receipted()
        return self.env.ref(RECEIPT).report_action(self)

    def _clinic_get_receipt_filename(self):
        self.ensure_one()
        return self.env._("Receipt %(invoice)s", invoice=self.name.replace("/", "-"))

    # === WHAT IS ON IT === #

    def _clinic_get_kind(self):
        """Return what this entry is to the client who reads of it."""
        self.ensure_one()
        if self.move_type in ("out_invoice", "out_receipt"):
            return "invoice"
        if self.move_type == "out_refund":
            return "credit_note"
        # sudo: billers read payments, not each transaction of the bank.
        payment, bank_line = self.origin_payment_id, self.sudo().statement_line_id
        if payment:
            return "payment" if payment.payment_type == "inbound" else "refund"
        if bank_line:
            return "payment" if bank_line.amount > 0 else "refund"
        return "adjustment"

    def _clinic_check_receipted(self):
        """Raise UserError when nothing has been paid of one of these invoices."""
        for move in self:
            if not move._clinic_is_receipted():
                raise UserError(
                    self.env._(
                        "Nothing has been paid of %(invoice)s yet: there is nothing to "
                        "give a receipt for.",
                        invoice=move.display_name,
                    )
                )

    def _clinic_is_receipted(self):
        """Whether money has been paid for this invoice, and has not gone back."""
        self.ensure_one()
        return (
            self.move_type == "out_invoice"
            and self.state == "posted"
            and any(
                entry._clinic_get_kind() == "payment"
                and not self.currency_id.is_zero(amount - written_off)
                for entry, amount, written_off in self._clinic_get_counterparts()
            )
        )

    def _clinic_get_receipts(self):
        """Return what is printed for each of these invoices.

        :rtype: list[dict]
        """
        self._clinic_check_receipted()
        given_back = self._clinic_get_given_back_by_invoice()
        return [
            # Context: the client reads it, not who prints it.
            move.with_context(
                lang=move.partner_id.lang or self.env.lang
            )._clinic_prepare_receipt(given_back[move])
            for move in self
        ]

    def _clinic_prepare_receipt(self, given_back):
        self.ensure_one()
        lines = [
            line._clinic_prepare_receipt_line()
            for line in self.invoice_line_ids
            if line.display_type == "product"
        ]
        credit_notes = self._clinic_get_credit_notes()
        return {
            "invoice": self,
            "lines": lines,
            "patients": self.env["res.partner"].union(
                *(line["patient"] for line in lines)
            ),
            "taxes": self._clinic_get_taxes(),
            "credit_notes": credit_notes,
            "settlements": self._clinic_get_settlements(),
            "given_back": self._clinic_describe_given_back(given_back),
            "balance": self.amount_residual
            - sum(credit_note.amount_residual for credit_note in credit_notes),
        }

    def _clinic_get_credit_notes(self):
        """Return the posted credit notes of this invoice, as a list.

        They are neither joined nor filtered: such records forget the page they are
        read with.
        """
        return [
            move
            for move in self.reversal_move_ids
            if move.state == "posted" and move.move_type == "out_refund"
        ]

    def _clinic_get_taxes(self):
        """Return ``(name, amount)`` of each tax on this invoice."""
        taxes = defaultdict(float)
        for line in self.line_ids:
            if line.tax_line_id:
                tax = line.tax_line_id
                taxes[tax.invoice_label or tax.name] -= line.amount_currency
        return list(taxes.items())

    def _clinic_get_settlements(self):
        """Return by what this invoice and its credit notes are settled, by date.

        Amounts are in the invoice's currency; what went back is negative.

        :rtype: list[dict]
        """
        return sorted(
            (
                row
                for move, amount, written_off in self._clinic_get_counterparts()
                for row in move._clinic_prepare_settlements(
                    self.currency_id, amount, written_off
                )
            ),
            key=lambda row: row["date"],
        )

    def _clinic_sum_received(self):
        """Return the money that has settled these invoices and has not gone back.

        Discounts, write-offs and what was settled by other entries are no money.
        """
        received = sum(
            row["amount"]
            for move in self
            for row in move._clinic_get_settlements()
            if row["kind"] in ("payment", "refund")
        )
        return self.currency_id[:1].round(received) if self else received

    def _clinic_get_counterparts(self):
        """Return ``(entry, amount, written_off)`` that settle invoice and credit notes.

        They do not settle each other: what is credited was not paid.
        """
        self.ensure_one()
        family = [self, *self._clinic_get_credit_notes()]
        counterparts = [
            counterpart
            for move in family
            for line in move.line_ids
            if line.account_type == "asset_receivable"
            for counterpart in line._clinic_get_counterparts()
        ]
        return [
            (move, amount, written_off)
            for move, amount, written_off in counterparts
            if move not in family and not self.currency_id.is_zero(amount)
        ]

    def _clinic_prepare_settlements(self, currency, amount, written_off):
        """Return the rows of what this entry has settled: money apart from the rest."""
        payment = self.origin_payment_id
        row = {"date": self.date, "name": self.name}
        money = {
            "kind": self._clinic_get_kind(),
            "payment": payment,
            "method": payment._clinic_get_method_name() if payment else "",
            "amount": currency.round(amount - written_off),
        }
        adjustment = {
            "kind": "adjustment",
            "payment": payment.browse(),
            "method": "",
            "amount": written_off,
        }
        return [
            {**row, **part}
            for part in (money, adjustment)
            if not currency.is_zero(part["amount"])
        ]

    def _clinic_describe_given_back(self, formers):
        """Return the rows of money that went back, but for what is a settlement.

        :param clinic.former.allocation formers: what of this invoice went back
        :rtype: list[dict]
        """
        if not formers:
            return []
        told = {row["payment"] for row in self._clinic_get_settlements()}
        return [
            {
                "date": payment.date,
                "method": payment._clinic_get_method_name(),
                "amount": sum(same.mapped("amount_money")),
                "currency": payment.currency_id,
            }
            for payment, same in formers.grouped("outbound_id").items()
            if payment not in told
        ]

    def _clinic_get_given_back_by_invoice(self):
        """Return what of the money of these invoices went back, in sudo.

        Of a payment of several invoices each says its own part.
        """
        # sudo: our code alone keeps it; who reads an invoice may know what it is told.
        formers = self.env["clinic.former.allocation"].sudo()
        formers = formers.search(
            [
                ("invoice_id", "in", self.ids),
                ("outbound_id.state", "in", BOOKED_STATES),
            ]
        )
        given_back = defaultdict(formers.browse)
        for former in formers.sorted(
            lambda former: (former.outbound_id.date, former.outbound_id.id, former.id)
        ):
            given_back[former.invoice_id] |= former
        return given_back
