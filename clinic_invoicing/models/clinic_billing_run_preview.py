from odoo import api, fields, models

# What decides whether a service can be invoiced: one of each kind is asked.
KINDS = """
    SELECT min(service.id), count(*), sum(service.amount_total),
           array_agg(DISTINCT service.bill_to_id)
      FROM clinic_service service
     WHERE service.id = ANY(%s)
     GROUP BY service.billing, service.state, service.bill_to_id IS NULL,
              service.amount_total = 0,
              (SELECT count(*) > 1 FROM clinic_service_share share
                WHERE share.service_id = service.id)
"""


class ClinicBillingRun(models.Model):
    """What a run is going to do, said before it is started."""

    _inherit = "clinic.billing.run"

    currency_id = fields.Many2one(related="company_id.currency_id")
    ready_count = fields.Integer(string="To Be Invoiced", compute="_compute_preview")
    preview_invoice_count = fields.Integer(
        string="Invoices to Be Made", compute="_compute_preview"
    )
    preview_payer_count = fields.Integer(string="Payers", compute="_compute_preview")
    preview_total = fields.Monetary(string="Total", compute="_compute_preview")
    preview_skipped = fields.Text(
        string="Left Out",
        compute="_compute_preview",
        help="How many services cannot be invoiced, and why.",
    )

    @api.depends("service_ids", "grouping")
    def _compute_preview(self):
        for run in self:
            ready, total, payers, skipped = run._get_preview()
            run.ready_count = ready
            run.preview_total = total
            run.preview_payer_count = len(payers)
            by_payer = run.grouping == "payer"
            run.preview_invoice_count = len(payers) if by_payer else ready
            run.preview_skipped = "\n".join(
                f"{count} × {reason}" for reason, count in sorted(skipped.items())
            )

    def _get_preview(self):
        """Return the number, total and payers of what is ready, and what is not.

        Raw SQL: services are counted by the thousand, without reading each of them.
        """
        self.ensure_one()
        services = self.service_ids._origin
        services.check_access("read")
        self.env.flush_all()
        self.env.cr.execute(KINDS, [services.ids])
        ready, total, payers, skipped = 0, 0.0, set(), {}
        for service_id, count, amount, payer_ids in self.env.cr.fetchall():
            example = services.browse(service_id)
            reason = example._get_billing_obstacles().get(example)
            if reason:
                skipped[reason] = skipped.get(reason, 0) + count
                continue
            ready += count
            total += float(amount)
            payers.update(payer_ids)
        return ready, total, payers, skipped
