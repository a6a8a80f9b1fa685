"""All benchmarks; a new one is a file beside this one and a line here."""

from . import billing_run, inbox, outage, worklist

BENCHMARKS = {
    "billing_run": billing_run.measure,
    "inbox": inbox.measure,
    "outage": outage.measure,
    "worklist": worklist.measure,
}
