from odoo import fields, models


class ClinicBillingRunItem(models.Model):
    """What has become of a service of a billing run, for each payer it has."""

    _name = "clinic.billing.run.item"
    _description = "Service of a Clinic Billing Run"
    _inherit = ["clinic.guarded"]
    # Written by the thousand: whoever started the run is on the run.
    _log_access = False
    _rec_name = "service_id"

    run_id = fields.Many2one(
        "clinic.billing.run", required=True, index=True, ondelete="cascade"
    )
    chunk_id = fields.Many2one(
        "clinic.billing.run.chunk", index="btree_not_null", ondelete="set null"
    )
    service_id = fields.Many2one(
        "clinic.service", required=True, index=True, ondelete="cascade"
    )
    payer_id = fields.Many2one("res.partner", ondelete="set null")
    state = fields.Selection(
        [
            ("todo", "To be invoiced"),
            ("done", "Invoiced"),
            ("skipped", "Cannot be invoiced"),
            ("failed", "Failed"),
        ],
        required=True,
        default="todo",
    )
    reason = fields.Char(string="Why Not")

    _payer_once = models.UniqueIndex(
        "(run_id, service_id, COALESCE(payer_id, 0))",
        "A service stands in a billing run once for each payer.",
    )
    _progress_index = models.Index("(run_id, state)")

    def _settle(self, reasons):
        """Record the outcome: the reason for each service that was left out.

        :param dict reasons: pairs of a state and a sentence, by item
        """
        outcomes = self.grouped(lambda item: reasons.get(item, ("done", False)))
        for (state, reason), items in outcomes.items():
            items.write({"state": state, "reason": reason})
