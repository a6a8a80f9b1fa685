"""Python loads this at its start, where libfaketime tells the time.

Python sleeps until a moment of the monotonic clock, which libfaketime of Debian 12
refuses while that clock is not shifted; what waits for a length of time works.

The age of a file is asked for by Odoo, which else ends every session: it is older than
a week. What Python itself asks, to know whether compiled files fit, stays as it is.
"""

import os
import select
import time

AHEAD = int(os.environ.get("FAKETIME", "0"))


def sleep(seconds):
    select.select([], [], [], seconds)


def getmtime(path):
    return os.stat(path).st_mtime + AHEAD


time.sleep = sleep
os.path.getmtime = getmtime
