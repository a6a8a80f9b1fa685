"""Whose something is, is said in one file; nobody else thinks as Core does."""

import re

import pytest

from .sources import ADDONS, ROOT, code_files, name_of

# What Core takes for whose something is: a company for its contacts, a parent for
# children. And what was written out wherever an address was looked behind.
CORES_WORDS = re.compile(
    r"commercial_partner|child_of.{0,40}partner|parent_id\s*(?:if|or|and)\b"
)
# Each has been looked at.
ALLOWED = {
    "clinic_invoicing/models/payers/res_partner_whose.py": "It is the answer.",
    "clinic_invoicing/migrations/19.0.1.1.0/pre-whose.py": (
        "It corrects what Core has booked on commercial partners."
    ),
}
# By companies, `child_of` is another question: see docs/developer/companies.md.


def words(text):
    """Return what a text says of Core's idea of whose something is."""
    return CORES_WORDS.findall(text)


def test_whose_something_is_stands_in_one_file():
    found = {name_of(path) for path in code_files() if words(path.read_text("utf-8"))}
    assert found == ALLOWED.keys()


def test_views_and_rules_do_not_ask_core():
    found = [
        name_of(path)
        for addon in ADDONS
        for path in (ROOT / addon).rglob("*.xml")
        if "commercial_partner" in path.read_text("utf-8")
    ]
    assert not found


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("owner = payer.commercial_partner_id", True),
        ("('partner_id', 'child_of', partner.id)", True),
        ("person = partner.parent_id if is_address else partner", True),
        ("person = partner._clinic_get_addressee()", False),
        ("Domain('company_id', 'child_of', self.root_id.ids)", False),
    ],
)
def test_what_asks_core_is_found(text, is_found):
    assert bool(words(text)) == is_found
