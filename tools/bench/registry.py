"""All benchmarks; a new one is a file beside this one and a line here."""

from . import (
    billing_run,
    claims,
    client_pages,
    inbox,
    outage,
    payments,
    remittances,
    worklist,
)

BENCHMARKS = {
    "billing_run": billing_run.measure,
    "claims": claims.measure,
    "client_pages": client_pages.measure,
    "inbox": inbox.measure,
    "outage": outage.measure,
    "payments": payments.measure,
    "remittances": remittances.measure,
    "worklist": worklist.measure,
}
