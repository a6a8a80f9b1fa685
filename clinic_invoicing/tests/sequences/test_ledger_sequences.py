import logging
import os

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .common_sequences_checks import AskedChecks

_logger = logging.getLogger(__name__)

# The same few sequences each time; as many as this names are new ones each time.
CHOSEN = os.environ.get("CLINIC_SEQUENCES")
EXAMPLES = int(CHOSEN or 12)
LENGTH = int(os.environ.get("CLINIC_SEQUENCE_STEPS", "14"))
STEPS = (
    "bill",
    "bill_abroad",
    "pay_in_part",
    "receive",
    "take_deposit",
    "credit",
    "void",
    "bill_again",
    "put_on_hold",
    "start_online",
    "end_online",
    "pay_online",
)
# Who or what, how, and how much in the smallest unit.
STEP = st.tuples(
    st.sampled_from(("bill", *STEPS)),
    st.integers(0, 11),
    st.integers(0, 7),
    st.integers(101, 30000),
)
STATES = ("due", "later", "on_hold", "clearing", "part_paid", "held", "discount")
# So often each cell has to occur where many sequences are drawn.
LEAST = 20
# Of fewer some lack a step or a state by chance.
ENOUGH = 100


@tagged("post_install", "-at_install")
class TestAskingSequences(AskedChecks):
    """Whatever happens, everybody asks for what is due and free, less what is held."""

    def test_everybody_asks_for_the_same_after_any_sequence(self):
        @settings(
            max_examples=EXAMPLES,
            derandomize=not CHOSEN,
            database=None,
            deadline=None,
            # Shrinking takes minutes; the whole sequence is told in any case.
            phases=(Phase.generate, Phase.shrink)[: 2 if CHOSEN else 1],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(STEP, min_size=LENGTH // 2, max_size=LENGTH))
        def play(sequence):
            self._play_and_forget(sequence)

        play()
        self._print_cells()
        # A step that never took effect, or a state that never was, has proved nothing;
        # of few sequences one step may be missing by chance.
        never = set(STEPS) - set(self.done)
        if EXAMPLES < ENOUGH:
            self.assertLessEqual(len(never), 1, never)
            return
        self.assertFalse(never)
        rare = [cell for cell in self._get_cells() if self.cells[cell] < LEAST]
        self.assertFalse(rare)

    def _play_and_forget(self, sequence):
        with self.env.cr.savepoint() as savepoint:
            self._play(sequence, self._check)
            savepoint.rollback()
        self.env.invalidate_all()

    def _get_cells(self):
        askers = sorted({asker for asker, _state in self.cells})
        return [(asker, state) for asker in askers for state in STATES]

    def _print_cells(self):
        lines = [
            f"{asker:12} {state:10} {self.cells[asker, state]}"
            for asker, state in self._get_cells()
        ]
        _logger.info("How often each was asked:\n%s", "\n".join(lines))
