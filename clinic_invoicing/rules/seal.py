"""Seals of what a page has shown beside a button, which come back with the button."""

import hashlib
import json


def seal(*facts):
    """Return a text that is another one when any of these facts is another one.

    It need not be secret: a client who forges it deceives nobody else.

    :param facts: texts, numbers, and lists of them
    :rtype: str
    """
    told = json.dumps([_tell(fact) for fact in facts])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _tell(fact):
    if isinstance(fact, float):
        # An amount comes back from a browser, which writes 20.0 as 20.
        return f"{fact:.6f}"
    if isinstance(fact, list | tuple):
        return [_tell(part) for part in fact]
    return str(fact)
