from odoo import api, fields, models
from odoo.fields import Command

REMINDER = "clinic_invoicing.clinic_reminder_mail_template"


class ClinicReminder(models.Model):
    """One e-mail that has asked a payer for what is open; written by Odoo alone."""

    _name = "clinic.reminder"
    _description = "Payment Reminder"
    _inherit = ["clinic.guarded"]
    _order = "id desc"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", string="Payer", required=True, index=True
    )
    email = fields.Char(string="Sent To", help="The address at that time.")
    date = fields.Date(
        string="Sent On",
        required=True,
        default=lambda self: self.env.company._clinic_get_day(),
    )
    company_id = fields.Many2one("res.company", required=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True)
    line_ids = fields.One2many("clinic.reminder.line", "reminder_id", string="Invoices")
    amount = fields.Monetary(
        string="Asked For", compute="_compute_amount", store=True, help="Owed that day."
    )

    @api.depends("line_ids.amount")
    def _compute_amount(self):
        for reminder in self:
            reminder.amount = sum(reminder.line_ids.mapped("amount"))

    # === BUSINESS METHODS === #

    @api.model
    def _send(self, moves, steps=None):
        """Leave one e-mail for each payer, company and currency in Odoo's queue.

        Called in sudo, for invoices that are locked and may be asked for.

        :param dict steps: by invoice, the step of the schedule that it has come to;
            nothing when somebody sends it by hand
        """
        reminders = self.create(
            [
                self._prepare_reminder(*key, own, steps or {})
                for key, own in moves.grouped(
                    lambda move: (
                        move._clinic_get_reminded(),
                        move.company_id,
                        move.currency_id,
                    )
                ).items()
            ]
        )
        # The database decides whether somebody else has just sent the same.
        self.env.flush_all()
        self.env.ref(REMINDER).send_mail_batch(reminders.ids)
        return reminders

    @api.model
    def _prepare_reminder(self, payer, company, currency, moves, steps):
        moves = moves.sorted(lambda move: (move.invoice_date_due, move.id))
        return {
            "partner_id": payer.id,
            "email": payer.email,
            "company_id": company.id,
            "currency_id": currency.id,
            "line_ids": [
                Command.create(
                    {
                        "move_id": move.id,
                        "amount": move.amount_residual,
                        "date_due": move.invoice_date_due,
                        "is_scheduled": move in steps,
                        "step": steps.get(move, 0),
                    }
                )
                for move in moves
            ],
        }

    def _get_url(self):
        """Return where these invoices are paid."""
        self.ensure_one()
        invoices = self.line_ids.move_id
        # A link is for one address; there may be others of the same payer.
        if len(invoices.partner_id) == 1:
            # sudo: the e-mail is for the payer; who sends it need not read links.
            return invoices._clinic_get_payment_link().sudo().url
        return f"{self.get_base_url()}/my/billing"


class ClinicReminderLine(models.Model):
    """An invoice that a reminder has asked for."""

    _name = "clinic.reminder.line"
    _description = "Reminded Invoice"
    _inherit = ["clinic.guarded"]
    _order = "id"

    reminder_id = fields.Many2one(
        "clinic.reminder", required=True, index=True, ondelete="cascade"
    )
    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="reminder_id.company_id")
    currency_id = fields.Many2one(related="reminder_id.currency_id")
    amount = fields.Monetary(string="Owed")
    date_due = fields.Date(string="Due Date")
    date = fields.Date(
        required=True, default=lambda self: self.env.company._clinic_get_day()
    )
    is_scheduled = fields.Boolean(
        string="By Schedule", help="Sent by itself, not by an employee."
    )
    step = fields.Integer(string="Days After Due", help="The step of the schedule.")

    _step_once = models.UniqueIndex(
        "(move_id, step) WHERE is_scheduled",
        "This invoice has been reminded already.",
    )
    _by_hand_once_a_day = models.UniqueIndex(
        "(move_id, date) WHERE NOT is_scheduled",
        "This invoice has been reminded today.",
    )
