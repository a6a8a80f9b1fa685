"""Who may say what was paid, what may be asked for, and what is written down."""

import contextlib
import json
import logging
import re

from findings_common import Scenarios, forged_success

MARK = "MARKNAME"
# The text of every query would show what is in the database anyway.
LOUD = "odoo.sql_db"


class Claims(Scenarios):
    def find_f1(self):
        """Tell, unsigned, a practice without webhook secret that it has been paid."""
        tx, _secret = self.start(self.owing())
        secret = self.provider.stripe_webhook_secret
        self.provider.stripe_webhook_secret = False
        status = self.post(json.dumps(forged_success(tx)))
        self.provider.stripe_webhook_secret = secret
        return {"status": status, "state": tx.state}

    def find_f2(self):
        """Come back to an unpaid transaction with the intent of a paid one."""
        paid = self.paid(self.owing())
        tx, _secret = self.start(self.owing())
        self.come_back(tx, payment_intent=paid.provider_reference)
        return {"paid": paid.state, "unpaid": tx.state}

    # === WHAT IS ASKED FOR === #

    def find_f6(self):
        """Open the page of what is overdue after a part has been paid."""
        first, second = (self._owing_for_long(amount) for amount in (140, 100))
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=first.ids
        ).create({"amount": 40})._create_payments()
        self.env.cr.commit()
        page = self._logged_in().get("/my/invoices/overdue").get_data(as_text=True)
        asked = re.search(r'data-amount="([\d.]+)"', page)
        owed = first.amount_residual + second.amount_residual
        return {"asked": asked and float(asked[1]), "owed": owed}

    def _owing_for_long(self, amount):
        invoice = self.bill(self.user.partner_id, amount)
        invoice.button_draft()
        invoice.invoice_date_due = "2024-03-12"
        invoice.action_post()
        return invoice

    def find_f7(self):
        """Ask to pay what is not owed, through Core's own route."""
        paid, owed = self.bill(self.user.partner_id), self.bill(self.user.partner_id)
        self.paid(paid)
        cancelled, draft = (
            self.bill(self.user.partner_id),
            self.bill(self.user.partner_id),
        )
        (cancelled | draft).button_draft()
        cancelled.button_cancel()
        browser = self._logged_in()
        return {
            "paid": self._ask_to_pay(browser, paid, 120),
            "cancelled": self._ask_to_pay(browser, cancelled, 120),
            "draft": self._ask_to_pay(browser, draft, 120),
            "too much": self._ask_to_pay(browser, owed, 5000),
            "negative": self._ask_to_pay(browser, owed, -5),
            "owed": self._ask_to_pay(browser, owed, 120),
        }

    def _ask_to_pay(self, browser, invoice, amount):
        """Return whether a transaction was created."""
        before = self.env["payment.transaction"].search_count([])
        params = {
            "provider_id": self.provider.id,
            "payment_method_id": self.method("card").id,
            "token_id": None,
            "amount": amount,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/my/invoices",
            "access_token": invoice._portal_ensure_token(),
        }
        self.env.cr.commit()
        browser.post(
            f"/invoice/transaction/{invoice.id}",
            json={"jsonrpc": "2.0", "method": "call", "params": params},
        )
        # What another transaction has created is seen from the next one on.
        self.env.cr.commit()
        return self.env["payment.transaction"].search_count([]) > before

    def _logged_in(self):
        browser = self.visitor()
        page = browser.get("/web/login").get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="(\w+)"', page)[1]
        form = {"login": "clara", "password": "clara-clara", "csrf_token": token}
        browser.post("/web/login", data=form)
        return browser

    # === WHAT IS WRITTEN DOWN === #

    def find_f12(self):
        """Pay, and be told things by anybody: what is written down?"""
        client = self.create_client(f"Clara {MARK}")
        client.write({"email": f"{MARK}@example.com", "street": f"1 {MARK} Road"})
        tx, _secret = self.start(self.bill(client))
        forged = forged_success(tx)
        forged["data"]["object"]["shipping"] = {"name": f"Clara {MARK}"}
        with _listening() as lines:
            self.paid(self.bill(client))
            self.post(json.dumps(forged))
        return {
            "lines": len(lines) > 0,
            "marked": any(MARK.lower() in line.lower() for line in lines),
            "told_stripe": MARK.lower() in json.dumps(self._sent()).lower(),
        }

    def _sent(self):
        return [
            each
            for each in self.stripe.requests(path="/v1/*")
            if not each["key_prefix"].startswith("pk_")
        ]


@contextlib.contextmanager
def _listening():
    """Yield everything that is logged at INFO and above, which is Odoo's default."""
    lines = []

    class Ear(logging.Handler):
        def emit(self, record):
            if not record.name.startswith(LOUD):
                lines.append(record.getMessage())

    ear = Ear(logging.INFO)
    logging.root.addHandler(ear)
    try:
        yield lines
    finally:
        logging.root.removeHandler(ear)
