from collections import defaultdict

from odoo import models
from odoo.exceptions import AccessError, LockError, UserError
from odoo.fields import Command
from odoo.tools import format_date

from ..actions import notification
from ..rules import billing_state


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

    def action_why_not(self):
        """Tell why the service cannot be invoiced."""
        self.ensure_one()
        obstacle = self._get_billing_obstacles().get(self)
        message = obstacle or self.env._("This service is ready to be invoiced.")
        return notification(
            "warning" if obstacle else "success", message, title=self.display_name
        )

    def _get_billing_obstacles(self, states=(billing_state.TO_INVOICE,)):
        """Return why services cannot be invoiced to the client now.

        :param states: the states from which these services may be invoiced
        :return: a sentence for each service that cannot
        :rtype: dict
        """
        obstacles = {}
        for service in self:
            obstacle = service._get_billing_obstacle(states)
            if obstacle:
                obstacles[service] = obstacle
        return obstacles

    def _get_billing_obstacle(self, states):
        """Return why this service cannot be invoiced, ``False`` if it can."""
        self.ensure_one()
        if self.billing == "insurance":
            return self.env._("Its rate is billed to the insurer.")
        if self.billing == "no_charge":
            return self.env._("It is free of charge.")
        if self.state in (billing_state.INVOICED, billing_state.PAID):
            return self.env._("It has been invoiced already.")
        if self.state == billing_state.CANCELLED:
            return self.env._("It has been cancelled.")
        if self.state not in states:
            return self.env._("Its appointment has not been completed.")
        if not self.bill_to_id:
            return self.env._("Nobody is set to be billed for it.")
        if len(self.share_ids) > 1:
            return self.env._("It is split between several payers.")
        if self.currency_id.is_zero(self.amount_total):
            return self.env._("It has no price.")
        return False

    def _format_obstacles(self, obstacles):
        """Return the ``{service: sentence}`` of obstacles as a text for people."""
        return "\n".join(
            f"{service.display_name}: {sentence}"
            for service, sentence in obstacles.items()
        )

    def _lock_for_billing(self):
        """Keep other users from invoicing these services at the same time.

        :raise UserError: somebody is invoicing one of them at this moment
        """
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._(
                    "Somebody else is invoicing these services at this moment. "
                    "Please reload the page."
                )
            ) from error
        # What was read before the lock may be out of date.
        self.invalidate_recordset(["state"])

    def _create_invoices(self, invoice_date, grouping="payer", **common_vals):
        """Create and post the invoices of services that are ready and locked.

        :param date invoice_date: the date of all the invoices
        :param str grouping: ``payer`` for one invoice per payer, ``service`` for
            one per service
        :param dict common_vals: more values for each of the invoices
        :return: the posted invoices, in sudo
        :rtype: account.move
        """
        if not self.env.user.has_group("clinic_invoicing.group_front_desk"):
            raise AccessError(self.env._("You may not invoice services."))
        self.check_access("write")
        # sudo: the front desk invoices visits and has no other accounting right.
        services = self.sudo()
        vals_list = [
            {**group._prepare_invoice(payer, invoice_date), **common_vals}
            for payer, group in services._group_for_invoices(grouping)
        ]
        invoices = services.env["account.move"].create(vals_list)
        invoices.action_post()
        return invoices

    def _group_for_invoices(self, grouping):
        """Return ``(payer, services)`` for each invoice to be made."""
        groups = defaultdict(self.browse)
        for service in self.sorted(lambda service: (service.date, service.id)):
            company = service.company_id
            single = service if grouping == "service" else service.browse()
            groups[company, service.currency_id, service.bill_to_id, single] |= service
        # Joined recordsets forget what they were read with.
        return [
            (key[2], services.with_prefetch(self._prefetch_ids))
            for key, services in groups.items()
        ]

    def _prepare_invoice(self, payer, invoice_date):
        """Return the values of one invoice to ``payer`` for these services."""
        return {
            "move_type": "out_invoice",
            "clinic_has_services": True,
            "partner_id": payer.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": invoice_date,
            "invoice_line_ids": [
                Command.create(share._prepare_invoice_line())
                for share in self.share_ids
                if share.payer_type == "patient" and share.state == "to_bill"
            ],
        }

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
