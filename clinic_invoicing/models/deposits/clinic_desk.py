from odoo import models


class ClinicDesk(models.AbstractModel):
    """Deposits that are taken at the desk, where a visit is due instead of invoices."""

    _inherit = "clinic.desk"

    # === WHAT IS PAID === #

    def _find_visit(self, event_id):
        """Return an appointment that the user may read; none if it is not one.

        :raise AccessError: the user does not belong to the front desk
        """
        self._check_front_desk()
        event = self.env["calendar.event"].browse(
            event_id if 0 < event_id < 2**31 else 0
        )
        if not event.exists() or not event.has_access("read"):
            event = event.browse()
        # sudo: as for invoices; Core hides what is on private appointments.
        return event.sudo()

    def _find_bill_of_visit(self, event_id):
        """Return the invoice that is to be paid for an appointment, if there is one.

        :raise AccessError: the user does not belong to the front desk
        """
        bills = self._find_visit(event_id).clinic_service_ids.invoice_ids
        due = bills.filtered(lambda move: move._clinic_is_due_at_desk())
        return self._find_invoice(due[:1].id or 0)

    def _find_deposit(self, event_id, payer_id=None):
        """Return what a deposit for this appointment would be; none if there is none.

        :param int payer_id: one of those who pay for the appointment
        :raise AccessError: the user does not belong to the front desk
        """
        event = self._find_visit(event_id)
        company = event._clinic_get_company()
        payers = event._clinic_get_deposit_payers()
        payer = payers.filtered(lambda one: one.id == payer_id) or payers[:1]
        if not payer or company not in self.env.user.company_ids:
            return None
        return event._clinic_get_deposit_due(payer)

    # === HOW IT IS TAKEN === #

    def _book(self, due, line, amount):
        if not due.event:
            return super()._book(due, line, amount)
        return self._book_deposit(due, line, amount)

    def _book_deposit(self, due, line, amount):
        # sudo: as in _book().
        payments = self.env["account.payment"].sudo().with_company(due.company)
        # Context: without an entry nothing could be taken off an invoice; see above.
        forced = not line.payment_account_id
        payment = payments.with_context(force_payment_move=forced).create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                # Not the commercial partner, which may be an employer or a relative.
                "partner_id": due.payer.id,
                "amount": amount,
                "currency_id": due.currency.id,
                "company_id": due.company.id,
                "journal_id": line.journal_id.id,
                "payment_method_line_id": line.id,
                "memo": self.env._("Deposit"),
                "clinic_deposit_event_id": due.event.id,
            }
        )
        payment.action_post()
        payment._clinic_use_deposits(due.event.clinic_service_ids.invoice_ids)
        return payment
