from odoo import models

from ..rules import allocation


class AccountPayment(models.Model):
    """What a payment settles beyond its money: discounts and write-offs."""

    _inherit = "account.payment"

    def _clinic_get_write_off(self):
        """Return what this payment has settled without money, in its currency.

        Negative when more money came than was to be paid. Lines on other receivable
        accounts are none: with them money pays what is owed there.
        """
        # Most entries are money and what it pays; the accounts need not be read.
        if len(self.move_id.line_ids) <= 2:
            return 0.0
        _liquidity, _receivable, write_offs = self._seek_for_lines()
        write_off = sum(line.amount_currency for line in write_offs)
        return write_off if self.payment_type == "inbound" else -write_off

    def _clinic_get_write_off_parts(self):
        """Return how much of each match with an invoice is no money.

        What is due last is written off first: the oldest is paid with money.

        :return: in the currency of the payment, and in that of the invoice
        :rtype: dict[account.partial.reconcile, tuple[float, float]]
        """
        write_off = self._clinic_get_write_off()
        if not write_off or self.currency_id.is_zero(write_off):
            return {}
        is_inbound = self.payment_type == "inbound"
        own, other = ("credit", "debit") if is_inbound else ("debit", "credit")
        matches = self._clinic_get_matches(other)
        amounts = [match[f"{own}_amount_currency"] for match in matches]
        split = self._clinic_split_write_off(write_off, amounts)
        parts = {}
        for match, amount, part in zip(matches, amounts, split, strict=True):
            # Each match has an exchange rate of its own.
            rate = match[f"{other}_amount_currency"] / amount if amount else 0.0
            currency = match[f"{other}_currency_id"]
            parts[match] = (part, currency.round(part * rate))
        return parts

    def _clinic_split_write_off(self, write_off, amounts):
        """Return what of each of these amounts is no money, the first ones first."""
        currency = self.currency_id
        units = allocation.split_write_off(
            allocation.to_smallest_unit(write_off, currency.rounding),
            [
                allocation.to_smallest_unit(amount, currency.rounding)
                for amount in amounts
            ],
        )
        return [currency.round(unit * currency.rounding) for unit in units]

    def _clinic_get_matches(self, side):
        """Return what this payment has settled, due last first, as a list.

        Neither money that has gone back nor exchange differences. Not filtered: such
        records forget the page they are read with.

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
