from odoo import api, fields, models
from odoo.exceptions import UserError

from ...rules.askers import PROPOSAL

# It changes with the meaning of the wording, not with its language.
PLAN_WORDING = "2026-11"


class ClinicPaymentPlan(models.Model):
    """The client's answer to a plan that was proposed; called in sudo.

    Who acts for a payer answers as well: they may pay all of it at once anyway. Autopay
    is different: it lets a card pay what nobody knows yet, and is its owner's alone.
    """

    _inherit = "clinic.payment.plan"

    @api.model
    def _get_client_domain(self, payers):
        """Return the domain of the plans for these or their own addresses."""
        return [("partner_id", "any", payers._clinic_get_own_domain())]

    def _get_payer(self, user):
        """Return as whom this user answers: themselves, or whom they act for."""
        self.ensure_one()
        return user.partner_id._clinic_pays_as(self.partner_id)[:1]

    def _get_wording(self, user=None):
        """Return what the client agrees to, in the client's language.

        :param res.users user: who answers; the payer's own if there is none
        """
        self.ensure_one()
        payer = self._get_payer(user) if user else self.partner_id
        wording = self._get_own_wording()
        if not user or payer == user.partner_id:
            return wording
        return self.env._(
            "I act for %(payer)s. %(wording)s", payer=payer.name, wording=wording
        )

    def _get_own_wording(self):
        return self.env._(
            "I agree to pay %(amount)s to %(practice)s in instalments on the dates "
            "shown. If I choose a card, it is charged on these dates, and I am told by "
            "e-mail before each charge; else I receive a link to pay. I can always pay "
            "earlier.",
            amount=self.currency_id.format(
                sum(self._get_upcoming().mapped("amount")),
            ),
            practice=self.company_id.name,
        )

    def _get_cards(self, user):
        """Return the cards with which this user can accept it: the payer's own."""
        return self.env["clinic.autopay"]._get_cards(*self._get_whose_cards(user))

    def _get_barred_cards(self, user):
        """Return the cards that a biller has to allow before."""
        agreements = self.env["clinic.autopay"]
        return agreements._get_barred_cards(*self._get_whose_cards(user))

    def _get_whose_cards(self, user):
        return self._get_payer(user), self.company_id, self.currency_id

    def _accept(self, user, *, card_id, wording, ip, shown=None):
        """Start the plan as the client has read it.

        :param str card_id: from a browser; empty for links by e-mail
        :param str shown: the seal of the instalments and cards that were read
        :raise UserError: telling why not; nothing was changed
        """
        self.ensure_one()
        cards = self._get_cards(user)
        own = self.env["clinic.autopay"]._get_own_cards(*self._get_whose_cards(user))
        card = own._clinic_choose(card_id) if card_id else own.browse()
        if not self.partner_id.email:
            raise UserError(
                self.env._(
                    "We need your e-mail address to tell you of each instalment."
                )
            )
        self.invoice_ids._clinic_lock_for_payment()
        self._check_acceptable(wording, user)
        shows = self.env["clinic.shown"]
        shows._check(shown, shows._seal_plan(self, cards))
        self._check_dates()
        self._take_over_invoices()
        self._update_state(
            "active",
            token_id=card.id,
            agreed_on=fields.Datetime.now(),
            agreed_by_id=user.id,
            agreed_ip=ip,
            wording_version=PLAN_WORDING,
            wording=wording,
        )
        for charge in self._get_open_charges():
            charge._schedule_instalment(card)

    def _check_acceptable(self, wording, user):
        if self.state != "proposed" or wording != self._get_wording(user):
            raise UserError(self.env._("This plan has changed. Please read it again."))
        open_invoices = self._get_open_invoices()
        covered = open_invoices._clinic_sum_covered(PROPOSAL)
        owed = open_invoices._clinic_sum_owed() - covered
        planned = sum(self._get_open_charges().mapped("amount"))
        is_same = self.currency_id.compare_amounts(owed, planned) == 0
        # What has a plan already is not claimable either.
        if not is_same or open_invoices._clinic_filter_for(PROPOSAL) != open_invoices:
            raise UserError(
                self.env._(
                    "What you owe has changed since this plan was made. Please ask "
                    "the practice for a new one."
                )
            )

    def _check_dates(self):
        """Raise UserError when several instalments would be charged at once."""
        due = self._get_upcoming().filtered(
            lambda charge: charge.date <= charge._get_today()
        )
        if len(due) > 1:
            raise UserError(
                self.env._(
                    "The dates of this plan have passed. Please ask the practice for a "
                    "new one."
                )
            )

    def _take_over_invoices(self):
        """Call off what autopay was about to charge.

        :raise UserError: it is being charged
        """
        # Written, so that of two plans accepted at once the second sees the first.
        self.invoice_ids._clinic_count_attempt()
        autopay = self.invoice_ids.clinic_charge_ids.filtered(
            lambda charge: charge.origin == "autopay"
        )
        if "charging" in autopay.mapped("state"):
            raise UserError(
                self.env._(
                    "This invoice is being paid in another window. Please wait a "
                    "moment, then reload the page."
                )
            )
        autopay._call_off(self.env._("The client pays in instalments."))

    def _decline(self):
        """Say no; the invoices are due as before."""
        self.ensure_one()
        if self.state != "proposed":
            raise UserError(self.env._("This plan has changed. Please read it again."))
        self._end("cancelled", self.env._("Declined by the client."))
        self.company_id._clinic_tell_billers(
            self, self.env._("A payment plan was declined"), ""
        )
