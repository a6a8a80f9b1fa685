from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common_cards import SavedCardsCommon


@tagged("post_install", "-at_install")
class TestCardOwners(SavedCardsCommon):
    """Who sees, uses and removes a card."""

    # === WHO SEES THEM === #

    def test_the_contact_shows_the_cards_of_who_pays_and_for_whom(self):
        own, childs = self._save_card(), self._save_card(self.child)
        others = self._save_card(self.other_client)
        people = (self.client | self.child | self.other_client).with_user(self.biller)
        cards = people.mapped("clinic_card_ids")
        self.assertEqual(cards.sudo(), (own | childs | others))
        self.assertEqual(people[0].clinic_card_ids.sudo(), own | childs)
        self.assertEqual(people[1].clinic_card_ids.sudo(), own | childs)
        self.assertEqual(people[2].clinic_card_ids.sudo(), others)

    def test_the_contacts_form_shows_the_cards_to_billers(self):
        token = self._save_card()
        contact = self.client.with_user(self.biller)
        with Form(contact) as form:
            self.assertEqual(form.clinic_card_ids.ids, token.ids)
        arch = contact.get_view(view_type="form")["arch"]
        self.assertIn("action_clinic_remove", arch)
        arch = self.client.with_user(self.front_desk).get_view(view_type="form")["arch"]
        self.assertNotIn("action_clinic_remove", arch)
        Form(token.with_user(self.biller))

    def test_a_card_to_be_removed_at_stripe_is_still_shown(self):
        token = self._save_card()
        token.active = False
        contact = self.client.with_user(self.biller)
        self.assertEqual(contact.clinic_card_ids.sudo(), token)
        self._remove_at_stripe()
        self.assertFalse(contact.clinic_card_ids)

    def test_the_contact_does_not_show_cards_of_another_company(self):
        self._save_card()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.biller.company_ids |= elsewhere
        contact = self.client.with_user(self.biller)
        self.assertTrue(contact.clinic_card_ids)
        contact = contact.with_context(allowed_company_ids=elsewhere.ids)
        contact.invalidate_recordset()
        self.assertFalse(contact.clinic_card_ids)

    def test_the_front_desk_and_clients_do_not_see_the_cards_of_a_contact(self):
        self._save_card()
        for user in (self.front_desk, self.employee, self.client_user):
            with self.assertRaises(AccessError):
                self.client.with_user(user).read(["clinic_card_ids"])

    def test_clients_see_their_own_cards_only_and_no_identifier(self):
        own, others = self._save_card(), self._save_card(self.other_client)
        tokens = self.env["payment.token"].with_user(self.client_user)
        self.assertEqual(tokens.search([]).sudo(), own)
        self.assertTrue(own.with_user(self.client_user).read())
        with self.assertRaises(AccessError):
            others.with_user(self.client_user).read(["display_name"])
        for name in ("clinic_fingerprint", "clinic_account_ref"):
            with self.assertRaises(AccessError):
                own.with_user(self.client_user).read([name])

    def test_a_relative_can_neither_use_nor_remove_ones_cards(self):
        token = self._save_card()
        self.child.parent_id = self.client
        tokens = self.env["payment.token"]
        self.assertFalse(
            tokens._get_available_tokens(None, self.child.id, is_validation=True)
        )
        with self.assertRaisesRegex(ValidationError, "somebody else"):
            self._pay_with(token, partner_id=self.child.id)

    def test_a_companys_card_pays_its_orders_and_nobodys_treatment(self):
        company = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        token = self._save_card(company)
        self.client.parent_id = company
        self.assertEqual(self._pay_with(token, partner_id=self.client.id).state, "done")
        bill = self._invoice(self._create_service())
        with self.assertRaisesRegex(ValidationError, "somebody else"):
            self._pay_with(
                token,
                partner_id=self.client.id,
                invoice_ids=[Command.set(bill.ids)],
            )

    def test_cores_dialog_charges_an_employees_own_card(self):
        company = self.env["res.partner"].create(
            {"name": "Employer", "is_company": True}
        )
        self._save_card(company)
        own = self._save_card()
        self.client.parent_id = company
        bill = self._invoice(self._create_service())
        journal = self.provider.journal_id
        line = journal.inbound_payment_method_line_ids.filtered(
            lambda each: each.payment_provider_id == self.provider
        )
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.biller)
            .with_context(active_model="account.move", active_ids=bill.ids)
            .create({"journal_id": journal.id, "payment_method_line_id": line.id})
        )
        self.assertEqual(wizard.suitable_payment_token_ids, own)
        wizard._create_payments()
        self.assertEqual(bill.payment_state, "paid")

    def test_staff_cannot_charge_a_strangers_card(self):
        token = self._save_card()
        for partner, charged in ((self.other_client, 0), (self.client, 1)):
            self.control.clear_requests()
            payment = self.env["account.payment"].create(
                {
                    "payment_type": "inbound",
                    "partner_id": partner.id,
                    "amount": 10,
                    "journal_id": self.provider.journal_id.id,
                    "payment_token_id": token.id,
                }
            )
            if charged:
                payment.with_user(self.biller).action_post()
            else:
                with self.assertRaisesRegex(ValidationError, "somebody else"):
                    payment.with_user(self.biller).action_post()
            self.assertEqual(len(self._sent("POST", "payment_intents")), charged)

    def test_an_invoice_address_shares_the_cards_of_whom_it_belongs_to(self):
        token = self._save_card()
        address = self.env["res.partner"].create(
            {"name": "Post box", "type": "invoice", "parent_id": self.client.id}
        )
        self.assertEqual(self._pay_with(token, partner_id=address.id).state, "done")
