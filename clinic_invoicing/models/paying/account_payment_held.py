from collections import defaultdict

from odoo import api, models


class AccountPayment(models.Model):
    """How held money, payments and credit notes alike, pays new invoices."""

    _inherit = "account.payment"

    @api.model
    def _clinic_pay_with_lines(self, groups):
        """Pay invoices with open credit, and say so on both sides.

        :param list[tuple] groups: see :meth:`_clinic_match_groups`
        """
        credit = self.env["account.move.line"].union(*(lines for lines, _ in groups))
        before = credit.matched_debit_ids
        self._clinic_match_groups(groups)
        partials = credit.matched_debit_ids - before
        self._clinic_log_allocated(partials)
        partials.credit_move_id._clinic_tell_of_rest()

    @api.model
    def _clinic_log_allocated(self, partials):
        """Say on the invoices and on what pays them which held money was used."""
        bodies = defaultdict(lambda: defaultdict(list))
        for partial in partials:
            invoice = partial.debit_move_id.move_id
            money = partial.credit_move_id.move_id
            document = money.origin_payment_id or money
            amount = partial.credit_currency_id.format(partial.credit_amount_currency)
            bodies[invoice._name][invoice.id].append(
                self.env._(
                    "Paid with money that was held: %(amount)s of %(payment)s.",
                    amount=amount,
                    payment=document.display_name,
                )
            )
            bodies[document._name][document.id].append(
                self.env._(
                    "Was held, and pays %(amount)s of %(invoice)s.",
                    amount=amount,
                    invoice=invoice.name,
                )
            )
        for name, texts in bodies.items():
            self.env[name].browse(texts)._message_log_batch(
                bodies={key: " ".join(lines) for key, lines in texts.items()}
            )
