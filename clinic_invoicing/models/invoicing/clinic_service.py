from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import format_date


class ClinicService(models.Model):
    """How services become invoices."""

    _inherit = "clinic.service"

    def action_invoice(self):
        """Open the billing run for these services: date, grouping, Update."""
        obstacles = self._get_billing_obstacles()
        if len(obstacles) == len(self):
            raise UserError(self._format_obstacles(obstacles))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Invoice Services"),
            "res_model": "clinic.billing.run",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_service_ids": [Command.set(self.ids)],
                "default_company_id": self.company_id[:1].id,
            },
        }

    def _after_create(self):
        result = super()._after_create()
        # A service has its shares before its taxes, of which these invoices make
        # something else.
        own = self.share_ids.filtered(lambda share: share._has_invoice_of_its_own())
        own.modified(["takes_rest"])
        return result

    def _lock_for_billing(self):
        """Keep other users from invoicing these services at the same time.

        :raise UserError: somebody is invoicing one of them at this moment
        """
        # What was credited just now follows its facts before it is billed again.
        self.mapped("is_billed")
        self._clinic_lock_or_refuse(
            self.env._(
                "Somebody else is invoicing these services at this moment. "
                "Please reload the page."
            )
        )
        # What was read before the lock may be out of date.
        self.invalidate_recordset(["state"])

    def _create_invoices(
        self, invoice_date, grouping="payer", payers=None, **common_vals
    ):
        """Create and post the invoices of services that are ready and locked.

        :param date invoice_date: the date of all the invoices
        :param str grouping: ``payer`` for one invoice per payer, ``service`` for
            one per service
        :param res.partner payers: only what these owe
        :param dict common_vals: more values for each of the invoices
        :return: the posted invoices, in sudo
        :rtype: account.move
        """
        # su: clients who register for a program have it invoiced, and nothing else.
        is_staff = self.env.user.has_group("clinic_invoicing.group_front_desk")
        if not (self.env.su or is_staff):
            raise AccessError(self.env._("You may not invoice services."))
        self.check_access("write")
        # sudo: the front desk invoices visits and has no other accounting right.
        services = self.sudo()
        shares = services.share_ids._get_billable()
        if payers is not None:
            shares = shares.filtered(lambda share: share.partner_id in payers)
        vals_list = [
            {**group._prepare_invoice(payer, invoice_date), **common_vals}
            for payer, group in shares._group_for_invoices(grouping)
        ]
        return services.env["account.move"]._clinic_create_posted(vals_list)

    def _get_invoice_line_name(self, payer):
        """Return the label of the invoice line: what, when, and for whom.

        The patient is named where somebody else pays.
        """
        self.ensure_one()
        lang = payer.lang or self.env.lang
        parts = [self.name, format_date(self.env, self.date, lang_code=lang)]
        if self.patient_id != payer:
            parts.append(self.patient_id.name)
        return " · ".join(parts)
