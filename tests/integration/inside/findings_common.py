"""What several scenarios share."""

from kit import Practice

from odoo.fields import Command


class Scenarios(Practice):
    """A practice in which everything happens that went wrong once."""

    def prepare(self):
        self.endpoint = self.open()
        if "clinic.service" in self.env:
            self.use_gateway()
        self.user = self.env["res.users"].create(
            {
                "name": "Clara Client",
                "login": "clara",
                "password": "clara-clara",
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
            }
        )
        self.env.cr.commit()

    def owing(self, amount=120):
        """Return an invoice of somebody new."""
        return self.bill(self.create_client(), amount)

    def paid(self, invoice, **values):
        """Return the transaction of a payment that is booked."""
        tx = self.pay(invoice, **values)
        self.come_back(tx, payment_intent=self.intent_of(tx))
        self.run_jobs()
        return tx

    def open_lines(self, client):
        """Return what is open on the client's account, by line."""
        lines = self.env["account.move.line"].search(
            [
                ("partner_id", "=", client.id),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
            ]
        )
        return sorted(lines.mapped("amount_residual"))

    def charge_of(self, tx):
        """Return the id of the charge that a transaction has made."""
        (charge,) = self.stripe.payment(tx.provider_reference)["charges"]
        return charge if isinstance(charge, str) else charge["id"]


def forged_success(tx):
    return {
        "id": "evt_forged",
        "type": "payment_intent.succeeded",
        "data": {
            "object": {
                "id": "pi_forged",
                "object": "payment_intent",
                "description": tx.reference,
                "amount": round(tx.amount * 100),
                "currency": "usd",
                "status": "succeeded",
                "payment_method": {"type": "card", "card": {"brand": "visa"}},
                "charges": {"data": []},
            }
        },
    }
