from odoo.fields import Command

from .common_sequences import PracticeCommon


class BillSteps(PracticeCommon):
    """What is billed, to whom, and what is taken back of it."""

    # === BILLS === #

    def _do_bill(self, who, how, amount):
        """Invoice services: of the practice or its branch, by any term."""
        address, person = self.billed[who % len(self.billed)]
        company = self.branch if how in (3, 7) else self.practice
        rate = self.long_rate if who % 3 == 2 else self.rate
        services = self.env["clinic.service"]
        for part in range(1 + how % 3):
            services |= self._create_service(
                rate=rate,
                bill_to_id=address.id,
                company_id=company.id,
                price_unit=(amount + 17 * part) / 100,
            )
        term = self.terms[how % len(self.terms)]
        # Discounts last a week: half of those with one are younger.
        age = amount % (15 if term.early_discount else 50)
        moves = services._create_invoices(
            self._get_days_ago(age), invoice_payment_term_id=term.id
        )
        self.services |= services
        self._keep(moves, person)
        return True

    def _do_bill_abroad(self, who, how, amount):
        """Invoice in a currency with no digits, or with three."""
        address, person = self.billed[who % len(self.billed)]
        currency = self.currencies[1 + how % 2]
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": address.id,
                "currency_id": currency.id,
                "invoice_date": self._get_days_ago(how),
                "invoice_payment_term_id": self.terms[how % 3].id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Abroad",
                            "price_unit": currency.round(amount * currency.rounding),
                            "tax_ids": [],
                        }
                    )
                ],
            }
        )
        move.action_post()
        self._keep(move, person)
        return True

    def _do_bill_again(self, number, how, amount):
        """Invoice what was credited, or what an insurer has left to its client."""
        ready = self.services.filtered(
            lambda one: one.state in ("to_invoice", "insurance")
        )
        service = self._choose(ready, number)
        if not service:
            return False
        moves = service._create_invoices(self._get_days_ago(how))
        self._keep(moves, dict(self.billed)[service.bill_to_id])
        return bool(moves)

    def _do_put_on_hold(self, number, how, amount):
        bill = self._choose_bill(number)
        if not bill:
            return False
        bill.action_toggle_block_payment()
        return True

    # === INSURERS === #

    def _do_share_with_insurer(self, who, how, amount):
        """Invoice a service of which an insurer owes a part."""
        address, person = self.billed[who % len(self.billed)]
        service = self._create_service(bill_to_id=address.id, price_unit=amount / 100)
        percent = 20 + 10 * (how % 7)
        service._set_covers([("insurer", self.insurer, "percent", percent)])
        moves = service._create_invoices(self._get_days_ago(amount % 20))
        self.services |= service
        self._keep(moves, person)
        return True

    def _do_insurer_answers(self, number, how, amount):
        """Let an insurer leave what it has not paid to the client, or to nobody."""
        services = self.services.filtered(
            lambda service: service._get_open_insurer_shares()
        )
        service = self._choose(services, number)
        if not service:
            return False
        action = service.action_insurer_answered()
        # context: what the button proposes.
        remittances = self.env["clinic.remittance"].with_context(**action["context"])
        remittance = remittances.create(
            {"rest": "write_off" if how % 4 == 3 else "client"}
        )
        remittance.line_ids.paid = remittance.amount = 0
        remittance.action_post()
        person = dict(self.billed)[service.bill_to_id]
        self._keep(remittance.credit_note_ids, person)
        self._keep(remittance.invoice_ids, person)
        return True

    def _do_flip(self, number, how, amount):
        """Flip a service to the other rate, and mostly invoice it again now."""
        service = self._choose(self.services, number)
        if not service:
            return False
        person = dict(self.billed)[service.bill_to_id]
        day = self._get_days_ago(how) if how % 4 else None
        _notes, moves = service._flip_rate("Flipped", day)
        self._keep(moves, person)
        return True

    # === TAKEN BACK === #

    def _do_credit(self, number, how, amount):
        """Credit a whole invoice, or a part of it; what was paid is open credit."""
        bill = self._choose_bill(number, is_open=False)
        if not bill or bill.reversal_move_ids or bill.payment_state == "blocked":
            return False
        share = bill.invoice_line_ids.clinic_share_id[:1]
        if how % 2 and share and share.amount_invoiced > 0:
            part = share.currency_id.round(share.amount_invoiced / 3)
            share._credit({share: part}, "Test")
        else:
            self._credit(bill)
        return True

    def _do_void(self, number, how, amount):
        """Void an invoice; its money is kept as credit, or has gone back."""
        bill = self._choose_bill(number, is_open=False)
        if not bill or bill.reversal_move_ids or not bill.clinic_has_services:
            return False
        money = "already_refunded" if how % 4 == 3 else "keep"
        bill.with_user(self.manager)._clinic_void("Test", money=money)
        return True
