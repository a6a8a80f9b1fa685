from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError


class ResPartner(models.Model):
    """What a contact owes, and what stands on the documents for a claim."""

    _inherit = "res.partner"

    clinic_owed = fields.Char(
        string="Money Owed",
        compute="_compute_clinic_owed",
        groups="clinic_invoicing.group_biller",
        help="What is owed, less payments and credit notes that have paid nothing "
        "yet; each currency by itself.",
    )
    clinic_member_number = fields.Char(
        string="Member Number",
        copy=False,
        groups="clinic_invoicing.group_front_desk",
        help="The patient's number with the insurer. It is printed on receipts.",
    )
    clinic_licence_number = fields.Char(
        string="Licence Number",
        copy=False,
        groups="clinic_invoicing.group_front_desk",
        help="A practitioner's professional licence. It is printed on receipts, which "
        "insurers ask for.",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("allowed_company_ids")
    @api.depends("invoice_ids.amount_residual")
    def _compute_clinic_owed(self):
        payers = self._clinic_get_addressees()
        balances = defaultdict(list)
        for payer, currency, balance in self.env["clinic.aging"]._read_group(
            [("partner_id", "in", payers._origin.ids)],
            ["partner_id", "currency_id"],
            ["balance:sum"],
        ):
            balances[payer].append(currency.format(balance))
        for partner in self:
            payer = partner._clinic_get_addressee()._origin
            partner.clinic_owed = " · ".join(balances[payer])

    # === ACTION METHODS === #

    def action_clinic_money_owed(self):
        """Open what this contact owes."""
        self.ensure_one()
        self.env["clinic.aging"].check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "clinic_invoicing.clinic_aging_action"
        )
        return {
            **action,
            "domain": [("partner_id", "=", self._clinic_get_addressee().id)],
        }

    def action_clinic_statement(self):
        """Open the dialog that makes statements for these contacts."""
        return self._clinic_get_statement_action()

    def _clinic_get_statement_action(self):
        if not self.env.user.has_group("clinic_invoicing.group_biller"):
            raise AccessError(self.env._("Only billers make statements."))
        payers = self._clinic_get_addressees()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "clinic_invoicing.clinic_statement_action"
        )
        return {**action, "context": {"default_partner_ids": payers.ids}}

    # === BUSINESS METHODS === #

    def _clinic_get_addressee(self):
        """Return who is behind an address that invoices are sent to."""
        self.ensure_one()
        is_address = self.type != "contact" and self.parent_id
        return self.parent_id if is_address else self

    def _clinic_get_recipient(self):
        """Return who is written to about what is billed to this contact.

        An address without an e-mail of its own is the contact's who is behind it.
        """
        self.ensure_one()
        return self if self.email else self._clinic_get_addressee()

    def _clinic_get_addressees(self):
        addressees = (partner._clinic_get_addressee() for partner in self)
        return self.browse().union(*addressees)

    def _clinic_is_billed_at(self, payer):
        """Whether invoices to ``payer`` are under this client's Billing."""
        self.ensure_one()
        return self in payer | payer._clinic_get_addressees()

    def _clinic_get_own_addresses(self):
        """Return ``(address, contact)`` for these contacts and their addresses.

        The very ones whose invoices these contacts see under Billing.
        """
        # Context: what was sent to an address counts after it has been archived.
        addresses = self.with_context(active_test=False).search(
            self._clinic_get_address_domain()
        )
        own = [(partner, partner) for partner in self]
        return own + [(address, address.parent_id) for address in addresses]
