"""Whatever shape a payload has, it becomes the same paths and values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_stripe_gateway.adapter.payload import to_nested, to_path, to_paths

NAME = st.text("abcdefgh_", min_size=1, max_size=6)
LEAF = st.integers() | st.text(max_size=5) | st.booleans()
TREE = st.dictionaries(
    NAME,
    st.recursive(
        LEAF, lambda inner: st.dictionaries(NAME, inner, min_size=1, max_size=3)
    ),
    max_size=4,
)


@pytest.mark.parametrize(
    ("payload", "paths"),
    [
        (None, {}),
        ({}, {}),
        ([], {}),
        ({"amount": 100}, {("amount",): 100}),
        ({"card[brand]": "visa"}, {("card", "brand"): "visa"}),
        ({"card": {"brand": "visa"}}, {("card", "brand"): "visa"}),
        ({"a[b]": {"c[d]": 1}}, {("a", "b", "c", "d"): 1}),
        (
            [("amount", 100), ("currency", "EUR")],
            {("amount",): 100, ("currency",): "EUR"},
        ),
        ({"expand[]": "charges"}, {("expand",): ["charges"]}),
        ({"enabled_events[]": ["a", "b"]}, {("enabled_events",): ["a", "b"]}),
        ([("types[]", "a"), ("types[]", "b")], {("types",): ["a", "b"]}),
        (
            {"confirm": False, "amount": 0, "usage": ""},
            {("confirm",): False, ("amount",): 0, ("usage",): ""},
        ),
        ({"mandate": None, "expand[]": None}, {}),
    ],
)
def test_each_shape_that_odoo_hands_over_is_understood(payload, paths):
    assert to_paths(payload) == paths


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("amount", ("amount",)),
        ("expand[]", ("expand",)),
        ("a[b][c]", ("a", "b", "c")),
        ("a[b][]", ("a", "b")),
        ("", ()),
    ],
)
def test_a_key_tells_its_path(key, path):
    assert to_path(key) == path


def flattened(tree, prefix=""):
    """Write nesting into the keys, as Core does."""
    for name, value in tree.items():
        key = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, dict):
            yield from flattened(value, key)
        else:
            yield key, value


@given(TREE)
def test_dictionaries_brackets_and_pairs_mean_the_same(tree):
    pairs = list(flattened(tree))
    assert to_paths(tree) == to_paths(pairs) == to_paths(dict(pairs))


@given(TREE)
def test_paths_become_the_nested_dictionary_that_they_came_from(tree):
    assert to_nested(to_paths(tree)) == tree
