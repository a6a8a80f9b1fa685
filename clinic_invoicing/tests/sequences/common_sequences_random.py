import os
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from .common_sequences_checks import SHOWN, AskedChecks
from .common_sequences_draws import STEPS, sequences
from .ledger_oracle import NOT_ASKED, STATES_OF_LINES

REPORTS = Path(__file__).parents[3] / "build"
# The same few sequences each time; as many as this names are new ones each time.
CHOSEN = os.environ.get("CLINIC_SEQUENCES")
EXAMPLES = int(CHOSEN or 10)
LENGTH = int(os.environ.get("CLINIC_SEQUENCE_STEPS", "14"))
# So often each cell has to occur where many sequences are drawn.
LEAST = 20
# Of fewer some lack a step or a state by chance.
IS_LONG = EXAMPLES >= 100


class RandomSequences(AskedChecks):
    """Plays sequences that are drawn, and counts what has occurred in them.

    :cvar dict steps: and how often each is drawn
    :cvar tuple states: that each answer has to have depended on
    :cvar str report: the file in build/ that tells how often
    """

    report = "asked.txt"
    steps = STEPS
    # Deposits are money in hand; no invoice is one.
    states = (
        *(state for state in STATES_OF_LINES if state != "deposit"),
        "held",
        "discount",
    )

    def _play_random(self, examples=EXAMPLES):
        @settings(
            max_examples=examples,
            derandomize=not CHOSEN,
            database=None,
            deadline=None,
            # What has failed is told in any case, step by step.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(sequences(LENGTH, self.steps))
        def play(sequence):
            self._play_and_forget(sequence)

        play()
        self._print_cells()
        # A step that never took effect, or a state that never was, has proved nothing.
        if IS_LONG:
            self.assertFalse(self.steps.keys() - self.done.keys())
            self.assertFalse(self._find_rare())

    # === HOW OFTEN === #

    def _find_rare(self):
        return {
            (asker, state): self.cells[asker, state]
            for asker in (*NOT_ASKED, *SHOWN)
            for state in self.states
            if self.cells[asker, state] < LEAST
        }

    def _print_cells(self):
        """Write how often each answer has depended on a state where people look."""
        if not REPORTS.is_dir():
            return
        lines = ["".join(f"{word:>11}" for word in ("", *self.states))]
        for asker in (*NOT_ASKED, *SHOWN):
            counts = (self.cells[asker, state] for state in self.states)
            lines.append(f"{asker:>11}" + "".join(f"{count:11}" for count in counts))
        lines += ["", *(f"{name:>20} {self.done[name]}" for name in self.steps), ""]
        (REPORTS / self.report).write_text("\n".join(lines), encoding="utf-8")
