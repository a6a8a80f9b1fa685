"""All benchmarks; a new one is a file beside this one and a line here."""

from . import inbox, outage, worklist

BENCHMARKS = {
    "inbox": inbox.measure,
    "outage": outage.measure,
    "worklist": worklist.measure,
}
