from collections import defaultdict

from odoo import models

from ...rules import smallest_units


class AccountPayment(models.Model):
    """What a payment settles beyond its money: discounts and write-offs."""

    _inherit = "account.payment"

    def _clinic_get_write_off(self):
        """Return what this payment has settled without money, in its currency.

        It is negative when more money came than was to be paid. Lines on other
        receivable accounts are none: with them money pays what is owed there.
        """
        lines = self._clinic_get_write_off_lines()
        write_off = sum(line.amount_currency for line in lines)
        return write_off if self.payment_type == "inbound" else -write_off

    def _clinic_get_write_off_lines(self):
        """Return the lines of this payment that are neither money nor what it pays."""
        # Most entries are no more than these; the accounts need not be read.
        if len(self.move_id.line_ids) <= 2:
            return self.env["account.move.line"]
        return self._seek_for_lines()[2]

    def _clinic_get_write_off_left(self):
        """Return how much of it has not been taken back, in its currency."""
        write_off = self._clinic_get_write_off()
        if not write_off:
            return 0.0
        taken_back = sum(
            payment._clinic_get_write_off()
            for payment in self._clinic_get_booked_reversals()
        )
        return self.currency_id.round(write_off - taken_back)

    def _clinic_get_write_off_parts(self):
        """Return how much of each match with an invoice is no money.

        An invoice that was paid as a whole has its discount. Of what is left that is
        written off first that is due last: the oldest is paid with money. What has
        been taken back counts no more.

        :return: in the currency of the payment, and in that of the invoice
        :rtype: dict[account.partial.reconcile, tuple[float, float]]
        """
        write_off = self._clinic_get_write_off_left()
        if not write_off or self.currency_id.is_zero(write_off):
            return {}
        is_inbound = self.payment_type == "inbound"
        own, other = ("credit", "debit") if is_inbound else ("debit", "credit")
        matches = self._clinic_get_matches(other)
        amounts = [match[f"{own}_amount_currency"] for match in matches]
        discounts = [self._clinic_get_let_off(match, other) for match in matches]
        split = self._clinic_split_write_off(write_off, amounts, discounts)
        parts = {}
        for match, amount, part in zip(matches, amounts, split, strict=True):
            # Each match has an exchange rate of its own.
            rate = match[f"{other}_amount_currency"] / amount if amount else 0.0
            currency = match[f"{other}_currency_id"]
            parts[match] = (part, currency.round(part * rate))
        return parts

    def _clinic_get_let_off(self, match, side):
        """Return the discount of what a match has settled as a whole, if any."""
        line = match[f"{side}_move_id"]
        amount = match[f"{side}_amount_currency"]
        if (
            line.currency_id != self.currency_id
            or not line.discount_amount_currency
            or self.currency_id.compare_amounts(amount, abs(line.amount_currency))
        ):
            return 0.0
        return abs(line.amount_currency - line.discount_amount_currency)

    def _clinic_split_write_off(self, write_off, amounts, discounts):
        """Return what of each of these amounts is no money."""
        currency = self.currency_id
        units = smallest_units.split_write_off(
            smallest_units.to_smallest_unit(write_off, currency.rounding),
            *(
                [
                    smallest_units.to_smallest_unit(each, currency.rounding)
                    for each in many
                ]
                for many in (amounts, discounts)
            ),
        )
        return [currency.round(unit * currency.rounding) for unit in units]

    def _clinic_get_write_offs_on(self, invoices):
        """Return what these invoices were let off, by receivable account.

        :rtype: dict[account.account, float]
        """
        let_off = defaultdict(float)
        for match, (part, _settled) in self._clinic_get_write_off_parts().items():
            # More money than was to be paid is no discount.
            if match.debit_move_id.move_id in invoices and part > 0:
                let_off[match.credit_move_id.account_id] += part
        return dict(let_off)

    def _clinic_get_paid_with(self, invoice):
        """Return what this payment has paid on an invoice, and what was let off.

        :return: see :meth:`_clinic_get_write_offs_on` for the latter
        """
        paid = self._clinic_get_paid_parts().get(invoice, 0.0)
        return paid, self._clinic_get_write_offs_on(invoice)

    def _clinic_lower_discounts(self, invoice, paid, let_off):
        """Take back the discounts of what this payment does not pay any more.

        Who pays half of an invoice keeps half of its discount.

        :param float paid: what it paid on the invoice before
        :param dict let_off: what of it was let off then, by receivable account
        """
        still_paid = self._clinic_get_paid_parts().get(invoice, 0.0)
        self._clinic_take_discounts_back(
            {
                account: self.currency_id.round(part * (1 - still_paid / paid))
                for account, part in let_off.items()
            }
        )

    def _clinic_get_matches(self, side):
        """Return what this payment has settled, due last first, as a list.

        Money that has gone back and exchange differences are left out. Nothing is
        filtered: filtered records forget the page they are read with.

        :param str side: of what is settled, "debit" or "credit"
        """
        matches = [
            match
            for line in self.move_id.line_ids
            if line.account_type == "asset_receivable"
            for match in line[f"matched_{side}_ids"]
        ]
        settled = {match: match[f"{side}_move_id"] for match in matches}
        return sorted(
            (
                match
                for match, line in settled.items()
                if not line.move_id.origin_payment_id
                and not line.move_id.exchange_diff_partial_ids
            ),
            key=lambda match: (
                settled[match].date_maturity or settled[match].date,
                settled[match].id,
            ),
            reverse=True,
        )
