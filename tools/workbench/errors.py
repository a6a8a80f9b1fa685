"""The one exception whose text is written for the person at the terminal."""


class Trouble(Exception):
    """Something that the user can put right; the message says what and how, in one
    sentence.
    """


def last_line(output: str) -> str:
    """Return the line in which most programs say why they gave up."""
    return (output.strip().splitlines() or ["it gave no reason"])[-1]
