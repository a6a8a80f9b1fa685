"""What this gateway leaves with Stripe for the case that Odoo forgets."""

import pytest

from clinic_stripe_gateway.adapter import gather, seal, unseal

SECRET = "8f14e45fceea167a5a36dedd4bea2543" * 2


@pytest.mark.parametrize("count", [0, 1, 41, 100, 500])
def test_what_is_sealed_is_read_again_however_long_it_is(count):
    record = {"invoices": list(range(1_234_567, 1_234_567 + count)), "partner": 7}
    metadata = seal(SECRET, record)
    assert all(len(value) <= 500 for value in metadata.values())
    assert unseal(SECRET, gather({"reference": "c4ca", **metadata})) == record


def test_the_same_record_is_sealed_in_the_same_way():
    assert seal(SECRET, {"partner": 7}) == seal(SECRET, {"partner": 7})


def test_what_another_has_sealed_or_cut_is_not_read():
    metadata = seal(SECRET, {"invoices": list(range(500))})
    text = gather(metadata)
    assert unseal(SECRET[::-1], text) is None
    assert unseal(SECRET, text[:-4]) is None
    assert unseal(SECRET, gather({**metadata, "origin_1": ""})) is None


def test_more_than_stripe_keeps_is_not_sealed():
    with pytest.raises(ValueError, match="20 values"):
        seal(SECRET, {"invoices": list(range(1_234_567, 1_236_567))})
