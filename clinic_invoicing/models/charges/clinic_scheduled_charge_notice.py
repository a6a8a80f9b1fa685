from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models

from ...rules import charge_days, schedule

MAIL_NOTICE = "clinic_invoicing.scheduled_charge_mail_template_notice"
MAIL_LINK = "clinic_invoicing.scheduled_charge_mail_template_link"
# States of an e-mail that was not sent, and is not tried again by itself.
UNSENT = ("exception", "cancel")
# People are asked to look when a provider leaves a charge open for so long.
PATIENCE_WITH_PROVIDERS = timedelta(days=2)


class ClinicScheduledCharge(models.Model):
    """Messages about a charge: e-mails to its payer, activities for the billers.

    No card is charged unless its owner was told beforehand, and lately.
    """

    _inherit = "clinic.scheduled.charge"

    discount_day = fields.Date(
        readonly=True,
        help="For which the payer was told the amount. The discounts of this day are "
        "given, whenever the card is charged.",
    )
    notice_mail_id = fields.Many2one(
        "mail.mail",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_system",
        help="Deleted once it is sent; what remains was not.",
    )

    # === NOTICE BEFOREHAND === #

    def _schedule_instalment(self, card):
        """Let the job tell of this instalment in time, and collect it on its day."""
        self.ensure_one()
        today = self._get_today()
        notice = self._get_agreement()._get_notice_days() if card else 0
        self.token_id = card
        self.date = max(self.date, today)
        self._set_planned(max(today, fields.Date.subtract(self.date, days=notice)))

    def _give_notice(self):
        """Tell the payer beforehand what is charged, when, and how to stop it."""
        date = self._get_charge_date()
        self.discount_day = self.discount_day or date
        amount = self._get_amount()
        refusal = self._get_refusal(amount)
        if refusal or not self.token_id:
            self._send_link(refusal)
            return
        self.amount = amount
        self._set_noticed(date)
        self.notice_mail_id = self._send_mail(MAIL_NOTICE)

    def _get_charge_date(self):
        """Return the day to tell the payer: never sooner than they could object.

        A payer who accepts a plan that starts at once knows that it does.
        """
        today = self._get_today()
        notice = timedelta(days=self._get_agreement()._get_notice_days())
        is_told_in_time = self.plan_id and (
            self.date > today or self._is_plan_agreed_on(today)
        )
        return max(self.date, today if is_told_in_time else today + notice)

    def _is_plan_agreed_on(self, day):
        return self._get_today(self.plan_id.agreed_on) == day

    def _is_notice_over(self):
        """Return whether it was held up so long that the payer must be told anew."""
        days = schedule.parse_days(self.company_id.clinic_charge_retry_days)
        expected = charge_days.get_last_day(self.date, self.first_attempt_on, days)
        return charge_days.is_notice_over(expected, self._get_today())

    def _is_notice_lost(self):
        """Return whether the e-mail that told the payer could not be sent."""
        return self.notice_mail_id.state in UNSENT

    def _wait_for_notice(self):
        """Charge nothing that nobody was told of; after a while it is told anew."""
        self._wait(self.env._("The e-mail that tells the payer could not be sent."))
        self._tell_billers(self.env._("A payer could not be told of a charge"))

    def _get_refusal(self, amount):
        """Return why the card is not charged, ``False`` if it is."""
        if self.autopay_id._is_above_cap(self, amount):
            return self.env._("It is more than the limit that you have set.")
        if not self.partner_id.email:
            return self.env._("There is no e-mail address to tell you beforehand.")
        return self.token_id and self.token_id._clinic_get_charge_problem()

    # === A LINK INSTEAD === #

    def _send_link(self, reason):
        """Ask the payer to pay by hand, and say why; unless it is paid by now."""
        if self._close_if_paid():
            return
        self._set_link_sent(reason)
        if self.partner_id.email:
            self._send_mail(MAIL_LINK)
        else:
            self._tell_billers(self.env._("A payer has no e-mail address"))

    def _get_link_url(self):
        """Return where the payer pays by hand; used by the e-mails."""
        self.ensure_one()
        return self._get_payable()._clinic_get_payment_link().url

    def _get_link_amount(self):
        """Return what the link is for, of a plan no more than the instalment."""
        self.ensure_one()
        day = self._get_today()
        asked = sum(
            line._clinic_get_closing(day)
            for line in self._get_payable()._clinic_get_open_lines()
            if self._covers(line._clinic_get_due_day())
        )
        asked = self.currency_id.round(asked)
        return min(self.amount, asked) if self.plan_id else asked

    def _get_link_day(self):
        """Return when that is due, if the day has not come; used by the e-mails."""
        self.ensure_one()
        day = self.due_until if self.due_from else False
        return day if day and day > self._get_today() else False

    def _get_stop_url(self):
        """Return where the payer stops it; used by the e-mails."""
        self.ensure_one()
        return self._get_agreement()._get_page_url()

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
                ("write_date", "<", fields.Datetime.now() - PATIENCE_WITH_PROVIDERS),
                ("activity_ids", "=", False),
            ],
            limit=100,
        )
        for charge in long_open:
            charge._tell_billers(self.env._("Is this charge still on its way?"))
