"""The emulated time: real time plus an offset, or frozen."""

import threading
import time


class Clock:
    """Seconds since the epoch as the emulated Stripe sees them.

    Everything that Stripe stamps or expires uses this clock. Webhook signatures and the
    back-off between delivery attempts use real time, because their receivers do.
    """

    def __init__(self):
        self._offset = 0.0
        self._frozen_at = None
        self._changed = threading.Condition()

    def now(self):
        """Return the emulated time in seconds since the epoch."""
        if self._frozen_at is not None:
            return self._frozen_at
        return time.time() + self._offset

    def advance(self, seconds):
        """Move the clock forward; what became due in between runs at once."""
        if seconds < 0:
            raise ValueError("The clock cannot go back.")
        with self._changed:
            if self._frozen_at is None:
                self._offset += seconds
            else:
                self._frozen_at += seconds
            self._changed.notify_all()

    def freeze(self, at=None):
        """Stop the clock, at `at` (seconds since the epoch) or where it stands."""
        with self._changed:
            self._frozen_at = self.now() if at is None else float(at)
            self._changed.notify_all()

    def unfreeze(self):
        """Let time run again from where it stands."""
        with self._changed:
            if self._frozen_at is not None:
                self._offset = self._frozen_at - time.time()
                self._frozen_at = None
            self._changed.notify_all()

    def reset(self):
        """Go back to real time."""
        with self._changed:
            self._offset, self._frozen_at = 0.0, None
            self._changed.notify_all()

    def wait_for_change(self, seconds):
        """Block for `seconds` of real time, less if somebody moves the clock."""
        with self._changed:
            self._changed.wait(seconds)

    def snapshot(self):
        """Return the clock's state as plain data."""
        return {"offset": self._offset, "frozen_at": self._frozen_at}

    def restore(self, snapshot):
        """Set the clock to a state that `snapshot` returned."""
        with self._changed:
            self._offset = snapshot["offset"]
            self._frozen_at = snapshot["frozen_at"]
            self._changed.notify_all()
