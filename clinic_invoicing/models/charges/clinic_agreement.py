from odoo import fields, models

# Why charges wait: a bank has taken one back; the provider of the card is turned off.
DISPUTED, TURNED_OFF = "disputed", "turned_off"


class ClinicAgreement(models.AbstractModel):
    """A payer's agreement to charges: what they read, and when they said yes."""

    _name = "clinic.agreement"
    _description = "Agreement to Charges"
    _inherit = "clinic.collected"

    company_id = fields.Many2one(string="Practice")
    agreed_on = fields.Datetime(readonly=True)
    agreed_by_id = fields.Many2one("res.users", readonly=True)
    agreed_ip = fields.Char(string="From the Address", readonly=True)
    wording_version = fields.Char(readonly=True)
    wording = fields.Text(readonly=True, help="As it was shown.")
    pause_reason = fields.Selection(
        [
            (DISPUTED, "The bank of the card has taken a charge back"),
            (TURNED_OFF, "The provider of the card is turned off"),
        ],
        string="Paused",
        readonly=True,
        tracking=True,
        copy=False,
        help="Meanwhile nothing is charged, and nothing is lost.",
    )

    # === PAUSED === #

    def action_resume(self):
        """Let the card be charged again, and agreed to anew; billers only.

        Where its provider is turned off, it waits for that.
        """
        self._check_biller(self.env._("Only billers may resume charges."))
        # sudo: nobody writes agreements by hand; the rights were checked.
        paused = self.sudo().filtered("pause_reason")
        disputed = paused.filtered(lambda one: one.pause_reason == DISPUTED)
        disputed.token_id._clinic_allow_agreements()
        for agreement in paused:
            is_aside = agreement.token_id.clinic_aside_state
            agreement.pause_reason = is_aside and TURNED_OFF
        self._close_pause_errand(self.env._("Resumed."))
        self.env["clinic.scheduled.charge"]._wake_job()

    def _pause_for_dispute(self):
        """Charge nothing more to a card whose bank took money back, until told to."""
        for agreement in self.filtered(lambda one: one._is_in_force()):
            agreement.pause_reason = DISPUTED
            agreement.company_id._clinic_tell_billers(
                agreement,
                self._get_pause_summary(),
                self.env._(
                    "The bank of the card has taken a charge back, so nothing more is "
                    "charged to it. Talk to the client, then press Resume, or end the "
                    "agreement."
                ),
            )

    def _get_pause_summary(self):
        return self.env._("Resume the charges of a card, or end them")

    def _end_pause(self):
        """Forget why these waited: they have ended, or go on without a card."""
        self.filtered("pause_reason").pause_reason = False
        self._close_pause_errand(self.env._("There is nothing to resume any more."))

    def _close_pause_errand(self, feedback):
        companies = self.env["res.company"]
        asked = companies._clinic_find_asked(self, "_get_pause_summary")
        if asked:
            asked.action_feedback(feedback=feedback)

    def _pause_for_provider(self):
        """Charge nothing while the provider of the card is turned off."""
        self.filtered(lambda one: not one.pause_reason).pause_reason = TURNED_OFF

    def _resume_with_provider(self):
        """Go on with what waited for the provider of the card."""
        waiting = self.filtered(lambda one: one.pause_reason == TURNED_OFF)
        waiting.pause_reason = False

    def _get_pause(self):
        """Return why nothing is charged at present, nothing if it is."""
        self.ensure_one()
        labels = dict(self._fields["pause_reason"]._description_selection(self.env))
        return labels.get(self.pause_reason, "")

    # === EACH KIND === #

    def _is_in_force(self):
        """Return whether its charges may still be made; each kind says it."""
        raise NotImplementedError

    def _get_notice_days(self):
        """Return how long before a charge the payer is told."""
        self.ensure_one()
        return self.company_id.clinic_autopay_notice_days

    def _get_page_path(self):
        """Return where its page stands below Billing; each kind says it."""
        raise NotImplementedError

    def _get_page_url(self):
        """Return where the payer reads and stops it; used by the e-mails."""
        self.ensure_one()
        return f"{self.company_id.get_base_url()}/my/billing/{self._get_page_path()}"
