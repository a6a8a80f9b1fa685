"""The states of charges and payment plans, and which of them may follow which."""

CHARGE_MOVES = {
    "draft": {"planned", "cancelled"},
    "planned": {"noticed", "link_sent", "done", "cancelled"},
    "noticed": {"planned", "charging", "link_sent", "done", "cancelled"},
    "charging": {"done", "retrying", "link_sent"},
    "retrying": {"planned", "charging", "link_sent", "done", "cancelled"},
    "link_sent": {"done", "cancelled"},
    "done": set(),
    "cancelled": set(),
}
PLAN_MOVES = {
    "proposed": {"active", "cancelled"},
    "active": {"done", "broken", "cancelled"},
    "done": set(),
    "broken": set(),
    "cancelled": set(),
}


def is_allowed(moves, state, target):
    """Return whether the one state may follow the other.

    :param dict moves: one of the tables above
    """
    return target in moves[state]
