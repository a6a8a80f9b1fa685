from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

RESTS = [
    ("keep", "Stays open with the insurer"),
    ("secondary", "Moves to the secondary insurer"),
    ("client", "Moves to the client"),
    ("write_off", "Is written off"),
]


# The context key by which a new remittance is about shares.
ANSWERED = "clinic_answered_share_ids"


class ClinicRemittance(models.Model):
    """What an insurer says that it has paid, of which services, and why not more."""

    _name = "clinic.remittance"
    _description = "Remittance of an Insurer"
    # What a dialog names is checked, and its lines show much of it.
    _inherit = [
        "clinic.company.bound",
        "mail.thread",
        "clinic.dialog",
        "clinic.guarded",
    ]
    _order = "date desc, id desc"
    _rec_name = "reference"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    insurer_id = fields.Many2one(
        "res.partner",
        required=True,
        index=True,
        tracking=True,
        domain="[('is_company', '=', True)]",
    )
    reference = fields.Char(
        copy=False,
        tracking=True,
        help="The insurer's number of this payment. Empty: it gets the next one of "
        "the practice.",
    )
    date = fields.Date(
        required=True,
        copy=False,
        tracking=True,
        default=lambda self: self.env.company._clinic_get_day(),
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    amount = fields.Monetary(
        string="Total", tracking=True, help="What the insurer has paid altogether."
    )
    journal_id = fields.Many2one(
        "account.journal",
        string="Paid Into",
        compute="_compute_journal_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
    )
    rest = fields.Selection(
        RESTS,
        string="What Is Not Paid",
        required=True,
        default="keep",
        help="Each line may say otherwise. What is contractual is written off, and the "
        "patient's responsibility moves to the client, in any case.",
    )
    invoice_clients = fields.Boolean(
        string="Invoice Clients Now",
        default=True,
        help="What moves to clients is invoiced to them at once.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("posted", "Posted"), ("undone", "Undone")],
        default="draft",
        readonly=True,
        required=True,
        copy=False,
        index=True,
        tracking=True,
    )
    posting_number = fields.Integer(
        readonly=True, copy=False, help="In which order remittances were posted."
    )
    line_ids = fields.One2many("clinic.remittance.line", "remittance_id", copy=True)
    amount_lines = fields.Monetary(
        string="In the Lines",
        compute="_compute_amounts",
        help="What the lines say that is paid, but for those that are left out.",
    )
    amount_left = fields.Monetary(
        string="Left", compute="_compute_amounts", help="The total less the lines."
    )
    problem_count = fields.Integer(
        string="Lines with a Problem", compute="_compute_problem_count"
    )
    payment_id = fields.Many2one(
        "account.payment",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
    )
    credit_note_ids = fields.Many2many(
        "account.move",
        relation="clinic_remittance_credit_note",
        readonly=True,
        copy=False,
        string="Credit Notes",
    )
    invoice_ids = fields.Many2many(
        "account.move",
        relation="clinic_remittance_invoice",
        readonly=True,
        copy=False,
        string="Invoices to Clients",
    )

    _reference_once = models.UniqueIndex(
        "(company_id, insurer_id, reference) WHERE state = 'posted'",
        "A remittance of this insurer with this reference has been posted already.",
    )

    # === COMPUTE METHODS === #

    @api.depends("company_id")
    def _compute_currency_id(self):
        for remittance in self:
            remittance.currency_id = remittance.company_id.currency_id

    @api.depends("company_id", "currency_id")
    def _compute_journal_id(self):
        for remittance in self:
            journals = remittance._get_journals()
            if remittance.journal_id not in journals:
                remittance.journal_id = journals[:1]

    def _get_journals(self):
        """Return the journals into which such money comes, the bank's first."""
        self.ensure_one()
        company = self.company_id
        journals = self.env["account.journal"].search(
            Domain(self.env["account.journal"]._check_company_domain(company))
            & Domain("type", "in", ("bank", "cash", "credit"))
            & Domain("currency_id", "in", (False, self.currency_id.id))
        )
        return journals.sorted(lambda journal: journal.type != "bank")

    @api.depends("amount", "line_ids.paid", "line_ids.leave_out")
    def _compute_amounts(self):
        for remittance in self:
            lines = remittance.line_ids._filter_counted()
            remittance.amount_lines = sum(lines.mapped("paid"))
            remittance.amount_left = remittance.amount - remittance.amount_lines

    @api.depends("line_ids.problem")
    def _compute_problem_count(self):
        for remittance in self:
            remittance.problem_count = len(remittance.line_ids.filtered("problem"))

    # === CRUD METHODS === #

    @api.model
    def default_get(self, fields):
        """Begin with what an insurer has answered, see :meth:`_get_draft_action`.

        A default of the lines in the context would be one of the lines of all entries.
        """
        values = super().default_get(fields)
        shares = self.env["clinic.service.share"].browse(
            self.env.context.get(ANSWERED, ())
        )
        if shares and "line_ids" in fields:
            shares.check_access("read")
            values["line_ids"] = [
                Command.create({"share_id": share.id}) for share in shares
            ]
        return values

    def _check_references(self, names=None):
        result = super()._check_references(names)
        if names is None or "line_ids" in names:
            # sudo: else what may not be read would not be there to be checked.
            shares = self.sudo().line_ids.share_id.with_env(self.env)
            shares._origin.check_access("read")
        return result

    def write(self, vals):
        """Let what is posted stay as it is."""
        if self._clinic_is_guarded() and vals.keys() & self._get_own_fields():
            self._check_is_draft()
        return super().write(vals)

    @api.model
    def _get_own_fields(self):
        """Return the names of the fields that say what was paid."""
        return {
            name
            for name, field in self._fields.items()
            if field._modules and field._modules[0] == self._module
        }

    @api.model
    def _get_reference_fields(self):
        own = self._get_own_fields()
        return [field for field in super()._get_reference_fields() if field.name in own]

    def _check_is_draft(self):
        if any(remittance.state != "draft" for remittance in self):
            raise UserError(
                self.env._(
                    "Only drafts can be changed. Undo what is posted, then press Set "
                    "to Draft."
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_posted(self):
        if any(remittance.state == "posted" for remittance in self):
            raise UserError(self.env._("What is posted is undone, not deleted."))

    # === ACTION METHODS === #

    def action_reopen(self):
        """Let what was undone be corrected and posted again."""
        self.check_access("write")
        if any(remittance.state != "undone" for remittance in self):
            raise UserError(self.env._("Only what is undone becomes a draft again."))
        # sudo: nobody writes it by hand.
        self.sudo().write({"state": "draft"})

    def action_add_services(self):
        """Open the dialog in which what the insurer owes is ticked."""
        return self._get_dialog_action(
            "clinic.remittance.services", self.env._("Add Open Services")
        )

    def action_import(self):
        """Open the dialog that takes the insurer's file."""
        return self._get_dialog_action(
            "clinic.remittance.import", self.env._("Import File")
        )

    def _get_dialog_action(self, model, name):
        self.ensure_one()
        self.check_access("write")
        self._check_is_draft()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_remittance_id": self.id},
        }

    def action_open_payment(self):
        """Open the payment that was booked."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.payment",
            "res_id": self.payment_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def action_open_documents(self):
        """Open the credit notes and the invoices to clients."""
        self.check_access("read")
        moves = self.credit_note_ids | self.invoice_ids
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Documents"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", moves.ids)],
        }

    # === BUSINESS METHODS === #

    def _add_lines(self, vals_list):
        """Add lines after those that are there, in this order."""
        self.ensure_one()
        last = max(self.line_ids.mapped("sequence"), default=0)
        self.line_ids = [
            Command.create({**values, "sequence": last + number})
            for number, values in enumerate(vals_list, start=1)
        ]

    def _get_open_action(self):
        """Return the action that opens these."""
        views = ["form"] if len(self) == 1 else ["list", "form"]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Insurer's Answer"),
            "res_model": self._name,
            "res_id": self.id if len(self) == 1 else False,
            "view_mode": ",".join(views),
            "views": [(False, view) for view in views],
            "domain": [("id", "in", self.ids)],
        }

    @api.model
    def _get_draft_action(self, shares):
        """Return the action that opens a draft of what one insurer has paid.

        It says that all of these were paid; nothing is stored before it is saved.

        :param clinic.service.share shares: of one insurer, company and currency
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Insurer's Answer"),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {
                "default_insurer_id": shares.partner_id.id,
                "default_company_id": shares.company_id.id,
                "default_amount": sum(shares.mapped("amount_due")),
                "default_rest": "client",
                ANSWERED: shares.ids,
            },
        }
