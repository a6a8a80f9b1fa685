from odoo import models


class ResCompany(models.Model):
    """How clients can pay the practice, and which money pays by itself."""

    _inherit = "res.company"

    def _clinic_before_change(self, vals):
        """Leave to staff what is held when held money begins to pay invoices."""
        if vals.get("clinic_use_held_money"):
            turned_on = self.filtered(lambda each: not each.clinic_use_held_money)
            turned_on._clinic_leave_held_money()
        return super()._clinic_before_change(vals)

    def _clinic_leave_held_money(self):
        """Let staff alone allocate what is open by now on the books of these."""
        # sudo: who sets up a practice need not read its books.
        lines = self.env["account.move.line"].sudo()
        lines.search(
            [
                ("company_id", "child_of", self.root_id.ids),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual", "<", 0),
            ]
        )._clinic_leave_to_staff()

    def _clinic_get_gateways(self, payer, currency, amount=0.0):
        """Return the providers by which this payer can pay online now, in sudo.

        They are on, published, and take the currency with one of their methods.

        :param float amount: 0 if the payer may still choose one
        """
        self.ensure_one()
        # Staff are offered what is not published as well, and jobs are staff.
        # sudo: clients read neither providers nor methods.
        env = self.with_user(self.env.ref("base.public_user")).sudo().env
        providers = env["payment.provider"]._get_compatible_providers(
            self.id, payer.id, amount, currency_id=currency.id
        )
        methods = env["payment.method"]._get_compatible_payment_methods(
            providers.ids, payer.id, currency_id=currency.id
        )
        usable = methods.provider_ids
        return providers.filtered(lambda provider: provider in usable)

    def _clinic_explain_offline(self, currency):
        """Tell staff what is missing when clients cannot pay online."""
        self.ensure_one()
        if not self.env["account.move"]._clinic_is_online_payment_on():
            return self.env._(
                "Clients cannot pay online: it is switched off. An administrator "
                "switches it on in Settings ▸ Clinic Billing."
            )
        return self.env._(
            "Clients cannot pay online: no payment provider of %(practice)s that is "
            "switched on and published takes %(currency)s. An administrator finds "
            "them under Payment Providers.",
            practice=self.name,
            currency=currency.name,
        )

    def _clinic_describe_otherwise(self, invoices=()):
        """Return what a client needs to pay the practice without a provider.

        :param account.move invoices: that are to be paid, if it is known which
        :rtype: dict
        """
        self.ensure_one()
        # sudo: clients read neither companies nor their bank accounts.
        practice = self.sudo().partner_id
        invoices = invoices or self.env["account.move"]
        accounts = invoices.sudo().partner_bank_id or practice.bank_ids
        address = practice._display_address(without_company=True)
        return {
            "practice": practice.name,
            "accounts": accounts.mapped("display_name"),
            "reference": ", ".join(
                move.payment_reference or move.name for move in invoices
            ),
            "address": list(filter(str.strip, address.splitlines())),
            "phone": practice.phone,
            "email": practice.email,
        }
