from odoo import fields, models


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
        self.ensure_one()
        activities = record.activity_ids.filtered(lambda act: act.summary == summary)
        managers = self._clinic_get_managers()
        if activities or not managers:
            return
        record.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=summary,
            note=note,
            user_id=managers[0].id,
        )

    def _clinic_get_managers(self):
        """Return who may undo mistakes in this company, people before the robot."""
        self.ensure_one()
        managers = self.env.ref("clinic_invoicing.group_manager").all_user_ids
        return managers.filtered(
            lambda user: self in user.company_ids and not user._is_superuser()
        )
