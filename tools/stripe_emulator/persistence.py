"""Keeping the emulated data in a file, so that a demo survives a restart."""

import json
import logging
import os
import threading
from pathlib import Path

_logger = logging.getLogger(__name__)
SAVE_EVERY = 1.0
# To be raised when what a world's snapshot holds changes its shape.
FORMAT = 1


class StateFile(threading.Thread):
    """Loads the state at the start and saves it when something changed."""

    def __init__(self, world, path):
        super().__init__(name="state-file", daemon=True)
        self._world = world
        self._path = Path(path)
        self._stop = threading.Event()

    def load(self):
        """Restore the state, if there is one that this version understands."""
        if not self._path.exists():
            return
        saved = json.loads(self._path.read_text("utf-8"))
        if saved.get("format") == FORMAT:
            self._world.restore(saved["world"])
        else:
            _logger.warning("%s has another format and is not used", self._path)

    def run(self):
        """Save every second in which something changed."""
        while not self._stop.wait(SAVE_EVERY):
            self.save()

    def save(self):
        """Write the state; the file is replaced in one step."""
        with self._world.lock:
            if not self._world.changed:
                return
            self._world.changed = False
            saved = {"format": FORMAT, "world": self._world.snapshot()}
            text = json.dumps(saved)
        draft = self._path.with_name(self._path.name + ".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(self._path)

    def stop(self):
        """End the thread and save once more."""
        self._stop.set()
        self.save()
