from odoo import models


class ResPartner(models.Model):
    """Clients who register for programs, and whom they register."""

    _inherit = "res.partner"

    def _clinic_get_own_patients(self, date, company):
        """Return the patients whom this client registers: all those they pay for.

        Those whose invoices would go to somebody else are not among them.

        :param date date: of the service that would be billed
        :param res.company company: the practice
        """
        self.ensure_one()
        # sudo: clients read no patients; these are shown to them by name.
        dependants = self.sudo().search([("clinic_guarantor_id", "=", self.id)])
        return (self.sudo() | dependants).filtered(
            lambda patient: self._clinic_is_billed_at(
                patient._clinic_get_bill_to(date, company)
            )
        )
