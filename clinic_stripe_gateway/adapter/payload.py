"""One shape for the payloads that Odoo's modules hand over.

Core sends dictionaries, its point of sale lists of pairs with repeated keys, and
some requests nothing at all; nesting is written into the keys: ``card[brand]``,
``expand[]``.
"""

import re


def to_paths(payload):
    """Return the payload as ``{path: value}``; an absent value is left out.

    :param payload: a dictionary, a list of pairs, or ``None``
    :rtype: dict[tuple[str, ...], object]
    """
    pairs = payload.items() if isinstance(payload, dict) else payload or ()
    paths = {}
    for key, value in pairs:
        for full_path, leaf in _leaves(to_path(key), value):
            if leaf is None:
                continue
            if key.endswith("[]"):
                values = list(leaf) if isinstance(leaf, list | tuple | set) else [leaf]
                paths[full_path] = paths.get(full_path, []) + values
            else:
                paths[full_path] = leaf
    return paths


def to_nested(paths):
    """Return ``{path: value}`` as nested dictionaries, as the SDK wants them."""
    nested = {}
    for path, value in paths.items():
        folder = nested
        for name in path[:-1]:
            folder = folder.setdefault(name, {})
        folder[path[-1]] = value
    return nested


def to_path(key):
    """Return the names in ``a[b][]``."""
    return tuple(re.findall(r"[^\[\]]+", key))


def _leaves(path, value):
    if not isinstance(value, dict):
        yield path, value
        return
    for name, inner in value.items():
        yield from _leaves((*path, *to_path(name)), inner)
