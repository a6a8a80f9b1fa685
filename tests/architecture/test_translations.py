"""What the files in i18n/ say: everything, in every language, and nothing broken."""

import re

import polib
import pytest

from .sources import ADDONS, ROOT

LANGUAGES = ("de", "es", "fr")
# What a program puts in, and the tags that a page is made of.
BUILT_IN = re.compile(r"%\(\w+\)[sdrf]|%[sd]|\{\{.*?\}\}|</?\w+[^>]*>")
# They are read by people.
SPOKEN = re.compile(r' (?:alt|aria-label|placeholder|title)="[^"]*"')
CASES = [(addon, language) for addon in ADDONS for language in LANGUAGES]


def template_of(addon):
    return polib.pofile(str(ROOT / addon / "i18n" / f"{addon}.pot"))


def entries(addon, language):
    return polib.pofile(str(ROOT / addon / "i18n" / f"{language}.po"))


def edges(text):
    """Return the space before and after a text."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def kept(text):
    """List what a translation must have in common with its source, in any order."""
    return sorted(SPOKEN.sub("", found) for found in BUILT_IN.findall(text))


def complaints(wrong, addon, language):
    """List the terms of which `wrong(source, translation)` holds."""
    found = [
        entry.msgid
        for entry in entries(addon, language)
        if wrong(entry.msgid, entry.msgstr)
    ]
    return "\n".join(found)


@pytest.mark.parametrize("addon", ADDONS)
def test_there_are_files_for_these_languages_and_no_others(addon):
    present = {path.name for path in (ROOT / addon / "i18n").iterdir()}
    assert present == {f"{addon}.pot", *(f"{code}.po" for code in LANGUAGES)}


@pytest.mark.parametrize(("addon", "language"), CASES)
def test_every_term_is_translated(addon, language):
    assert complaints(lambda _source, told: not told.strip(), addon, language) == ""
    assert not [entry for entry in entries(addon, language) if entry.fuzzy]


@pytest.mark.parametrize(("addon", "language"), CASES)
def test_a_language_has_the_terms_of_the_template_in_its_order(addon, language):
    terms = [entry.msgid for entry in template_of(addon)]
    assert [entry.msgid for entry in entries(addon, language)] == terms
    assert terms


@pytest.mark.parametrize(("addon", "language"), CASES)
def test_a_translation_keeps_what_a_program_puts_in_and_the_tags(addon, language):
    def differs(source, told):
        return kept(source) != kept(told)

    assert complaints(differs, addon, language) == ""


@pytest.mark.parametrize(("addon", "language"), CASES)
def test_a_translation_begins_and_ends_with_the_same_space(addon, language):
    def differs(source, told):
        return edges(source) != edges(told)

    assert complaints(differs, addon, language) == ""


@pytest.mark.parametrize(("addon", "language"), CASES)
def test_no_file_tells_when_or_where_it_was_made(addon, language):
    for found in (template_of(addon), entries(addon, language)):
        assert "Date" not in " ".join(found.metadata)
        assert str(ROOT) not in str(found)
