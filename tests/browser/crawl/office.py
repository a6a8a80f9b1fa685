"""What the buttons apply to: made over RPC, by those whose work it is."""

import contextlib
import itertools
import time
from datetime import datetime, timedelta

from people import CARD_ASKS, CARD_PAID, PARENT

from .colleague import Colleague

TRIES = 240
SELF_PAY, INSURED = "Physiotherapy 45 min (Self-Pay)", "Physiotherapy 45 min"
INSURER = "Northwind Health Plan (invented)"


class Office:
    """The people of the practice, and the records that they make for a scene."""

    def __init__(self, url, database):
        self.frontdesk = Colleague(url, database, "frontdesk")
        self.biller = Colleague(url, database, "biller")
        self.manager = Colleague(url, database, "manager")
        self.admin = Colleague(url, database, "admin")
        self.client = Colleague(url, database, "client")
        self.read = self.admin.read
        self.search_read = self.admin.search_read
        self._numbers = itertools.count(1)
        # The demo's patient with a login.
        self.client_id = self.admin.named("res.partner", PARENT)
        (self.provider_id,) = self.admin.finds(
            "payment.provider", ("code", "=", "stripe"), ("state", "=", "test")
        )
        # Seats somebody at a browser; whoever owns the browsers says how.
        self.seat = None

    # === PATIENTS AND VISITS === #

    def patient(self, insurer=None, **values):
        """Return a patient whom nobody else of the practice knows."""
        name = f"Crawled Patient {next(self._numbers):03}"
        values.setdefault("email", f"{name.replace(' ', '.').lower()}@example.com")
        if insurer:
            values["clinic_insurer_id"] = self.biller.named("res.partner", insurer)
        return self.biller.creates(
            "res.partner", name=name, clinic_is_patient=True, **values
        )

    def name(self, model, record):
        (found,) = self.admin.read(model, [record], ["display_name"])
        return found["display_name"]

    def rate(self, name):
        return self.biller.named("product.product", name)

    def visit(self, patient=None, rate=SELF_PAY, **values):
        """Book a visit that begins now."""
        start = self.now().replace(minute=0, second=0)
        values.setdefault("start", f"{start}")
        values.setdefault("stop", f"{start + timedelta(minutes=45)}")
        patient = patient or self.patient()
        return self.frontdesk.creates(
            "calendar.event",
            name="Appointment",
            clinic_patient_id=patient,
            clinic_service_ids=[
                [0, 0, {"rate_id": self.rate(rate), "patient_id": patient}]
            ],
            **values,
        )

    def service(self, patient=None, rate=SELF_PAY, **values):
        """Record a service that can be billed, without a visit."""
        return self.biller.creates(
            "clinic.service",
            rate_id=self.rate(rate),
            patient_id=patient or self.patient(),
            **values,
        )

    def joins(self, visit, patient):
        """Let another patient take part in a visit."""
        wizard = self.frontdesk.creates(
            "clinic.session.patients",
            event_id=visit,
            patient_ids=[[6, 0, [patient]]],
            rate_id=self.rate(SELF_PAY),
        )
        self.frontdesk.calls("clinic.session.patients", "action_confirm", [wizard])

    # === THE CLOCKWORK === #

    def has_heard_all(self):
        """Deal with the messages of Stripe that wait; whether there were none."""
        waiting = self.admin.finds("clinic.stripe.event", ("state", "=", "received"))
        if waiting:
            self.manager.calls("clinic.stripe.event", "action_retry", waiting)
        return not waiting

    def now(self):
        """Return the practice's time, which need not be ours."""
        read = self.frontdesk.calls("calendar.event", "default_get", ["start"])
        return datetime.fromisoformat(read["start"])

    @contextlib.contextmanager
    def without_jobs(self, xml_ids):
        """Let no scheduled action of these names run meanwhile."""
        rows = self.search_read(
            "ir.model.data",
            [("model", "=", "ir.cron"), ("name", "=like", xml_ids)],
            ["res_id"],
        )
        jobs = [row["res_id"] for row in rows]
        self._switch(jobs, active=False)
        try:
            yield
        finally:
            self._switch(jobs, active=True)

    def _switch(self, jobs, active):
        """A job that runs at this moment cannot be changed."""
        for attempt in range(TRIES):
            try:
                self.admin.calls("ir.cron", "write", jobs, {"active": active})
                return
            except AssertionError:
                if attempt == TRIES - 1:
                    raise
                time.sleep(0.25)

    # === MONEY === #

    def bills(self, *services):
        """Return the invoice of services of one payer."""
        run = self.biller.creates("clinic.billing.run", service_ids=[[6, 0, services]])
        self.biller.calls("clinic.billing.run", "action_start", [run])
        (read,) = self.biller.read("clinic.billing.run", [run], ["invoice_ids"])
        return read["invoice_ids"][0]

    def invoice(self, patient=None):
        if patient == self.client_id:
            self.clears_client()
        return self.bills(self.service(patient))

    @contextlib.contextmanager
    def paid_in_parts(self):
        """Let the client pay 30 % at once, and the rest later."""
        term = self.admin.named("account.payment.term", "30% Now, Balance 60 Days")
        self._agrees_on_term(term)
        try:
            yield
        finally:
            self._agrees_on_term(False)

    def _agrees_on_term(self, term):
        values = {"property_payment_term_id": term}
        self.admin.calls("res.partner", "write", [self.client_id], values)

    def clears_client(self):
        """Let the client owe nothing: one page of the portal shows ten invoices."""
        owed = self.admin.finds(
            "account.move",
            ("partner_id", "=", self.client_id),
            ("payment_state", "in", ("not_paid", "partial")),
            ("state", "=", "posted"),
            ("move_type", "=", "out_invoice"),
            ("clinic_stripe_dispute_ids", "=", False),
        )
        if owed:
            self.pays(*owed, group_payment=True)

    def pays(self, *invoices, is_matched=True, **values):
        """Record money that was received; return the payment.

        :param is_matched: whether the invoice is expected to be paid by that
        """
        invoice = invoices[0]
        context = {"active_model": "account.move", "active_ids": invoices}
        register = self.biller.calls(
            "account.payment.register", "create", values, context=context
        )
        self.biller.calls(
            "account.payment.register", "action_create_payments", [register]
        )
        (read,) = self.biller.read("account.move", [invoice], ["matched_payment_ids"])
        return read["matched_payment_ids"][-1] if is_matched else None

    def prepays(self, patient, amount=70):
        """Record money that pays nothing yet."""
        payment = self.biller.creates(
            "account.payment",
            payment_type="inbound",
            partner_type="customer",
            partner_id=patient,
            amount=amount,
            journal_id=self.biller.finds("account.journal", ("type", "=", "bank"))[0],
        )
        self.biller.calls("account.payment", "action_post", [payment])
        return payment

    def charges(self, invoice, card=None, is_answered=True):
        """Charge a saved card; return the name of the payment at Stripe.

        :param is_answered: whether Stripe is expected to answer
        """
        card = card or self.card()
        (provider,) = self.search_read(
            "payment.provider", [("id", "=", self.provider_id)], ["journal_id"]
        )
        (line,) = self.admin.finds(
            "account.payment.method.line",
            ("payment_provider_id", "=", self.provider_id),
        )
        self.pays(
            invoice,
            is_matched=is_answered,
            # Odoo makes the line when the journal is looked for.
            journal_id=provider["journal_id"][0],
            payment_method_line_id=line,
            payment_token_id=card,
        )
        (transaction,) = self.search_read(
            "payment.transaction",
            [("token_id", "=", card), ("state", "in", ("done", "pending"))],
            ["provider_reference"],
            order="id desc",
            limit=1,
        )
        return transaction["provider_reference"]

    def gives_back(self, payment):
        """Refund a card payment."""
        reversal = self.manager.creates(
            "clinic.payment.reversal",
            payment_id=payment,
            mode="refund",
            reason="Paid twice",
        )
        self.waits(lambda: self._confirms_alone(reversal))

    def _confirms_alone(self, reversal):
        """Confirm it, unless a message of Stripe is at the payment at this moment."""
        try:
            self.manager.calls("clinic.payment.reversal", "action_confirm", [reversal])
        except AssertionError as error:
            if "at this moment" not in str(error):
                raise
            return False
        return True

    def begins_to_pay(self):
        """Return an invoice whose payment waits for the client's bank to ask."""
        invoice = self.invoice(self.client_id)
        # The form for a new card comes at once only to who has none.
        self.removes_cards()
        client = self.seat("client").person
        client.starts_to_pay(self.name("account.move", invoice))
        client.types_card(CARD_ASKS)
        client.presses_pay()
        self.waits(
            lambda: self.read("account.move", [invoice], ["clinic_is_being_paid"])[0][
                "clinic_is_being_paid"
            ]
        )
        return invoice

    # === CARDS === #

    def card(self, number=CARD_PAID):
        """Return the client's saved card of this number; save it if there is none."""
        found = self._find_card(number)
        if not found:
            client = self.seat("client").person
            client.open("/my/payment_method")
            client.types_card(number)
            client.presses_pay()
            client.page.wait_for_url("**/payment/status")
            client.page.wait_for_url(lambda url: "/my/payment_method" in url)
            found = self.waits(lambda: self._find_card(number))
        # In another scene a bank may have taken a charge of it back.
        self.biller.calls("payment.token", "action_clinic_allow_agreements", [found])
        return found

    def _find_card(self, number):
        cards = self.search_read(
            "payment.token",
            [("partner_id", "=", self.client_id)],
            ["payment_details", "clinic_state"],
        )
        return next(
            (
                card["id"]
                for card in cards
                if number.endswith(card["payment_details"][-4:])
                and card["clinic_state"] in ("usable", "expiring")
            ),
            None,
        )

    def removes_cards(self):
        cards = self.admin.finds("payment.token", ("partner_id", "=", self.client_id))
        self.biller.calls("payment.token", "action_clinic_remove", cards)

    # === AGREEMENTS === #

    def proposes_plan(self):
        """Propose a plan to the client; return it."""
        invoice = self.invoice(self.client_id)
        proposal = self.biller.creates(
            "clinic.payment.plan.proposal", invoice_ids=[[6, 0, [invoice]]]
        )
        action = self.biller.calls(
            "clinic.payment.plan.proposal", "action_propose", [proposal]
        )
        return action["res_id"]

    def agrees_to_plan(self):
        """Return a plan that the client has accepted."""
        plan = self.proposes_plan()
        self.card()
        page = self.seat("client").page
        page.goto(f"{self.client.url}/my/billing/plans/{plan}")
        page.check("input[name=agree]")
        page.click("form[action$='/accept'] button")
        self.waits(
            lambda: (
                self.read("clinic.payment.plan", [plan], ["state"])[0]["state"]
                == "active"
            )
        )
        return plan

    def agrees_to_autopay(self):
        """Return the client's autopay, turned on."""
        self.admin.calls("res.company", "write", [1], {"clinic_autopay": True})
        self.card()
        page = self.seat("client").page
        page.goto(f"{self.client.url}/my/billing/autopay")
        page.fill("input[name=cap]", "200")
        page.check("input[name=agree]")
        page.click("form[action$='/autopay/on'] button")
        found = self.waits(
            lambda: self.admin.finds(
                "clinic.autopay", ("partner_id", "=", self.client_id)
            )
        )
        return found[0]

    # === PATIENCE === #

    def waits(self, find):
        """Return what is found, as soon as there is something."""
        for _ in range(TRIES):
            found = find()
            if found:
                return found
            time.sleep(0.25)
        raise AssertionError("it did not come")
