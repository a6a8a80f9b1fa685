import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import mute_logger

from ...rules.typed_numbers import read_amount
from ..charges.clinic_scheduled_charge import OPEN_CHARGE_STATES, WAITING_STATES
from .res_company import AUTOPAY_WORDING

MAIL_STARTED = "clinic_invoicing.autopay_mail_template_started"
MAIL_ENDED = "clinic_invoicing.autopay_mail_template_ended"


class ClinicAutopay(models.Model):
    """A client's agreement that a saved card pays their invoices.

    The client alone makes it, and it is never changed: another card or limit is
    another agreement.
    """

    _name = "clinic.autopay"
    _description = "Autopay Agreement"
    _inherit = "clinic.agreement"
    _order = "active desc, id desc"
    _rec_name = "partner_id"

    currency_id = fields.Many2one(related="company_id.currency_id")
    card_name = fields.Char(string="Card Agreed on", readonly=True)
    cap = fields.Monetary(
        string="Limit per Charge",
        required=True,
        readonly=True,
        help="More than this is never charged at once: the client gets a link.",
    )
    notice_days = fields.Integer(
        string="Days of Notice",
        readonly=True,
        help="As agreed; a shorter notice counts for later agreements only.",
    )
    active = fields.Boolean(string="On", default=True, readonly=True, tracking=True)
    agreed_on = fields.Datetime(required=True)
    agreed_by_id = fields.Many2one(required=True)
    wording_version = fields.Char(required=True)
    wording = fields.Text(required=True)
    ended_on = fields.Datetime(readonly=True)
    end_reason = fields.Selection(
        [
            ("client", "The client has turned it off"),
            ("replaced", "The client has changed card or limit"),
            ("staff", "The practice has turned it off for this client"),
            ("card", "The card cannot be charged any more"),
            ("company", "The practice does not offer it any more"),
            ("access", "The client cannot sign in any more"),
        ],
        readonly=True,
        tracking=True,
    )
    charge_ids = fields.One2many(
        "clinic.scheduled.charge", "autopay_id", string="Charges", readonly=True
    )

    _one_each = models.UniqueIndex(
        "(partner_id, company_id) WHERE active IS TRUE",
        "Autopay is on already.",
    )
    _cap_positive = models.Constraint("CHECK (cap > 0)", "The limit is more than zero.")

    # === ACTION METHODS === #

    def action_end(self):
        """Turn autopay off for a client who has asked for it; billers only."""
        self._check_biller(self.env._("Only billers may turn autopay off."))
        # sudo: nobody writes agreements by hand; the rights were checked.
        self.sudo()._end("staff")

    # === AGREEING === #

    @api.model
    def _get_current(self, partner):
        return self.search([("partner_id", "=", partner.id)])

    @api.model
    def _get_practices(self, partner):
        """Return the companies that offer autopay to this client."""
        offering = self.env["res.company"].search([("clinic_autopay", "=", True)])
        if not offering:
            return offering
        billing = partner._clinic_get_billing_companies()
        return offering & (billing | self._get_current(partner).company_id)

    @api.model
    def _get_cards(self, partner, company, currency=None):
        """Return the client's own cards that an agreement can begin with."""
        cards = self._get_own_cards(partner, company, currency)
        return cards - cards._clinic_get_barred()

    @api.model
    def _get_barred_cards(self, partner, company, currency=None):
        """Return the client's own cards that a biller has to allow before."""
        cards = self._get_own_cards(partner, company, currency)
        return cards._clinic_get_barred()

    @api.model
    def _get_own_cards(self, partner, company, currency=None):
        """Return the client's own cards that this practice can charge.

        :param currency: the practice's own if it is not given
        """
        currency = currency or company.currency_id
        providers = self.env["payment.provider"]._get_compatible_providers(
            company.id, partner.id, 0, currency_id=currency.id
        )
        cards = self.env["payment.token"]._get_available_tokens(
            providers.ids, partner.id
        )
        return cards.filtered(
            lambda card: (
                card.partner_id == partner and not card._clinic_get_charge_problem()
            )
        )

    @api.model
    def _can_save_card(self, partner, company, currency=None):
        """Return whether there is a provider that saves a card of the client."""
        providers = company._clinic_get_gateways(
            partner, currency or company.currency_id
        )
        return any(providers.mapped("allow_tokenization"))

    @api.model
    def _agree(self, user, company, *, card_id, cap, wording, ip, shown=None):
        """Turn autopay on for the client who asks for it; called by their page.

        :param str card_id: from a browser
        :param str cap: in the practice's currency, from a browser
        :param str wording: what the client has read
        :param str shown: the seal of what the client has chosen from
        :raise UserError: telling what is missing; nothing was changed
        """
        partner = user.partner_id
        self._check_offered(partner, company)
        cards = self._get_cards(partner, company)
        card = self._get_own_cards(partner, company)._clinic_choose(card_id)
        if wording != company._clinic_get_autopay_wording():
            raise UserError(self.env._("The conditions have changed. Read them again."))
        shows = self.env["clinic.shown"]
        shows._check(shown, shows._seal_autopay(company, cards))
        return self._replace(
            {
                "partner_id": partner.id,
                "company_id": company.id,
                "token_id": card.id,
                "card_name": card.display_name,
                "cap": self._parse_cap(cap, company.currency_id),
                "notice_days": company.clinic_autopay_notice_days,
                "agreed_on": fields.Datetime.now(),
                "agreed_by_id": user.id,
                "agreed_ip": ip,
                "wording_version": AUTOPAY_WORDING,
                "wording": wording,
            }
        )

    @api.model
    def _check_offered(self, partner, company):
        """Raise UserError when this client cannot turn autopay on at this practice."""
        if company not in self._get_practices(partner):
            raise UserError(self.env._("Autopay is not offered at the moment."))
        if not partner.email:
            raise UserError(
                self.env._("We need your e-mail address to tell you of each charge.")
            )

    @api.model
    def _replace(self, values):
        """End the client's agreement with the practice, if any, and make this one.

        :raise UserError: it is made in another window at this moment
        """
        before = self.search(
            [
                ("partner_id", "=", values["partner_id"]),
                ("company_id", "=", values["company_id"]),
            ]
        )
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                before._end("replaced")
                # The database allows one at a time.
                before.flush_recordset()
                agreement = self.create(values)
                self.env.flush_all()
        except psycopg2.errors.UniqueViolation as error:
            raise UserError(
                self.env._("Autopay is on already. Please reload the page.")
            ) from error
        agreement._send_mail(MAIL_STARTED)
        self.env["clinic.scheduled.charge"]._wake_job()
        return agreement

    @api.model
    def _parse_cap(self, text, currency):
        """Return the limit that a client has typed.

        :raise UserError: it is not an amount of money
        """
        cap = currency.round(read_amount(str(text).replace(",", ".")))
        if not cap:
            raise UserError(
                self.env._("Please give the most that may be charged at once.")
            )
        return cap

    # === ENDING === #

    def _end(self, reason):
        """Turn autopay off, call off what has not been charged, and say so."""
        agreements = self.filtered("active")
        agreements.write(
            {
                "active": False,
                "ended_on": fields.Datetime.now(),
                "end_reason": reason,
            }
        )
        agreements._end_pause()
        for agreement in agreements:
            waiting = agreement.charge_ids.filtered(
                lambda charge: charge.state in WAITING_STATES
            )
            waiting._set_cancelled(self.env._("Autopay is off."))
            if reason != "replaced":
                agreement._tell_end()

    def _tell_end(self):
        self.ensure_one()
        if self.partner_id.email:
            self._send_mail(MAIL_ENDED)
        else:
            self.company_id._clinic_tell_billers(
                self,
                self.env._("Autopay is off"),
                self.env._("The client has no e-mail address and does not know."),
            )

    # === HELPERS === #

    def _is_above_cap(self, charge, amount):
        """Return whether this is more than the client has allowed at once.

        What is charged on the same day counts as well.

        :param float amount: of the charge, in its currency
        """
        if not self:
            return False
        told = charge._get_told_for_same_day()
        amounts = [(charge.currency_id, amount)]
        amounts += [(each.currency_id, each.amount) for each in told]
        total = sum(self._convert(currency, each) for currency, each in amounts)
        return self.currency_id.compare_amounts(total, self.cap) > 0

    def _convert(self, currency, amount):
        """Return an amount in the currency of the limit."""
        own = self.currency_id
        if currency == own:
            return amount
        return currency._convert(amount, own, self.company_id)

    def _get_notice_days(self):
        """Give no less notice than agreed; the practice may give more by now."""
        return max(self.notice_days, super()._get_notice_days())

    def _get_upcoming(self):
        """Return the charges that are still to come, the next one first."""
        return self.charge_ids.filtered(
            lambda charge: charge.state in OPEN_CHARGE_STATES
        )

    def _is_in_force(self):
        return self.active

    def _get_page_path(self):
        return "autopay"
