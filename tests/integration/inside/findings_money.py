"""Money that goes back, and money that arrives and is not booked."""

from findings_common import Scenarios

from odoo.fields import Command


class MoneyBack(Scenarios):
    def find_f3_refund(self):
        """Refund a payment: what is open on the client's account afterwards?"""
        invoice = self.owing()
        tx = self.paid(invoice)
        tx._refund(120)
        self.run_jobs()
        return {
            "residual": invoice.amount_residual,
            "open": self.open_lines(invoice.partner_id),
        }

    def find_f3_failed_refund(self):
        """Let a refund fail later: does Odoo still say that the money is gone?"""
        invoice = self.owing()
        refund = self.paid(invoice)._refund(120)
        self.run_jobs()
        self.stripe.fail_refund(refund.provider_reference)
        self.tell("charge.refund.updated", self.endpoint, refund.provider_reference)
        self.run_jobs()
        given_back = refund.payment_id.state in ("in_process", "paid")
        return {"given_back": given_back, "open": self.open_lines(invoice.partner_id)}

    def find_f3_dispute(self):
        """Let the bank take the money back: does anybody ask for it again?"""
        invoice = self.owing()
        tx = self.paid(invoice)
        dispute = self.stripe.create_dispute(tx.provider_reference)
        for kind in ("charge.dispute.created", "charge.dispute.funds_withdrawn"):
            self.tell(kind, self.endpoint, dispute["id"])
        self.run_jobs()
        return {"residual": invoice.amount_residual}

    # === WHAT STRIPE TELLS === #

    def find_f9_void(self):
        """Give up an authorisation in Stripe's dashboard: nothing was refunded."""
        tx = self._hold(self.owing())
        self.stripe.dashboard_cancel(tx.provider_reference)
        self.tell("charge.refunded", self.endpoint, self.charge_of(tx))
        self.run_jobs()
        return {"refunds": self._count_refunds(tx)}

    def find_f9_capture(self):
        """Capture, then refund from Odoo; Stripe tells about it as well."""
        tx = self._hold(self.owing())
        child = tx._capture()
        self.run_jobs()
        child._refund(120)
        self.tell("charge.refunded", self.endpoint, self.charge_of(tx))
        self.run_jobs()
        return {"refunds": self._count_refunds(tx)}

    def _hold(self, invoice):
        provider = self.provider
        at_once = provider.payment_method_ids.filtered(
            lambda method: method.support_manual_capture == "none"
        )
        provider.payment_method_ids = [Command.unlink(method.id) for method in at_once]
        provider.capture_manually = True
        tx = self.pay(invoice)
        self.come_back(tx, payment_intent=self.intent_of(tx))
        provider.capture_manually = False
        return tx

    def _count_refunds(self, tx):
        family = tx | tx.child_transaction_ids
        return len(
            self.env["payment.transaction"].search(
                [
                    ("source_transaction_id", "in", family.ids),
                    ("operation", "=", "refund"),
                    ("state", "=", "done"),
                ]
            )
        )

    def find_f10(self):
        """Be told about a refund by an endpoint that was made with today's version."""
        invoice = self.owing()
        tx = self.paid(invoice)
        endpoint = self.stripe.add_endpoint(
            "http://127.0.0.1:9/webhook", ["account.updated"]
        )
        known = self.provider.stripe_webhook_secret
        self.provider.stripe_webhook_secret = endpoint["secret"]
        self.stripe.dashboard_refund(tx.provider_reference)
        status = self.tell("charge.refunded", endpoint["id"], self.charge_of(tx))
        self.run_jobs()
        self.provider.stripe_webhook_secret = known
        return {"status": status, "refunds": self._count_refunds(tx)}


class MoneyThatArrives(Scenarios):
    def find_f4(self):
        """Charge a saved bank account, which takes days."""
        client = self.create_client()
        token = self._save_bank_account(client)
        invoice = self.bill(client)
        payments = self._register(invoice, token)
        tx = payments.payment_transaction_id
        states = [tx.state]
        self.env.cr.commit()
        self.stripe.advance(6 * 24 * 3600)
        self.tell("payment_intent.succeeded", self.endpoint, self.intent_of(tx))
        self.run_jobs()
        return {"states": [*states, tx.state], "residual": invoice.amount_residual}

    def find_f5(self):
        """Charge a saved card in a request that fails afterwards."""
        client = self.create_client()
        token = self.paid(self.bill(client, 1), tokenize=True).token_id
        invoice = self.bill(client)
        before = len(self.stripe.ledger()["payments"])
        self.env.cr.commit()
        self._register(invoice, token)
        # Whatever it was that failed.
        self.env.cr.rollback()
        charged = self.stripe.ledger()["payments"][before:]
        status = self.tell(
            "payment_intent.succeeded", self.endpoint, charged[0]["payment_intent"]
        )
        self.run_jobs()
        return {
            "charged": [each["captured"] for each in charged],
            "status": status,
            "residual": invoice.amount_residual,
            "credit": -sum(each for each in self.open_lines(client) if each < 0),
        }

    def _save_bank_account(self, client):
        method = self.method("ach_direct_debit")
        method.write({"active": True, "support_tokenization": True})
        self.provider.payment_method_ids = [Command.link(method.id)]
        tx = self.pay(
            self.bill(client, 1),
            "pm_usBankAccount_success",
            method=method.code,
            tokenize=True,
        )
        intent = self.intent_of(tx)
        self.stripe.advance(6 * 24 * 3600)
        self.come_back(tx, payment_intent=intent)
        self.run_jobs()
        return tx.token_id

    def _register(self, invoices, token=None, **values):
        """Press "Pay" in accounting and choose Stripe."""
        provider = self.provider
        line = provider.journal_id.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == provider
        )
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create(
                {
                    "payment_method_line_id": line.id,
                    "payment_token_id": token and token.id,
                    **values,
                }
            )
        )
        return wizard._create_payments()

    def find_f8(self):
        """Pay several invoices one by one with Stripe, which charges no card."""
        client = self.create_client()
        invoices = self.bill(client) | self.bill(client, 80)
        before = self.totals()[0]
        self.env.cr.commit()
        try:
            self._register(invoices, group_payment=False)
            refused = False
        except Exception as error:  # noqa: BLE001 - the kind is the fact
            self.env.cr.rollback()
            refused = type(error).__name__
        return {
            "residuals": invoices.mapped("amount_residual"),
            "charged": self.totals()[0] - before,
            "refused": refused,
        }
