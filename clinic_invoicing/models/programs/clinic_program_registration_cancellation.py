from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...actions import RELOAD, notification

MESSAGE_WITH_LINK = Markup('<p>%s</p><p><a href="%s">%s</a></p>')


class ClinicProgramRegistration(models.Model):
    """The way back: places are given back, and money by the rules of the program."""

    _inherit = "clinic.program.registration"

    # === ACTION METHODS === #

    def action_cancel(self):
        """Cancel registrations by the rules of their programs."""
        if not self.env.user.has_group("clinic_invoicing.group_front_desk"):
            raise AccessError(self.env._("You may not cancel registrations."))
        self.check_access("read")
        outcomes = dict.fromkeys(
            registration._describe_cancelling() for registration in self
        )
        # sudo: the rules of the program give the money back, not the user.
        self.sudo()._cancel(self.env._("Registration cancelled by the practice."))
        return notification("success", "\n".join(outcomes), then=RELOAD)

    # === THE RULES === #

    def _is_refundable(self):
        """Return whether a client who cancels now owes nothing and is paid back.

        A reservation that is waiting for its payment would be given back anyway.
        """
        self.ensure_one()
        program = self.program_id
        until = max(filter(None, (self.refund_until, program.refund_until)))
        now = fields.Datetime.now()
        is_early = now <= until and now < program.date_begin
        return is_early or bool(self.reserved_until)

    def _describe_cancelling(self):
        """Return what becomes of the money when it is cancelled now."""
        self.ensure_one()
        bills = self._get_bills()
        if not bills:
            return self.env._("Nothing was charged for this registration.")
        currency = bills.currency_id[:1]
        owed = sum(bills.mapped("amount_residual"))
        paid = bills._clinic_sum_received()
        is_refundable = self._is_refundable()
        if currency.is_zero(paid) and (is_refundable or currency.is_zero(owed)):
            return self.env._("Nothing has been paid, and nothing is owed.")
        if is_refundable:
            return self.env._("%(paid)s is given back.", paid=currency.format(paid))
        if currency.is_zero(owed):
            return self.env._(
                "It is too late for a refund: %(paid)s is not given back.",
                paid=currency.format(paid),
            )
        return self.env._(
            "It is too late to cancel free of charge: %(owed)s is still owed.",
            owed=currency.format(owed),
        )

    # === CANCELLING === #

    def _cancel(self, reason, refund=False):
        """Give the places back, and the money if the rules say so.

        The caller has checked the right to do it.

        :param str reason: for the record
        :param bool refund: whatever the rules say
        :raise UserError: somebody else is doing it, or money is on its way; nothing
            was changed
        """
        self._lock_for_cancelling()
        active = self.filtered(lambda registration: not registration.is_cancelled)
        refunded = active.filtered(
            lambda registration: refund or registration._is_refundable()
        )
        active.write({"is_cancelled": True, "reserved_until": False, "problem": False})
        active._message_log_batch(bodies=dict.fromkeys(active.ids, reason))
        # Whoever changes the program at this moment is met before any money moves.
        self.env.flush_all()
        for registration in refunded:
            registration._undo_billing(reason)

    def _lock_for_cancelling(self):
        self._clinic_lock_or_refuse(
            self.env._(
                "This registration is being changed at this moment. Please reload "
                "the page."
            )
        )
        self.invalidate_recordset()

    def _undo_billing(self, reason):
        """Void what was billed; what was paid goes back."""
        self.ensure_one()
        bills = self._get_bills()
        others = bills.invoice_line_ids.clinic_service_id - self.service_id
        if others:
            raise UserError(
                self.env._(
                    "%(invoices)s bills other services as well. The practice has to "
                    "credit this registration by hand first.",
                    invoices=", ".join(bills.mapped("name")),
                )
            )
        if bills:
            bills._clinic_void(reason, services="write_off", money="refund")
        else:
            self.service_id.action_cancel()

    # === THE JOB === #

    @api.model
    def _get_due_domain(self):
        """Return the domain of places not paid in time, or whose program is off."""
        is_off = Domain("program_id.state", "=", "cancelled")
        is_late = Domain("reserved_until", "<", fields.Datetime.now())
        return Domain("is_cancelled", "=", False) & (is_off | is_late)

    @api.model
    def _cron_release_places(self):
        """Give back what is due, each registration in a transaction of its own."""
        due = self.search(self._get_due_domain(), order="id")
        self.env["ir.cron"]._commit_progress(remaining=len(due))
        for registration in due:
            if not registration._release_and_commit():
                break

    def _release_and_commit(self):
        """Give one place back; return how many seconds are left for this run."""
        job = self.env["ir.cron"]
        try:
            self.try_lock_for_update(allow_referencing=True).filtered_domain(
                self._get_due_domain()
            )._release()
            return job._commit_progress(1)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # Roll back: somebody pays or cancels it; the next run looks again.
            self.env.cr.rollback()
        except UserError as error:
            # Roll back: nothing has happened, and others are not held up by it.
            self.env.cr.rollback()
            self._report_problem(error.args[0])
        return job._commit_progress(1)

    def _release(self):
        for registration in self:
            if registration.program_id.state == "cancelled":
                # First: when the message fails, no money has moved.
                registration._tell_client()
                reason = self.env._("The program was cancelled.")
                registration._cancel(reason, refund=True)
            elif not registration._is_unpaid():
                # Paid in part, put on hold or voided: the practice has it in hand.
                registration.reserved_until = False
            elif not registration._is_being_paid():
                registration._cancel(self.env._("It was not paid in time."))

    def _tell_client(self):
        """Write to the payer that the program does not take place.

        E-mail is read by others too: it names neither the program nor the patient.
        """
        self.ensure_one()
        payer = self.service_id.bill_to_id
        # context: that is what translations read.
        env = self.with_context(lang=payer.lang).env
        subject = env._("A registration is cancelled")
        body = env._(
            "A registration is cancelled, because what it was for does not take place. "
            "What you have paid for it is given back."
        )
        url = f"{self.get_base_url()}/my/programs"
        self.message_notify(
            partner_ids=payer.ids,
            subject=subject,
            body=MESSAGE_WITH_LINK % (body, url, env._("See it under Programs")),
            # Else Odoo writes the record's name above.
            force_record_name=subject,
        )

    def _is_unpaid(self):
        """Return whether nobody has touched the invoice of the reservation yet."""
        self.ensure_one()
        bill = self.invoice_id
        return bill.state == "posted" and bill.payment_state == "not_paid"

    def _is_being_paid(self):
        """Return whether money is on its way, or a payment form is open."""
        self.ensure_one()
        bill = self.invoice_id
        return bill._clinic_is_clearing() or bool(bill._clinic_get_fresh_attempts())

    def _report_problem(self, message):
        """Keep why it could not be cancelled; call for help where nobody waits."""
        self.problem = message
        if self.program_id.state == "cancelled":
            self.company_id._clinic_tell_managers(
                self, self.env._("A registration is not cancelled"), message
            )
