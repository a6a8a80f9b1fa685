from odoo import api, models
from odoo.exceptions import ValidationError

from ...rules.seal import seal


class ClinicShown(models.AbstractModel):
    """What somebody reads beside a button that starts money is what is done.

    The page puts a seal of what it shows into its form. It comes back with the start,
    and is compared, under the lock of the start, with what would be done now.
    """

    _name = "clinic.shown"
    _description = "What a Page Has Shown"

    @api.model
    def _seal_payment(self, invoices, amount, cards):
        """Return the seal of a payment: what it pays of each invoice, and with what.

        :param account.move invoices: that were chosen
        :param float amount: what is paid of them
        :param payment.token cards: that can be charged by the button
        """
        allocation = invoices._clinic_get_allocation(amount)
        left = invoices._clinic_get_left(allocation)
        parts = [(move.id, move.name, part, *left[move]) for move, part in allocation]
        return seal("payment", float(amount), parts, self._name_cards(cards))

    @api.model
    def _seal_due(self, due, amount, cards):
        """Return the seal of what comes to the door: of a deposit, or of invoices."""
        if due.event:
            return self._seal_deposit(due.event, due.payer, amount, cards)
        return self._seal_payment(due.invoices, amount, cards)

    @api.model
    def _seal_deposit(self, event, payer, amount, cards):
        """Return the seal of a deposit: for which visit, by whom, and with what."""
        return seal(
            "deposit", event.id, payer.id, float(amount), self._name_cards(cards)
        )

    @api.model
    def _seal_autopay(self, company, cards):
        """Return the seal of an agreement; what is typed and ticked comes by itself."""
        return seal("autopay", company.id, self._name_cards(cards))

    @api.model
    def _seal_plan(self, plan, cards):
        """Return the seal of a payment plan: each instalment, and with what."""
        instalments = [(charge.date, charge.amount) for charge in plan._get_upcoming()]
        return seal("plan", plan.id, instalments, self._name_cards(cards))

    @api.model
    def _seal_program(self, program):
        """Return the seal of a program: its price, and until when it can be left."""
        return seal(
            "program",
            program.id,
            program.currency_id.name,
            program.price,
            program.refund_until,
            program._is_free_to_cancel(),
        )

    @api.model
    def _check(self, shown, now):
        """Raise ValidationError when something else would be done than was read.

        :param str shown: the seal that came with the button, from a browser; ``None``
            where it was no page that asked, which no route may pass on
        :param str now: the seal of what would be done
        """
        if shown not in (None, now):
            raise ValidationError(
                self.env._(
                    "This is not what the page has shown, so nothing was done. Please "
                    "reload the page and read it again."
                )
            )

    def _check_due(self, shown, due, amount, cards):
        """Raise ValidationError when something else comes to the door than was read.

        :param payment.token cards: that stood on the page; ``None`` for those that are
            offered to the payer
        """
        if shown is None:
            return
        if cards is None:
            _providers, cards = due.invoices._clinic_get_offer(due.payer, amount)
        self._check(shown, self._seal_due(due, amount, cards))

    def _name_cards(self, cards):
        """Return what tells these cards apart, in no language."""
        # sudo: payers and the front desk read cards on the page only.
        return [(card.id, card.payment_details) for card in cards.sudo()]
