"""The table of who asks for what: whole, and without a contradiction."""

from itertools import combinations
from pathlib import Path

import pytest

from clinic_invoicing.rules import askers
from clinic_invoicing.rules.askers import ASKERS, REASONS, TABLE, Answer

PAGE = Path(__file__).parents[2] / "docs" / "developer" / "asking.md"


def test_each_asker_has_an_answer_to_each_reason():
    assert set(TABLE) == {None, *REASONS}
    for answers in TABLE.values():
        assert set(answers) == set(ASKERS)


def test_names_are_told_apart():
    for things in (ASKERS, REASONS):
        assert len({thing.name for thing in things}) == len(things)


@pytest.mark.parametrize("asker", ASKERS, ids=lambda asker: asker.name)
def test_another_reason_never_lets_anybody_ask_for_more(asker):
    for pair in combinations(REASONS, 2):
        both = askers.get_answer(asker, pair)
        assert both == min(askers.get_answer(asker, [one]) for one in pair)
        assert both <= askers.get_answer(asker, [])


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.name)
def test_the_number_counts_what_the_page_asks_for(reason):
    page, number = (TABLE[reason][asker] for asker in (askers.PAGE, askers.RED_NUMBER))
    assert (page == Answer.ASKS) == (number == Answer.ASKS)


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.name)
def test_nobody_is_chased_for_what_cannot_be_paid(reason):
    if TABLE[reason][askers.DIALOG] < Answer.OFFERS:
        for chaser in (askers.REQUEST, askers.REMINDER, askers.AUTOPAY):
            assert TABLE[reason][chaser] == Answer.NOTHING


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.name)
def test_what_is_owed_is_never_hidden_from_who_keeps_the_books(reason):
    is_closed = reason == askers.CLOSED
    for reader in (askers.STATEMENT, askers.MONEY_OWED):
        assert (TABLE[reason][reader] == Answer.SHOWS) != is_closed


def test_what_bars_an_asker_is_what_it_does_less_about():
    barring = askers.get_barring(askers.REMINDER)
    assert askers.UNANSWERED in barring
    assert askers.get_answer(askers.REMINDER, [askers.UNANSWERED]) == Answer.NOTHING
    assert askers.get_barring(askers.INSTALMENT, Answer.OFFERS)
    assert askers.IN_PLAN not in askers.get_barring(askers.INSTALMENT)


def test_the_first_reason_in_the_order_of_the_table_is_told():
    assert askers.get_first({askers.NOT_DUE, askers.CLEARING}) == askers.CLEARING
    assert askers.get_first(set()) is None


def test_the_table_is_printed_as_it_is():
    assert askers.describe() in PAGE.read_text("utf-8")
