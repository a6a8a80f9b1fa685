import os
from collections import Counter

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..common import ClinicInvoicingCommon

# The same few sequences each time; as many as this names are new ones each time.
CHOSEN = os.environ.get("CLINIC_SEQUENCES")
EXAMPLES = int(CHOSEN or 25)

STEPS = (
    "split",
    "flip",
    "invoice",
    "pay",
    "move",
    "answer",
    "take_back",
    "undo",
    "credit",
    "void",
    "reprice",
    "insure",
    "guarantor",
    "patient",
)
# The first numbers choose the services and payers, the last one an amount in cents.
STEP = st.tuples(
    st.sampled_from(STEPS), st.integers(0, 3), st.integers(0, 3), st.integers(1, 12000)
)


@tagged("post_install", "-at_install")
class TestShareSequences(ClinicInvoicingCommon):
    """Whatever happens to services in whatever order, nothing is lost or doubled."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.clinic_insurer_settlement = "invoice"
        cls.rate.clinic_counterpart_rate_id = cls.insurer_rate.product_tmpl_id
        cls.rate.taxes_id = cls._create_tax(13)
        cls.guarantor = cls.env["res.partner"].create({"name": "Gus Guarantor"})
        cls.covered_rate = cls._create_rate(
            "Therapy", 100, clinic_cover_type="percent", clinic_cover=70
        )
        cls.done = Counter()
        cls.env.flush_all()

    def test_shares_invoices_and_services_agree_after_any_sequence(self):
        @settings(
            max_examples=EXAMPLES,
            derandomize=not CHOSEN,
            database=None,
            deadline=None,
            # Shrinking takes minutes; the whole sequence is told in any case.
            phases=(Phase.generate, Phase.shrink)[: 2 if CHOSEN else 1],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(STEP, min_size=6, max_size=14))
        def play(sequence):
            with self.env.cr.savepoint() as savepoint:
                self._play(sequence)
                savepoint.rollback()
            self.env.invalidate_all()

        play()
        # A step that never took effect has proved nothing.
        self.assertEqual(set(self.done), set(STEPS))

    def _play(self, sequence):
        services = [
            self._create_service(rate)
            for rate in (self.rate, self.covered_rate, self.insurer_rate)
        ]
        self.services = services[0].union(*services).with_user(self.manager)
        for name, first, second, cents in sequence:
            try:
                with self.env.cr.savepoint():
                    is_done = getattr(self, f"_do_{name}")(first, second, cents / 100)
                    self.env.flush_all()
            except UserError:
                # Refused, with nothing changed.
                self.env.invalidate_all()
                continue
            self.done[name] += bool(is_done)
            self._check(sequence)

    # === STEPS === #

    def _choose(self, number):
        return self.services[number % 3]

    def _get_invoices(self):
        return self.services.sudo().invoice_ids.filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted"
        )

    def _do_split(self, first, second, amount):
        service = self._choose(first)
        self.env["clinic.service.split"].with_user(self.manager).create(
            {
                "service_ids": [Command.set(service.ids)],
                "cover": min(amount, 100) if second % 2 else amount,
                "cover_type": "percent" if second % 2 else "amount",
                "write_off": second,
            }
        ).action_confirm()
        return True

    def _do_flip(self, first, second, _amount):
        date = "2024-05-02" if second % 2 else None
        self._choose(first)._flip_rate("Test", date)
        return True

    def _do_invoice(self, first, _second, _amount):
        services = self.services if first == 3 else self._choose(first)
        return self._invoice(services, self.manager)

    def _do_pay(self, first, _second, amount):
        invoices = self._get_invoices().filtered("amount_residual")
        if not invoices:
            return False
        invoice = invoices[first % len(invoices)]
        return self._pay(invoice, min(amount, invoice.amount_residual))

    def _do_move(self, first, second, amount):
        shares = self._choose(first).share_ids.filtered("amount_due")
        if not shares:
            return False
        share = shares[second % len(shares)]
        payer_type = ("patient", "insurer", "write_off")[second % 3]
        if payer_type == share.payer_type:
            return False
        part = min(amount, share.amount_due)
        partner = self.insurer if payer_type == "insurer" else None
        share._move({share: part}, payer_type, partner)
        return True

    def _do_answer(self, first, second, amount):
        """Record that an insurer has paid all, less, or nothing of a service."""
        asked = self.services._get_open_insurer_shares().service_id
        if not asked:
            return False
        service = asked[first % len(asked)]
        action = service.action_insurer_answered()
        remittances = self.env["clinic.remittance"].with_user(self.manager)
        remittance = remittances.with_context(**action["context"]).create(
            {
                "rest": ("client", "write_off", "keep")[second % 3],
                "invoice_clients": bool(second % 2),
            }
        )
        for line in remittance.line_ids:
            line.paid = min(amount, line.amount_open) if second else line.amount_open
        remittance.amount = remittance.amount_lines
        remittance.action_post()
        return remittance

    def _do_take_back(self, first, second, amount):
        """Let an insurer take a part back of what it has paid, and pay another."""
        paid = self.services.share_ids.filtered(
            lambda share: share.payer_type == "insurer" and share.amount_paid
        )
        if not paid:
            return False
        taken = paid[first % len(paid)]
        amount = min(amount, taken.amount_paid)
        others = (self.services.share_ids - taken).filtered(
            lambda share: share.partner_id == taken.partner_id and share.amount_due
        )
        lines = [{"share_id": taken.id, "paid": -amount, "rest": "keep"}]
        for other in others[second % len(others) :][:1] if others else ():
            lines.append(
                {"share_id": other.id, "paid": other.amount_due, "rest": "keep"}
            )
        remittance = self.env["clinic.remittance"].with_user(self.manager)
        remittance.create(
            {
                "insurer_id": taken.partner_id.id,
                "amount": sum(line["paid"] for line in lines),
                "line_ids": [Command.create(line) for line in lines],
            }
        ).action_post()
        return True

    def _do_undo(self, first, _second, _amount):
        """Undo a remittance, and see that all is as it was before it."""
        posted = self.env["clinic.remittance"].search([("state", "=", "posted")])
        if not posted:
            return False
        posted[first % len(posted)].with_user(self.manager).action_undo()
        return True

    def _do_credit(self, first, _second, _amount):
        invoices = self._get_invoices().filtered(
            lambda move: not move.reversal_move_ids
        )
        return invoices and self._credit(invoices[first % len(invoices)])

    def _do_void(self, first, second, _amount):
        invoices = self._get_invoices().filtered(
            lambda move: move.payment_state != "reversed"
        )
        if not invoices:
            return False
        services = ("to_invoice", "write_off")[second % 2]
        return (
            invoices[first % len(invoices)]
            .with_user(self.manager)
            ._clinic_void("Test", services=services, money="keep")
        )

    def _do_reprice(self, first, _second, amount):
        self._choose(first).price_unit = amount
        return True

    # === FACTS THAT CHANGE === #

    def _do_insure(self, first, second, _amount):
        patient = self._choose(first).patient_id
        patient.clinic_insurer_id = second % 2 and self.insurer
        return True

    def _do_guarantor(self, first, second, _amount):
        patient = self._choose(first).patient_id
        patient.clinic_guarantor_id = second % 2 and self.guarantor
        return True

    def _do_patient(self, first, second, _amount):
        patients = (self.client, self.other_client)
        self._choose(first).patient_id = patients[second % 2]
        return True

    # === WHAT ALWAYS HOLDS === #

    def _check(self, sequence):
        services = self.services.sudo()
        self.env.cr.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self.env.cr.execute("SET CONSTRAINTS ALL DEFERRED")
        moves = services.invoice_ids.filtered(lambda move: move.state == "posted")
        for service in services:
            with self.subTest(sequence=sequence, service=service.id):
                self._check_service(service)
        open_on_invoices = sum(moves.mapped("amount_residual_signed"))
        open_shares = sum(
            services.share_ids.filtered(
                lambda share: share.state in ("invoiced", "paid")
            ).mapped("amount_due")
        )
        self.assertAlmostEqual(open_on_invoices, open_shares, 2, sequence)
        for move in moves:
            self.assertGreaterEqual(move.amount_residual, 0, sequence)

    def _check_service(self, service):
        shares = service.share_ids
        self.assertAlmostEqual(
            sum(shares.mapped("amount")), service.amount_total, 2, "shares sum up"
        )
        billed = shares.mapped("amount_invoiced")
        self.assertLessEqual(
            round(sum(billed), 2), round(service.amount_total, 2), "billed twice"
        )
        for share in shares:
            self.assertGreaterEqual(round(share.amount_invoiced, 2), 0)
            self.assertLessEqual(
                round(share.amount_paid, 2), round(share.amount_invoiced, 2)
            )
