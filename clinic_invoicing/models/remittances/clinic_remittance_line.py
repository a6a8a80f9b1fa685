from collections import defaultdict

from odoo import api, fields, models

from ...rules import adjustment_codes
from .clinic_remittance import RESTS


class ClinicRemittanceLine(models.Model):
    """What an insurer says of one service: paid, short, denied, or taken back."""

    _name = "clinic.remittance.line"
    _description = "Line of a Remittance"
    # What a dialog names is checked, and a line shows much of it.
    _inherit = ["clinic.dialog", "clinic.guarded"]
    _order = "remittance_id, sequence, id"
    _rec_name = "share_id"

    remittance_id = fields.Many2one(
        "clinic.remittance", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(related="remittance_id.company_id")
    currency_id = fields.Many2one(related="remittance_id.currency_id")
    insurer_id = fields.Many2one(related="remittance_id.insurer_id")
    state = fields.Selection(related="remittance_id.state")

    # === WHAT IS NAMED === #

    named_number = fields.Char(string="Invoice Named")
    named_date = fields.Date(string="Date Named")
    named_patient = fields.Char(
        string="Patient Named", help="The name, or the member number."
    )
    share_id = fields.Many2one(
        "clinic.service.share",
        string="Service",
        compute="_compute_share_id",
        store=True,
        readonly=False,
        index=True,
        ondelete="set null",
    )
    found_count = fields.Integer(
        compute="_compute_share_id",
        store=True,
        help="How many services fit what is named.",
    )
    leave_out = fields.Boolean(help="It is not posted, and keeps nothing from it.")

    # === WHAT IS SAID OF IT === #

    billed = fields.Monetary(compute="_compute_facts")
    amount_open = fields.Monetary(string="Open", compute="_compute_facts")
    posted_billed = fields.Monetary(readonly=True, copy=False)
    posted_open = fields.Monetary(readonly=True, copy=False)
    posted_moves = fields.Integer(
        readonly=True, copy=False, help="To how many payers a part of it has moved."
    )
    allowed = fields.Monetary(help="What the insurer's contract allows for it.")
    paid = fields.Monetary(
        compute="_compute_paid",
        store=True,
        readonly=False,
        help="Less than zero: what is taken back of an earlier payment.",
    )
    contractual = fields.Monetary(
        string="Contractual (CO)",
        compute="_compute_contractual",
        store=True,
        readonly=False,
        help="What is above the contract's rate. It is written off.",
    )
    patient_part = fields.Monetary(
        string="Patient's Responsibility (PR)",
        help="Deductible, coinsurance, copayment. It moves to the secondary insurer "
        "if that is chosen, else to the client.",
    )
    other_adjustment = fields.Monetary(
        string="Other (OA, PI)", help="It goes where all goes that is not paid."
    )
    reason_codes = fields.Char(help="As the insurer says them: CO-45, PR-1")
    reason = fields.Char(compute="_compute_reason")
    rest = fields.Selection(
        RESTS,
        string="What Is Not Paid",
        compute="_compute_rest",
        store=True,
        readonly=False,
        precompute=True,
    )
    secondary_id = fields.Many2one(
        "res.partner",
        string="Secondary Insurer",
        compute="_compute_secondary_id",
        store=True,
        readonly=False,
        domain="[('is_company', '=', True)]",
    )
    amount_rest = fields.Monetary(string="Rest", compute="_compute_amount_rest")

    # === COMPUTE METHODS === #

    @api.depends("share_id", "posted_open", "posted_billed", "state")
    def _compute_facts(self):
        for line in self:
            share, is_posted = line.share_id, line.state == "posted"
            line.billed = line.posted_billed if is_posted else share.amount
            line.amount_open = line.posted_open if is_posted else share.amount_due

    @api.depends("share_id")
    def _compute_paid(self):
        for line in self:
            line.paid = line.share_id.amount_due

    @api.depends("allowed", "share_id")
    def _compute_contractual(self):
        for line in self:
            above = line.share_id.amount - line.allowed
            line.contractual = max(0.0, above) if line.allowed else 0.0

    @api.depends("reason_codes")
    def _compute_reason(self):
        for line in self:
            line.reason = adjustment_codes.explain(line.reason_codes or "")

    @api.depends("remittance_id.rest")
    def _compute_rest(self):
        for line in self:
            line.rest = line.remittance_id.rest

    @api.depends("share_id", "rest")
    def _compute_secondary_id(self):
        for line in self:
            patient = line.share_id.service_id.patient_id
            second = patient.clinic_second_insurer_id
            is_theirs = line.rest == "secondary"
            line.secondary_id = is_theirs and (line.secondary_id or second)

    @api.depends(
        "amount_open",
        "contractual",
        "leave_out",
        "paid",
        "patient_part",
        "remittance_id.line_ids.contractual",
        "remittance_id.line_ids.leave_out",
        "remittance_id.line_ids.paid",
        "remittance_id.line_ids.patient_part",
        "remittance_id.line_ids.share_id",
    )
    def _compute_amount_rest(self):
        """Say what neither is paid nor belongs to somebody else already.

        Where one line takes back and another pays anew, the latter has the rest.
        """
        siblings = self._group_siblings()
        for line in self:
            key = line.remittance_id, line.share_id or line
            # While a line is typed, its former self is among them, of the same sign.
            others = siblings.get(key, self.browse()).filtered(
                lambda other, line=line: (other.paid < 0) != (line.paid < 0)
            )
            if line.leave_out or (line.paid < 0 and others):
                line.amount_rest = 0.0
                continue
            settled = sum(
                one.paid + one.contractual + one.patient_part for one in line | others
            )
            line.amount_rest = line.amount_open - settled

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_are_of_drafts()
        return lines

    def write(self, vals):
        self._check_are_of_drafts()
        result = super().write(vals)
        # They may have been moved to another one.
        self._check_are_of_drafts()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_posted(self):
        self._check_are_of_drafts()

    def _check_are_of_drafts(self):
        """Let what is posted stay as it is; our own code writes in sudo."""
        if self._clinic_is_guarded():
            self.remittance_id.check_access("write")
            self.remittance_id._check_is_draft()

    # === BUSINESS METHODS === #

    def _filter_counted(self):
        """Return those that are posted, which are not left out."""
        return self.filtered(lambda line: not line.leave_out)

    def _group_siblings(self):
        """Return the lines that count of the same remittances, by share.

        :rtype: dict[tuple, clinic.remittance.line]
        """
        groups = defaultdict(self.browse)
        for remittance in self.remittance_id:
            for line in remittance.line_ids._filter_counted():
                groups[remittance, line.share_id or line] |= line
        return groups

    def _describe_named(self):
        """Return what was named, for who looks for it."""
        self.ensure_one()
        date = self.named_date and fields.Date.to_string(self.named_date)
        return " · ".join(filter(None, (self.named_number, date, self.named_patient)))
