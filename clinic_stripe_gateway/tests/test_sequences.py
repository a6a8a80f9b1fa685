import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_desk import DeskCommon
from .common_sequences import JOBS, PracticeMachine, make_due
from .common_sequences_checks import SequenceChecks

# The same few sequences each time; as many as this names are new ones each time.
CHOSEN = os.environ.get("CLINIC_SEQUENCES")
EXAMPLES = int(CHOSEN or 8)
STEPS = int(os.environ.get("CLINIC_SEQUENCE_STEPS", "10"))
QUIET_AFTER = 5


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

    @mute_logger("odoo.addons.clinic_stripe_gateway", "odoo.addons.payment")
    def test_both_ledgers_agree_after_any_sequence(self):
        run_state_machine_as_test(
            lambda: PracticeMachine(self),
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
