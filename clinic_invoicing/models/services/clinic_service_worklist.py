from odoo import api, fields, models
from odoo.exceptions import UserError

from ...rules import billing_state

WORKLIST_TABS = (billing_state.TO_INVOICE, billing_state.INVOICED, billing_state.PAID)
TAB_LIMIT = 999


class ClinicService(models.Model):
    """What billers do with services on the Invoices page."""

    _inherit = "clinic.service"

    insurer_id = fields.Many2one(
        "res.partner",
        compute="_compute_insurer_id",
        store=True,
        index="btree_not_null",
        help="The first insurer who owes a part of it.",
    )

    @api.depends("share_ids.amount", "share_ids.partner_id", "share_ids.payer_type")
    def _compute_insurer_id(self):
        for service in self:
            insured = service.share_ids.filtered(
                lambda share: share.payer_type == "insurer" and not share._is_nothing()
            )
            service.insurer_id = insured.sorted("id")[:1].partner_id

    # === WORKLIST === #

    @api.model
    def get_tab_counts(self):
        """Return how many services are under each tab of the Invoices page.

        Counting stops at a limit, so that the page stays as fast with a million
        paid services as with a hundred.

        :rtype: dict[str, str]
        """
        counts = {}
        for state in WORKLIST_TABS:
            count = self.search_count([("state", "=", state)], limit=TAB_LIMIT + 1)
            counts[state] = str(count) if count <= TAB_LIMIT else f"{TAB_LIMIT}+"
        return counts

    # === ACTION METHODS === #

    def action_cancel(self):
        """Take services off the bill that will never be charged."""
        self.check_access("write")
        self._check_not_on_invoice()
        # sudo: nobody writes it but these two actions.
        self.sudo().is_cancelled = True

    def _clinic_cancel_unbilled(self):
        """Cancel the services of visits that will not take place.

        What was rendered is owed, whatever becomes of its slot on the calendar, and
        so is the fee of who did not come.
        """
        self._clinic_filter_lost_with_visit().action_cancel()

    def _clinic_filter_lost_with_visit(self):
        """Return those that nobody owes when their visits do not take place."""
        return self.filtered(
            lambda service: (
                service.appointment_status != "completed"
                and not service.is_fee
                and not service._is_on_invoice()
            )
        )

    def action_restore(self):
        """Put cancelled services back on the bill."""
        self.check_access("write")
        # sudo: see action_cancel().
        self.sudo().is_cancelled = False
        self._forget_lost_appointments()

    def action_open_invoices(self):
        """Open the invoices of these services."""
        invoices = self.invoice_ids
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        if len(invoices) == 1:
            return {**action, "views": [(False, "form")], "res_id": invoices.id}
        return {**action, "domain": [("id", "in", invoices.ids)]}

    def action_mark_as_paid(self):
        """Record a payment received outside for the invoices of these services."""
        invoices = self.invoice_ids.filtered(
            lambda move: move.state == "posted" and move.amount_residual
        )
        if not invoices:
            raise UserError(
                self.env._(
                    "Nothing is due for the selected services. Only invoiced "
                    "services can be marked as paid."
                )
            )
        names = ", ".join(invoices.mapped("name"))
        action = invoices.action_register_payment()
        return {
            **action,
            # An invoice may bill more services than those that were ticked.
            "name": self.env._("Mark as paid: %(names)s", names=names),
            "context": {
                **action["context"],
                "clinic_received_outside": True,
                # The biller stays on the worklist.
                "dont_redirect_to_payments": True,
            },
        }
