from odoo import models
from odoo.exceptions import UserError

from ...rules.payers import PAYER_INSURER


class ClinicService(models.Model):
    """The answer of an insurer to some services: a remittance of these alone."""

    _inherit = "clinic.service"

    def action_insurer_answered(self):
        """Open a draft of a remittance that says that everything was paid.

        What was answered already is opened instead: undoing it is the way back.

        :raise UserError: no insurer owes anything of these, or several do
        """
        self.share_ids._check_may_move()
        shares = self._get_open_insurer_shares()
        if not shares:
            return self._open_answers()
        for name in ("partner_id", "company_id", "currency_id"):
            if len(shares[name]) > 1:
                raise UserError(
                    self.env._(
                        "%(names)s: what each of them has paid is recorded by itself.",
                        names=", ".join(shares[name].mapped("display_name")),
                    )
                )
        return self.env["clinic.remittance"]._get_draft_action(shares)

    def _open_answers(self):
        """Open the remittances by which insurers have paid these."""
        answers = self.share_ids._get_answers().values()
        remittances = self.env["clinic.remittance"].union(*answers)
        if not remittances:
            raise UserError(self.env._("No insurer owes anything of these services."))
        return remittances._get_open_action()

    # === WHAT STAYS WHILE IT IS ANSWERED === #

    def _get_flip_obstacles(self):
        """Name the remittance that is undone before a service may be flipped."""
        obstacles = super()._get_flip_obstacles()
        for service, sentence in self.share_ids._explain_answers().items():
            if service._get_counterpart() and not service.is_cancelled:
                obstacles[service] = sentence
        return obstacles

    def _check_not_on_invoice(self):
        """Name the remittance that is undone before a service may be changed."""
        billed = self.filtered(lambda service: service._is_on_invoice())
        answers = billed.share_ids._explain_answers()
        if answers:
            raise UserError(self._format_obstacles(answers))
        return super()._check_not_on_invoice()

    # === WHAT IS OPEN === #

    def _get_open_insurer_shares(self):
        """Return what insurers owe of these services and have not paid.

        Where insurers are invoiced, what is not on an invoice yet is not asked for.
        """
        return self.share_ids.filtered(
            lambda share: (
                share.payer_type == PAYER_INSURER
                and share.partner_id
                and share.currency_id.compare_amounts(share.amount_due, 0) > 0
                and (share.state == "invoiced" or not share._is_billed_to_insurer())
            )
        )
