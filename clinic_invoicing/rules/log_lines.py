"""What a log may hold: identifiers, but no secret of an address and no value of a row.

Logs are read, copied and sent along by more people than may read records.
"""

import re

WITHHELD = "…"
# Enough to tell two links apart, too little to open one.
KEPT = 4
LONGEST_STATEMENT = 500

# What proves a right, in the addresses of Odoo and of its addons.
SECRET_PARAMETER = re.compile(
    r"([?&;](?:\w*_)?(?:token|secret|hash|signature|password|key|pid)=)"
    r"([^&;#\s\"'<>]+)",
    re.IGNORECASE,
)
# What names a person there.
PERSON_PARAMETER = re.compile(
    r"([?&;](?:\w*_)?(?:login|email|search)=)[^&;#\s\"'<>]+", re.IGNORECASE
)
# Where a secret is a part of the path.
SECRET_PLACE = re.compile(
    r"(/(?:"
    r"clinic/pay|clinic/desk/result|calendar/join_videocall|meet|chat(?:/\d+)?"
    r"|dashboard/(?:share|data|download)/\d+"
    r")/)"
    r"([^/?&#\s\"'<>]+)"
)
# Drivers double quotes and never end a statement within one; whoever cuts it does.
LITERAL = re.compile(r"'(?:[^']|'')*(?:'|$)")


def without_secrets(text):
    """Return a text with the secrets of the addresses in it cut short, and without
    the names in them.
    """
    text = PERSON_PARAMETER.sub(rf"\1{WITHHELD}", text)
    return SECRET_PLACE.sub(_shorten, SECRET_PARAMETER.sub(_shorten, text))


def without_values(statement):
    """Return the beginning of an SQL statement without the texts in it.

    Numbers stay: they are ids.
    """
    text = LITERAL.sub(f"'{WITHHELD}'", statement)
    is_long = len(text) > LONGEST_STATEMENT
    return text[:LONGEST_STATEMENT] + WITHHELD if is_long else text


def without_texts(text, texts):
    """Return a text from which other texts are taken out wherever they stand in it."""
    for said in sorted(texts, key=len, reverse=True):
        text = text.replace(said, WITHHELD)
    return text


def _shorten(found):
    before, secret = found.groups()
    return f"{before}{secret[:KEPT] if len(secret) > 3 * KEPT else ''}{WITHHELD}"
