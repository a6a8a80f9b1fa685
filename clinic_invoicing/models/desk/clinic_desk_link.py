from odoo import models
from odoo.exceptions import UserError


class ClinicDesk(models.AbstractModel):
    """Links by which clients pay on their own telephone, shown or sent at the desk."""

    _inherit = "clinic.desk"

    def _can_use_link(self, due):
        """Whether the client could pay these by a link: the portal's switch counts."""
        # Context: without the key by which the desk passes the switch.
        invoices = due.invoices.with_context(clinic_at_desk=False)
        return len(invoices.partner_id) == 1 and not (
            invoices._clinic_get_first_obstacle()
        )

    def _get_offline_hint(self, due):
        """Return what is missing when the client could not pay these online."""
        # Context: as in _can_use_link().
        invoices = due.invoices.with_context(clinic_at_desk=False)
        if all(invoice._clinic_can_be_paid_online() for invoice in invoices):
            return ""
        return due.company._clinic_explain_offline(due.currency)

    def _get_link(self, due):
        """Return the link to pay these, in sudo.

        :raise UserError: they cannot be paid by one link
        """
        if not self._can_use_link(due):
            raise UserError(self.env._("Payment links cannot be used at the moment."))
        return due.invoices._clinic_get_payment_link().sudo()

    def _send_link(self, due):
        """Send the link by e-mail; return what to tell.

        :raise UserError: the client has no address, or there is no link
        """
        recipient = due.payer._clinic_get_recipient()
        if not recipient.email:
            raise UserError(
                self.env._(
                    "%(client)s has no e-mail address.", client=due.payer.display_name
                )
            )
        self._get_link(due)._send()
        return self.env._(
            "The payment link is sent to %(email)s.", email=recipient.email
        )
