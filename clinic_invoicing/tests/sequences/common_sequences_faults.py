import random
from unittest.mock import patch

from .common_sequences_kept import KeptSequences
from .common_sequences_random import IS_LONG

# Of those that are drawn where few sequences are.
TRIED = 4


class FaultsPutBack(KeptSequences):
    """Puts faults back: an oracle that no mistake turns red proves nothing.

    Kept sequences show them. That drawn ones would is seen from how often the answer of
    each asker has depended on each state.
    """

    def _check_faults(self, faults):
        """Look for each fault, or for some that are drawn by chance."""
        names = sorted(faults)
        if not IS_LONG:
            names = random.sample(names, min(TRIED, len(names)))
        for name in names:
            fault = faults[name]
            with (
                self.subTest(name),
                self._undone(),
                self._put_back(fault),
                self.assertRaises(AssertionError),
            ):
                self._play(fault.sequence.steps)

    def _put_back(self, fault):
        """Return the context in which a method of a model goes wrong."""
        owner = type(self.env[fault.model])
        right = getattr(owner, fault.method)
        return patch.object(
            owner,
            fault.method,
            lambda records, *args: fault.wrong(right, records, *args),
        )
