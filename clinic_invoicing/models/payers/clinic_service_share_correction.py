from odoo import api, fields, models


class ClinicServiceShare(models.Model):
    """What its invoice says of a share, more or less than its part of the price.

    Taxes that are rounded for a whole invoice, or lowered for an early payment
    discount, are known by the invoice alone. Once billed, a share says what the
    invoice says; before, what it will say.
    """

    _inherit = "clinic.service.share"

    amount_correction = fields.Monetary(
        compute="_compute_amount_correction",
        store=True,
        help="What its invoice says, or will say, beyond its part of the price.",
    )

    @api.depends(
        "invoice_line_ids.clinic_amount",
        "invoice_line_ids.move_id.amount_total",
        "invoice_line_ids.parent_state",
        "invoice_line_ids.price_total",
    )
    def _compute_amount_correction(self):
        billed = self.invoice_line_ids._clinic_get_billed_amounts()
        lines = {share: share._get_live_line(billed) for share in self}
        waiting = self.filtered(lambda share: not lines[share])
        previews = waiting._preview_corrections()
        for share, line in lines.items():
            # An invoice of before this was noted: the service says what it said then.
            said = line and line.clinic_amount and billed[line] - line.clinic_amount
            share.amount_correction = previews.get(share) or said or 0.0

    def _get_live_line(self, billed):
        """Return the invoice line that bills it and is not taken back as a whole.

        :param dict billed: what each line bills
        """
        self.ensure_one()
        lines = self._get_billing_lines()
        for line in lines._clinic_filter_invoiced():
            left = sum(billed[one] for one in line | line._clinic_filter_credits(lines))
            if self.currency_id.compare_amounts(left, 0) > 0:
                return line
        return lines.browse()

    def _preview_corrections(self):
        """Return what the invoices of these will say more or less, by share.

        Rooms below add to it.
        """
        return dict.fromkeys(self, 0.0)
