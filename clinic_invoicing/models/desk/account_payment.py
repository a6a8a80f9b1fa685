from odoo import fields, models


class AccountPayment(models.Model):
    """Money that was received at the desk."""

    _inherit = "account.payment"

    clinic_desk_key = fields.Char(
        readonly=True,
        copy=False,
        help="The form that made it: a second click makes no second payment.",
    )

    clinic_desk_first_id = fields.Many2one(
        "account.payment",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="What was taken with the same form, on another receivable account.",
    )
    clinic_desk_other_ids = fields.One2many(
        "account.payment", "clinic_desk_first_id", readonly=True
    )

    _clinic_desk_key_unique = models.UniqueIndex(
        "(clinic_desk_key) WHERE clinic_desk_key IS NOT NULL",
        "This payment was made already.",
    )

    def _clinic_get_desk_outcome(self):
        """Return what the desk shows of this payment; see payment.transaction."""
        self.ensure_one()
        taken = self | self.clinic_desk_other_ids.sorted("id")
        invoices = taken.invoice_ids
        return {
            "state": "paid",
            "amount": self.currency_id.format(sum(taken.mapped("amount"))),
            "payments": taken,
            "invoices": invoices,
            "payer": invoices.partner_id[:1] or self._clinic_get_payer(),
            "event": self.env["calendar.event"],
            "reason": "",
        }
