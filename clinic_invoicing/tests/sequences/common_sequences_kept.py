from .common_sequences_checks import AskedChecks
from .ledger_oracle import Account


class KeptSequences(AskedChecks):
    """Plays sequences as they are written down."""

    def _check_kept(self, sequences):
        """Play them, and compare what the client is asked for in the end.

        :param list[Kept] sequences: each step takes effect, or has to be refused
        """
        for kept in sequences:
            with self.subTest(kept.what), self._undone():
                self.done.clear()
                self._play(kept.steps)
                # A step that does nothing would show nothing.
                done = len(kept.steps) - kept.refused
                self.assertEqual(self.done.total(), done, self.done)
                self.assertEqual(self._read_client(), (kept.asked, kept.held))

    def _read_client(self):
        """Return what the client is asked for and has in hand, in cents."""
        key = self.client, self.practice, self.practice.currency_id
        account = self.seen.get(tuple(one.id for one in key), Account(0.01))
        return account.sum_asked("page"), account.held
