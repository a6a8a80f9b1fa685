from collections import defaultdict
from typing import Any, NamedTuple

from markupsafe import Markup

from odoo import models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...rules.payers import PAYER_INSURER, PAYER_WRITE_OFF


class Handover(NamedTuple):
    """A part of what a share owes, and who owes it then.

    :param clinic.service.share share: that owes it now
    :param float amount: no more than is open of it
    :param str payer_type: ``patient``, ``insurer`` or ``write_off``
    :param res.partner partner: the insurer; clients are known to the service
    :param clinic.service.share receiver: which share owes it then, if it is known
    """

    share: Any
    amount: float
    payer_type: str
    partner: Any = None
    receiver: Any = None


class ClinicServiceShare(models.Model):
    """The move of what a payer owes to another one, before it is invoiced and after."""

    _inherit = "clinic.service.share"

    def action_move(self):
        """Open the wizard that lets another payer owe a part of this share."""
        self.ensure_one()
        self._check_may_move()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Move to Another Payer"),
            "res_model": "clinic.share.move",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_share_id": self.id},
        }

    def _move(self, amounts, payer_type, partner=None, reason=""):
        """Let another payer owe these amounts.

        What was invoiced is credited; the new payer's part is then to be billed.

        :param dict amounts: by share, no more than what is open of it
        :param str payer_type: ``patient``, ``insurer`` or ``write_off``
        :param res.partner partner: the insurer; clients are known to the service
        :param str reason: for the record
        :return: ``(credit notes, the shares that owe it now)``
        :raise UserError: more than is open, or somebody is paying at this moment
        """
        handovers = [
            Handover(share, amount, payer_type, partner)
            for share, amount in amounts.items()
        ]
        credit_notes, moved = self._move_each(handovers, reason)
        receivers = (handover.receiver for handover in moved)
        return credit_notes, self.browse().union(*receivers)

    def _move_each(self, handovers, reason=""):
        """Let others owe parts of these shares, each its own, all at once.

        :param list[Handover] handovers: of these shares
        :return: the credit notes, and the handovers as parts of the price, each with
            the share that owes it now
        :rtype: tuple[account.move, list[Handover]]
        """
        self._check_may_move()
        self.service_id._lock_for_billing()
        # What was read before the lock may be out of date.
        self.invalidate_recordset()
        amounts = _sum_by_share(handovers)
        for share, amount in amounts.items():
            share._check_movable(amount)
        # Who owes what is said here: it does not follow the rate when what was billed
        # of it is credited.
        self.service_id.share_ids._keep_as_they_are()
        in_price = _in_price(handovers, amounts)
        credit_notes = self._credit(
            {
                share: amount
                for share, amount in amounts.items()
                if share.state == "invoiced"
            },
            reason or self.env._("Moved to another payer"),
        )
        receivers = self._hand_over(in_price)
        self._log_move(handovers, receivers, reason)
        moved = [
            handover._replace(receiver=receiver)
            for handover, receiver in zip(in_price, receivers, strict=True)
        ]
        return credit_notes, moved

    def _check_may_move(self):
        """Raise AccessError unless the user may say who owes what."""
        if not self.env.user.has_group("clinic_invoicing.group_biller"):
            raise AccessError(self.env._("Only billers may say who owes what."))
        self.service_id.check_access("write")

    def _check_movable(self, amount):
        """Raise ValidationError unless ``0 < amount <= what is open``."""
        self.ensure_one()
        currency = self.currency_id
        if currency.compare_amounts(amount, 0) <= 0:
            raise ValidationError(self.env._("The amount must be more than zero."))
        if currency.compare_amounts(amount, self.amount_due) > 0:
            raise ValidationError(
                self.env._(
                    "%(service)s: only %(open)s is open.",
                    service=self.service_id.display_name,
                    open=currency.format(self.amount_due),
                )
            )

    def _get_part_of_price(self, amount):
        """Return how much of the price somebody else owes instead of this amount.

        Who takes all of it owes the price, not what a discount or a rounding of this
        payer's own invoice has made of it.
        """
        self.ensure_one()
        is_all = not self.currency_id.compare_amounts(amount, self.amount)
        return self._get_agreed_amount() if is_all else amount

    def _hand_over(self, handovers):
        """Reduce these shares, and let others owe as much; return the others.

        sudo: what a share owes is nobody's to write, and follows from the move here.

        :return: for each of the handovers, in their order
        """
        given = _sum_by_share(handovers).items()
        _owe_more({share.sudo(): -amount for share, amount in given})
        found, missing, taken = {}, {}, defaultdict(float)
        for key, group in _group_by_receiver(handovers).items():
            share, _amount, payer_type, partner, told = group[0]
            amount = sum(handover.amount for handover in group)
            receiver = told or share.sudo()._get_receiver(payer_type, partner)
            if receiver:
                found[key] = receiver.sudo()
                taken[found[key]] += amount
            else:
                missing[key] = share._prepare_receiver(amount, payer_type, partner)
        _owe_more(taken)
        made = self.sudo().create(list(missing.values()))
        found.update(zip(missing, made, strict=True))
        return [found[_get_receiver_key(handover)] for handover in handovers]

    def _get_receiver(self, payer_type, partner):
        """Return the share of the service that can owe more, if there is one.

        One that was billed or settled says what it owed then.
        """
        self.ensure_one()
        candidates = (self.service_id.share_ids - self).filtered(
            lambda share: (
                share.payer_type == payer_type
                and share.state in ("to_bill", "written_off")
                and not share.settled_amount
                and (payer_type != PAYER_INSURER or share.partner_id == partner)
            )
        )
        return candidates.sorted("takes_rest", reverse=True)[:1]

    def _prepare_receiver(self, amount, payer_type, partner):
        """Return the values of the share that owes what was moved."""
        if payer_type == PAYER_INSURER and not partner:
            raise UserError(self.env._("Choose the insurer who owes it."))
        # Who the client is follows from the service.
        insurer = {"partner_id": partner.id} if payer_type == PAYER_INSURER else {}
        return {
            "service_id": self.service_id.id,
            "payer_type": payer_type,
            "fixed_amount": amount,
            **insurer,
        }

    def _log_write_offs(self, reason=""):
        """Say on the services how much of them is asked of nobody, and by whom."""
        written_off = self.filtered(
            lambda share: (
                share.payer_type == PAYER_WRITE_OFF and not share._is_nothing()
            )
        )
        bodies = {
            service.id: self.env._(
                "%(amount)s written off by %(user)s. %(reason)s",
                amount=service.currency_id.format(sum(shares.mapped("amount"))),
                user=self.env.user.name,
                reason=reason,
            )
            for service, shares in written_off.grouped("service_id").items()
        }
        written_off.service_id._message_log_batch(bodies=bodies)

    def _log_move(self, handovers, receivers, reason):
        """Say on the services what was moved, by whom and why."""
        payers = dict(self._fields["payer_type"]._description_selection(self.env))
        bodies = defaultdict(list)
        for (share, amount, *_to), receiver in zip(handovers, receivers, strict=True):
            bodies[share.service_id.id].append(
                self.env._(
                    "%(amount)s moved from %(former)s to %(payer)s by %(user)s. "
                    "%(reason)s",
                    amount=share.currency_id.format(amount),
                    former=share.partner_id.display_name or payers[share.payer_type],
                    payer=receiver.partner_id.display_name
                    or payers[receiver.payer_type],
                    user=self.env.user.name,
                    reason=reason,
                )
            )
        self.service_id._message_log_batch(
            bodies={key: Markup("<br/>").join(texts) for key, texts in bodies.items()}
        )


def _sum_by_share(handovers):
    """Return how much is handed over of each share."""
    amounts = defaultdict(float)
    for share, amount, *_to in handovers:
        amounts[share] += amount
    return {share: share.currency_id.round(amount) for share, amount in amounts.items()}


def _owe_more(amounts):
    """Let shares owe so much more, or less; those of the same amount at once.

    What takes the rest owes less when another share owes more.

    :param dict amounts: by share, in sudo
    """
    fixed = defaultdict(list)
    for share, amount in amounts.items():
        if not share.takes_rest:
            owed = share.currency_id.round(share._get_agreed_amount() + amount)
            fixed[owed].append(share)
    for owed, shares in fixed.items():
        same = shares[0].union(*shares)
        same.write({"cover_type": "amount", "fixed_amount": owed})


def _in_price(handovers, amounts):
    """Return these as parts of the price.

    Who takes all of a share owes the price, not what a discount or a rounding of its
    payer's own invoice has made of it: the last one takes the difference.

    :param dict amounts: what is handed over of each share altogether
    """
    rest = {
        share: share._get_part_of_price(amount) - amount
        for share, amount in amounts.items()
    }
    found = []
    for handover in reversed(handovers):
        amount = handover.amount + rest.pop(handover.share, 0.0)
        found.append(handover._replace(amount=amount))
    return found[::-1]


def _group_by_receiver(handovers):
    """Return those together that one share owes then."""
    groups = defaultdict(list)
    for handover in handovers:
        groups[_get_receiver_key(handover)].append(handover)
    return groups


def _get_receiver_key(handover):
    share, _amount, payer_type, partner, receiver = handover
    insurer = partner if payer_type == PAYER_INSURER else None
    return receiver or (share.service_id, payer_type, insurer)
