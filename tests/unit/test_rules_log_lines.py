"""What is left of a line in the log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_invoicing.rules.log_lines import (
    LONGEST_STATEMENT,
    without_secrets,
    without_texts,
    without_values,
)

SECRET = "q7Zt1v-_AbCdEfGhIjKlMnOpQrStUvWx"
SHORT = "q7Zt…"


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (f"GET /clinic/pay/{SECRET} HTTP/1.1", f"GET /clinic/pay/{SHORT} HTTP/1.1"),
        (
            f"/fr/clinic/pay/{SECRET}/transaction#x.y",
            "/fr/clinic/pay/q7Zt…/transaction#x.y",
        ),
        (
            f"/my/invoices/7?access_token={SECRET}&a=1",
            f"/my/invoices/7?access_token={SHORT}&a=1",
        ),
        (
            f"/x?a=1&pi_client_secret={SECRET}#top",
            f"/x?a=1&pi_client_secret={SHORT}#top",
        ),
        (f"/web/reset_password?token={SECRET}", f"/web/reset_password?token={SHORT}"),
        (
            f"/mail/view?model=a&hash={SECRET}&pid=9",
            f"/mail/view?model=a&hash={SHORT}&pid=…",
        ),
        ("/web/login?login=zoe@example.com", "/web/login?login=…"),
        ("/my/invoices?search=Zoe+Example", "/my/invoices?search=…"),
        (f"/calendar/join_videocall/{SECRET}", f"/calendar/join_videocall/{SHORT}"),
        (
            "/clinic/desk/pay/7 /my/billing?page=2",
            "/clinic/desk/pay/7 /my/billing?page=2",
        ),
        ("/shop/key?tokens=3&hashes=4", "/shop/key?tokens=3&hashes=4"),
    ],
)
def test_secrets_of_addresses_are_cut_short(line, left):
    assert without_secrets(line) == left


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("INSERT INTO a (b) VALUES ('Zoe')", "INSERT INTO a (b) VALUES ('…')"),
        ("SET a = 'O''Hara', b = 7", "SET a = '…', b = 7"),
        ("SET a = E'back\\\\slash', b = ''", "SET a = E'…', b = '…'"),
        ("SELECT 'cut in the mid", "SELECT '…'"),
        ("""UPDATE "t" SET x = '"Zoe"'""", """UPDATE "t" SET x = '…'"""),
    ],
)
def test_statements_lose_their_texts(statement, left):
    assert without_values(statement) == left


def test_a_long_statement_is_cut():
    assert len(without_values("SELECT " + "1, " * 10_000)) == LONGEST_STATEMENT + 1


@given(st.lists(st.text(min_size=1)), st.lists(st.text()))
def test_no_value_is_left(values, others):
    marked = [f"Quux{value}Quux" for value in values]
    quoted = [f"'{value.replace(chr(39), chr(39) * 2)}'" for value in marked + others]
    assert "Quux" not in without_values(f"INSERT INTO t VALUES ({', '.join(quoted)})")


def test_longer_texts_go_before_the_shorter_ones_in_them():
    assert without_texts("failed: Zoe Example owes", ["Zoe", "Zoe Example owes"]) == (
        "failed: …"
    )
