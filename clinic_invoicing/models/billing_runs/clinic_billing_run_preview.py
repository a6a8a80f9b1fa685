from odoo import api, fields, models
from odoo.fields import Domain


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
            services = run.service_ids._origin
            total, payers, ready, invoices = run._preview_invoices(services)
            run.ready_count = ready
            run.preview_total = total
            run.preview_payer_count = payers
            run.preview_invoice_count = payers if run.grouping == "payer" else invoices
            run.preview_skipped = "\n".join(run._preview_obstacles(services))

    def _preview_invoices(self, services):
        """Return the total, and the numbers of payers, services and pairs of both."""
        self.ensure_one()
        shares = self.env["clinic.service.share"]
        ready = (
            Domain("service_id", "in", services.ids)
            & Domain("service_id.billing_obstacle", "=", False)
            & shares._get_billable_domain()
        )
        [counts] = shares._read_group(
            ready,
            [],
            [
                "amount:sum",
                "partner_id:count_distinct",
                "service_id:count_distinct",
                "__count",
            ],
        )
        return counts

    def _preview_obstacles(self, services):
        """Return how many services are left out for each reason, in sentences."""
        sentences = services._get_obstacle_sentences()
        counts = services._read_group(
            [("id", "in", services.ids), ("billing_obstacle", "!=", False)],
            ["billing_obstacle"],
            ["__count"],
        )
        return [f"{count} × {sentences[obstacle]}" for obstacle, count in counts]
