"""The emulator's rooms: each takes only from those above it."""

import ast

import pytest

from .conftest import TOOLS

ORDER = ("protocol", "world", "delivery", "api", "control", "whole")
# What stands beside the rooms: the emulated data and its time, and what wires it all.
BESIDE = {
    "clock": "world",
    "store": "world",
    "scheduler": "world",
    "persistence": "whole",
    "emulator": "whole",
    "server": "whole",
    "__init__": "whole",
    "__main__": "whole",
}
EMULATOR = TOOLS / "stripe_emulator"
MODULES = sorted(EMULATOR.rglob("*.py"))


def room_of(parts):
    """Return the room of a module, given its path below the emulator."""
    return parts[0] if parts[0] in ORDER else BESIDE[parts[0]]


def taken(module):
    """Return the rooms from which a module imports."""
    folder = module.relative_to(EMULATOR).parent.parts
    rooms = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            above = folder[: len(folder) + 1 - node.level]
            path = (*above, *(node.module or "").split("."))
            names = [(*path, alias.name) for alias in node.names]
            rooms |= {room_of([part for part in name if part]) for name in names}
    return rooms


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_module_takes_only_from_its_room_and_those_above(module):
    own = room_of(module.relative_to(EMULATOR).with_suffix("").parts)
    reach = ORDER[: ORDER.index(own) + 1]
    assert taken(module) <= set(reach)


def test_every_room_says_what_it_holds():
    rooms = {path.parent.name for path in EMULATOR.glob("*/__init__.py")}
    assert rooms == {"protocol", "delivery", "api", "control"}
    for room in rooms:
        text = (EMULATOR / room / "__init__.py").read_text("utf-8")
        assert "Takes from" in ast.get_docstring(ast.parse(text))
