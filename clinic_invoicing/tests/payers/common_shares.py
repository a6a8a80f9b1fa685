from odoo.fields import Command

from ..common import ClinicInvoicingCommon


class SharesCommon(ClinicInvoicingCommon):
    """What billers do with shares, and what each payer owes then."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second_insurer = cls.env["res.partner"].create(
            {"name": "Hill Mutual", "is_company": True}
        )
        cls.self_pay_rate = cls.rate
        cls.self_pay_rate.clinic_counterpart_rate_id = cls.insurer_rate.product_tmpl_id
        cls.env.flush_all()

    def _invoice_insurers(self):
        self.practice.clinic_insurer_settlement = "invoice"

    def _split(self, services, user=None, **values):
        wizard = (
            self.env["clinic.service.split"]
            .with_user(user or self.biller)
            .create({"service_ids": [Command.set(services.ids)], **values})
        )
        wizard.action_confirm()
        return wizard

    def _answer(self, services, received=None, user=None, **values):
        """Record what an insurer has paid, by service, and move the rest."""
        services = services.with_user(user or self.biller)
        context = services.action_insurer_answered()["context"]
        remittance = services.env["clinic.remittance"].with_context(**context)
        remittance = remittance.create(
            {
                "date": "2024-04-20",
                "reference": "REMIT-1",
                "invoice_clients": False,
                **values,
            }
        )
        for line in remittance.line_ids:
            line.paid = (received or {}).get(line.share_id.service_id, 0)
        remittance.amount = remittance.amount_lines
        remittance.action_post()
        return remittance

    def _move(self, share, amount, payer_type, partner=None, user=None):
        return share.with_user(user or self.biller)._move(
            {share: amount}, payer_type, partner, "Because"
        )

    def _flip(self, services, user=None, **values):
        wizard = (
            self.env["clinic.service.flip"]
            .with_user(user or self.biller)
            .create(
                {
                    "service_ids": [Command.set(services.ids)],
                    "invoice_date": "2024-05-02",
                    **values,
                }
            )
        )
        wizard.action_confirm()
        return wizard

    def _get_share(self, service, payer_type):
        return service.share_ids.filtered(
            lambda share: share.payer_type == payer_type and share.amount
        )

    def assertLedger(self, service, *rows):
        """Check ``(payer type, owes, billed, paid, open)`` of each share."""
        self.env.flush_all()
        self.assertEqual(
            sorted(
                (
                    share.payer_type,
                    round(share.amount, 2),
                    round(share.amount_invoiced, 2),
                    round(share.amount_paid, 2),
                    round(share.amount_due, 2),
                )
                for share in service.share_ids
                if share.amount or share.amount_invoiced
            ),
            sorted(rows),
        )
