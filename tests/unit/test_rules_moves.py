import pytest

from clinic_invoicing.rules.moves import CHARGE_MOVES, PLAN_MOVES, is_allowed


@pytest.mark.parametrize("moves", [CHARGE_MOVES, PLAN_MOVES])
def test_every_move_leads_to_a_known_state(moves):
    for targets in moves.values():
        assert targets <= set(moves)


@pytest.mark.parametrize(
    ("moves", "state"),
    [
        (CHARGE_MOVES, "done"),
        (CHARGE_MOVES, "cancelled"),
        (PLAN_MOVES, "done"),
        (PLAN_MOVES, "broken"),
        (PLAN_MOVES, "cancelled"),
    ],
)
def test_what_is_over_stays_over(moves, state):
    assert not any(is_allowed(moves, state, target) for target in moves)


@pytest.mark.parametrize("state", ["draft", "planned", "link_sent", "done"])
def test_nothing_is_charged_without_notice(state):
    assert not is_allowed(CHARGE_MOVES, state, "charging")


def test_a_plan_starts_once():
    assert is_allowed(PLAN_MOVES, "proposed", "active")
    assert not is_allowed(PLAN_MOVES, "active", "active")
