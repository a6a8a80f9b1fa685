"""The table: what is pressed, by whom, and what comes of it."""

import os
from collections.abc import Callable
from dataclasses import dataclass

FRONT_DESK, BILLER, MANAGER, ADMIN = "frontdesk", "biller", "manager", "admin"
CLIENT, VISITOR = "client", "visitor"
STAFF = (FRONT_DESK, BILLER, MANAGER, ADMIN)
# Everybody who has the rights of the first one, from the lowest.
FROM_FRONT_DESK = STAFF
FROM_BILLER = (BILLER, MANAGER, ADMIN)
FROM_MANAGER = (MANAGER, ADMIN)

# As whom: the lowest role that sees a button, the others (`make test-all` sets it:
# `make test` has played the lowest), or all.
CRAWL = os.environ.get("CLINIC_CRAWL") or "lowest"
BY_LOWEST, BY_OTHERS = CRAWL != "others", CRAWL != "lowest"

ROWS = []


@dataclass(frozen=True)
class Row:
    """One scene: these buttons are pressed, by each of these roles."""

    keys: tuple[str, ...]
    roles: tuple[str, ...]
    play: Callable

    @property
    def name(self):
        return self.play.__name__


def presses(*keys, by):
    """Add a scene to the table.

    It prepares what the buttons apply to, presses all of them, and returns the effect
    that was read back.

    :param by: the roles that see the buttons, the lowest first
    """

    def add(play):
        ROWS.append(Row(keys, by, play))
        return play

    return add
