"""The emulator as a whole: its parts, and how they are wired."""

from .api.service import Api
from .control.recorder import Recorder
from .delivery.courier import Courier
from .persistence import StateFile
from .protocol.faults import Faults
from .scheduler import Scheduler, run_due
from .store import World


class Emulator:
    """Everything but the HTTP server."""

    def __init__(self, state=None):
        self.world = World()
        self.faults = Faults()
        self.recorder = Recorder(self.world.clock)
        self.courier = Courier(self.world)
        self.api = Api(self.world, self.recorder, self.faults)
        self.world.on_event = self.courier.on_event
        # Set by the server: called with the seconds for which nobody can connect.
        self.on_outage = lambda seconds: None
        self._scheduler = Scheduler(self.world.clock, (self._tick,))
        self._state_file = StateFile(self.world, state) if state else None

    def _tick(self):
        """Do what time alone makes happen."""
        if run_due(self.world):
            self.world.changed = True
        self.courier.release_due()

    def start(self):
        """Load the saved state and let time run."""
        if self._state_file:
            self._state_file.load()
            self._state_file.start()
        self._scheduler.start()

    def stop(self):
        """Stop time, let go of held requests, save the state."""
        self._scheduler.stop()
        self.faults.clear(drop=True)
        if self._state_file:
            self._state_file.stop()

    def reset(self):
        """Forget everything except the address on which the emulator listens."""
        # A held request must not be executed in the new world.
        self.faults.clear(drop=True)
        self.courier.reset()
        self.world.reset()
        self.recorder.clear()
        self.world.changed = True

    def catch_up(self):
        """Run at once what is due, after the clock was moved."""
        self._tick()
