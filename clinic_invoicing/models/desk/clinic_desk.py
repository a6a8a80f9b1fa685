import re
from collections import Counter

from odoo import models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...rules.typed_numbers import read_amount
from ...server_side import tell
from ..paying.payment_transaction import OFFLINE_CODES


class ClinicDesk(models.AbstractModel):
    """What employees may take money for at the desk, and in which ways.

    The front desk has no right in accounting. What it reads and does there goes
    through here, in sudo, for what the domains below find and nothing else.
    """

    _name = "clinic.desk"
    _description = "Payments Taken at the Desk"

    # === WHAT IS PAID === #

    def _check_front_desk(self):
        if not self.env.user.has_group("clinic_invoicing.group_front_desk"):
            raise AccessError(self.env._("Only the front desk may take payments."))

    def _find_invoice(self, invoice_id):
        """Return the invoice that the user may take money for; none if it is not one.

        :raise AccessError: the user does not belong to the front desk
        """
        self._check_front_desk()
        if not 0 < invoice_id < 2**31:
            invoice_id = 0
        # sudo: the domain says which invoices; there is no other right.
        # Context: the portal's switch is not for the desk.
        moves = (
            self.env["account.move"].sudo().with_context(**tell(clinic_at_desk=True))
        )
        return moves.search(
            [
                ("id", "=", invoice_id),
                ("company_id", "in", self.env.user.company_ids.ids),
                ("clinic_has_services", "=", True),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
            ]
        )

    def _choose_invoices(self, invoice, invoice_ids=""):
        """Return those chosen of what the payer of ``invoice`` owes.

        :param str invoice_ids: separated by commas; nothing stands for ``invoice``
        """
        offered = invoice._clinic_get_owed_by_same_payer()
        chosen = {int(one) for one in re.findall(r"\b[0-9]{1,10}\b", invoice_ids)}
        return offered.filtered(lambda move: move.id in (chosen or set(invoice.ids)))

    def _get_due(self, invoices):
        """Return what these invoices of one payer make due."""
        return invoices._clinic_get_due()

    # === MEANWHILE === #

    def _get_news(self, invoice, invoice_ids, owed, clearing):
        """Return what has changed since a page was shown.

        :param str owed: what the payer owed on it
        :param str clearing: how many payments were on their way
        :return: whether to show it anew, what to tell, and whether all is paid
        :rtype: dict
        """
        currency = invoice.currency_id
        now = invoice._clinic_get_owed_by_same_payer()
        paid = self._read_amount(owed, currency) - now._clinic_sum_owed()
        is_paid = currency.compare_amounts(paid, 0) > 0
        # Only what was chosen: another invoice may still be open.
        is_settled = not self._choose_invoices(invoice, invoice_ids)
        return {
            "changed": is_paid or clearing != str(now._clinic_count_clearing()),
            "is_settled": is_settled,
            "notice": is_paid
            and self._tell_paid(invoice.partner_id, currency.format(paid)),
        }

    def _tell_paid(self, payer, amount):
        return self.env._(
            "%(client)s has paid %(amount)s.", client=payer.name, amount=amount
        )

    # === HOW MUCH === #

    def _read_amount(self, text, currency):
        """Return the amount that somebody typed, rounded; 0 if it is none."""
        return currency.round(read_amount(text))

    # === WAYS TO PAY === #

    def _get_providers(self, due, amount):
        """Return what can charge the payer's cards, the practice's gateway first."""
        # sudo: the front desk does not read providers.
        providers = self.env["payment.provider"].sudo()
        return providers._get_compatible_providers(
            due.company.id, due.payer.id, amount, currency_id=due.currency.id
        ).filtered(
            lambda one: (
                one.code not in OFFLINE_CODES
                # What the page shows is charged, to the last digit.
                and not due.currency.compare_amounts(
                    one._clinic_get_chargeable(amount, due.currency), amount
                )
            )
        )

    def _get_cards(self, due, amount):
        """Return the payer's saved cards, the one to charge first, in sudo."""
        # What is only held at first would leave the invoice open.
        providers = self._get_providers(due, amount).filtered(
            lambda one: not one.capture_manually
        )
        # sudo: the front desk does not read cards; these are the payer's.
        cards = self.env["payment.token"].sudo()
        # An address has no cards of its own.
        owner = due.payer._clinic_get_addressee()
        return cards._get_available_tokens(providers.ids, owner.id)

    def _get_method_lines(self, due):
        """Return the methods by which money is received without a provider."""
        # sudo: the front desk does not read journals.
        lines = self.env["account.payment.method.line"].sudo()
        lineage = due.company._clinic_get_lineage()
        lines = lines.search(
            [
                ("journal_id.company_id", "in", lineage.ids),
                ("journal_id.active", "=", True),
                ("journal_id.type", "in", ("cash", "bank", "credit")),
                ("journal_id.currency_id", "in", (False, due.currency.id)),
                ("payment_type", "=", "inbound"),
                ("payment_provider_id", "=", False),
            ]
        )
        return lines.sorted(lambda line: line.journal_id.type != "cash")

    def _get_ways_outside(self, due):
        """Return how money is received without a provider, as the desk calls it.

        :return: pairs of a method and its name: the journal's, "Cash"; with the
            method's own only where the journal has several, "Bank · Checks"
        :rtype: list[tuple]
        """
        lines = self._get_method_lines(due)
        journals = Counter(line.journal_id for line in lines)
        return [
            (
                line,
                f"{line.journal_id.name} · {line.name}"
                if journals[line.journal_id] > 1
                else line.journal_id.name,
            )
            for line in lines
        ]

    def _check_chosen(self, chosen):
        """Raise when a way to pay is not, or no longer, among those offered."""
        if not chosen:
            raise ValidationError(
                self.env._("This way to pay is not available. Please reload the page.")
            )

    # === LINKS, SHOWN OR SENT === #

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
