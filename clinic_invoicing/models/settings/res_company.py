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

    def _clinic_get_managers(self):
        """Return who may undo mistakes in this company, people before the robot."""
        self.ensure_one()
        managers = self.env.ref("clinic_invoicing.group_manager").all_user_ids
        return managers.filtered(
            lambda user: self in user.company_ids and not user._is_superuser()
        )
