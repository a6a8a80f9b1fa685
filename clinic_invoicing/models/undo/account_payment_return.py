from odoo import models

from ...server_side import tell


class AccountPayment(models.Model):
    """Money that went back and is here again: it pays the same as before."""

    _inherit = "account.payment"

    # === WHAT IT HAD PAID === #

    def _clinic_get_formers(self):
        """Return what the money had paid that went back with these, in sudo."""
        # sudo: our code alone keeps it.
        formers = self.env["clinic.former.allocation"].sudo()
        return formers.search([("outbound_id", "in", self.ids)])

    def _clinic_remember_taken_off(self, invoices):
        """Remember what this payment pays on invoices that it is taken off now."""
        sources = self._clinic_get_sources()
        self._clinic_remember(
            [source for source in sources if source[1].move_id in invoices]
        )

    def _clinic_remember_given_back(self, outbound, taken):
        """Remember which invoices the money was taken from that went back.

        Some was taken off its invoices before: what waits for being given back.

        :param list taken: see :meth:`_clinic_net_against`
        """
        self._clinic_remember([source for source in taken if source[1]], outbound)
        open_money = sum(part - off for _account, line, part, off in taken if not line)
        if self.currency_id.is_zero(open_money):
            return
        # sudo: our code alone keeps it.
        formers = self.env["clinic.former.allocation"].sudo()
        waiting = formers.search(
            [("payment_id", "=", self.id), ("outbound_id", "=", False)],
            order="id desc",
        )
        waiting._give_back(outbound, open_money)

    def _clinic_remember(self, sources, outbound=None):
        """Keep these sources of this payment's money as former allocations."""
        # sudo: our code alone keeps it.
        self.env["clinic.former.allocation"].sudo().create(
            [
                {
                    "payment_id": self.id,
                    "outbound_id": outbound and outbound.id,
                    "invoice_id": line.move_id.id,
                    "line_id": line.id,
                    "amount": amount,
                    "amount_written_off": written_off,
                }
                for _account, line, amount, written_off in sources
            ]
        )

    # === IT PAYS THE SAME AGAIN === #

    def _clinic_undo_net(self, outbound):
        """Forget money that has not gone back after all, e.g. a failed refund."""
        self.ensure_one()
        outbound._clinic_annul()
        self._clinic_restore(outbound)

    def _clinic_restore(self, outbound):
        """Pay again what this payment had paid, with the money that is here again.

        What is not owed any more stays open credit.

        :param account.payment outbound: by which it had gone back
        """
        self.ensure_one()
        most = {}
        for former in outbound._clinic_get_formers():
            left = former.amount
            for line, part in former._hand_out(most):
                most[line] = most.get(line, 0.0) + part
                left = former.currency_id.round(left - part)
            former._keep(left)
        self._clinic_match_parts(most)
        self._clinic_after_return()

    def _clinic_match_parts(self, most):
        """Pay lines with what is open of this payment, of each no more than is said.

        :param dict most: by receivable line, in its currency, in the order of paying
        """
        own = self._clinic_get_receivable_lines()
        before = self._clinic_get_partials()
        by_id = {line.id: part for line, part in most.items()}
        # context: Core matches all that it can.
        lines = self.env["account.move.line"].concat(*most)
        lines = lines.with_context(**tell(clinic_most_matched=by_id))
        plan = [
            pair
            for line in lines
            for pair in self._clinic_plan_open(
                line | own.filtered(lambda one, line=line: _same_account(one, line))
            )
        ]
        if plan:
            lines._reconcile_plan(plan)
        paid = (self._clinic_get_partials() - before).debit_move_id.move_id
        self.invoice_ids |= paid.with_env(self.env)

    def _clinic_after_return(self):
        """Do what follows when money is here again. Rooms below add to it."""


def _same_account(one, other):
    return one.account_id == other.account_id
