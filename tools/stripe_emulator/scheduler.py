"""What happens by itself when time passes: settlements, late refunds, expiries."""

import logging
import threading

from .protocol.versions import Version
from .store import Context

_logger = logging.getLogger(__name__)
_TASKS = {}
# Longest sleep in seconds of real time; a moved clock wakes the thread at once.
_LONGEST_SLEEP = 0.1


def task(name):
    """Register a function (context, object id) as what runs for `side.later(name)`."""

    def register(function):
        _TASKS[name] = function
        return function

    return register


def run_due(world):
    """Run everything that is due, in the order in which it became due.

    What a task makes due at once runs too. Returns how many tasks ran.
    """
    count = 0
    with world.lock:
        while due := _take_due(world):
            for _, name, side, object_id in due:
                version = Version(side.account.default_api_version)
                _TASKS[name](Context(world, side, version), object_id)
                count += 1
    return count


def _take_due(world):
    """Remove and return what is due as (due, task, side, object id)."""
    now = world.clock.now()
    taken = [
        (due, name, side, object_id)
        for side in world.sides.values()
        for due, name, object_id in side.take_due(now)
    ]
    return sorted(taken, key=lambda each: each[0])


class Scheduler(threading.Thread):
    """Calls some functions again and again, and at once when the clock moves."""

    def __init__(self, clock, functions):
        super().__init__(name="scheduler", daemon=True)
        self._clock = clock
        self._functions = functions
        self._stopped = False

    def run(self):
        """Call every function, sleep a little, start over."""
        while not self._stopped:
            for function in self._functions:
                try:
                    function()
                except Exception:
                    # A broken task must not stop time for all others.
                    _logger.exception("A scheduled task failed")
            self._clock.wait_for_change(_LONGEST_SLEEP)

    def stop(self):
        """Let the thread end after its current round."""
        self._stopped = True
