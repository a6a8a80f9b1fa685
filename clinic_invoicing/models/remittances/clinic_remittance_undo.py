from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError
from odoo.tools.misc import clean_context

from ...rules.payers import PAYER_INSURER
from ..payers.clinic_service_share_move import Handover


class ClinicRemittance(models.Model):
    """Undoing: money, credit notes and shares are again as they were before."""

    _inherit = "clinic.remittance"

    def action_undo(self):
        """Take back all that these have booked, unless something newer rests on it.

        :raise UserError: something does; it is named
        """
        # context: see action_post().
        env = self.env(context=clean_context(self.env.context))
        for remittance in self.with_env(env):
            remittance._undo()

    def _undo(self):
        self.ensure_one()
        self.env["account.payment"]._clinic_check_may_undo()
        self.check_access("write")
        self._lock()
        lines = self.line_ids._filter_counted()
        obstacle = self._get_undo_obstacle(lines)
        if obstacle:
            raise UserError(obstacle)
        taken = self._return_money(lines)
        # sudo: our own code alone keeps it.
        self._get_settlements(lines).sudo().unlink()
        self._return_moved(lines)
        self._match(taken)
        # sudo: nobody writes it by hand.
        self.sudo().state = "undone"
        self.message_post(
            body=self.env._("Undone by %(user)s.", user=self.env.user.name)
        )

    def _get_settlements(self, lines):
        settlements = self.env["clinic.share.settlement"]
        return settlements.search([("remittance_line_id", "in", lines.ids)])

    def _get_allocations(self, lines):
        allocations = self.env["clinic.share.allocation"]
        return allocations.search([("remittance_line_id", "in", lines.ids)])

    # === WHAT RESTS ON IT === #

    def _get_undo_obstacle(self, lines):
        """Return what is newer and rests on this; nothing if it can be undone."""
        if self.state != "posted":
            return self.env._("Only what is posted can be undone.")
        return (
            self._get_newer_remittance(lines)
            or self._get_obstacle_of_receivers(lines)
            or self._get_obstacle_of_payment(lines)
            or self._get_obstacle_of_documents(lines)
        )

    def _get_newer_remittance(self, lines):
        shares = lines.share_id | lines.handover_ids.share_id
        newer = self.env["clinic.remittance.line"].search(
            [
                ("share_id", "in", shares.ids),
                ("leave_out", "=", False),
                ("remittance_id.state", "=", "posted"),
                ("remittance_id.posting_number", ">", self.posting_number),
            ],
            limit=1,
        )
        return newer and self.env._(
            "%(service)s is named by %(reference)s as well. Undo that first.",
            service=newer.share_id.display_name,
            reference=newer.remittance_id.display_name,
        )

    def _get_obstacle_of_receivers(self, lines):
        """Return whether who owes the rest now has paid, or passed it on."""
        changed = lines.filtered(
            lambda line: (
                not line.share_id or len(line.handover_ids) != line.posted_moves
            )
        )
        if changed:
            return self.env._(
                "%(service)s has been split or flipped meanwhile.",
                service=changed[0].share_id.display_name or changed[0].display_name,
            )
        for share, amount in lines._sum_moved().items():
            compare = share.currency_id.compare_amounts
            values = {
                "service": share.display_name,
                "payer": share.partner_id.display_name or self.env._("nobody"),
            }
            if compare(share.amount_paid, 0) > 0:
                return self.env._(
                    "%(service)s: %(payer)s has paid what moved there.", **values
                )
            if compare(share._get_agreed_amount(), amount) < 0:
                return self.env._(
                    "%(service)s: %(payer)s does not owe any more what moved there.",
                    **values,
                )
        return None

    def _get_obstacle_of_payment(self, lines):
        """Return whether the money has gone back, or pays something else."""
        payment = self.payment_id
        if not payment:
            return None
        if not payment.currency_id.is_zero(payment._clinic_get_given_back()):
            return self.env._(
                "A part of %(payment)s has been given back.",
                payment=payment.display_name,
            )
        others = payment._clinic_get_partials().debit_move_id.move_id
        others -= self._get_allocations(lines).invoice_id
        return others and self.env._(
            "%(payment)s pays %(invoices)s by now. Take it off there first.",
            payment=payment.display_name,
            invoices=", ".join(others.mapped("display_name")),
        )

    def _get_obstacle_of_documents(self, lines):
        """Return whether invoices that it has paid were credited or corrected."""
        for invoice, rows in self._get_allocations(lines).grouped("invoice_id").items():
            for payment, same in rows.grouped("payment_id").items():
                named = sum(same.mapped("amount"))
                matched = invoice._clinic_get_matched(payment)
                if invoice.currency_id.compare_amounts(matched, named) < 0:
                    return self.env._(
                        "%(invoice)s has been voided, credited or corrected.",
                        invoice=invoice.display_name,
                    )
        changed = self.credit_note_ids.filtered(lambda move: move.state != "posted")
        return changed and self.env._(
            "%(credit_note)s is not posted any more.",
            credit_note=changed[:1].display_name,
        )

    # === THE MONEY === #

    def _return_money(self, lines):
        """Take the money off what it has paid.

        A payment that is on a bank statement has come: it stays, and pays when this is
        posted again. Another one never was.

        :return: what was taken back, and is to be paid again: by payment and invoice
        :rtype: dict
        """
        rows = self._get_allocations(lines)
        paid, taken = _sum_pairs(rows)
        # sudo: our own code alone keeps it.
        rows.sudo().unlink()
        self._unmatch(paid)
        if not self.payment_id.reconciled_statement_line_ids:
            self.payment_id._clinic_annul()
            # sudo: nobody writes it by hand.
            self.sudo().payment_id = False
        return taken

    # === WHAT HAS MOVED === #

    def _return_moved(self, lines):
        """Let the insurer owe again what others were to pay."""
        moved = lines._sum_moved()
        shares = self.env["clinic.service.share"].union(*moved)
        if not shares:
            return
        reason = self.env._("Undone: %(what)s", what=self._get_reason())
        shares._credit(
            {
                share: share._get_invoiced_part(amount)
                for share, amount in moved.items()
                if share.state == "invoiced"
            },
            reason,
        )
        kept = self._cancel_credit_notes().invoice_line_ids.clinic_share_id
        handovers = [
            Handover(
                handover.share_id,
                handover.amount,
                PAYER_INSURER,
                self.insurer_id,
                None if line.share_id in kept else line.share_id,
            )
            for line in lines
            for handover in line.handover_ids
        ]
        receivers = shares._hand_over(handovers)
        shares._log_move(handovers, receivers, reason)
        # sudo: our own code alone keeps it.
        lines.handover_ids.sudo().unlink()
        shares._drop_empty()

    def _cancel_credit_notes(self):
        """Cancel the credit notes; return those that have to stay in the books.

        What they have credited is billed to the insurer anew.
        """
        kept = self.credit_note_ids.filtered(
            lambda move: move.need_cancel_request or not move._can_be_unlinked()
        )
        cancelled = self.credit_note_ids - kept
        cancelled.button_draft()
        cancelled.button_cancel()
        return kept


class ClinicRemittanceLine(models.Model):
    """What has moved by a line."""

    _inherit = "clinic.remittance.line"

    def _sum_moved(self):
        """Return how much of the price has moved to which share."""
        moved = defaultdict(float)
        for handover in self.handover_ids:
            moved[handover.share_id] += handover.amount
        return moved


def _sum_pairs(rows):
    """Return what these pay, and what they take back, by payment and invoice."""
    paid, taken = defaultdict(float), defaultdict(float)
    for row in rows:
        sums = paid if row.amount > 0 else taken
        sums[row.payment_id, row.invoice_id] += abs(row.amount)
    return paid, taken
