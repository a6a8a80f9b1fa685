from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    clinic_insurer_settlement = fields.Selection(
        [
            ("outside", "Settled outside Odoo, recorded with date and reference"),
            ("invoice", "Invoiced to the insurer"),
        ],
        string="Insurers' Shares",
        default="outside",
        required=True,
        help="How insurers come to pay what they owe of a service.",
    )
    clinic_majority_age = fields.Integer(
        string="Age of Majority",
        default=18,
        help="Patients of this age are billed themselves, not their guarantor.",
    )

    # === WHICH DAY IT IS === #

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

    # === WHO IS TOLD === #

    def _clinic_tell_billers(self, record, summary, note):
        """Ask who does the billing, once, to look at a record.

        :param record: of a model with activities
        :param str summary: what is wrong; one open activity of that name is enough
        :param str note: what to do about it
        """
        self._clinic_ask(self._clinic_get_biller(), record, summary, note)

    def _clinic_tell_managers(self, record, summary, note):
        """Ask the practice's managers, once, to look at a record.

        :param record: of a model with activities
        :param str summary: what is wrong; one open activity of that name is enough
        :param str note: what to do about it
        """
        self._clinic_ask(self._clinic_get_managers()[:1], record, summary, note)

    @api.model
    def _clinic_ask(self, user, record, summary, note):
        """Give somebody something to do about a record, unless it is to be done yet."""
        if user and summary not in record.activity_ids.mapped("summary"):
            # context: no client keeps people from being told.
            told = record.with_context(mail_activity_automation_skip=False)
            told.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=summary,
                note=note,
                user_id=user.id,
            )

    def _clinic_get_biller(self):
        """Return who does the billing, else a manager."""
        self.ensure_one()
        billers = self.env.ref("clinic_invoicing.group_biller").all_user_ids
        billers = billers.filtered(
            lambda user: self in user.company_ids and not user._is_superuser()
        ).sorted("id")
        managers = self._clinic_get_managers()
        return (billers - managers)[:1] or managers[:1]

    def _clinic_get_managers(self):
        """Return who may undo mistakes in this company, people before the robot."""
        self.ensure_one()
        managers = self.env.ref("clinic_invoicing.group_manager").all_user_ids
        return managers.filtered(
            lambda user: self in user.company_ids and not user._is_superuser()
        )
