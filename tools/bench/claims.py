"""What it costs to find out what a thousand payers are asked for.

Reminders ask for them in one batch: which of their invoices are due, what is in the
way of asking, what is held for them, and how much is left.
"""

from workbench import databases

from .inside import inside
from .rows import Row

FILE = "claims_inside"
MANY, FEW = 1000, 100
ROUNDS = 7
# What one payer may cost.
MOST_MS = 2


def measure() -> list[Row]:
    with databases.cloned("full") as database:
        inside(database, FILE, "prepare", payers=MANY)
        told = inside(database, FILE, "measure", few=FEW, rounds=ROUNDS)
    many, few = told["many"], told["few"]
    assert (many["payers"], few["payers"]) == (MANY, FEW)
    cost = many["seconds"] * 1000 / MANY
    queries, peer = many["queries"], few["queries"]
    return [
        Row("claims_of_1000_payers", cost, MOST_MS, cost / MOST_MS, "ms a payer"),
        Row("claims_queries_1000_vs_100", queries, peer, queries / peer, "queries"),
    ]
