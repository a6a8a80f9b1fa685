"""Decoding of Stripe's form encoding: `a[b][c]=1`, `x[]=1&x[]=2`, `x[0][a]=1`."""

import re
from urllib.parse import parse_qsl

_SEGMENT = re.compile(r"\[([^\[\]]*)\]")


def decode(*encoded):
    """Decode query strings or bodies (bytes or text) into nested dicts and lists.

    Indexed keys (`x[0]=a`) stay a dict with digits as keys: only the parameter's type
    tells whether they are a list or a hash such as metadata.
    """
    tree = {}
    for part in encoded:
        text = part.decode("utf-8", "replace") if isinstance(part, bytes) else part
        for key, value in parse_qsl(text, keep_blank_values=True):
            _insert(tree, _split(key), value)
    return tree


def _split(key):
    """Split `a[b][]` into `["a", "b", ""]`; an odd key stays one name."""
    head, bracket, _ = key.partition("[")
    if not bracket or not head:
        return [key]
    segments = _SEGMENT.findall(key)
    if head + "".join(f"[{segment}]" for segment in segments) != key:
        return [key]
    return [head, *segments]


def _insert(node, segments, value):
    """Put `value` below `node` at the path `segments`; the last scalar wins."""
    name, *rest = segments
    if not rest:
        node[name] = value
    elif rest[0] == "":
        items = node.get(name)
        if not isinstance(items, list):
            items = node[name] = []
        _append(items, rest[1:], value)
    else:
        child = node.get(name)
        if not isinstance(child, dict):
            child = node[name] = {}
        _insert(child, rest, value)


def _append(items, rest, value):
    """Add to a list; `x[][a]=1&x[][b]=2` is one hash until a name repeats."""
    if not rest:
        items.append(value)
        return
    if not items or not isinstance(items[-1], dict) or rest[0] in items[-1]:
        items.append({})
    _insert(items[-1], rest, value)


def as_list(value):
    """Return the list that `x[]=` or `x[0]=` stands for, or None for anything else."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and value and all(key.isdigit() for key in value):
        return [value[key] for key in sorted(value, key=int)]
    return None
