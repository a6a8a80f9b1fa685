from odoo import models
from odoo.exceptions import ValidationError

# Who writes one of these says how much somebody owes, whatever the rate says.
FIELDS_OF_SPLIT = {"cover_type", "fixed_amount", "payer_type", "percent"}


class ClinicServiceShare(models.Model):
    """The share of the insurer by the rate, until somebody says who owes what."""

    _inherit = "clinic.service.share"

    def write(self, vals):
        # Who writes by_rate as well says nothing: these follow, or stay as they are.
        is_told = FIELDS_OF_SPLIT & vals.keys() and "by_rate" not in vals
        if is_told:
            (self | self.service_id.share_ids._filter_told())._keep_as_they_are()
        result = super().write(vals)
        if is_told:
            self.service_id.share_ids._check_not_cut_short()
        return result

    def _filter_told(self):
        """Return those of which somebody has said what they owe."""
        return self.filtered(lambda share: not (share.takes_rest or share.by_rate))

    def _drop(self):
        """Let these owe nothing any more; those with documents stay for the record."""
        kept = self.filtered("invoice_line_ids")
        (self - kept).unlink()
        kept.write({"by_rate": False, "cover_type": "amount", "fixed_amount": 0})

    def _after_being_told(self):
        """Let the others of a service stay as they are when somebody adds a share."""
        shares = self._filter_told().service_id.share_ids
        shares._check_not_cut_short()
        shares._keep_as_they_are()

    def _check_not_cut_short(self):
        """Refuse what nobody would owe, when it is said: later the price may fall.

        :raise ValidationError: the payers of a service would owe more than its price
        """
        for share in self._filter_told():
            owed, agreed = share._get_agreed_amount(), share._get_cover()
            if share.currency_id.compare_amounts(owed, agreed) < 0:
                raise ValidationError(
                    self.env._(
                        "%(service)s: the shares exceed its price of %(price)s.",
                        service=share.service_id.display_name,
                        price=share.currency_id.format(share.service_id.amount_priced),
                    )
                )

    def _keep_as_they_are(self):
        """Take what these owe for agreed, by the rate or as far as the price went.

        Else what is moved from one payer would be taken by another, who was to owe more
        before the price fell.
        """
        # sudo: nobody writes by hand that a share is by the rate.
        for share in self.sudo().filtered(lambda share: not share.takes_rest):
            owed = share._get_agreed_amount()
            if share.currency_id.compare_amounts(owed, share._get_cover()):
                share.write(
                    {
                        "by_rate": False,
                        "cover_type": "amount",
                        "fixed_amount": owed,
                        "percent": 0,
                    }
                )
            elif share.by_rate:
                share.by_rate = False
