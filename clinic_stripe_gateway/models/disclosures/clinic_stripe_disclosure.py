import contextlib
from datetime import timedelta

import psycopg2

from odoo import api, fields, models, modules
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.clinic_invoicing.second_cursor import second_cursor
from odoo.addons.payment.logging import get_payment_logger
from odoo.addons.payment_stripe import const as stripe_const

_logger = get_payment_logger(__name__, stripe_const.SENSITIVE_KEYS)

# As long as Stripe itself keeps payments: shorter would make the list incomplete.
KEEP_DISCLOSURE_DAYS = 3650
# What was said without a payer, such as where to send events.
KEEP_SETTINGS_DAYS = 400


class ClinicStripeDisclosure(models.Model):
    """What was sent to Stripe about somebody: exactly, and before it was sent.

    Nothing here refers to another table. A foreign key would wait for, or fail on,
    what the request has not committed yet; and what Stripe has learned stays true
    when Odoo rolls the request back.
    """

    _name = "clinic.stripe.disclosure"
    _description = "Sent to Stripe"
    _inherit = ["clinic.guarded"]
    _order = "id desc"
    _rec_name = "endpoint"
    _log_access = False

    sent_on = fields.Datetime(readonly=True, required=True)
    partner_ref = fields.Integer(string="Payer", readonly=True)
    company_ref = fields.Integer(string="Company", readonly=True)
    method = fields.Char(readonly=True, required=True)
    endpoint = fields.Char(string="Stripe's Address", readonly=True, required=True)
    payload = fields.Text(
        string="What Was Sent",
        readonly=True,
        help="Every field, after the list of what may leave was applied.",
    )
    answer_ref = fields.Char(
        string="Stripe Object",
        readonly=True,
        help="What Stripe answered with; empty if there was no answer.",
    )

    _partner_index = models.Index("(partner_ref, id) WHERE partner_ref IS NOT NULL")

    # === WRITING === #

    @api.model
    def _record(self, provider, partner_ref, method, endpoint, pairs):
        """Write down what is about to be sent; return a function for the answer's id.

        :param list[tuple[str, str]] pairs: the fields as they leave
        """
        payload = "\n".join(f"{name} = {value}" for name, value in pairs)
        values = (
            fields.Datetime.now(),
            partner_ref or None,
            provider.company_id.id,
            method,
            endpoint,
            payload,
        )
        with self._own_cursor() as cr:
            # SQL: one insert; the ORM would read, compute and log as well.
            cr.execute(
                SQL(
                    """INSERT INTO clinic_stripe_disclosure (
                           sent_on, partner_ref, company_ref, method, endpoint, payload
                       ) VALUES %s RETURNING id""",
                    values,
                )
            )
            (row_id,) = cr.fetchone()
        return lambda answer_ref: self._note_answer(row_id, answer_ref)

    @api.model
    def _note_answer(self, row_id, answer_ref):
        """Write down what Stripe answered with; it has acted, nothing may fail now."""
        query = SQL(
            "UPDATE clinic_stripe_disclosure SET answer_ref = %s WHERE id = %s",
            answer_ref or None,
            row_id,
        )
        try:
            with self._own_cursor() as cr:
                # SQL: this request's transaction is older than the row and cannot
                # see it.
                cr.execute(query)
        except (UserError, psycopg2.Error):
            _logger.warning("The answer to what was sent as %s is not noted.", row_id)

    @contextlib.contextmanager
    def _own_cursor(self):
        """Give a cursor whose rows stay when the request is rolled back.

        Tests undo all that they do: there, a commit of its own would stay for ever.
        """
        if modules.module.current_test:
            yield self.env.cr
            return
        with second_cursor(self.env) as cr:
            yield cr

    # === HOUSEKEEPING === #

    @api.autovacuum
    def _gc_old(self):
        """Forget what was said so long ago that Stripe has forgotten it as well."""
        now = fields.Datetime.now()
        kept = timedelta(days=KEEP_DISCLOSURE_DAYS)
        kept_of_settings = timedelta(days=KEEP_SETTINGS_DAYS)
        self.search(
            [
                "|",
                ("sent_on", "<", now - kept),
                "&",
                ("partner_ref", "=", False),
                ("sent_on", "<", now - kept_of_settings),
            ],
            limit=10_000,
        ).unlink()
