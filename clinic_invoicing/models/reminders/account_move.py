from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...actions import RELOAD, notification
from ...rules.askers import REMINDER


class AccountMove(models.Model):
    """Reminders of an invoice: what the biller sees of them and decides."""

    _inherit = "account.move"

    clinic_no_reminders = fields.Boolean(
        string="No Reminders",
        copy=False,
        groups="clinic_invoicing.group_biller",
        help="The client is not reminded of this invoice.",
    )
    clinic_reminder_line_ids = fields.One2many(
        "clinic.reminder.line",
        "move_id",
        string="Reminders",
        groups="clinic_invoicing.group_biller",
        readonly=True,
    )
    clinic_reminded_on = fields.Date(
        string="Last Reminder",
        compute="_compute_clinic_reminded_on",
        groups="clinic_invoicing.group_biller",
        help="When the client was reminded of this invoice by e-mail.",
    )

    @api.depends("clinic_reminder_line_ids.date")
    def _compute_clinic_reminded_on(self):
        days = dict(
            self.env["clinic.reminder.line"]._read_group(
                [("move_id", "in", self.ids)], ["move_id"], ["date:max"]
            )
        )
        for move in self:
            move.clinic_reminded_on = days.get(move._origin)

    # === ACTION METHODS === #

    def action_clinic_remind(self):
        """Remind of these invoices now, whatever the schedule."""
        if not self.env.user.has_group("clinic_invoicing.group_biller"):
            raise AccessError(self.env._("Only billers send reminders."))
        self.check_access("read")
        # sudo: billers may send reminders, and do not write them.
        sent = self.sudo()._clinic_remind_now()
        left_out = self - sent
        message = self.env._(
            "Reminded: %(names)s", names=", ".join(sent.mapped("name"))
        )
        if left_out:
            message += " " + self.env._(
                "Not reminded: %(names)s. They are paid, covered by money that is "
                "held, on their way, about to be charged, disputed, waiting for an "
                "insurer or paused, or there is no e-mail address.",
                names=", ".join(left_out.mapped("display_name")),
            )
        return notification("warning" if left_out else "success", message, then=RELOAD)

    def _clinic_remind_now(self):
        """Remind of those of these invoices that can be asked for.

        :return: the invoices that were reminded of
        :raise UserError: none can be, or somebody else is working on them
        """
        self._clinic_lock_or_refuse(
            self.env._(
                "Somebody else is working on these invoices at this moment. Please "
                "reload the page."
            )
        )
        self._clinic_check_asking_is_on()
        self._clinic_check_gateway()
        moves = self.filtered("clinic_has_services")._clinic_get_remindable()
        if not moves:
            raise UserError(
                self.env._(
                    "None of these can be reminded of now: paid, covered by money that "
                    "is held, on their way, about to be charged, disputed, waiting for "
                    "an insurer or paused, or there is no e-mail address."
                )
            )
        self.env["clinic.reminder"]._send(moves)
        return moves

    # === BUSINESS METHODS === #

    @api.model
    def _clinic_check_asking_is_on(self):
        """Raise UserError while clients could not pay what they are reminded of."""
        if not self._clinic_is_online_payment_on():
            raise UserError(
                self.env._(
                    "Clients cannot pay in the portal at the moment, so nobody is "
                    "reminded. An administrator switches it on in Settings ▸ Clinic "
                    "Billing."
                )
            )

    def _clinic_check_gateway(self):
        """Raise UserError when nobody could pay any of these online."""
        if self and not any(move.clinic_has_gateway for move in self):
            first = self[0]
            raise UserError(first.company_id._clinic_explain_offline(first.currency_id))

    def _clinic_get_reminded(self):
        """Return the contact that is asked to pay this invoice."""
        self.ensure_one()
        return self.partner_id._clinic_get_addressee()

    def _clinic_get_remindable(self):
        """Return those that their payers may and can be reminded of now: a hook."""
        reachable = self.filtered(lambda move: move._clinic_is_reachable())
        return reachable._clinic_filter_open(REMINDER)

    def _clinic_is_reachable(self):
        """Whether somebody may and can be reminded of this invoice. Called in sudo."""
        self.ensure_one()
        payer = self._clinic_get_reminded()
        is_paused = self.clinic_no_reminders or payer.clinic_no_reminders
        return bool(payer.email and not is_paused)
