"""Bracket decoding, judged by what the SDK and python-requests encode."""

from urllib.parse import urlencode

import pytest
import requests
from stripe._encode import _api_encode

from stripe_emulator.protocol import forms


def by_requests(data):
    """Encode like Core does."""
    return requests.Request("POST", "http://x", data=data).prepare().body


@pytest.mark.parametrize(
    ("encoded", "decoded"),
    [
        ("a=1&b=", {"a": "1", "b": ""}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("x[]=a&x[]=b", {"x": ["a", "b"]}),
        ("x[0]=a&x[1]=b", {"x": {"0": "a", "1": "b"}}),
        ("x[][a]=1&x[][b]=2&x[][a]=3", {"x": [{"a": "1", "b": "2"}, {"a": "3"}]}),
        ("a[b][]=1", {"a": {"b": ["1"]}}),
        ("a%5Bb%5D=%C3%A9+%26", {"a": {"b": "é &"}}),
        ("a=1&a=2", {"a": "2"}),
        ("a[b=1&]c=2", {"a[b": "1", "]c": "2"}),
    ],
)
def test_every_form_of_brackets_is_decoded(encoded, decoded):
    assert forms.decode(encoded) == decoded


def test_query_and_body_are_put_together():
    assert forms.decode("limit=3", b"expand[]=data.customer") == {
        "limit": "3",
        "expand": ["data.customer"],
    }


def test_list_of_tuples_as_the_point_of_sale_sends_it_is_a_list():
    body = by_requests([("t[]", "card_present"), ("t[]", "interac_present")])
    assert forms.decode(body) == {"t": ["card_present", "interac_present"]}


def test_what_the_sdk_encodes_comes_back():
    given = {"metadata": {"a": "1"}, "expand": ["x", "y"], "confirm": True, "n": 5}
    tree = forms.decode(urlencode(list(_api_encode(given))))
    assert tree["metadata"] == {"a": "1"}
    assert forms.as_list(tree["expand"]) == ["x", "y"]
    assert (tree["confirm"], tree["n"]) == ("true", "5")


def test_indexes_are_sorted_as_numbers():
    tree = forms.decode("&".join(f"x[{index}]={index}" for index in (10, 9, 0)))
    assert forms.as_list(tree["x"]) == ["0", "9", "10"]
    assert forms.as_list({"0": "a", "b": "c"}) is None
