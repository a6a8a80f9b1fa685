"""The table of who asks for what: whole, and without a contradiction."""

from itertools import combinations

import pytest

from clinic_invoicing.rules import asking
from clinic_invoicing.rules.asking import ASKERS, REASONS, TABLE, Answer


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
        both = asking.get_answer(asker, pair)
        assert both == min(asking.get_answer(asker, [one]) for one in pair)
        assert both <= asking.get_answer(asker, [])


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.name)
def test_the_number_counts_what_the_page_asks_for(reason):
    page, number = (TABLE[reason][asker] for asker in (asking.PAGE, asking.NUMBER))
    assert (page == Answer.ASKS) == (number == Answer.ASKS)


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.name)
def test_nobody_is_chased_for_what_cannot_be_paid(reason):
    if TABLE[reason][asking.DIALOG] < Answer.OFFERS:
        for chaser in (asking.REQUEST, asking.REMINDER, asking.AUTOPAY):
            assert TABLE[reason][chaser] == Answer.NOTHING


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.name)
def test_what_is_owed_is_never_hidden_from_who_keeps_the_books(reason):
    is_closed = reason == asking.CLOSED
    for reader in (asking.STATEMENT, asking.MONEY_OWED):
        assert (TABLE[reason][reader] == Answer.SHOWS) != is_closed


def test_what_bars_an_asker_is_what_it_does_less_about():
    barring = asking.get_barring(asking.REMINDER)
    assert asking.UNANSWERED in barring
    assert asking.get_answer(asking.REMINDER, [asking.UNANSWERED]) == Answer.NOTHING
    assert asking.get_barring(asking.INSTALMENT, Answer.OFFERS)
    assert asking.IN_PLAN not in asking.get_barring(asking.INSTALMENT)


def test_the_first_reason_in_the_order_of_the_table_is_told():
    assert asking.get_first({asking.LATER, asking.CLEARING}) == asking.CLEARING
    assert asking.get_first(set()) is None
