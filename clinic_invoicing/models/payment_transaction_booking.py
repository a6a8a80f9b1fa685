from collections import defaultdict

from odoo import fields, models


class PaymentTransaction(models.Model):
    """From a transaction that is done to entries that are posted and reconciled."""

    _inherit = "payment.transaction"

    # === WHAT COMES LATE === #

    def _post_process(self):
        """Leave an invoice alone that somebody is correcting when its money comes.

        Stock posts it again, whatever is in it at that moment.
        """
        withheld = {}
        for tx in self.filtered(lambda tx: tx.state == "done" and not tx.payment_id):
            drafts = tx.invoice_ids.filtered(
                lambda move: move.state == "draft" and move.posted_before
            )
            if drafts:
                withheld[tx] = drafts
                tx.invoice_ids -= drafts
        result = super()._post_process()
        for tx, drafts in withheld.items():
            tx.invoice_ids |= drafts
        for tx in self:
            tx._clinic_report_unallocated()
        return result

    def _clinic_is_meant_for_invoices(self):
        """Whether money that finds no open invoice is worth telling.

        A web shop is paid before it invoices.
        """
        return bool(self.invoice_ids)

    def _clinic_report_unallocated(self):
        """Tell the managers of money that found its invoices draft, paid or gone."""
        self.ensure_one()
        payment = self.payment_id
        if (
            self.state != "done"
            or self.operation in ("refund", "validation")
            or not self._clinic_is_meant_for_invoices()
            or not payment.move_id
            or self.currency_id.compare_amounts(payment.clinic_amount_unallocated, 0)
            <= 0
        ):
            return
        self.company_id._clinic_tell_managers(
            payment,
            self.env._("A payment is not allocated"),
            self.env._(
                "%(amount)s came for %(invoices)s, which cannot take it: paid already, "
                "cancelled, or reset to draft. Allocate it or give it back.",
                amount=self.currency_id.format(payment.clinic_amount_unallocated),
                invoices=", ".join(self.invoice_ids.mapped("display_name"))
                or self.env._("invoices that are gone"),
            ),
        )

    # === THE ENTRIES === #

    def _create_payment(self, **extra_create_values):
        """Reconcile refunds, and invoices on several receivable accounts.

        Stock leaves a refund open, and pays the invoices of one account only.
        """
        taken_back = self._clinic_get_refunded_payment()
        # Context: taxes of a discount are copied, not computed anew.
        context = {"skip_invoice_sync": True} if taken_back else {}
        if taken_back:
            values = {
                "clinic_reversed_payment_id": taken_back.id,
                **taken_back._clinic_prepare_given_back_lines(abs(self.amount)),
            }
        else:
            account, values = self._clinic_prepare_accounts()
            # Context: stock names the account of any of the invoices, paid or not.
            context["clinic_destination_account_id"] = account.id
        payment = super(
            PaymentTransaction, self.with_context(**context)
        )._create_payment(**{**extra_create_values, **values})
        payment = payment.with_env(self.env)
        if taken_back:
            taken_back._clinic_net_against(payment)
        elif values:
            payment._clinic_pay_invoices(self._clinic_get_paid_invoices())
        return payment

    def _clinic_get_refunded_payment(self):
        """Return the payment that this refund takes back."""
        self.ensure_one()
        if self.operation != "refund":
            return self.env["account.payment"]
        source = self.source_transaction_id
        # What was captured in a second step is booked on the capture.
        captures = source.child_transaction_ids.filtered(
            lambda tx: tx.operation == source.operation
        )
        return source.payment_id or captures.payment_id[:1]

    def _clinic_get_paid_invoices(self):
        """Return what this transaction pays; captures pay for their source."""
        self.ensure_one()
        source = self.source_transaction_id
        is_capture = source and source.operation == self.operation
        return source.invoice_ids if is_capture else self.invoice_ids

    def _clinic_prepare_accounts(self):
        """Return the account that is paid first, and the values that pay others.

        What finds nothing open stays on the first account as a credit, or where stock
        puts it when there is none.
        """
        invoices = self._clinic_get_paid_invoices().filtered(
            lambda move: move.currency_id == self.currency_id
        )
        parts = defaultdict(float)
        for line, part in invoices._clinic_get_line_parts(self.amount):
            parts[line.account_id] += part
        first, *others = parts or [self.env["account.account"]]
        lines = [
            self._clinic_prepare_account_line(account, parts[account])
            for account in others
        ]
        return first, {"write_off_line_vals": lines} if lines else {}

    def _clinic_prepare_account_line(self, account, amount):
        """Return the values of a line that pays a part on another account."""
        company = self.company_id
        return {
            "name": self.reference,
            "account_id": account.id,
            "partner_id": self.partner_id.commercial_partner_id.id,
            "currency_id": self.currency_id.id,
            "amount_currency": -amount,
            "balance": -self.currency_id._convert(
                amount, company.currency_id, company, fields.Date.context_today(self)
            ),
        }
