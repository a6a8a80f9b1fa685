from collections import defaultdict

BOOKED = ("in_process", "paid")
DECIDED = ("succeeded", "canceled")
UNDECIDED = ("draft", "pending", "authorized")
FOLLOWING = {"state", "amount_due", "amount_paid", "amount_invoiced"}
SETTLED = ("paid", "in_payment", "reversed")


class SequenceChecks:
    """What must be true of Stripe and of the books once everything has been told."""

    def _check_everything(self, machine):
        told = self.control.ledger()["payments"]
        self._check_nothing_waits(told)
        self._check_money(told)
        self._check_fees()
        self._check_no_second_charge(told, machine)
        self._check_documents()
        self._check_returned()
        self._check_services(machine.invoices)
        self._check_ledger()

    def _check_at_any_time(self, machine):
        """What is true before anything is told, and whatever has failed."""
        self._check_no_second_charge(self.control.ledger()["payments"], machine)
        self._check_documents()
        self._check_returned()

    # === STRIPE AND ODOO === #

    def _find_transactions(self, **where):
        domain = [("provider_id", "=", self.provider.id)]
        return self.env["payment.transaction"].search(
            domain + [(name, "=", value) for name, value in where.items()]
        )

    def _check_nothing_waits(self, told):
        """Nothing is pending that Stripe has decided, and nothing has failed."""
        events = self.env["clinic.stripe.event"].sudo().search([])
        failed = events.filtered(lambda event: event.state in ("received", "failed"))
        self.assertFalse(failed.mapped(lambda e: (e.event_type, e.state, e.reason)))
        self.assertFalse(self._find_transactions().filtered("clinic_stripe_request"))
        for each in told:
            txs = self._find_transactions(provider_reference=each["payment_intent"])
            if each["status"] in DECIDED:
                states = set(txs.mapped("state"))
                self.assertFalse(states & set(UNDECIDED), each["payment_intent"])
        refunds = {each["id"]: each for each in self.control.objects("refund")}
        for tx in self._find_transactions(operation="refund", state="pending"):
            status = refunds[tx.provider_reference]["status"]
            self.assertEqual(status, "pending", tx.provider_reference)
        unbooked = self._find_transactions(state="done", is_post_processed=False)
        self.assertFalse(unbooked)

    def _check_money(self, told):
        """Each payment left in Odoo what it left at Stripe."""
        booked = self._get_booked()
        for each in told:
            name = each["payment_intent"]
            self.assertEqual(round(booked.pop(name, 0) * 100), each["gross"], name)
        self.assertFalse({name: left for name, left in booked.items() if left})

    def _get_booked(self):
        """Return what came less what went, by payment intent."""
        booked = defaultdict(float)
        for tx in self._find_transactions():
            root = tx.source_transaction_id.source_transaction_id
            root = root or tx.source_transaction_id or tx
            booked[root.provider_reference] += _get_signed(tx.payment_id)
        for dispute in self.env["clinic.stripe.dispute"].sudo().search([]):
            payments = dispute.entry_ids.origin_payment_id | dispute.withdrawal_id
            name = dispute.transaction_id.provider_reference
            booked[name] += sum(map(_get_signed, payments))
        return booked

    def _check_fees(self):
        """What Stripe has kept for disputes is booked as a cost."""
        disputes = {each["id"] for each in self.control.objects("dispute")}
        moved = self.control.ledger()["balance_transactions"]
        kept = sum(each["fee"] for each in moved if each["source"] in disputes)
        account = self.provider._clinic_stripe_get_fee_account()
        lines = self.env["account.move.line"].search(
            [
                ("account_id", "=", account.id),
                ("parent_state", "=", "posted"),
                ("move_id.clinic_stripe_dispute_id", "!=", False),
            ]
        )
        self.assertEqual(round(sum(lines.mapped("balance")) * 100), kept)

    def _check_no_second_charge(self, told, machine):
        """Stripe took money no more often than somebody meant it to."""
        taken = [each for each in told if each["captured"]]
        self.assertLessEqual(len(taken), machine.charges)
        references = [each["description"] for each in taken]
        self.assertEqual(len(references), len(set(references)))

    # === THE BOOKS === #

    def _check_documents(self):
        moves = self.env["account.move"].search([("partner_id", "=", self.client.id)])
        for move in moves.filtered(lambda m: m.is_invoice() and m.state == "posted"):
            self.assertGreaterEqual(move.amount_residual, 0, move.name)
            lines = move.line_ids.filtered(
                lambda line: line.account_id.account_type == "asset_receivable"
            )
            if move.payment_state in SETTLED:
                self.assertTrue(all(lines.mapped("reconciled")), move.name)
                self.assertEqual(move.amount_residual, 0, move.name)
            elif not move.amount_residual:
                self.fail(f"{move.name} is {move.payment_state} with nothing open")

    def _check_returned(self):
        """Money that went back is netted, and no more of it than had come."""
        payments = self.env["account.payment"].search(
            [("partner_id", "=", self.client.id), ("state", "in", BOOKED)]
        )
        for payment in payments:
            lines = payment._clinic_get_receivable_lines()
            if payment.payment_type == "outbound":
                self.assertTrue(all(lines.mapped("reconciled")), payment.name)
                self.assertTrue(payment.clinic_reversed_payment_id, payment.name)
                continue
            self.assertGreaterEqual(payment.clinic_amount_unallocated, 0)
            returned = payment.clinic_reversal_ids.filtered(
                lambda each: each.state in BOOKED
            )
            self.assertLessEqual(
                round(sum(returned.mapped("amount")), 2), payment.amount, payment.name
            )

    def _check_services(self, invoices):
        services = self.env["clinic.service"].search(
            [("patient_id", "=", self.client.id)]
        )
        stored = self._read_services(services)
        for records in (services.share_ids, services):
            for name in FOLLOWING & set(records._fields):
                self.env.add_to_compute(records._fields[name], records)
        self.env.flush_all()
        self.assertEqual(stored, self._read_services(services))
        for service in services:
            total = sum(service.share_ids.mapped("amount"))
            self.assertAlmostEqual(total, service.amount_total)
            self._check_service_state(service)

    def _read_services(self, services):
        shares = services.share_ids
        return (
            services.read(["state", "amount_due", "amount_total"]),
            shares.read(["state", "amount", "amount_paid", "amount_invoiced"]),
        )

    def _check_service_state(self, service):
        """A service is as far as its one invoice is."""
        invoices = service.share_ids.invoice_line_ids.move_id.filtered(
            lambda move: move.move_type == "out_invoice" and move.state != "cancel"
        )
        open_invoices = invoices.filtered(lambda m: m.payment_state != "reversed")
        if not open_invoices:
            self.assertIn(service.state, ("to_invoice", "cancelled"))
            self.assertFalse(sum(service.share_ids.mapped("amount_paid")))
            return
        posted = open_invoices.filtered(lambda m: m.state == "posted")
        if posted:
            is_paid = not sum(posted.mapped("amount_residual"))
            self.assertEqual(service.state, "paid" if is_paid else "invoiced")
            self.assertAlmostEqual(
                service.amount_due, sum(posted.mapped("amount_residual"))
            )

    def _check_ledger(self):
        """The gateway's own comparison finds nothing."""
        check = self.env["clinic.stripe.check"].create(
            {"provider_id": self.provider.id}
        )
        self.env.flush_all()
        check.action_run()
        found = check.difference_ids.mapped(
            lambda each: (each.kind, each.object_id, each.stripe_amount)
        )
        self.assertEqual((check.state, found), ("done", []), check.reason)


def _get_signed(payment):
    """Return what a payment adds to the books: less than nothing when it goes."""
    if payment.state not in BOOKED:
        return 0.0
    return payment.amount if payment.payment_type == "inbound" else -payment.amount
