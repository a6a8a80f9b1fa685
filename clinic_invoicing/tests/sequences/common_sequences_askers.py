from odoo.fields import Command, Domain

from ...rules import askers
from ...rules.askers import Answer
from .common_sequences import PracticeCommon

# Who adds up for itself what the one answer says of each line.
BY_CLAIMS = (askers.AUTOPAY, askers.INSTALMENT)
BY_CHOICE = (askers.DIALOG, askers.DESK)


class AskerReaders(PracticeCommon):
    """What each asker says of a person: of one practice, in one currency.

    Each is asked the way that its page or job asks. Amounts are in the smallest unit.
    """

    def _read_asked(self, account, *key):
        """Return what is asked for now, by the name of who asks."""
        unpaid = self._find_unpaid(*key)
        asked = {
            asker.name: self._sum(account, asker, Answer.ASKS, unpaid)
            for asker in BY_CLAIMS
        }
        asked["page"] = self._read_page(account, *key)
        asked["dialog"] = self._read_dialog(account, *key)
        asked["link"] = self._read_link(account, unpaid)
        asked["desk"] = self._read_desk(account, unpaid)
        late = unpaid.filtered(lambda move: move.id in account.late_moves)
        asked["request"] = self._sum(account, askers.REQUEST, Answer.ASKS, late)
        asked["reminder"] = self._read_reminder(account, late)
        return asked

    def _read_offered(self, account, *key):
        """Return the most that can be paid, by the name of where."""
        unpaid = self._find_unpaid(*key)
        offered = {
            asker.name: self._sum(account, asker, Answer.OFFERS, unpaid)
            for asker in BY_CHOICE
        }
        # Each address has links of its own.
        offered["link"] = sum(
            self._sum(account, askers.LINK, Answer.OFFERS, own)
            for own in unpaid.grouped("partner_id").values()
        )
        return offered

    # === WHICH INVOICES === #

    def _to_units(self, account, amount):
        return round(amount / account.unit)

    def _find_bills(self, domain, practice, currency):
        """Return the invoices of the practice and its branches."""
        return self.env["account.move"].search(
            Domain(domain)
            & Domain("company_id", "child_of", practice.id)
            & Domain("currency_id", "=", currency.id)
        )

    def _find_unpaid(self, person, practice, currency):
        domain = self.env["account.move"]._clinic_get_unpaid_domain(person)
        return self._find_bills(domain, practice, currency)

    def _sum(self, account, asker, least, bills):
        return sum(
            self._to_units(account, own._clinic_sum_claims(asker, least))
            for own in bills.grouped("company_id").values()
        )

    # === EACH ASKER === #

    def _read_page(self, account, person, practice, currency):
        asked = self.env["account.move"]._clinic_get_asked(person)
        return sum(
            self._to_units(account, one.amount)
            for one in asked
            if (one.company.root_id, one.currency) == (practice, currency)
        )

    def _read_dialog(self, account, person, practice, currency):
        """Open the dialog for all that the Billing page asks for."""
        domain = self.env["account.move"]._clinic_get_asked_domain(
            person, askers.DIALOG
        )
        bills = self._find_bills(domain, practice, currency)
        return self._sum(account, askers.DIALOG, Answer.ASKS, bills)

    def _read_link(self, account, unpaid):
        """Open a link to all that the person owes."""
        # sudo: as the page of a link.
        links = self.env["clinic.payment.link"].sudo()
        groups = unpaid.grouped(lambda move: (move.partner_id, move.company_id))
        return sum(
            self._sum(account, askers.LINK, Answer.ASKS, link._get_payable())
            for link in links._create_for(groups.values())
        )

    def _read_desk(self, account, unpaid):
        """Open the desk's page of an invoice: it shows all of its payer."""
        desk = self.env["clinic.desk"].with_user(self.front_desk)
        amount = 0
        for own in unpaid.grouped("company_id").values():
            # The front desk finds what is the practice's, and a service's.
            shown = desk._find_invoice(own[0].id) or own[0]
            offered = shown._clinic_get_owed_by_same_payer()
            amount += self._sum(account, askers.DESK, Answer.ASKS, offered)
        return amount

    def _read_reminder(self, account, late):
        """Remind of all that something is due of."""
        # sudo: as the job.
        reminders = self.env["clinic.reminder"].sudo()
        amount = 0
        for own in late.sudo().grouped("company_id").values():
            steps = reminders._add_amounts(own._clinic_get_remindable(), {})
            amount += sum(
                self._to_units(account, step.amount) for step in steps.values()
            )
        return amount

    def _read_proposed(self, account, *key):
        """Return for how much payment plans are proposed."""
        bills = self._find_unpaid(*key)._clinic_filter_for(askers.PROPOSAL)
        wizards = self.env["clinic.payment.plan.proposal"].create(
            [
                {"invoice_ids": [Command.set(own.ids)]}
                for own in bills.grouped("company_id").values()
            ]
        )
        return sum(self._to_units(account, one.amount_total) for one in wizards)

    # === THE BOOKS, AS THEY ARE SHOWN === #

    def _read_balances(self, account, *key):
        """Return what is owed less what is open of payments, by who shows it."""
        return {
            "statement": self._read_statement(account, *key),
            "money_owed": self._read_money_owed(account, *key),
        }

    def _read_statement(self, account, person, practice, currency):
        """Return where the statements of a practice and its branches end."""
        companies = self.env["res.company"].search([("id", "child_of", practice.id)])
        statements = (
            statement
            for company in companies
            for statement in person._clinic_get_statements(
                company, self._get_days_ago(20), self.today
            )[person]
        )
        return sum(
            self._to_units(account, statement["closing"])
            for statement in statements
            if statement["currency"] == currency
        )

    def _read_money_owed(self, account, person, practice, currency):
        rows = self.env["clinic.aging"].search(
            [("partner_id", "=", person.id), ("currency_id", "=", currency.id)]
        )
        rows = rows.filtered(lambda row: row.company_id.root_id == practice)
        return self._to_units(account, sum(rows.mapped("balance")))

    def _read_held(self, account, person, practice, currency):
        held = self.env["account.move.line"]._clinic_sum_held(person, practice)
        return self._to_units(account, held.get((person, practice, currency), 0.0))
