"""The reasons that insurers state."""

import pytest

from clinic_invoicing.rules.adjustment_codes import explain, read_codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("CO-45, PR-1", [("CO", "45"), ("PR", "1")]),
        ("co45 pr 2", [("CO", "45"), ("PR", "2")]),
        ("OA-A1", [("OA", "A1")]),
        ("45", []),
        ("", []),
        ("SCO-45", []),
    ],
)
def test_codes_are_found_in_whatever_writing(text, codes):
    assert read_codes(text) == codes


def test_codes_are_explained_in_words():
    assert explain("PR-1, CO-999") == "PR-1 deductible, CO-999 contractual"
    assert explain("nothing") == ""
