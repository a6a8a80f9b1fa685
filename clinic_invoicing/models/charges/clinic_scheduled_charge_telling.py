from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models

# How long a provider may leave a charge open before people are asked to look.
PATIENCE = timedelta(days=2)


class ClinicScheduledCharge(models.Model):
    """Whom a charge tells what: the payer by e-mail, the billers by an activity."""

    _inherit = "clinic.scheduled.charge"

    # === THE PAYER === #

    def _send_link(self, reason):
        """Ask the payer to pay by hand, and say why; unless it is paid by now."""
        if self._close_if_paid():
            return
        self._set_link_sent(reason)
        if self.partner_id.email:
            self._send_mail("clinic_invoicing.scheduled_charge_mail_template_link")
        else:
            self._tell_billers(self.env._("A payer has no e-mail address"))

    def _send_mail(self, template):
        """Return the id of an e-mail to the payer, which Odoo's queue will send."""
        # sudo: payers' e-mails are sent by nobody in particular.
        return self.env.ref(template).sudo().send_mail(self.id)

    def _get_link_url(self):
        """Return where the payer pays by hand; used by the e-mails."""
        self.ensure_one()
        return self._get_payable()._clinic_get_payment_link().url

    def _get_link_amount(self):
        """Return what the link asks for, of a plan no more than the instalment."""
        self.ensure_one()
        asked = self._get_payable()._clinic_sum_asked()
        return min(self.amount, asked) if self.plan_id else asked

    def _get_stop_url(self):
        """Return where the payer stops it; used by the e-mails."""
        self.ensure_one()
        path = f"plans/{self.plan_id.id}" if self.plan_id else "autopay"
        return f"{self.company_id.get_base_url()}/my/billing/{path}"

    # === THE BILLERS === #

    def _give_up(self, reason):
        """Send a link in place of another attempt, and tell the billers."""
        self._send_link(reason)
        if self.token_id and self.state == "link_sent":
            self._tell_billers(self.env._("A saved card could not be charged"))

    def _tell_billers(self, summary):
        note = Markup("<p>%s</p>") % (self.reason or "")
        self.company_id._clinic_tell_billers(self, summary, note)

    @api.model
    def _report_open_ended(self):
        """Ask people to look at charges whose outcome nobody has told for days.

        They are never sent again: the money may have been taken.
        """
        long_open = self.search(
            [
                ("state", "=", "charging"),
                ("transaction_id.state", "in", ("draft", "pending", "authorized")),
                ("write_date", "<", fields.Datetime.now() - PATIENCE),
                ("activity_ids", "=", False),
            ],
            limit=100,
        )
        for charge in long_open:
            charge._tell_billers(self.env._("Is this charge still on its way?"))
