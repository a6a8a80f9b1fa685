from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.sql import column_exists, create_column

from ...rules import schedule

ZONES_OF_COMPANIES = """
UPDATE res_company branch SET clinic_zone = (
    SELECT place.tz
      FROM res_company company
      JOIN res_partner place ON place.id = company.partner_id
     WHERE branch.parent_path LIKE company.parent_path || '%' AND place.tz <> ''
     ORDER BY LENGTH(company.parent_path) DESC
     LIMIT 1
)"""


class ResCompany(models.Model):
    """What a practice has set, which day it is there, and who is told of troubles."""

    _inherit = "res.company"

    # === WHO PAYS === #

    clinic_insurer_settlement = fields.Selection(
        [
            ("outside", "Settled outside Odoo, recorded with date and reference"),
            ("invoice", "Invoiced to the insurer"),
        ],
        string="Insurers' Shares",
        default="outside",
        required=True,
        help="How insurers come to pay what they owe of a service.",
    )
    clinic_zone = fields.Char(
        string="Practice's Time Zone",
        compute="_compute_clinic_zone",
        store=True,
        recursive=True,
        help="In which its days begin and end: its contact's, or else that of the "
        "practice whose branch it is.",
    )
    clinic_majority_age = fields.Integer(
        string="Age of Majority",
        default=18,
        help="Patients of this age are billed themselves, not their guarantor.",
    )

    # === WAYS TO PAY === #

    clinic_gateway_id = fields.Many2one(
        "payment.provider",
        string="Default Gateway",
        help="Offered first, chosen beforehand, and used for autopay and instalments.",
    )
    clinic_accepted_brand_ids = fields.Many2many(
        "payment.method",
        "clinic_accepted_brand_rel",
        string="Accepted Card Brands",
        domain="[('primary_payment_method_id.code', '=', 'card')]",
        help="Saved cards of other brands are neither offered nor charged. None "
        "chosen: all.",
    )
    clinic_minimum_part = fields.Monetary(
        string="Minimum Part Payment",
        help="The least that a client pays at once, unless less is owed. 0: any part.",
    )
    clinic_desk_card_entry = fields.Boolean(
        string="Card Entry at the Desk",
        help="Employees may type a client's card into the provider's form.",
    )

    clinic_use_held_money = fields.Boolean(
        string="Held Money Pays New Invoices",
        default=True,
        help="When an invoice of services is posted, money that is held for its payer "
        "pays it, the oldest first: what was kept when an invoice was voided, paid too "
        "much or credited. Deposits stay with their visit. Money that is held at the "
        "moment when this is switched on is not touched: allocate it by hand. It holds "
        "for the practice and all its branches.",
    )

    # === ASKING FOR MONEY === #

    clinic_email_pay_requests = fields.Boolean(
        string="E-mail Pay Requests",
        help="Send clients a link to pay when their visits are invoiced.",
    )
    clinic_link_days = fields.Integer(
        string="Payment Links Expire After (days)",
        default=30,
        help="How long a link to pay without login can be used.",
    )
    clinic_email_receipts = fields.Boolean(
        string="E-mail After Payment",
        default=True,
        help="Tell clients by e-mail that their payment has arrived.",
    )
    clinic_reminders = fields.Boolean(
        string="Payment Reminders",
        help="Remind clients of what is overdue by e-mail.",
    )
    clinic_reminder_days = fields.Char(
        string="Remind After (days)",
        default="3, 14, 30",
        help="Days after the due date, separated by commas; with a minus, before it.",
    )

    # === CHARGING BY ITSELF === #

    clinic_autopay = fields.Boolean(
        string="Autopay",
        help="Clients may agree that a saved card pays their invoices by itself.",
    )
    clinic_autopay_notice_days = fields.Integer(
        string="Autopay Notice (days)",
        default=3,
        help="How long before a card is charged its owner is told by e-mail.",
    )
    clinic_charge_retry_days = fields.Char(
        string="Retry Failed Charges After (days)",
        default="1, 3, 7",
        help="Days after the first attempt, separated by commas. After the last one "
        "the client receives a link to pay.",
    )

    # === CONSTRAINTS === #

    _clinic_minimum_part_not_negative = models.Constraint(
        "CHECK (clinic_minimum_part >= 0)",
        "The minimum part payment cannot be negative.",
    )
    _clinic_link_days_positive = models.Constraint(
        "CHECK (clinic_link_days BETWEEN 1 AND 365)",
        "A payment link lasts between 1 and 365 days.",
    )
    _clinic_autopay_notice_days_positive = models.Constraint(
        "CHECK (clinic_autopay_notice_days BETWEEN 1 AND 60)",
        "Clients are told between 1 and 60 days before their card is charged.",
    )

    @api.constrains("clinic_gateway_id")
    def _check_clinic_gateway_id(self):
        for company in self:
            # sudo: who sets up a practice need not read all providers.
            provider = company.sudo().clinic_gateway_id
            if provider and provider.company_id not in company._clinic_get_lineage():
                raise ValidationError(
                    self.env._("Choose a gateway of %(company)s.", company=company.name)
                )

    @api.constrains("clinic_reminder_days", "clinic_charge_retry_days")
    def _check_clinic_days(self):
        for company in self:
            try:
                schedule.parse_days(company.clinic_reminder_days)
                retries = schedule.parse_days(company.clinic_charge_retry_days)
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "Write whole days separated by commas, for instance: 3, 14, 30"
                    )
                ) from error
            if any(day < 1 for day in retries):
                raise ValidationError(
                    self.env._("A charge is tried again after one day or more.")
                )

    # === CRUD METHODS === #

    def write(self, vals):
        self._clinic_before_change(vals)
        result = super().write(vals)
        self._clinic_after_change(vals)
        return result

    def _clinic_before_change(self, vals):
        """Do what has to be done before these are set. Rooms below add to it."""

    def _clinic_after_change(self, vals):
        """Do what follows when these were set. Rooms below add to it."""

    def _get_company_root_delegated_field_names(self):
        """Let branches do with held money what their practice does: it is one."""
        names = super()._get_company_root_delegated_field_names()
        return [*names, "clinic_use_held_money"]

    # === WHICH DAY IT IS === #

    def _auto_init(self):
        """Tell where the practices are that were there before, and write nothing else.

        What the ORM computes it signs: a company would seem to be changed.
        """
        if not column_exists(self.env.cr, self._table, "clinic_zone"):
            create_column(self.env.cr, self._table, "clinic_zone", "varchar")
            # SQL: nobody's write. The nearest that has told it, from itself upwards.
            self.env.cr.execute(ZONES_OF_COMPANIES)
        return super()._auto_init()

    @api.depends("partner_id.tz", "parent_id.clinic_zone")
    def _compute_clinic_zone(self):
        for company in self:
            company.clinic_zone = company.partner_id.tz or company.parent_id.clinic_zone

    def _clinic_get_today(self, payer, moment=None):
        """Return the day as it is for the practice and a payer, the earlier of both.

        What was told for a day never happens on the evening before.

        :param datetime moment: instead of now
        """
        # context: jobs run where it is tomorrow already; who has told no time zone
        # lives in that of the job.
        payers = self.with_context(tz=payer.tz)
        return min(
            fields.Date.context_today(payers, moment), self._clinic_get_day(moment)
        )

    def _clinic_get_day(self, moment=None, zone=False):
        """Return the day of a moment as it is for the practice.

        :param datetime moment: instead of now
        :param str zone: of the practice, as far as it has not told it
        """
        self.ensure_one()
        # sudo: whoever asks may be of another practice.
        return self._clinic_get_day_in(self.sudo().clinic_zone or zone, moment)

    @api.model
    def _clinic_get_day_in(self, zone, moment=None):
        """Return the day of a moment as it is in a zone."""
        # Context: jobs have no zone.
        return fields.Date.context_today(self.with_context(tz=zone), moment)

    # === WHO IS TOLD === #

    def _clinic_tell_billers(self, record, summary, note):
        """Ask who does the billing, once, to look at a record.

        :param record: of a model with activities
        :param str summary: what is wrong; one open activity of that name is enough
        :param str note: what to do about it
        """
        self._clinic_ask(self._clinic_get_biller(), record, summary, note)

    def _clinic_tell_managers(self, record, summary, note):
        """Ask the practice's managers, once, to look at a record.

        :param record: of a model with activities
        :param str summary: what is wrong; one open activity of that name is enough
        :param str note: what to do about it
        """
        self._clinic_ask(self._clinic_get_managers()[:1], record, summary, note)

    @api.model
    def _clinic_ask(self, user, record, summary, note):
        """Give somebody something to do about a record, unless it is to be done yet."""
        if user and summary not in record.activity_ids.mapped("summary"):
            # context: no client keeps people from being told.
            told = record.with_context(mail_activity_automation_skip=False)
            told.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=summary,
                note=note,
                user_id=user.id,
            )

    @api.model
    def _clinic_find_asked(self, records, name):
        """Return what people are still asked to do about these records, in sudo.

        It may have been asked in another language than that of who has done it.

        :param str name: of the method of these records that says the summary
        """
        languages = {"en_US", *dict(self.env["res.lang"].get_installed())}
        summaries = [
            # context: see above.
            getattr(records.with_context(lang=language), name)()
            for language in languages
        ]
        # sudo: it is somebody else's, whose activities the user need not read.
        return (
            self.env["mail.activity"]
            .sudo()
            .search(
                [
                    ("res_model", "=", records._name),
                    ("res_id", "in", records.ids),
                    ("summary", "in", summaries),
                ]
            )
        )

    def _clinic_get_biller(self):
        """Return who does the billing, else a manager."""
        self.ensure_one()
        billers = self.env.ref("clinic_invoicing.group_biller").all_user_ids
        billers = billers.filtered(
            lambda user: self in user.company_ids and not user._is_superuser()
        ).sorted("id")
        managers = self._clinic_get_managers()
        return (billers - managers)[:1] or managers[:1]

    def _clinic_get_managers(self):
        """Return who may undo mistakes in this company, people before the robot.

        A branch without a manager of its own has those of the practice.
        """
        self.ensure_one()
        managers = self.env.ref("clinic_invoicing.group_manager").all_user_ids
        people = managers.filtered(lambda user: not user._is_superuser())
        own = people.filtered(lambda user: self in user.company_ids)
        return own or people.filtered(
            lambda user: self._clinic_get_lineage() & user.company_ids
        )

    def _clinic_get_default_gateway(self):
        """Return the gateway that is offered first, else that of whose branch it is."""
        self.ensure_one()
        # sudo: payers read neither companies nor providers.
        nearest_first = reversed(self.sudo()._clinic_get_lineage())
        chosen = (company.clinic_gateway_id for company in nearest_first)
        return next(filter(None, chosen), self.env["payment.provider"].sudo())
