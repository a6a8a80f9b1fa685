from odoo import models
from odoo.exceptions import UserError


class ClinicService(models.Model):
    """The flip of services to the counterparts of their rates: insurer or self-pay."""

    _inherit = "clinic.service"

    # === ACTION METHODS === #

    def action_flip_rate(self):
        """Open the preview of flipping these services to their rates' counterparts."""
        self.share_ids._check_may_move()
        obstacles = self._get_flip_obstacles()
        if len(obstacles) == len(self):
            raise UserError(self._format_obstacles(obstacles))
        return self._get_wizard_action("clinic.service.flip", self.env._("Flip Rate"))

    def _get_wizard_action(self, model, name, **defaults):
        """Return the action that opens a wizard about these services."""
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_service_ids": self.ids,
                **{f"default_{field}": value for field, value in defaults.items()},
            },
        }

    # === BUSINESS METHODS === #

    def _get_counterpart(self):
        """Return the rate that this service would be flipped to."""
        self.ensure_one()
        return self.rate_id.clinic_counterpart_rate_id.product_variant_id

    def _preview_flip(self):
        """Return a service as this one would be after the flip; nothing is stored."""
        self.ensure_one()
        rate = self._get_counterpart()
        values = {**self._prepare_likeness(), "rate_id": rate.id}
        takes_numbers = rate.product_tmpl_id._clinic_takes_numbers()
        if takes_numbers and self._clinic_is_by_hand("quantity"):
            values["quantity"] = self.quantity
        return self._preview(values)

    def _prepare_likeness(self):
        """Return the values of a service like this, whatever its rate."""
        self.ensure_one()
        return {
            "company_id": self.company_id.id,
            "patient_id": self.patient_id.id,
            "bill_to_id": self.bill_to_id.id,
            "date": self.date,
            "duration": self.duration,
            "discount": self.discount,
        }

    def _get_flip_obstacles(self):
        """Return why services cannot be flipped: a sentence for each that cannot."""
        obstacles = {}
        for service in self:
            if not service._get_counterpart():
                obstacles[service] = self.env._("Its rate has no counterpart.")
            elif service.is_cancelled:
                obstacles[service] = self.env._("It has been cancelled.")
            elif any(service.share_ids.mapped("settled_amount")):
                obstacles[service] = self.env._("An insurer has settled a part of it.")
        return obstacles

    def _flip_rate(self, reason, invoice_date=None):
        """Flip services to the counterparts of their rates.

        What was invoiced is credited first; with a date, what was invoiced before is
        invoiced anew to who owes it now.

        :param str reason: for the record
        :param date invoice_date: of the new invoices, ``None`` to make none
        :return: ``(credit notes, new invoices)``
        :raise AccessError: the user may not
        :raise UserError: one of them cannot be flipped, or somebody is paying it
        """
        self.share_ids._check_may_move()
        self._lock_for_billing()
        self.invalidate_recordset()
        obstacles = self._get_flip_obstacles()
        if obstacles:
            raise UserError(self._format_obstacles(obstacles))
        billed = self.filtered(lambda service: service._is_on_invoice())
        credit_notes = self._credit_all(reason)
        self._log_flip(reason)
        # sudo: shares are nobody's to write, and follow from the rate here.
        self.sudo()._drop_other_shares()
        for rate, services in self.grouped(
            lambda service: service._get_counterpart()
        ).items():
            services.rate_id = rate
        invoices = self.env["account.move"]
        if invoice_date and billed:
            ready = billed - self.browse(
                [service.id for service in billed._get_billing_obstacles()]
            )
            invoices = ready._create_invoices(invoice_date)
        return credit_notes, invoices

    def _credit_all(self, reason):
        """Take back all that stands on invoices of these services."""
        shares = self.share_ids.filtered(
            lambda share: share.state in ("invoiced", "paid") and share.amount_invoiced
        )
        return shares._credit(
            {share: share.amount_invoiced for share in shares},
            reason or self.env._("Rate flipped"),
        )

    def _log_flip(self, reason):
        """Say on the services from which rate to which they were flipped, and why."""
        bodies = {
            service.id: self.env._(
                "Flipped from %(former)s to %(rate)s by %(user)s. %(reason)s",
                former=service.rate_id.display_name,
                rate=service._get_counterpart().display_name,
                user=self.env.user.name,
                reason=reason or "",
            )
            for service in self
        }
        self._message_log_batch(bodies=bodies)
