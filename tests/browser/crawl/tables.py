"""All tables in one: importing them fills it."""

from . import (
    of_agreements,
    of_cards,
    of_client_programs,
    of_desk,
    of_gateway,
    of_invoices,
    of_money,
    of_pages,
    of_programs,
    of_remittances,
    of_runs,
    of_services,
    of_visits,
)
from .rows import ROWS

__all__ = [
    "of_agreements",
    "of_cards",
    "of_client_programs",
    "of_desk",
    "of_gateway",
    "of_invoices",
    "of_money",
    "of_pages",
    "of_programs",
    "of_remittances",
    "of_runs",
    "of_services",
    "of_visits",
    "ROWS",
]
