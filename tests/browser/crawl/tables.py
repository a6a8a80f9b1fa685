"""All tables: importing them fills `rows.ROWS`."""

from . import (
    of_desk,
    of_gateway,
    of_invoices,
    of_money,
    of_pages,
    of_programs,
    of_runs,
    of_services,
    of_visits,
)

__all__ = [
    "of_desk",
    "of_gateway",
    "of_invoices",
    "of_money",
    "of_pages",
    "of_programs",
    "of_runs",
    "of_services",
    "of_visits",
]
