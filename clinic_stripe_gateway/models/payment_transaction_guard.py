from odoo import api, models
from odoo.exceptions import AccessError

# What makes the job send a request.
ASKING_FIELDS = {"clinic_stripe_request", "clinic_stripe_ask_at"}
# What only Stripe's answers say.
TOLD_FIELDS = {
    "clinic_stripe_is_found",
    "clinic_stripe_was_busy",
    "provider_reference",
    "source_transaction_id",
    "state",
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
    """Stock lets billers write transactions, and not all of them may refund."""

    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for values in vals_list:
                self.browse()._clinic_stripe_check_values(values, TOLD_FIELDS)
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._clinic_stripe_check_values(vals, TOLD_FIELDS | {"provider_id"})
        return super().write(vals)

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

    def _clinic_stripe_check_values(self, values, told_fields):
        """Keep people from making up a payment, or from changing one under way.

        :raise AccessError: somebody else than Odoo itself writes it
        """
        # sudo: whoever writes transactions need not read their providers.
        rows = self.sudo()
        provider = rows.env["payment.provider"].browse(values.get("provider_id"))
        refused = set(ASKING_FIELDS)
        if "stripe" in {provider.code, *rows.mapped("provider_code")}:
            refused |= told_fields
        if any(rows.mapped("clinic_stripe_request")):
            refused |= ASKED_FIELDS
        if not refused.isdisjoint(values):
            raise AccessError(
                self.env._(
                    "Only Odoo itself writes what Stripe was asked for and has said."
                )
            )
