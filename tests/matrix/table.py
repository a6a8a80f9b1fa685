"""The matrix as text, for people."""

from matrix import FAULTS, FLOWS, reason_against

WIDTH = 11


def table(played):
    """Return the table of all cells, and under it why some make no sense.

    :param played: results by (flow, fault); cells that were not chosen are blank
    """
    reasons = _reasons()
    names = max(len(fault.name) for fault in FAULTS)
    lines = ["The failure matrix: seconds of each cell that holds", ""]
    lines += _heading(names)
    for fault in FAULTS:
        row = "".join(_cell(flow, fault, played, reasons) for flow in FLOWS)
        lines.append(f"{fault.name:{names}}{row}")
    count = sum(not result.disagreements for result in played.values())
    total = len(FAULTS) * len(FLOWS)
    lines += ["", f"{count} of {len(played)} cells played hold; {total} cells in all."]
    lines += ["", "Not applicable:"]
    lines += [f"{number:>3} {reason}" for reason, number in reasons.items()]
    return "\n".join(lines)


def _reasons():
    """Number the reasons why cells make no sense."""
    reasons = {}
    for fault in FAULTS:
        for flow in FLOWS:
            reason = reason_against(flow, fault)
            if reason:
                reasons.setdefault(reason, len(reasons) + 1)
    return reasons


def _heading(names):
    """Return the flows' names, each word below the other."""
    words = [flow.name.split() for flow in FLOWS]
    for depth in range(max(map(len, words))):
        row = "".join(f"{''.join(each[depth : depth + 1]):>{WIDTH}}" for each in words)
        yield f"{'':{names}}{row}"


def _cell(flow, fault, played, reasons):
    reason = reason_against(flow, fault)
    result = played.get((flow, fault))
    text = ""
    if reason:
        text = f"n/a {reasons[reason]}"
    elif result:
        text = "FAILS" if result.disagreements else f"{result.seconds:.1f}"
    return f"{text:>{WIDTH}}"


def traces(played):
    """Return what people did and saw in each cell."""
    return "\n\n".join(
        f"=== {flow.name} - {fault.name}\n"
        + "\n".join([*map(str, result.disagreements), result.trace])
        for (flow, fault), result in played.items()
    )
