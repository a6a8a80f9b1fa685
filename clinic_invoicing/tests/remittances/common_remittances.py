from odoo.fields import Command

from ..payers.common_shares import SharesCommon


class RemittancesCommon(SharesCommon):
    """A practice that invoices insurers; Sea Mutual owes for three patients."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.clinic_insurer_settlement = "invoice"
        patients = (cls.client, cls.other_client, cls.child)
        cls.services = cls.env["clinic.service"].union(
            *(cls._create_service(cls.insurer_rate, patient) for patient in patients)
        )
        cls.bill = cls._invoice(cls.services)
        cls.shares = cls.services.share_ids
        cls.env.flush_all()

    def _create_remittance(self, lines=(), **values):
        """Return a draft of the biller; its total is that of its lines.

        :param lines: the values of each line, or a share and what is paid of it
        """
        lines = [
            line
            if isinstance(line, dict)
            else {"share_id": line[0].id, "paid": line[1], **dict(*line[2:])}
            for line in lines
        ]
        values.setdefault("amount", sum(line.get("paid", 0) for line in lines))
        remittance = (
            self.env["clinic.remittance"]
            .with_user(self.biller)
            .create(
                {
                    "insurer_id": self.insurer.id,
                    "reference": "REMIT-1",
                    "date": "2024-04-20",
                    "line_ids": [Command.create(line) for line in lines],
                    **values,
                }
            )
        )
        self.env.flush_all()
        return remittance

    def _post(self, lines, **values):
        remittance = self._create_remittance(lines, **values)
        remittance.action_post()
        self.env.flush_all()
        self.env.invalidate_all()
        return remittance

    def _undo(self, remittance):
        remittance.with_user(self.manager).action_undo()
        self.env.flush_all()
        self.env.invalidate_all()

    def assertPaid(self, *parts):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.shares.mapped("amount_paid"), list(parts))

    def _photograph(self, services):
        """Return what anybody can see of services and their books."""
        self.env.flush_all()
        self.env.invalidate_all()
        return [
            (
                service.state,
                service.amount_due,
                sorted(
                    (
                        share.payer_type,
                        share.partner_id.id,
                        round(share.amount, 2),
                        round(share.amount_invoiced, 2),
                        round(share.amount_paid, 2),
                        round(share.amount_due, 2),
                        share.state,
                    )
                    for share in service.share_ids
                    if share.amount or share.amount_invoiced
                ),
                sorted(
                    (move.partner_id.id, move.amount_residual_signed)
                    for move in service.invoice_ids
                    if move.state == "posted" and move.amount_residual
                ),
            )
            for service in services
        ]
