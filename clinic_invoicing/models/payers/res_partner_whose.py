from odoo import models
from odoo.fields import Domain


class ResPartner(models.Model):
    """Whose something is: an invoice, money, a card, a statement.

    Core thinks in commercial partners: whatever is a contact's of a company is the
    company's. A practice thinks in persons. A contact below a company, or below a
    parent, is a person; only addresses of other types belong to whom they are below.
    Who takes, allocates, shows or charges anything asks here.
    """

    _inherit = "res.partner"

    # === WHO IS ADDRESSED === #

    def _clinic_get_own_domain(self):
        """Return the domain of these contacts and of their own addresses."""
        return Domain("id", "in", self.ids) | self._clinic_get_address_domain()

    def _clinic_get_address_domain(self):
        """Return the domain of the addresses that their invoices are sent to."""
        # Other people below a company or a parent are contacts, not addresses.
        return Domain("parent_id", "in", self.ids) & Domain("type", "!=", "contact")

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
        """Return who is behind these addresses, each once."""
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

    # === WHOSE CARDS === #

    def _clinic_get_wallet_owners(self):
        """Return the contacts whose cards this one may pay with.

        An invoice address is no person: it shares the cards of whom it belongs to.
        Relatives share nothing, nor does a company with who works there.
        """
        self.ensure_one()
        return self | self._clinic_get_addressee()._clinic_with_addresses()

    def _clinic_get_managed_wallets(self):
        """Return the contacts whose cards this one may see and remove."""
        return self._clinic_get_wallet_owners()

    def _clinic_get_employers(self):
        """Return the company that Core takes this contact for, if it is one."""
        company = self.commercial_partner_id
        return company.filtered("is_company") - self

    def _clinic_with_addresses(self):
        """Return these contacts and the addresses that their invoices go to."""
        addresses = self.child_ids.filtered(lambda child: child.type != "contact")
        return self | addresses

    # === WHAT CORE CALLS THEM === #

    def _clinic_get_ledger_partner(self):
        """Return whom journal items name for this one: Core puts the company there."""
        self.ensure_one()
        return self.commercial_partner_id

    def _clinic_get_ledger_partners(self):
        """Return whom the journal items of these may name, in whichever way made."""
        return self | self.commercial_partner_id
