"""Run the benchmarks, print their table, and write the same rows as JSON."""

import json
import shlex
from dataclasses import asdict

from workbench import postgres
from workbench.errors import Trouble
from workbench.paths import BUILD
from workbench.progress import step

from .registry import BENCHMARKS
from .rows import Row

FILE = BUILD / "bench.json"


def run(arguments: str) -> None:
    """Run the named benchmarks, or all of them."""
    names = shlex.split(arguments) or list(BENCHMARKS)
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        known = ", ".join(BENCHMARKS)
        raise Trouble(f"there is no benchmark {', '.join(unknown)}: choose of {known}")
    rows = []
    with postgres.running():
        for name in names:
            with step(f"Measuring {name}"):
                rows += BENCHMARKS[name]()
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    print(table(rows))


def table(rows: list[Row]) -> str:
    """Return the rows as text, with a line of headings."""
    cells = [("name", "ours", "peer", "ratio", "unit")]
    for row in rows:
        numbers = (f"{value:.2f}" for value in (row.ours, row.peer, row.ratio))
        cells.append((row.name, *numbers, row.unit))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in cells
    )
