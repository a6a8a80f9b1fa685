import re
import secrets
from base64 import b64encode
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.image import image_data_uri

from ...actions import CLOSE, notification
from ...rules.askers import LINK, Answer

TOKEN = re.compile("[A-Za-z0-9_-]{32}")
TEMPLATE = "clinic_invoicing.clinic_payment_link_mail_template"


class ClinicPaymentLink(models.Model):
    """A way to pay invoices without login, open to everybody who holds it.

    The address says nothing: neither who pays nor how much. What is asked for is
    read from the invoices when the link is opened.
    """

    _name = "clinic.payment.link"
    _description = "Payment Link"
    _inherit = ["clinic.guarded"]
    _order = "id desc"

    partner_id = fields.Many2one(
        "res.partner", string="Payer", required=True, readonly=True, index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    invoice_ids = fields.Many2many(
        "account.move",
        "clinic_payment_link_invoice_rel",
        string="Invoices",
        readonly=True,
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount_due = fields.Monetary(
        string="To Pay Now", compute="_compute_amount_due", compute_sudo=True
    )
    token = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        groups="base.group_system",
        # 24 bytes from the system's source: nobody guesses it.
        default=lambda self: secrets.token_urlsafe(24),
    )
    url = fields.Char(string="Link", compute="_compute_url", compute_sudo=True)
    qr_code = fields.Char(string="QR Code", compute="_compute_qr_code")
    expires_on = fields.Datetime(
        required=True,
        readonly=True,
        default=lambda self: self._get_expiry(self.env.company),
    )
    opened_on = fields.Datetime(string="Last Opened", readonly=True)
    is_revoked = fields.Boolean(string="Revoked", readonly=True)
    state = fields.Selection(
        [("living", "Can be used"), ("expired", "Expired"), ("revoked", "Revoked")],
        compute="_compute_state",
    )

    _token_unique = models.UniqueIndex("(token)")

    # === COMPUTE METHODS === #

    @api.depends("token")
    def _compute_url(self):
        for link in self:
            link.url = f"{link.get_base_url()}/clinic/pay/{link.token}"

    @api.depends("url")
    def _compute_qr_code(self):
        for link in self:
            link.qr_code = link._get_qr_code()

    @api.depends("is_revoked", "expires_on")
    def _compute_state(self):
        now = fields.Datetime.now()
        for link in self:
            is_over = link.expires_on and link.expires_on <= now
            link.state = (
                "revoked" if link.is_revoked else "expired" if is_over else "living"
            )

    @api.depends("invoice_ids.amount_residual", "invoice_ids.state")
    def _compute_amount_due(self):
        for link in self:
            link.amount_due = link._get_payable()._clinic_get_suggested(LINK)

    @api.depends("partner_id", "invoice_ids.name")
    def _compute_display_name(self):
        for link in self:
            # sudo: the front desk reads the numbers and not the invoices.
            names = filter(None, link.sudo().invoice_ids.mapped("name"))
            link.display_name = ", ".join(names) or self.env._("Payment link")

    # === ACTION METHODS === #

    def action_revoke(self):
        """Revoke these links: nobody can use them any more."""
        self._check_staff()
        # sudo: nobody writes links by hand.
        self.sudo().is_revoked = True

    def action_send(self):
        """Send these links to their payers by e-mail, through Odoo's queue."""
        self._check_staff()
        for link in self:
            link._check_can_be_sent()
        # sudo: the front desk sends links, and may not write e-mails to everybody.
        self.sudo()._send()
        return notification(
            "success",
            self.env._(
                "The link is on its way to %(payers)s.",
                payers=", ".join(self.partner_id.mapped("display_name")),
            ),
            then=CLOSE,
        )

    def _check_can_be_sent(self):
        """Raise UserError when nobody could pay anything by this link."""
        self.ensure_one()
        if self.state != "living" or self.currency_id.is_zero(self.amount_due):
            raise UserError(self.env._("There is nothing to pay by this link now."))
        # sudo: the front desk reads the contact anyway, and the link says which.
        payer = self.sudo().partner_id
        if not payer._clinic_get_recipient().email:
            raise UserError(
                self.env._("%(payer)s has no e-mail address.", payer=payer.display_name)
            )

    def _check_staff(self):
        if not self.env.user.has_group("clinic_invoicing.group_front_desk"):
            raise AccessError(self.env._("Only the front desk may use payment links."))
        self.check_access("read")

    # === MAKING AND FINDING === #

    @api.model
    def _get_expiry(self, company):
        return fields.Datetime.now() + timedelta(days=company.clinic_link_days)

    @api.model
    def _find(self, token):
        """Return the link of a token, if it can still be used.

        Anything else that is tried finds nothing, and nothing tells why.
        """
        if not TOKEN.fullmatch(token):
            return self.browse()
        now = fields.Datetime.now()
        return self.search(
            [
                ("token", "=", token),
                ("is_revoked", "=", False),
                ("expires_on", ">", now),
            ]
        )

    @api.model
    def _find_for(self, invoices):
        """Return a link for exactly these invoices that is good for a while."""
        half_life = timedelta(days=invoices.company_id.clinic_link_days) / 2
        links = self.search(
            [
                ("partner_id", "=", invoices.partner_id.id),
                ("is_revoked", "=", False),
                ("expires_on", ">", fields.Datetime.now() + half_life),
                ("invoice_ids", "in", invoices.ids),
            ]
        )
        return links.filtered(lambda link: link.invoice_ids == invoices)[:1]

    @api.model
    def _create_for(self, groups):
        """Make a link for each of these groups of invoices, of one payer each."""
        return self.create(
            [
                {
                    "partner_id": invoices.partner_id.id,
                    "company_id": invoices.company_id.id,
                    "currency_id": invoices.currency_id.id,
                    "invoice_ids": invoices.ids,
                    "expires_on": self._get_expiry(invoices.company_id),
                }
                for invoices in groups
            ]
        )

    # === USING === #

    def _get_invoices(self):
        """Return those of the invoices that are still what the link was made for."""
        self.ensure_one()
        return self.invoice_ids.filtered(
            lambda move: (
                move.state == "posted"
                and move.move_type == "out_invoice"
                and move.partner_id == self.partner_id
                and move.currency_id == self.currency_id
            )
        ).sorted(lambda move: (move.invoice_date_due, move.id))

    def _get_payable(self):
        """Return those of the invoices that can be paid now."""
        return self._get_invoices()._clinic_filter_for(LINK)

    def _get_due_day(self):
        """Return when it is due, if nothing of it is due yet; used by the e-mails."""
        claims = self._get_payable()._clinic_get_claims(LINK)
        if any(claim.answer == Answer.ASKS for claim in claims):
            return False
        return min((claim.due for claim in claims), default=False)

    def _get_thanks(self):
        """Return what has just arrived for these invoices, if anything has."""
        invoices = self._get_invoices()
        payer = self.partner_id
        tx = invoices.transaction_ids._clinic_get_recent(
            payer | payer._clinic_get_addressee()
        )
        if not tx.invoice_ids or tx.invoice_ids - invoices:
            return tx.browse()
        return tx

    def _get_unpayable(self):
        """Return those that are owed and cannot be paid at the moment."""
        shown = self._get_invoices()._clinic_filter_for(LINK, Answer.SHOWS)
        return shown - self._get_payable()

    def _note_opening(self):
        """Remember when the link was used; not each time, so that visits stay cheap."""
        an_hour_ago = fields.Datetime.now() - timedelta(hours=1)
        if not self.opened_on or self.opened_on < an_hour_ago:
            self.opened_on = fields.Datetime.now()

    def _get_qr_code(self):
        """Return the link as a QR code, to be the source of an image."""
        self.ensure_one()
        # sudo: a user who is shown a code need not read reports.
        reports = self.env["ir.actions.report"].sudo()
        image = reports.barcode(
            barcode_type="QR", value=self.url, width=256, height=256, quiet=False
        )
        return image_data_uri(b64encode(image))

    def _send(self):
        """Queue the e-mails; they name the practice, and no service."""
        template = self.env.ref(TEMPLATE)
        reachable = self.filtered(
            lambda link: link.partner_id._clinic_get_recipient().email
        )
        template.send_mail_batch(reachable.ids)
        reachable.invoice_ids.clinic_asked_on = fields.Datetime.now()
        return reachable
