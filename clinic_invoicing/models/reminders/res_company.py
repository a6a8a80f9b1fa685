from odoo import api, models
from odoo.exceptions import ValidationError

from ...rules import schedule


class ResCompany(models.Model):
    """The schedule of a practice's reminders, which has days when it is on."""

    _inherit = "res.company"

    @api.constrains("clinic_reminders", "clinic_reminder_days")
    def _check_clinic_reminders(self):
        for company in self:
            if company.clinic_reminders and not company._clinic_has_reminder_days():
                raise ValidationError(
                    self.env._(
                        "Write after how many days clients are reminded, for instance: "
                        "3, 14, 30"
                    )
                )

    def _clinic_has_reminder_days(self):
        self.ensure_one()
        try:
            return bool(schedule.parse_days(self.clinic_reminder_days))
        except ValueError:
            # Another check tells what is wrong with it.
            return True
