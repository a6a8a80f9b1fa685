from odoo import fields, models

# Changes with the meaning of the wording, not with its language.
AUTOPAY_WORDING = "2026-11"


class ResCompany(models.Model):
    """What clients agree to, and who is told when it ends."""

    _inherit = "res.company"

    def write(self, vals):
        result = super().write(vals)
        if vals.get("clinic_autopay") is False:
            # sudo: who sets up a practice need not read agreements.
            agreements = self.env["clinic.autopay"].sudo()
            agreements.search([("company_id", "in", self.ids)])._end("company")
        return result

    def _clinic_get_autopay_wording(self):
        """Return what a client agrees to, in the client's language."""
        self.ensure_one()
        return self.env._(
            "I allow %(practice)s to charge my saved card for the invoices billed to "
            "me, never more at once than the limit that I have set. I am told by "
            "e-mail at least %(days)s days before each charge. I can stop this at any "
            "time under Billing.",
            practice=self.name,
            days=self.clinic_autopay_notice_days,
        )

    def _clinic_get_today(self, payer, moment=None):
        """Return the day as it is for the practice and a payer, the earlier of both.

        What was told for a day never happens on the evening before.

        :param datetime moment: instead of now
        """
        self.ensure_one()
        # context: jobs run where it is tomorrow already; who has told no time zone
        # lives in that of the job.
        return min(
            fields.Date.context_today(self.with_context(tz=zone), moment)
            for zone in (payer.tz, self.partner_id.tz)
        )

    def _clinic_get_day(self, moment=None):
        """Return the day of a moment as it is for the practice.

        :param datetime moment: instead of now
        """
        self.ensure_one()
        # sudo: clients may not read the practice's contact. Context: as above.
        practice = self.with_context(tz=self.sudo().partner_id.tz)
        return fields.Date.context_today(practice, moment)

    def _clinic_tell_billers(self, record, summary, note):
        """Ask who does the billing, once, to look at a record.

        :param record: of a model with activities
        :param str summary: what is wrong; one open activity of that name is enough
        :param str note: what to do about it
        """
        self._clinic_ask(self._clinic_get_biller(), record, summary, note)

    def _clinic_get_biller(self):
        """Return who does the billing, else a manager."""
        self.ensure_one()
        billers = self.env.ref("clinic_invoicing.group_biller").all_user_ids
        billers = billers.filtered(
            lambda user: self in user.company_ids and not user._is_superuser()
        ).sorted("id")
        managers = self._clinic_get_managers()
        return (billers - managers)[:1] or managers[:1]
