from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...rules.askers import INSURERS, LINK, REQUEST

# A client who pays at the desk after the visit need not be asked by e-mail.
TIME_TO_PAY_AT_DESK = timedelta(hours=1)
INVOICES_PER_CHUNK = 200


class AccountMove(models.Model):
    """Links to pay invoices without login, and the e-mails that carry them."""

    _inherit = "account.move"

    clinic_ask_on = fields.Datetime(
        string="Pay Request Due",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="When the client is sent a link to pay, unless it is paid before.",
    )
    clinic_asked_on = fields.Datetime(
        string="Pay Request Sent", readonly=True, copy=False
    )

    # === ACTION METHODS === #

    def action_clinic_payment_link(self):
        """Show the link to pay these invoices of one payer."""
        # sudo: the front desk asks for money and reads no invoices.
        companies = self.sudo().company_id
        is_staff = self.env.user.has_group("clinic_invoicing.group_front_desk")
        if not is_staff or companies - self.env.companies:
            raise AccessError(self.env._("Only the front desk may use payment links."))
        # sudo: as above.
        if not all(self.sudo().mapped("clinic_has_services")):
            raise UserError(
                self.env._("Clinic payment links are for invoices of services.")
            )
        # sudo: as above.
        link = self.sudo()._clinic_get_payment_link()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Payment Link"),
            "res_model": "clinic.payment.link",
            "res_id": link.id,
            "views": [(False, "form")],
            "target": "new",
        }

    # === LINKS === #

    def _clinic_get_payment_link(self):
        """Return a link to pay these invoices, which lasts long enough to be sent.

        :raise UserError: they are not posted invoices of one payer
        """
        is_one_bill = len(self.partner_id) == 1 == len(self.company_id)
        is_posted = all(
            move.state == "posted" and move.move_type == "out_invoice" for move in self
        )
        if not (is_one_bill and is_posted and len(self.currency_id) == 1):
            raise UserError(
                self.env._(
                    "A payment link is for posted invoices of one payer, company and "
                    "currency."
                )
            )
        # sudo: nobody else makes links.
        links = self.env["clinic.payment.link"].sudo()
        found = links._find_for(self)
        return (found or links._create_for([self])).with_env(self.env)

    def _get_portal_payment_link(self):
        """Put our link on documents: Core's names the services without login."""
        if not self._clinic_takes_link():
            return super()._get_portal_payment_link()
        # sudo: a user who prints documents need not read links.
        return self._clinic_get_payment_link().sudo().url

    def _clinic_takes_link(self):
        """Whether clients pay this invoice by our link instead of Odoo's."""
        self.ensure_one()
        return bool(self.clinic_has_services and self._clinic_filter_for(LINK))

    def _clinic_is_link_printed(self):
        """Whether the document shows the link as a QR code, whatever Core's switch."""
        self.ensure_one()
        # sudo: a user who prints it need not read transactions and services.
        document = self.sudo()
        return document._clinic_takes_link() and not document._clinic_has_reason(
            INSURERS
        )

    # === ASKING BY E-MAIL === #

    @api.model
    def _clinic_create_posted(self, vals_list):
        """Ask for what is invoiced by e-mail, if the practice wants that."""
        due = fields.Datetime.now() + TIME_TO_PAY_AT_DESK
        for vals in vals_list:
            company = self.env.company.browse(vals.get("company_id"))
            if (company or self.env.company).clinic_email_pay_requests:
                vals["clinic_ask_on"] = due
        return super()._clinic_create_posted(vals_list)

    @api.model
    def _cron_request_payments(self):
        """Send the links that are due, some invoices at a time."""
        # A draft is being corrected; it is asked for when it is posted again.
        domain = [
            ("clinic_ask_on", "<=", fields.Datetime.now()),
            ("state", "!=", "draft"),
        ]
        due = self.search(domain, limit=INVOICES_PER_CHUNK, order="clinic_ask_on, id")
        # Another worker sends the others.
        due = due.try_lock_for_update(allow_referencing=True)
        due._clinic_request_payment()
        remaining = self.search_count(domain, limit=INVOICES_PER_CHUNK)
        self.env["ir.cron"]._commit_progress(len(due), remaining=remaining)

    def _clinic_request_payment(self):
        """Send each payer one link to all of these that can be paid."""
        self.clinic_ask_on = False
        wanted = self.filtered(lambda move: move._clinic_is_pay_request_wanted())
        wanted = wanted._clinic_filter_open(REQUEST)
        groups = wanted.grouped(
            lambda move: (move.partner_id, move.company_id, move.currency_id)
        )
        self.env["clinic.payment.link"]._create_for(groups.values())._send()

    def _clinic_is_pay_request_wanted(self):
        """Whether the client has still to be asked, and nobody has done so."""
        self.ensure_one()
        return bool(
            self.company_id.clinic_email_pay_requests
            and self.partner_id._clinic_get_recipient().email
            and not self.clinic_asked_on
            # Odoo's own e-mail carries the invoice with a link.
            and not self.is_move_sent
            and self._clinic_filter_for(REQUEST)
        )
