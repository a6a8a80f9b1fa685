from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...rules import schedule


class ResCompany(models.Model):
    """How clients are asked for money, and how they may pay it."""

    _inherit = "res.company"

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
            if provider and provider.company_id != company:
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
