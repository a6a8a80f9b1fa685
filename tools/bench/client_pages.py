"""What the client's Billing page costs, against Core's list of invoices.

In a database of a hundred thousand invoices of services, some clients have a thousand
of them: one whose bills are nearly all paid, and one who has paid none. Pages are
fetched over HTTP from a served Odoo by logged-in clients, warm and in turns; Core's
page is that of the same client in the same database. The numbers of queries are those
that Odoo's own log gives for a request.
"""

from workbench import databases
from workbench.server import running_odoo

from .inside import inside
from .rows import Row, median
from .visitor import Visitor, costs

FILE = "client_pages_inside"
TOTAL = 100_000
# How many bills of each kind the clients have.
BILLS = {
    "settled": {"paid": 996, "unpaid": 3, "partial": 1},
    "unpaid": {"paid": 0, "unpaid": 900, "partial": 100},
    "few": {"paid": 6, "unpaid": 3, "partial": 1},
}
OURS, CORE = "/my/billing", "/my/invoices"
# A page whose header is all that we have added.
PLAIN = "/my/security"
ROUNDS, WARM_UP = 11, 2


def measure() -> list[Row]:
    with databases.cloned("full") as database:
        counts = inside(database, FILE, "prepare", bills=BILLS, total=TOTAL)
        assert [sum(states.values()) for states in counts.values()] == [1000, 1000, 10]
        # Odoo of one database need not look for it among others. No job comes between.
        options = {"dbfilter": "", "max_cron_threads": 0}
        with running_odoo(database, **options) as odoo:
            clients = {login: Visitor(odoo, login) for login in BILLS}
            rows = [
                _compare_lists("client_list_vs_stock", clients["settled"]),
                _compare_lists("client_list_vs_stock_all_unpaid", clients["unpaid"]),
                _compare_queries(clients),
            ]
        rows.append(_count_badge(database, options))
    return rows


def _compare_lists(name: str, client: Visitor) -> Row:
    """Return how long ours takes, over Core's: at most 1 is wanted."""
    seconds = {OURS: [], CORE: []}
    for number in range(ROUNDS + WARM_UP):
        for path, taken in seconds.items():
            taken.append(client.time(path))
            if number < WARM_UP:
                taken.clear()
    ours, peer = (median(seconds[path]) * 1000 for path in (OURS, CORE))
    return Row(name, ours, peer, ours / peer, "ms")


def _compare_queries(clients: dict[str, Visitor]) -> Row:
    """Return how many queries the list has for a thousand bills, over those for ten."""
    counts = {login: _count_queries(client, OURS) for login, client in clients.items()}
    many, few = max(counts["settled"], counts["unpaid"]), counts["few"]
    return Row("client_list_queries_1000_vs_10", many, few, many / few, "queries")


def _count_badge(database: str, options: dict) -> Row:
    """Return how many queries a page has more for showing the number."""
    counts = []
    for is_shown in (True, False):
        inside(database, FILE, "show_badge", is_shown=is_shown)
        with running_odoo(database, **options) as odoo:
            counts.append(_count_queries(Visitor(odoo, "settled"), PLAIN))
    cost = counts[0] - counts[1]
    return Row("header_badge_queries", cost, 1, cost, "queries")


def _count_queries(client: Visitor, path: str) -> int:
    """Return the queries of a page that has been fetched before."""
    for _ in range(WARM_UP + 1):
        client.get(path)
    return costs(client.odoo.log, "GET", path)[-1].queries
