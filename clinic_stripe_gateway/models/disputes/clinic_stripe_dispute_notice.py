from odoo import models
from odoo.tools import format_date

ENDED = ("won", "lost", "warning_closed", "prevented")


class ClinicStripeDispute(models.Model):
    """Notices of a dispute: what people are told, and asked to do about it."""

    _inherit = "clinic.stripe.dispute"

    def _tell_status(self, is_new):
        """Tell what has changed, and who has to do something about it."""
        self.ensure_one()
        if is_new:
            self._log(
                self.env._(
                    "The client's bank disputes %(amount)s of this payment: %(link)s",
                    amount=self.currency_id.format(self.amount),
                    link=self._get_html_link(),
                )
            )
        if self.status in ENDED:
            self._log(
                self.env._(
                    "The dispute %(link)s has ended: %(status)s.",
                    link=self._get_html_link(),
                    status=self._get_status_label(),
                )
            )
        self._close_answer_activity()
        if self.status.endswith("needs_response"):
            self._ask_for_answer()
        elif self.status == "lost":
            self._ask_for_collection()

    def _pause_charges(self):
        """Charge the card no more by itself whose bank has taken money back."""
        tx = self.transaction_id
        (tx.token_id | tx.source_transaction_id.token_id)._clinic_pause_for_dispute()

    def _get_status_label(self):
        return dict(self._fields["status"]._description_selection(self.env))[
            self.status
        ]

    def _log(self, message):
        for record in (self.payment_id, *self.invoice_ids):
            if record:
                record.message_post(body=message)

    def _get_answer_summary(self):
        return self.env._("Answer a dispute")

    def _get_last_day(self):
        """Return the day of the practice on which the bank must have the answer."""
        return self.due_date and self.company_id._clinic_get_day(self.due_date)

    def _ask_for_answer(self):
        summary, last_day = self._get_answer_summary(), self._get_last_day()
        self.company_id._clinic_tell_managers(
            self,
            summary,
            self.env._(
                "The bank wants to know why %(amount)s was charged. Answer in "
                "Stripe's dashboard by %(date)s, or the money is lost. An inquiry "
                "also ends when the payment is refunded.",
                amount=self.currency_id.format(self.amount),
                date=format_date(self.env, last_day) or "-",
            ),
        )
        if last_day:
            activities = self._get_activities(summary)
            activities.write({"date_deadline": last_day})

    def _ask_for_collection(self):
        if not any(
            invoice.state == "posted" and invoice.amount_residual
            for invoice in self.invoice_ids
        ):
            return
        self.company_id._clinic_tell_managers(
            self,
            self.env._("Collect what a dispute has cost"),
            self.env._(
                "The bank has decided for the client, and the invoice is open again. "
                "Collect it in another way, or write it off with a credit note."
            ),
        )

    def _ask_for_allocation(self):
        self.company_id._clinic_tell_managers(
            self,
            self.env._("Use money that came back from a dispute"),
            self.env._(
                "The invoice needs it no more. Allocate the payment %(payment)s to "
                "other invoices of the client, or refund it.",
                payment=self.payment_id.name,
            ),
        )

    def _close_answer_activity(self):
        activities = self._get_activities(self._get_answer_summary())
        if activities and not self.status.endswith("needs_response"):
            activities.action_feedback(feedback=self._get_status_label())

    def _get_activities(self, summary):
        return self.activity_ids.filtered(lambda each: each.summary == summary)
