from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...rules import proportions, smallest_units
from ...rules.payers import PAYER_INSURER, PAYER_PATIENT


class ClinicService(models.Model):
    """Several payers of one service: the insurers' covers, and who takes the rest."""

    _inherit = "clinic.service"

    # === ACTION METHODS === #

    def action_split(self):
        """Open the wizard that says who owes what of these services."""
        self.share_ids._check_may_move()
        self._check_not_on_invoice()
        return self._get_wizard_action("clinic.service.split", self.env._("Split"))

    # === BUSINESS METHODS === #

    def _after_rate_is_set(self):
        result = super()._after_rate_is_set()
        self._split_by_rate()
        return result

    def _after_patient_is_changed(self, given):
        result = super()._after_patient_is_changed(given)
        # sudo: who pays for the new patient follows; nobody says it.
        services = self.sudo()
        services._drop_other_shares()
        services._split_by_rate()
        return result

    def _after_bill_is_gone(self):
        result = super()._after_bill_is_gone()
        self.share_ids._clinic_follow_again(["partner_id"])
        return result

    def _split_by_rate(self):
        """Let the insurer owe what the rate says that insurers cover.

        The share is there without an insurer as well, owes nothing, and waits for one.
        Who owes what as somebody has said stays.
        """
        # sudo: shares are nobody's to write, and follow from the rate here.
        services = self.sudo()
        services.share_ids.filtered("by_rate")._drop()
        covered = services.filtered(
            lambda one: one._may_be_covered() and not one._is_split_by_hand()
        )
        if covered:
            vals_list = [service._prepare_share_by_rate() for service in covered]
            covered.share_ids.create(vals_list)

    def _may_be_covered(self):
        """Whether insurers take a part of such a service. Rooms below add to it."""
        self.ensure_one()
        return self.rate_id.clinic_cover_type != "none"

    def _is_split_by_hand(self):
        self.ensure_one()
        told = self.share_ids._filter_told()
        return any(share._get_cover() for share in told)

    def _prepare_share_by_rate(self):
        """Return the values of the share of whoever insures the patient."""
        rate = self.rate_id
        name = "percent" if rate.clinic_cover_type == "percent" else "fixed_amount"
        return {
            "service_id": self.id,
            "payer_type": PAYER_INSURER,
            "by_rate": True,
            "cover_type": rate.clinic_cover_type,
            name: rate.clinic_cover,
        }

    def _get_insurer(self):
        """Return who insures the patient: a hook."""
        self.ensure_one()
        return self.patient_id.clinic_insurer_id

    def _get_payer_type_of_rest(self):
        """Return who owes what nobody else does, as long as nobody says it."""
        self.ensure_one()
        return PAYER_INSURER if self.billing == "insurance" else PAYER_PATIENT

    def _set_covers(self, covers):
        """Let these payers owe their parts of the service, and the client the rest.

        :param covers: ``(payer type, partner, "amount" or "percent", value)``, in
            their order: none takes more than the ones before it have left
        :raise UserError: the service is on an invoice
        """
        self.ensure_one()
        self._check_not_on_invoice()
        amounts = self._get_cover_amounts(covers)
        # sudo: who may split is checked by who calls; nobody writes shares by hand.
        service = self.sudo()
        service._drop_other_shares()
        rest = service.share_ids
        rest.payer_type = PAYER_PATIENT
        service.share_ids = [
            Command.create(self._prepare_cover(cover, amount))
            for cover, amount in zip(covers, amounts, strict=True)
            if amount
        ]
        service.share_ids._log_write_offs()

    def _preview_covers(self, covers):
        """Return a service as this one would be with these covers; nothing is stored.

        Its first share is the client's, the others are those of the covers.
        """
        self.ensure_one()
        amounts = self._get_cover_amounts(covers)
        return self._preview(
            {
                **self._prepare_likeness(),
                "rate_id": self.rate_id.id,
                "price_unit": self.price_unit,
                "quantity": self.quantity,
                "tax_ids": [Command.set(self.tax_ids.ids)],
                "share_ids": [
                    Command.create({"takes_rest": True, "payer_type": PAYER_PATIENT}),
                    *(
                        Command.create(self._prepare_cover(cover, amount))
                        for cover, amount in zip(covers, amounts, strict=True)
                    ),
                ],
            }
        )

    def _get_cover_amounts(self, covers):
        """Return how much each of these covers takes of the service."""
        currency = self.currency_id or self.env.company.currency_id
        rounding = currency.rounding
        amounts = proportions.share_amounts(
            smallest_units.to_smallest_unit(self.amount_priced, rounding),
            [
                (
                    kind,
                    value
                    if kind == "percent"
                    else smallest_units.to_smallest_unit(value, rounding),
                )
                for _payer_type, _partner, kind, value in covers
            ],
        )
        return [currency.round(amount * rounding) for amount in amounts]

    def _prepare_cover(self, cover, amount):
        """Return the values of the share of one cover.

        A percentage stays one while the price may change, unless it was cut short.
        """
        payer_type, partner, kind, value = cover
        values = {"payer_type": payer_type, "partner_id": partner.id}
        (uncut,) = self._get_cover_amounts([cover])
        if kind == "percent" and not self.currency_id.compare_amounts(uncut, amount):
            return {**values, "cover_type": "percent", "percent": value}
        return {**values, "fixed_amount": amount}

    def _drop_other_shares(self):
        """Leave one share, that owes everything.

        A share with documents is kept for the record and owes nothing any more.
        """
        others = self.share_ids.filtered(lambda share: not share.takes_rest)
        if others.filtered("settled_amount"):
            raise UserError(
                self.env._(
                    "%(services)s: an insurer has settled a part of it already.",
                    services=", ".join(others.service_id.mapped("display_name")),
                )
            )
        others._drop()
        rests = self.share_ids.filtered("takes_rest")
        rests._clinic_forget_decisions(["partner_id", "payer_type"])
        rests._clinic_follow_again(["partner_id", "payer_type"])
