"""The rooms, in their order: a room overrides only what rooms above it say."""

from . import (
    requests,
    unanswered,
    payments,
    inbox,
    cards,
    disputes,
    ledger,
    health,
    charges,
    deposits,
    disclosures,
)
