from odoo import models

# Who writes one of these says how much somebody owes, whatever the rate says.
FIELDS_OF_SPLIT = {"cover_type", "fixed_amount", "payer_type", "percent"}


class ClinicServiceShare(models.Model):
    """The share of the insurer by the rate, until somebody says who owes what."""

    _inherit = "clinic.service.share"

    def write(self, vals):
        if FIELDS_OF_SPLIT & vals.keys() and "by_rate" not in vals:
            self._keep_as_they_are()
        return super().write(vals)

    def _drop(self):
        """Let these owe nothing any more; those with documents stay for the record."""
        kept = self.filtered("invoice_line_ids")
        kept.write({"by_rate": False, "cover_type": "amount", "fixed_amount": 0})
        (self - kept).unlink()

    def _after_being_told(self):
        """Let the others of a service stay as they are when somebody adds a share."""
        told = self.filtered(lambda share: not (share.takes_rest or share.by_rate))
        told.service_id.share_ids._keep_as_they_are()

    def _keep_as_they_are(self):
        """Take the parts by the rate for agreed: they follow the rate no more."""
        # sudo: nobody writes by hand that a share is by the rate.
        for share in self.sudo().filtered("by_rate"):
            owed = share._get_own_amount()
            if share.currency_id.compare_amounts(owed, share._get_cover()):
                share.write(
                    {
                        "by_rate": False,
                        "cover_type": "amount",
                        "fixed_amount": owed,
                        "percent": 0,
                    }
                )
            else:
                share.by_rate = False
