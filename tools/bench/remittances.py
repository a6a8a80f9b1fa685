"""What it costs to post a remittance of 200 lines, beside its bare documents."""

from workbench import databases

from .inside import inside
from .rows import Row, median

FILE = "remittances_inside"
LINES = 200
ROUNDS = 3


def measure() -> list[Row]:
    ours, bare = [], []
    with databases.cloned("full") as database:
        inside(database, FILE, "prepare", lines=LINES, rounds=ROUNDS + 1)
        told = inside(database, FILE, "measure", lines=LINES, rounds=ROUNDS + 1)
    for one in told:
        ours.append(one["ours"])
        bare.append(one["bare"])
    mine, peer = median(ours), median(bare)
    return [Row("remittance_200_vs_bare", mine, peer, mine / peer, "s")]
