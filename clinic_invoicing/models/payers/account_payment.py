from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column

# Whose money those payments are that are there when the addon is installed.
SET_PAYERS = SQL(
    """UPDATE account_payment payment
          SET clinic_payer_id = COALESCE(tx.partner_id, payment.partner_id)
         FROM account_payment one
         LEFT JOIN payment_transaction tx ON tx.id = one.payment_transaction_id
        WHERE one.id = payment.id"""
)


class AccountPayment(models.Model):
    """Who has paid: a person, where the payment itself may only know their company."""

    _inherit = "account.payment"

    # By hand when it is made, by Core's dialog; then it stays.
    _clinic_given = ("clinic_payer_id",)

    clinic_payer_id = fields.Many2one(
        "res.partner",
        string="Paid By",
        compute="_compute_clinic_payer_id",
        store=True,
        readonly=False,
        copy=False,
        index=True,
        help="Whose money it is, and whose invoices it may pay. Odoo books what is "
        "billed to a company's contact on the company.",
    )

    def _auto_init(self):
        """Say whose money is there, without writing to each payment."""
        if not column_exists(self.env.cr, self._table, "clinic_payer_id"):
            create_column(self.env.cr, self._table, "clinic_payer_id", "int4")
            # SQL: it is Odoo's way to fill a column that it would compute one by one.
            self.env.cr.execute(SET_PAYERS)
        return super()._auto_init()

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "payment_transaction_id.partner_id")
    def _compute_clinic_payer_id(self):
        for payment in self:
            # sudo: billers do not read every transaction.
            tx = payment.sudo().payment_transaction_id
            payment.clinic_payer_id = tx.partner_id or payment.partner_id

    # === CONSTRAINTS === #

    @api.constrains("clinic_payer_id")
    def _check_clinic_payer_id(self):
        for payment in self.filtered("clinic_payer_id"):
            if not payment._clinic_is_of_family():
                raise ValidationError(
                    self.env._(
                        "%(payer)s is another client than %(partner)s: money is of one "
                        "of them.",
                        payer=payment.clinic_payer_id.display_name,
                        partner=payment.partner_id.display_name,
                    )
                )

    def _clinic_is_of_family(self):
        """Whether the payer is whom the payment names, or one that Core books there."""
        self.ensure_one()
        payer, partner = self.clinic_payer_id, self.partner_id
        # sudo: billers do not read every transaction.
        is_told = payer == self.sudo().payment_transaction_id.partner_id
        return is_told or partner in payer._clinic_get_ledger_partners()

    # === CHARGING A SAVED CARD === #

    def _prepare_payment_transaction_vals(self, **extra_create_values):
        """Charge the card in the name of who pays, whose card it is."""
        values = super()._prepare_payment_transaction_vals(**extra_create_values)
        return {**values, "partner_id": self._clinic_get_payer().id}

    # === WHOSE MONEY === #

    def _clinic_get_payer(self):
        """Return who has paid; the payment itself may only know their company."""
        self.ensure_one()
        return self.clinic_payer_id or self.partner_id
