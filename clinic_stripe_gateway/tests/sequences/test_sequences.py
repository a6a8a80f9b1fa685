import os
from collections import Counter
from contextlib import contextmanager
from inspect import signature

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common_desk import DeskCommon
from .common_sequences import JOBS, PracticeMachine, make_due
from .common_sequences_checks import SequenceChecks

# The same few sequences each time; as many as this names are new ones each time.
CHOSEN = os.environ.get("CLINIC_SEQUENCES")
EXAMPLES = int(CHOSEN or 10)
STEPS = int(os.environ.get("CLINIC_SEQUENCE_STEPS", "18"))
QUIET_AFTER = 5
LOUD = ("odoo.addons.clinic_stripe_gateway", "odoo.addons.payment")
RECENT = [0, 1, 2, 3, 4, 5]
# A step in its simplest form.
SIMPLE = {
    "pick": 0,
    "share": 1,
    "ends": "well",
    "card": 0,
    "manually": False,
    "comes_back": True,
    "services": "to_invoice",
    "money": "refund",
    "mode": "refund",
    "inquiry": False,
}
# What has to happen among all sequences that are drawn, and the steps that do it.
WANTED = {
    "payment": ("pay_in_portal", "charge_at_the_desk", "confirm"),
    "refund": ("refund_by_core", "refund_at_stripe"),
    "void": ("void refund", "void already_refunded", "void keep"),
    "reversal": ("reverse refund", "reverse already_refunded", "reverse never_charged"),
    "dispute": ("dispute",),
    "decision": ("decide_dispute",),
    "reset": ("change_payment draft",),
    "cancellation": ("change_invoice cancel", "change_payment cancel"),
    "event": ("hear",),
}


@tagged("post_install", "-at_install")
class TestSequences(SequenceChecks, DeskCommon):
    """Whatever happens in whatever order, in the end both ledgers agree."""

    def _recover(self):
        """Let faults end and every job run until nothing moves any more."""
        self.control.clear_faults()
        for _round in range(QUIET_AFTER):
            make_due(self.env)
            for job in JOBS:
                self._run_job(job)

    @contextmanager
    def _sequence(self):
        """Play a sequence; yields how to do a step that has to take effect.

        What is not said of a step is as simple as can be. One that has to be refused
        names words of the refusal; one that fails silently moves nothing.
        """
        machine = PracticeMachine(self)

        def do(name, refused=None, fails=False, **arguments):
            known = signature(getattr(machine, name)).parameters.keys()
            told = {key: SIMPLE[key] for key in known - arguments.keys()}
            is_effective = machine.perform(name, **told, **arguments)
            is_wanted = not (refused or fails)
            self.assertEqual(is_effective, is_wanted, "\n".join(machine.trail))
            if refused:
                self.assertRegex(machine.trail[-1], f"-> refused: .*{refused}")

        try:
            machine.open_practice(120, 80)
            yield do
        except BaseException:
            machine.is_broken = True
            raise
        finally:
            machine.teardown()

    @mute_logger(*LOUD)
    def test_both_ledgers_agree_after_any_sequence(self):
        effects = Counter()

        def start():
            machine = PracticeMachine(self)
            machine.effects = effects
            return machine

        run_state_machine_as_test(
            start,
            settings=settings(
                derandomize=not CHOSEN,
                database=None,
                deadline=None,
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                # Shrinking takes minutes; the whole sequence is told in any case.
                phases=(Phase.generate, Phase.shrink)[: 2 if CHOSEN else 1],
                suppress_health_check=list(HealthCheck),
            ),
        )
        for what, kinds in WANTED.items():
            happened = sum(effects[kind] for kind in kinds)
            self.assertTrue(CHOSEN or happened, f"no {what} in {effects}")

    # === WHAT CHANCE MAY LEAVE OUT === #

    @mute_logger(*LOUD)
    def test_authorisations_are_released_and_captured(self):
        with self._sequence() as do:
            do("pay_in_portal", manually=True)
            do("release")
            do("pay_in_portal", manually=True)
            do("capture")
            do("pay_in_portal", manually=True, pick=1)
            do("end_authorisation_at_stripe", share=0.5)
            do("hear", picks=RECENT)

    @mute_logger(*LOUD)
    def test_what_staff_could_not_capture_is_captured_at_stripe(self):
        for share in (1, 0.5):
            with self.subTest(share=share), self._sequence() as do:
                do("pay_in_portal", manually=True)
                do("capture", ends="rate_limit", fails=True)
                do("end_authorisation_at_stripe", share=share)

    @mute_logger(*LOUD)
    def test_cash_and_cards_are_reversed_in_every_mode(self):
        with self._sequence() as do:
            do("pay_cash", share=0.5)
            do("reverse", pick=1, mode="never_charged")
            do("charge_at_the_desk", share=0.5)
            do("reverse", pick=1)
            do("charge_at_the_desk", pick=1)
            do("refund_at_stripe", pick=2, share=0.5)
            do("reverse", pick=2, mode="already_refunded", share=0.5)

    @mute_logger(*LOUD)
    def test_invoices_are_voided_with_their_money(self):
        with self._sequence() as do:
            do("charge_at_the_desk")
            do("void", services="write_off")
            do("pay_in_portal", pick=1, comes_back=False)
            do("hear", picks=RECENT)
            do("refund_at_stripe", pick=2)
            do("void", pick=1, money="already_refunded")
            do("bill", amount=120)
            do("pay_cash", pick=2)
            do("void", pick=2, money="keep")

    @mute_logger(*LOUD)
    def test_a_dispute_is_lost_and_another_won(self):
        with self._sequence() as do:
            do("charge_at_the_desk")
            do("dispute", pick=1)
            do("hear", picks=RECENT)
            do("decide_dispute", is_won=False)
            do("hear", picks=RECENT)
            do("charge_at_the_desk", pick=1)
            do("dispute", pick=2, share=0.5)
            do("hear", picks=RECENT)
            do("decide_dispute", is_won=True)
            do("hear", picks=RECENT)

    @mute_logger(*LOUD)
    def test_invoices_and_payments_are_corrected_by_hand(self):
        with self._sequence() as do:
            do("change_invoice", what="draft")
            do("change_invoice", what="post")
            do("change_invoice", pick=1, what="cancel")
            do("charge_at_the_desk", share=0.5)
            # The first payment is that by which the card was saved.
            for what in ("draft", "cancel"):
                do("change_payment", pick=1, what=what, refused="Reverse Payment")
            # What is typed is free, and what Stripe has moved stays beside it.
            do("pay_cash", share=0.5)
            do("change_payment", what="draft")
            do("change_payment", what="post")
            do("change_payment", what="cancel")
            do("change_payment", pick=1, what="draft", refused="Reverse Payment")
            do("reverse", pick=1)

    @mute_logger(*LOUD)
    def test_odoos_own_refund_fails_in_the_end(self):
        with self._sequence() as do:
            do("charge_at_the_desk")
            do("refund_by_core", pick=1, share=0.5)
            do("fail_refund")
            do("hear", picks=RECENT)
