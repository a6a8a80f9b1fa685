from collections import Counter

from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools.misc import clean_context

from ...rules.payers import PAYER_PATIENT

# What a posting makes beside the payment.
DOCUMENTS = ("credit_note_ids", "invoice_ids")


class ClinicRemittance(models.Model):
    """Posting: what is taken back, what moves, what is paid; all of it, or nothing."""

    _inherit = "clinic.remittance"

    def action_post(self):
        """Book what the insurers have paid, and let others owe what they have not.

        :raise UserError: a line has a problem, the lines are not the total, or
            somebody else is changing what these are about
        """
        # context: defaults of a remittance are none of what it books.
        env = self.env(context=clean_context(self.env.context))
        for remittance in self.with_env(env):
            remittance._post()

    def _post(self):
        self.ensure_one()
        self._check_may_bill()
        self._lock()
        lines = self.line_ids._filter_counted()
        self._check_may_post(lines)
        handovers = lines._get_handovers()
        lines._keep_facts(Counter(line for line, _handover in handovers))
        self._fill_reference()
        booked = lines.filtered(lambda line: line._is_booked())
        self._book(lines, booked, handovers)
        # sudo: nobody writes it by hand.
        self.sudo().write(
            {"state": "posted", "posting_number": self._get_next_number()}
        )
        self._log_posting()

    def _get_next_number(self):
        """Return a number greater than those of what was posted before."""
        # sudo: it counts what others have posted as well.
        last = self.sudo().search(
            [("company_id", "=", self.company_id.id), ("posting_number", ">", 0)],
            order="posting_number desc",
            limit=1,
        )
        return last.posting_number + 1

    def _book(self, lines, booked, handovers):
        """Do what the lines say, in the order in which there is room for it.

        :param clinic.remittance.line booked: those of shares on invoices
        :param list handovers: see clinic.remittance.line._get_handovers()
        """
        # sudo: nobody writes it by hand. What was undone is not this posting's.
        self.sudo().write({name: [Command.clear()] for name in DOCUMENTS})
        taken = booked.filtered(lambda line: line.paid < 0)
        money = self._take_back(taken)
        self._settle_outside(lines - booked)
        lines.share_id.invalidate_recordset()
        self._move_rests(handovers)
        self._pay(money, booked)
        if self.invoice_clients:
            self._invoice_clients(lines)

    # === WHETHER IT MAY BE POSTED === #

    def _check_may_bill(self):
        if not self.env.user.has_group("clinic_invoicing.group_biller"):
            raise AccessError(self.env._("Only billers may record what insurers pay."))
        self.check_access("write")

    def _lock(self):
        """Keep others from changing at this moment what this is about."""
        self._clinic_lock_or_refuse(
            self.env._(
                "Somebody else is posting or undoing this remittance at this moment. "
                "Please reload the page."
            )
        )
        shares = self.line_ids.share_id
        shares.service_id._lock_for_billing()
        # A set of their own: read by way of lines that are forgotten now, each would be
        # read by itself.
        invoices = self.env["account.move"].browse(shares.invoice_line_ids.move_id.ids)
        invoices._clinic_lock_for_void()
        invoices._clinic_check_not_being_paid()
        # What was read before the lock may be out of date.
        self.invalidate_recordset()
        self.line_ids.invalidate_recordset()
        shares.invalidate_recordset()

    def _check_may_post(self, lines):
        self._check_is_draft()
        if not lines:
            raise UserError(self.env._("There is no line to be posted."))
        problems = [
            self.env._(
                "Line %(number)s: %(problem)s", number=number, problem=line.problem
            )
            for number, line in enumerate(self.line_ids, start=1)
            if line.problem
        ]
        if problems:
            raise UserError("\n".join(problems[:20]))
        if not self.currency_id.is_zero(self.amount_left):
            raise UserError(
                self.env._(
                    "The total is %(total)s, and the lines are %(lines)s.",
                    total=self.currency_id.format(self.amount),
                    lines=self.currency_id.format(self.amount_lines),
                )
            )
        self._check_reference()
        booked = lines.filtered(lambda line: line._is_booked())
        if self.currency_id.compare_amounts(sum(booked.mapped("paid")), 0) < 0:
            raise UserError(
                self.env._(
                    "More is taken back than is paid. What the practice pays back to "
                    "the insurer is a reversal of the insurer's payment."
                )
            )

    def _check_reference(self):
        """Raise UserError when it has been posted before."""
        if self.reference and self.search_count(
            [
                ("company_id", "=", self.company_id.id),
                ("insurer_id", "=", self.insurer_id.id),
                ("reference", "=", self.reference),
                ("state", "=", "posted"),
            ],
            limit=1,
        ):
            raise UserError(
                self.env._(
                    "%(reference)s of %(insurer)s has been posted already.",
                    reference=self.reference,
                    insurer=self.insurer_id.display_name,
                )
            )

    def _fill_reference(self):
        if not self.reference:
            # sudo: who posts it need not read sequences.
            numbers = self.env["ir.sequence"].sudo().with_company(self.company_id)
            self.reference = numbers.next_by_code(self._name)

    # === WHAT IS BOOKED === #

    def _settle_outside(self, lines):
        """Record what was paid without an invoice, or taken back of it."""
        paid = lines.filtered(lambda line: not line.currency_id.is_zero(line.paid))
        # sudo: that it is less than zero is for our own code to say.
        self.env["clinic.share.settlement"].sudo().create(
            [
                {
                    "share_id": line.share_id.id,
                    "amount": line.paid,
                    "date": self.date,
                    "reference": self.reference,
                    "remittance_line_id": line.id,
                }
                for line in paid
            ]
        )

    def _move_rests(self, handovers):
        """Let others owe what the insurer does not pay."""
        if not handovers:
            return
        shares = self.env["clinic.service.share"].union(
            *(handover.share for _line, handover in handovers)
        )
        credit_notes, moved = shares._move_each(
            [handover for _line, handover in handovers], self._get_reason()
        )
        # sudo: our own code alone keeps it.
        self.env["clinic.remittance.handover"].sudo().create(
            [
                {
                    "line_id": line.id,
                    "share_id": handover.receiver.id,
                    "amount": handover.amount,
                }
                for (line, _said), handover in zip(handovers, moved, strict=True)
            ]
        )
        # sudo: nobody writes it by hand.
        self.sudo().credit_note_ids = [Command.set(credit_notes.ids)]

    def _get_reason(self):
        return self.env._(
            "%(insurer)s, remittance %(reference)s",
            insurer=self.insurer_id.display_name,
            reference=self.reference,
        )

    def _invoice_clients(self, lines):
        """Invoice to clients what has moved to them."""
        moved = lines.handover_ids.share_id.filtered(
            lambda share: share.payer_type == PAYER_PATIENT
        )
        services = moved._get_billable().service_id
        if services:
            invoices = services._create_invoices(self.date, payers=moved.partner_id)
            # sudo: nobody writes it by hand.
            self.sudo().invoice_ids = [Command.set(invoices.ids)]

    def _log_posting(self):
        self.message_post(
            body=self.env._(
                "Posted by %(user)s: %(amount)s for %(count)s services.",
                user=self.env.user.name,
                amount=self.currency_id.format(self.amount),
                count=len(self.line_ids._filter_counted()),
            )
        )


class ClinicRemittanceLine(models.Model):
    """What a line is about when it is posted."""

    _inherit = "clinic.remittance.line"

    def _is_booked(self):
        """Whether its share is on an invoice, and not settled outside."""
        self.ensure_one()
        return self.share_id.state != "to_bill" and not self.share_id.settled_date

    def _keep_facts(self, moves):
        """Keep what was billed and open when these were posted, and how often it moves.

        :param collections.Counter moves: how often, by line
        """
        for line in self:
            # sudo: nobody writes it by hand.
            line.sudo().write(
                {
                    "posted_billed": line.billed,
                    "posted_open": line.amount_open,
                    "posted_moves": moves[line],
                }
            )
