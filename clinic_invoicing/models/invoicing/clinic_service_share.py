from collections import defaultdict

from odoo import api, models
from odoo.fields import Command, Domain

from ...rules import proportions, smallest_units
from ...rules.payers import PAYER_INSURER, PAYER_PATIENT


class ClinicServiceShare(models.Model):
    """The invoice lines that bill what a payer owes."""

    _inherit = "clinic.service.share"

    def _get_billable(self):
        """Return those of the shares that can be put on an invoice."""
        return self.filtered_domain(self._get_billable_domain())

    def _is_billed_to_insurer(self):
        """Whether it goes on an invoice to an insurer, not settled outside."""
        self.ensure_one()
        return bool(self.filtered_domain(self._get_insurer_domain()))

    @api.model
    def _get_billable_domain(self):
        """Shares that can be put on an invoice now."""
        payers = Domain("payer_type", "=", PAYER_PATIENT) | self._get_insurer_domain()
        return payers & Domain(
            [
                ("state", "=", "to_bill"),
                ("partner_id", "!=", False),
                ("amount", "!=", 0),
            ]
        )

    @api.model
    def _get_insurer_domain(self):
        """Shares that go on invoices to insurers, and are not settled outside."""
        return Domain(
            [
                ("payer_type", "=", PAYER_INSURER),
                ("company_id.clinic_insurer_settlement", "=", "invoice"),
                ("settled_date", "=", False),
            ]
        )

    def _group_for_invoices(self, grouping):
        """Return ``(payer, shares)`` for each invoice to be made.

        :param str grouping: ``payer`` for one invoice per payer, ``service`` for one
            per service and payer
        """
        groups = defaultdict(self.browse)
        for share in self.sorted(
            lambda share: (share.service_id.date, share.service_id.id, share.id)
        ):
            service = share.service_id
            single = service if grouping == "service" else service.browse()
            key = (share.company_id, share.currency_id, share.partner_id, single)
            groups[key] |= share
        # Joined recordsets forget what they were read with.
        return [
            (key[2], shares.with_prefetch(self._prefetch_ids))
            for key, shares in groups.items()
        ]

    def _prepare_invoice(self, payer, invoice_date):
        """Return the values of one invoice to ``payer`` for these shares: a hook."""
        return {
            "move_type": "out_invoice",
            "clinic_has_services": True,
            "partner_id": payer.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": invoice_date,
            "invoice_line_ids": [
                Command.create(share._prepare_invoice_line()) for share in self
            ],
        }

    def _prepare_invoice_line(self):
        """Return the values of the invoice line that bills this share: a hook."""
        self.ensure_one()
        service = self.service_id
        amount = self._get_agreed_amount()
        values = {
            "clinic_share_id": self.id,
            "clinic_amount": amount,
            "product_id": service.rate_id.id,
            "name": service._get_invoice_line_name(self.partner_id),
            "quantity": service.quantity,
            "price_unit": service.price_unit,
            "discount": service.discount,
            "tax_ids": [Command.set(service.tax_ids.ids)],
        }
        if self.currency_id.compare_amounts(amount, service.amount_priced) == 0:
            return values
        return {**values, **self._prepare_part_of_line()}

    def _prepare_part_of_line(self):
        """Return the price and the taxes of a line that bills a part of the service.

        Odoo would compute the taxes of each part by itself, and the parts would not
        sum to the service's total.
        """
        details = self.service_id._get_tax_details()
        shares = self.service_id.share_ids.sorted("id")
        position = shares.ids.index(self.id)
        rounding = self.currency_id.rounding
        weights = [
            smallest_units.to_smallest_unit(share._get_agreed_amount(), rounding)
            for share in shares
        ]
        taxes = {
            data["tax"]: proportions.split_in_proportion(
                smallest_units.to_smallest_unit(data["tax_amount_currency"], rounding),
                weights,
            )[position]
            * rounding
            for data in details["taxes_data"]
        }
        return self._prepare_exact_line(self._get_agreed_amount(), taxes)

    def _prepare_exact_line(self, amount, taxes):
        """Return the price and the taxes of a line of exactly this total.

        :param float amount: the total, with taxes
        :param dict taxes: the amount of each tax
        """
        currency = self.currency_id
        base = currency.round(amount - sum(taxes.values()))
        included = sum(amount for tax, amount in taxes.items() if tax.price_include)
        values = {
            "quantity": 1.0,
            "price_unit": currency.round(base + included),
            "discount": 0.0,
        }
        if taxes:
            values["extra_tax_data"] = {
                **values,
                "currency_id": currency.id,
                "rate": 1.0,
                "manual_total_excluded_currency": base,
                "manual_total_excluded": base,
                "manual_tax_amounts": {
                    str(tax.id): {
                        "tax_amount_currency": tax_amount,
                        "tax_amount": tax_amount,
                        "base_amount_currency": base,
                        "base_amount": base,
                    }
                    for tax, tax_amount in taxes.items()
                },
            }
        return values
