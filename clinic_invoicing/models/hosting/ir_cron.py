import logging

from psycopg2 import OperationalError
from psycopg2.pool import PoolError

from odoo import models

_logger = logging.getLogger(__name__)


class IrCron(models.Model):
    """Jobs, which are done whether or not a worker can be woken for them."""

    _inherit = "ir.cron"

    def _notifydb(self):
        """Wake the workers, if there is a connection left for that.

        It is called after the commit: what is done must not look as if it had failed.
        The workers look by themselves each minute.
        """
        try:
            return super()._notifydb()
        except (PoolError, OperationalError):
            _logger.warning("No database connection is left to wake the workers with")
            return None
