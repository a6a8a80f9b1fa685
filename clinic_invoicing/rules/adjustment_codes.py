"""Why insurers pay less: the groups and reasons that they state, in plain words.

A code is a group and a number: PR-1. The numbers are those of the claim adjustment
reason codes of X12; the words are ours, for the ones that practices meet.
"""

import re

GROUPS = {
    "CO": "contractual",
    "PR": "patient's responsibility",
    "OA": "other",
    "PI": "insurer's own decision",
    "CR": "correction",
}
WORDS = {
    "1": "deductible",
    "2": "coinsurance",
    "3": "copayment",
    "4": "modifier does not fit",
    "11": "diagnosis does not fit",
    "16": "information is missing",
    "18": "claimed twice",
    "22": "another insurer pays first",
    "23": "reduced by what another insurer has paid",
    "26": "before the cover began",
    "27": "after the cover ended",
    "29": "claimed too late",
    "31": "patient is not known as insured",
    "45": "above the agreed rate",
    "50": "not held to be necessary",
    "96": "not covered",
    "97": "part of another service",
    "109": "another insurer is to be asked",
    "119": "yearly maximum is reached",
    "151": "too often",
    "197": "no approval beforehand",
    "204": "not in the patient's plan",
    "253": "sequestration",
}
CODE = re.compile(r"\b(CO|PR|OA|PI|CR)[\s-]*([A-Z]?\d{1,3})\b", re.IGNORECASE)


def read_codes(text):
    """Return the ``(group, reason)`` pairs that a text names.

    >>> read_codes("co45, PR-1")
    [('CO', '45'), ('PR', '1')]
    """
    return [(group.upper(), reason.upper()) for group, reason in CODE.findall(text)]


def explain(text):
    """Return in words what the codes of a text say; empty without any code."""
    return ", ".join(
        f"{group}-{reason} {WORDS.get(reason, GROUPS[group])}"
        for group, reason in read_codes(text)
    )
