from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import ormcache


class ResPartner(models.Model):
    """Whose something is: an invoice, money, a card, a statement.

    Core thinks in commercial partners: whatever is a contact's of a company is the
    company's. A practice thinks in persons. A contact below a company, or below a
    parent, is a person; only addresses of other types belong to whom they are below.
    Who takes, allocates, shows or charges anything asks here.
    """

    _inherit = "res.partner"

    clinic_acting_ids = fields.Many2many(
        "res.partner",
        "clinic_acting_contact_rel",
        "payer_id",
        "contact_id",
        string="Acting for This Payer",
        copy=False,
        groups="clinic_invoicing.group_biller",
        help="These contacts see and pay in the portal what is billed to this payer, "
        "with this payer's cards, and answer its payment plans: the clerk of a care "
        "home, for instance.",
    )

    # === CONSTRAINTS === #

    @api.constrains("clinic_acting_ids")
    def _check_clinic_acting_ids(self):
        # sudo: contacts are created by employees who may not read this as well.
        for payer in self.sudo():
            if payer in payer.clinic_acting_ids:
                raise ValidationError(
                    self.env._(
                        "%(payer)s sees their own invoices anyway. Name others who act "
                        "for them.",
                        payer=payer.display_name,
                    )
                )
        self._clinic_forget_acting()

    @api.model
    def _clinic_forget_acting(self):
        """Forget who acts for whom, and the record rules that tell it."""
        self.env.registry.clear_cache()

    # === WHO ACTS FOR WHOM === #

    @ormcache("self.id")
    def _clinic_get_payer_ids(self):
        """Return the ids of this contact and of the payers that it acts for.

        Record rules and each page of the portal ask for it.
        """
        self.ensure_one()
        # sudo: clients do not read who acts for whom. Context: as it was named.
        payers = self.sudo().with_context(active_test=False)
        acted_for = payers.search([("clinic_acting_ids", "in", self.ids)], order="id")
        return (self.id, *acted_for.ids)

    def _clinic_get_payers(self):
        """Return this contact and the payers that it acts for, in sudo."""
        # sudo: who acts for a payer need not read other contacts.
        return self.sudo().browse(self._clinic_get_payer_ids())

    def _clinic_pays_as(self, billed):
        """Return as whom this contact pays what these are billed, in sudo.

        Each payer once: themselves, or whom they act for; none for bills of others.

        :param res.partner billed: persons, and addresses of theirs
        """
        owners = billed | billed._clinic_get_addressees()
        return self._clinic_get_payers() & owners.sudo()

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
        wallets = (one._clinic_get_wallet_owners() for one in self._clinic_get_payers())
        return self.browse().union(*wallets)

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
