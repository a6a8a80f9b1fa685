"""Moments as Stripe counts them."""

from datetime import timezone


def to_seconds(moment):
    """Return a moment of the database as Unix time, 0 for none."""
    return int(moment.replace(tzinfo=timezone.utc).timestamp()) if moment else 0
