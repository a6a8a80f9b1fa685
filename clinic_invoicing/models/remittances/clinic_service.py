from odoo import models
from odoo.exceptions import UserError

from ...rules.payers import PAYER_INSURER


class ClinicService(models.Model):
    """The answer of an insurer to some services: a remittance of these alone."""

    _inherit = "clinic.service"

    def action_insurer_answered(self):
        """Open a draft of a remittance that says that everything was paid.

        :raise UserError: no insurer owes anything of these, or several do
        """
        shares = self._get_open_insurer_shares()
        shares._check_may_move()
        if not shares:
            raise UserError(self.env._("No insurer owes anything of these services."))
        for name in ("partner_id", "company_id", "currency_id"):
            if len(shares[name]) > 1:
                raise UserError(
                    self.env._(
                        "%(names)s: what each of them has paid is recorded by itself.",
                        names=", ".join(shares[name].mapped("display_name")),
                    )
                )
        return self.env["clinic.remittance"]._get_draft_action(shares)

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
