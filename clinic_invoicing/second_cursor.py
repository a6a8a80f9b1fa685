"""A second connection to the database, for what stays when a request is rolled back."""

import contextlib
import random
import time

import psycopg2
from psycopg2.pool import PoolError

from odoo.exceptions import UserError

# Whoever holds one connection and waits for another keeps the first from all others.
# Each gives up at another moment, so that the rest can go on.
PATIENCE_SECONDS = (0.5, 3)
PAUSE_SECONDS = 0.05


@contextlib.contextmanager
def second_cursor(env):
    """Give a cursor that is committed by itself at the end.

    :raise UserError: there is no connection left; the person may try again
    """
    with _borrow(env) as cr:
        yield cr


def _borrow(env):
    give_up_at = time.monotonic() + random.uniform(*PATIENCE_SECONDS)
    while True:
        try:
            return env.registry.cursor()
        # Odoo's own limit, or that of PostgreSQL.
        except (PoolError, psycopg2.OperationalError) as error:
            if time.monotonic() > give_up_at:
                raise UserError(
                    env._(
                        "The server is too busy to do this now. Please try again in a "
                        "moment."
                    )
                ) from error
        time.sleep(PAUSE_SECONDS)
