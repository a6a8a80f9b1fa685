from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...rules.typed_numbers import read_number
from ...second_cursor import second_cursor

# Who tries three cards and mistypes each once needs six.
STARTS_PER_MINUTE = 8
# Where many share one login, it may be more.
PARAM_STARTS = "clinic_invoicing.starts_per_minute"
MINUTE = timedelta(minutes=1)
# What clients start in front of a form.
STARTED = ("online_direct", "online_redirect", "online_token")
# Tells our locks of payers from other locks of the same number.
LOCKS_OF_PAYERS = 1_902_026


class PaymentTransaction(models.Model):
    """Nobody starts so many payments in a minute as only a program does."""

    _inherit = "payment.transaction"

    _clinic_pace_index = models.Index("(partner_id, create_date)")

    @api.model
    def _clinic_check_pace(self, payer, invoices):
        """Raise UserError when too many payments were started in the last minute.

        Each would be an intent at the provider. A link is for certain invoices, so
        that what is started by it counts as theirs. Of starts at the same moment each
        sees those before it: all are under the lock of their payer and invoices.
        """
        if not self._clinic_lock_payer(payer):
            raise UserError(
                self.env._(
                    "A payment is being started in another window. Please wait a "
                    "moment, then try again."
                )
            )
        started = [
            ("create_date", ">", fields.Datetime.now() - MINUTE),
            ("operation", "in", STARTED),
        ]
        most = self._clinic_get_most_starts()
        # This request does not see what others have committed since it began.
        with second_cursor(self.env) as cr:
            attempts = self.with_env(self.env(cr=cr))
            counts = [
                attempts.search_count([whose, *started], limit=most)
                for whose in (
                    ("partner_id", "=", payer.id),
                    ("invoice_ids", "in", invoices.ids),
                )
            ]
        if max(counts) >= most:
            raise UserError(
                self.env._(
                    "Too many payments were started within a minute. Nothing was "
                    "charged. Please wait a minute, then try again."
                )
            )

    @api.model
    def _clinic_get_most_starts(self):
        """Return how many payments may be started in a minute; at least one."""
        # sudo: only administrators read system parameters.
        parameters = self.env["ir.config_parameter"].sudo()
        wanted = read_number(parameters.get_param(PARAM_STARTS))
        return int(wanted) if wanted and wanted >= 1 else STARTS_PER_MINUTE

    @api.model
    def _clinic_lock_payer(self, payer):
        """Return whether nobody else starts a payment of this payer at this moment.

        Raw SQL: the row of a contact, which the ORM could lock, is written to by many.
        """
        self.env.cr.execute(
            "SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCKS_OF_PAYERS, payer.id]
        )
        return self.env.cr.fetchone()[0]
