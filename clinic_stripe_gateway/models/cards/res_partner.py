from odoo import api, fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """Contacts with the saved cards that they own, and that they may pay with."""

    _inherit = "res.partner"

    clinic_card_ids = fields.Many2many(
        "payment.token",
        string="Saved Cards",
        compute="_compute_clinic_card_ids",
        # What is to be removed at Stripe is archived already.
        context={"active_test": False},
        groups="clinic_invoicing.group_biller",
        help="Of this contact, of who pays for them, and of whom they pay for.",
    )

    @api.depends("clinic_guarantor_id", "payment_token_ids.active")
    def _compute_clinic_card_ids(self):
        """Find the cards with the rights of who looks: none of another company."""
        stored = self._origin
        patients = self.search([("clinic_guarantor_id", "in", stored.ids)])
        patients_by_guarantor = patients.grouped("clinic_guarantor_id")
        people = stored | patients | stored.clinic_guarantor_id
        cards = self._clinic_find_cards(people._clinic_with_addresses())
        cards = cards.grouped("partner_id")
        for partner in self:
            own = partner._origin
            concerned = own | own.clinic_guarantor_id
            concerned |= patients_by_guarantor.get(own, self.browse())
            partner.clinic_card_ids = self.env["payment.token"].union(
                *(
                    cards[person]
                    for person in concerned._clinic_with_addresses()
                    if person in cards
                )
            )

    @api.model
    def _clinic_find_cards(self, people):
        """Return these people's cards, and those still to be removed at Stripe."""
        # context: what is to be removed is archived already.
        tokens = self.env["payment.token"].with_context(active_test=False)
        # sudo: only ids are taken from the queue, which billers do not read.
        removals = tokens.env["clinic.stripe.detachment"].sudo()
        waiting = removals.search(
            [("state", "=", "waiting"), ("token_id.partner_id", "in", people.ids)]
        ).token_id
        return tokens.search(
            Domain("partner_id", "in", people.ids)
            & (Domain("active", "=", True) | Domain("id", "in", waiting.ids))
        )
