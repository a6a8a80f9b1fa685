from odoo import api, models
from odoo.exceptions import AccessError

# What only Stripe's answers say, and how it is before it has said anything.
TOLD_FIELDS = {
    "provider_reference": False,
    "source_transaction_id": False,
    "state": "draft",
}
# What is asked for once more when there is no answer.
ASKED_FIELDS = {
    "amount",
    "currency_id",
    "operation",
    "partner_id",
    "reference",
    "token_id",
}


class PaymentTransaction(models.Model):
    """Transactions that nobody makes up: Core lets all billers write them."""

    _inherit = "payment.transaction"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Look at what was made: values come from contexts and defaults as well."""
        self._clinic_stripe_before_create(vals_list)
        transactions = super().create(vals_list)
        transactions._clinic_stripe_after_create()
        # sudo: whoever writes transactions need not read their providers.
        for tx in transactions.sudo() if self._clinic_is_guarded() else ():
            told = {name: tx[name] or False for name in TOLD_FIELDS}
            if tx.provider_code == "stripe" and told != TOLD_FIELDS:
                self._clinic_stripe_refuse()
        return transactions

    def write(self, vals):
        if self._clinic_is_guarded():
            self._clinic_stripe_check_values(vals)
        return super().write(vals)

    @api.model
    def _clinic_stripe_before_create(self, vals_list):
        """Change what is about to be created. Rooms below add to it."""

    def _clinic_stripe_after_create(self):
        """Check what was created, and note what goes with it. Rooms below add to it."""

    # === ACTION METHODS === #

    def action_void(self):
        """Let only those release an authorisation who may undo payments.

        The check of the invoice's own button stands there: it calls this as superuser.
        """
        if self.filtered(lambda tx: tx.provider_code == "stripe"):
            self.env["account.payment"]._clinic_check_may_undo()
        return super().action_void()

    # === WHAT ODOO ITSELF WRITES === #

    def _create_child_transaction(self, *args, **values):
        if self.provider_code != "stripe":
            return super()._create_child_transaction(*args, **values)
        # sudo: nobody else makes refunds, captures and voids.
        child = super(PaymentTransaction, self.sudo())._create_child_transaction(
            *args, **values
        )
        return child.with_env(self.env)

    def _update_state(self, *args, **more):
        # sudo: nobody else says what became of it.
        updated = super(PaymentTransaction, self.sudo())._update_state(*args, **more)
        return updated.with_env(self.env)

    # === CHECKS === #

    def _clinic_stripe_check_values(self, values):
        """Keep people from making up a payment, or from changing one under way.

        :raise AccessError: somebody else than Odoo itself writes it
        """
        # sudo: whoever writes transactions need not read their providers.
        rows = self.sudo()
        provider = rows.env["payment.provider"].browse(values.get("provider_id"))
        refused = set()
        if "stripe" in {provider.code, *rows.mapped("provider_code")}:
            refused |= {*TOLD_FIELDS, "provider_id"}
        if any(rows.mapped("clinic_stripe_request")):
            refused |= ASKED_FIELDS
        if not refused.isdisjoint(values):
            self._clinic_stripe_refuse()

    def _clinic_stripe_refuse(self):
        raise AccessError(
            self.env._(
                "Only Odoo itself writes what Stripe was asked for and has said."
            )
        )
