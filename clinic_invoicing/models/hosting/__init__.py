"""What holds for every answer, log and connection of the server: they keep private.

Takes nothing from other rooms.
"""

from . import ir_cron, ir_http, ir_logging
