from collections import defaultdict

from odoo import fields, models

from ...server_side import tell


class PaymentTransaction(models.Model):
    """From a transaction that is done to entries that are posted and reconciled."""

    _inherit = "payment.transaction"

    clinic_discount_day = fields.Date(
        string="Discounts Of",
        readonly=True,
        copy=False,
        help="The day on which the payer was shown the amount: the discounts for early "
        "payment of this day count, whenever the money is booked.",
    )

    # === WHAT COMES LATE === #

    def _post_process(self):
        """Leave an invoice alone that somebody is correcting when its money comes.

        Core posts it again, whatever is in it at that moment.
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

        A web shop is paid before it invoices. A hook for what knows better.
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
        payment.company_id._clinic_tell_managers(
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

        Core leaves a refund open, and pays the invoices of one account only.
        """
        taken_back = self._clinic_get_refunded_payment()
        if taken_back:
            # Context: taxes of a discount are copied, not computed anew.
            context = {"skip_invoice_sync": True}
            values = {
                "clinic_reversed_payment_id": taken_back.id,
                **taken_back._clinic_prepare_given_back_lines(abs(self.amount)),
            }
        else:
            context, values = self._clinic_prepare_parts()
        # Context: see where it is made.
        company = self.company_id._clinic_get_branch(self._clinic_get_paid_companies())
        tx = self._clinic_unguarded().with_company(company).with_context(**context)
        # Whoever books it, a job or a client elsewhere: the practice's books have its
        # day.
        books = {"date": company._clinic_get_day(), "company_id": company.id}
        payment = super(PaymentTransaction, tx)._create_payment(
            **{**books, **extra_create_values, **values}
        )
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

    def _clinic_get_paid_companies(self):
        """Return the companies that its money is for. Rooms below add to it.

        A provider may be of the company whose branch is paid.
        """
        self.ensure_one()
        taken_back = self._clinic_get_refunded_payment()
        return taken_back.company_id or self._clinic_get_paid_invoices().company_id

    def _clinic_get_paid_invoices(self):
        """Return what this transaction pays; captures pay for their source."""
        self.ensure_one()
        source = self.source_transaction_id
        is_capture = source and source.operation == self.operation
        return source.invoice_ids if is_capture else self.invoice_ids

    def _clinic_get_discount_day(self, invoices):
        """Return the day whose discounts these get; ``False`` for none.

        Where nobody was shown an amount, as in a web shop, who pays all gets none.
        """
        source = self.source_transaction_id or self
        if source.clinic_discount_day:
            return source.clinic_discount_day
        owed = invoices._clinic_sum_owed()
        is_all = self.currency_id.compare_amounts(self.amount, owed) >= 0
        return not is_all and self.company_id._clinic_get_day()

    def _clinic_prepare_parts(self):
        """Return the context and the values with which a payment of invoices is made.

        It pays the lines of :meth:`_clinic_get_line_parts`, and writes off their
        discounts and no others. What finds nothing open is a credit on the account
        that is paid first, or where Core puts it when there is none.
        """
        invoices = self._clinic_get_paid_invoices().filtered(
            lambda move: move.currency_id == self.currency_id
        )
        day = self._clinic_get_discount_day(invoices)
        parts, discounted = defaultdict(float), self.env["account.move.line"]
        for line, part, discount in invoices._clinic_get_line_parts(self.amount, day):
            parts[line.account_id] += part + discount
            discounted |= line if discount else line.browse()
        first, *others = parts or [self.env["account.account"]]
        lines = [
            self._clinic_prepare_account_line(account, parts[account])
            for account in others
        ] + discounted._clinic_prepare_discounts()
        # Context: Core names the account of any of the invoices, paid or not; its own
        # discount is for one invoice only; taxes of a discount are not computed anew.
        context = {
            **tell(
                clinic_destination_account_id=first.id,
                clinic_discounts_are_booked=True,
            ),
            "skip_invoice_sync": bool(discounted),
        }
        return context, {"write_off_line_vals": lines} if lines else {}

    def _clinic_prepare_account_line(self, account, amount):
        """Return the values of a line that pays a part on another account."""
        company = self.company_id
        return {
            "name": self.reference,
            "account_id": account.id,
            "partner_id": self.partner_id._clinic_get_ledger_partner().id,
            "currency_id": self.currency_id.id,
            "amount_currency": -amount,
            "balance": -self.currency_id._convert(
                amount, company.currency_id, company, company._clinic_get_day()
            ),
        }
