from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from ..common import ClinicInvoicingCommon
from .common_whose import WhoseCommon

# Who asks, and whose invoices they see and may pay: nobody sees a relative's, an
# employer's, an employee's or a colleague's.
SEEN = {
    "employer": {"employer"},
    "employee": {"employee"},
    "colleague": {"colleague"},
    "mother": {"mother"},
    "child": {"child"},
    "home": {"home"},
    "clerk": {"clerk", "home"},
    "nurse": {"nurse"},
    "stranger": {"stranger"},
}


@tagged("post_install", "-at_install")
class TestWhose(WhoseCommon):
    """Whose invoice, card and statement something is: each thing by each who asks."""

    def _name(self, invoices):
        """Return whose of the bills of the set-up these are."""
        names = {bill.id: name for name, bill in self.bills.items()}
        return {names[move.id] for move in invoices}

    # === INVOICES === #

    def test_each_sees_their_own_invoices_under_billing(self):
        moves = self.env["account.move"]
        for name, user in self.users.items():
            payers = user.partner_id._clinic_get_payers()
            found = moves.search(moves._clinic_get_unpaid_domain(payers))
            with self.subTest(asks=name):
                self.assertEqual(self._name(found), SEEN[name])
                self.assertEqual(user._clinic_get_unpaid_count(), len(SEEN[name]))

    def test_each_reads_their_own_invoices_on_odoos_pages(self):
        for name, user in self.users.items():
            moves = self.env["account.move"].with_user(user)
            lines = self.env["account.move.line"].with_user(user)
            read = moves.search([("clinic_has_services", "=", True)])
            items = lines.search([("move_id.clinic_has_services", "=", True)])
            with self.subTest(asks=name):
                self.assertEqual(self._name(read), SEEN[name])
                self.assertEqual(self._name(items.sudo().move_id), SEEN[name])

    def test_each_pays_as_who_is_billed(self):
        for name, user in self.users.items():
            for owner, bill in self.bills.items():
                payers = user.partner_id._clinic_pays_as(bill.partner_id)
                expected = self.people[owner] if owner in SEEN[name] else None
                with self.subTest(asks=name, bill=owner):
                    self.assertEqual(payers, expected or self.env["res.partner"])

    # === CARDS === #

    def test_each_is_offered_their_own_cards(self):
        cards = {
            name: self._create_token(partner_id=partner.id)
            for name, partner in self.people.items()
        }
        tokens = self.env["payment.token"].sudo()
        for name, partner in self.people.items():
            offered = tokens._get_available_tokens(self.provider.ids, partner.id)
            managed = tokens._get_available_tokens(None, partner.id, is_validation=True)
            with self.subTest(asks=name):
                self.assertEqual(offered, cards[name])
                own = tokens.union(*(cards[owner] for owner in SEEN[name]))
                if name == "clerk":
                    self.assertEqual(managed, own)
                self.assertFalse(managed - own)

    # === STATEMENTS AND MONEY OWED === #

    def test_each_statement_tells_of_ones_own_money(self):
        for bill in self.bills.values():
            self._pay(bill, 40)
        period = (self.practice, "2024-01-01", "2024-12-31")
        for name, partner in self.people.items():
            (statement,) = partner._clinic_get_statements(*period)[partner]
            amounts = [entry["amount"] for entry in statement["entries"]]
            with self.subTest(asks=name):
                self.assertEqual(amounts, [100, -40])

    def test_each_owes_what_is_billed_to_them(self):
        for bill in self.bills.values():
            self._pay(bill, 140)
        rows = self.env["clinic.aging"].search([("partner_id", "any", [])])
        balances = {row.partner_id: row.balance for row in rows}
        for name, partner in self.people.items():
            with self.subTest(asks=name):
                self.assertEqual(balances.get(partner), -40)
        self.assertNotIn(self.box, balances)

    # === WHO ACTS FOR WHOM === #

    def test_a_clerk_who_acts_no_more_sees_nothing_more(self):
        bill, clerk = self.bills["home"], self.users["clerk"]
        self.assertTrue(bill.with_user(clerk).has_access("read"))
        self.people["home"].clinic_acting_ids = [Command.clear()]
        self.assertFalse(bill.with_user(clerk).has_access("read"))
        self.assertEqual(clerk.partner_id._clinic_get_payers(), clerk.partner_id)
        self.assertEqual(clerk._clinic_get_unpaid_count(), 1)

    def test_who_acts_may_be_of_another_family(self):
        bill, stranger = self.bills["employee"], self.users["stranger"]
        self.assertFalse(bill.with_user(stranger).has_access("read"))
        self.people["employee"].clinic_acting_ids = stranger.partner_id
        self.assertTrue(bill.with_user(stranger).has_access("read"))
        self.assertFalse(self.bills["employer"].with_user(stranger).has_access("read"))

    def test_who_acts_sees_no_drafts(self):
        bill = self.bills["employee"]
        self.people["employee"].clinic_acting_ids = self.people["stranger"]
        bill.button_draft()
        self.assertFalse(bill.with_user(self.users["stranger"]).has_access("read"))

    def test_nobody_acts_for_themselves(self):
        with self.assertRaisesRegex(ValidationError, "their own invoices anyway"):
            self.people["home"].clinic_acting_ids = self.people["home"]


@tagged("post_install", "-at_install")
class TestNamingWhoActs(ClinicInvoicingCommon):
    """The practice names who acts for a payer; nobody names themselves."""

    def test_billers_name_them_on_the_contact(self):
        form = Form(self.client.with_user(self.biller))
        form.clinic_acting_ids.add(self.other_client)
        form.save()
        self.assertEqual(self.client.clinic_acting_ids, self.other_client)

    def test_others_do_not(self):
        values = {"clinic_acting_ids": [Command.link(self.other_client.id)]}
        for user in (self.front_desk, self.employee, self.other_client_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.client.with_user(user).write(values)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.client.with_user(user).read(["clinic_acting_ids"])
