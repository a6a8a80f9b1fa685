from contextlib import contextmanager

from odoo import fields, models
from odoo.fields import Command


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
        # sudo: who books what has come need not read other money of its payer.
        self.sudo().filtered("payment_id")._clinic_pay_rest_with_held()
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
        """Pay what the payer was shown, and net refunds.

        Core pays in an order of its own, the invoices of one account only, and leaves
        refunds open.
        """
        taken_back = self._clinic_get_refunded_payment()
        taken = taken_back and taken_back._clinic_take_from_sources(abs(self.amount))
        groups = [] if taken_back else self._clinic_get_groups()
        values = (
            self._clinic_prepare_refund(taken_back)
            if taken_back
            else self._clinic_prepare_payment(groups)
        )
        has_discount = any(discount for group in groups for *_part, discount in group)
        company = self.company_id._clinic_get_branch(self._clinic_get_paid_companies())
        unguarded = self._clinic_unguarded().with_company(company)
        # Context: taxes of a discount are copied or written off, not computed anew.
        tx = unguarded.with_context(skip_invoice_sync=bool(taken_back) or has_discount)
        # Whoever books it, a job or a client elsewhere: the practice's books have its
        # day.
        books = {"date": company._clinic_get_day(), "company_id": company.id}
        with self._clinic_hiding_invoices():
            payment = super(PaymentTransaction, tx)._create_payment(
                **{**books, **extra_create_values, **values}
            )
        payment = payment.with_env(self.env)
        if taken_back:
            taken_back._clinic_net_against(payment, taken)
        else:
            self._clinic_match(payment, groups)
        return payment

    def _clinic_match(self, payment, groups):
        """Let the payment pay these groups, and what is in another currency."""
        payment._clinic_pay_parts(groups)
        others = self._clinic_get_paid_invoices().filtered(
            lambda move: move.currency_id != self.currency_id
        )
        if others:
            payment._clinic_pay_invoices(others)

    def _clinic_prepare_refund(self, taken_back):
        """Return the values of a payment by which money goes back.

        :param account.payment taken_back: that is given back
        """
        return {
            "clinic_reversed_payment_id": taken_back.id,
            **taken_back._clinic_prepare_given_back_lines(abs(self.amount)),
        }

    @contextmanager
    def _clinic_hiding_invoices(self):
        """Keep Core from paying the invoices by itself for a moment."""
        tx = self._clinic_get_owner_of_invoices()
        invoices = tx.invoice_ids
        tx.invoice_ids = False
        yield
        tx.invoice_ids = invoices

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

    def _clinic_get_owner_of_invoices(self):
        """Return whose invoices are paid: captures pay those of their source."""
        self.ensure_one()
        source = self.source_transaction_id
        return source if source and source.operation == self.operation else self

    def _clinic_get_paid_invoices(self):
        """Return what this transaction pays."""
        return self._clinic_get_owner_of_invoices().invoice_ids

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

    def _clinic_get_groups(self):
        """Return what it pays of each receivable line: as shown, then the oldest first.

        :return: groups of parts, each of which one line of the payment pays
        :rtype: list[list]
        """
        invoices = self._clinic_get_paid_invoices().filtered(
            lambda move: move.currency_id == self.currency_id
        )
        # As Core does.
        invoices.filtered(lambda move: move.state == "draft").action_post()
        source = self.source_transaction_id or self
        day = self._clinic_get_discount_day(invoices)
        shown = source.clinic_allocation or ()
        return _group_parts(invoices._clinic_get_line_parts(self.amount, day, shown))

    def _clinic_prepare_payment(self, groups):
        """Return the values of a payment with a receivable line for each group.

        It writes off the discounts of these parts and no others. What finds nothing
        open is a credit on the account that is paid first, else on the invoices' own.
        """
        parts = [part for group in groups for part in group]
        paid = self.env["account.move.line"].concat(*(line for line, *_rest in parts))
        meant = self._clinic_get_paid_invoices().line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        )
        discounted = paid.browse().concat(*(part[0] for part in parts if part[2]))
        values = {
            "invoice_ids": [Command.set((paid.move_id or self.invoice_ids).ids)],
            "write_off_line_vals": [
                *map(self._clinic_prepare_receivable_line, groups[1:]),
                *discounted._clinic_prepare_discounts(),
            ],
        }
        account = (paid or meant)[:1].account_id
        return {**values, "destination_account_id": account.id} if account else values

    def _clinic_prepare_receivable_line(self, group):
        """Return the values of one more line of the payment, which pays these parts."""
        company = self.company_id
        amount = sum(part + discount for _line, part, discount in group)
        return {
            "name": self.reference,
            "account_id": group[0][0].account_id.id,
            "partner_id": self.partner_id._clinic_get_ledger_partner().id,
            "currency_id": self.currency_id.id,
            "amount_currency": -amount,
            "balance": -self.currency_id._convert(
                amount, company.currency_id, company, company._clinic_get_day()
            ),
        }


def _group_parts(parts):
    """Return groups of parts of one account each, to be reconciled in their order.

    In a group all but the last one close their lines, so that reconciling pays of each
    exactly its part.
    """
    groups, by_account = [], {}
    for part in parts:
        by_account.setdefault(part[0].account_id, []).append(part)
    for same_account in by_account.values():
        closing = [part for part in same_account if _is_closing(*part)]
        others = [part for part in same_account if not _is_closing(*part)]
        groups.append([*closing, *others[:1]])
        groups += [[part] for part in others[1:]]
    return groups


def _is_closing(line, part, discount):
    """Whether nothing of the line is open after this part."""
    left = line.amount_residual_currency - part - discount
    return line.currency_id.is_zero(left)
