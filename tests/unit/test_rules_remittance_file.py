"""Files of insurers: amounts and dates of any country, and what is refused."""

from datetime import date, datetime

import pytest

from clinic_invoicing.rules import remittance_file as file

ENGLISH = file.Reading()
GERMAN = file.Reading(is_day_first=True, decimal_point=",")


def read(text, reading=ENGLISH):
    content = text if isinstance(text, bytes) else text.encode()
    return file.read_lines(file.read_csv(content), reading)


@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [
        ("80", ".", 80),
        ("", ".", 0),
        ("1,234.50", ".", 1234.5),
        ("1.234,50", ",", 1234.5),
        ("$ 80.00", ".", 80),
        ("80,00 €", ",", 80),
        ("-80", ".", -80),
        ("80-", ".", -80),
        ("(80.5)", ".", -80.5),
        ("1 234,5", ",", 1234.5),
        ("1'234.5", ".", 1234.5),
        (".5", ".", None),
        ("1,23", ".", None),
        ("12,34,56", ".", None),
        ("eighty", ".", None),
        ("1.2.3", ".", None),
        ("--1", ".", -1),
    ],
)
def test_amounts_as_people_write_them(text, mark, amount):
    assert file.read_money(text, mark) == amount


@pytest.mark.parametrize(
    ("text", "is_day_first", "day"),
    [
        ("2026-03-04", True, date(2026, 3, 4)),
        ("2026/3/4", False, date(2026, 3, 4)),
        ("2026-03-04 10:00:00", False, date(2026, 3, 4)),
        ("3/4/2026", False, date(2026, 3, 4)),
        ("3.4.2026", True, date(2026, 4, 3)),
        ("03-04-26", True, date(2026, 4, 3)),
        ("", True, False),
    ],
)
def test_days_as_people_write_them(text, is_day_first, day):
    assert file.read_day(text, is_day_first) == day


def test_a_file_is_read_by_its_own_evidence_not_by_the_users_language():
    text = "Invoice;Date;Paid\nA;13.03.2026;1.234,50\nB;04.03.2026;2.000\n"
    lines = read(text, ENGLISH)
    assert [line["paid"] for line in lines] == [1234.5, 2000]
    assert [line["named_date"] for line in lines] == [
        date(2026, 3, 13),
        date(2026, 3, 4),
    ]


def test_without_evidence_the_users_language_decides():
    text = "Invoice;Date;Paid\nA;03.04.2026;2.000\n"
    assert read(text, ENGLISH)[0]["paid"] == 2
    assert read(text, ENGLISH)[0]["named_date"] == date(2026, 3, 4)
    assert read(text, GERMAN)[0]["paid"] == 2000
    assert read(text, GERMAN)[0]["named_date"] == date(2026, 4, 3)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"]
)
def test_any_usual_encoding_is_read(encoding):
    text = "Invoice,Patient,Paid\nA,Zoë Müller,1\n".encode(encoding)
    assert read(text)[0]["named_patient"] == "Zoë Müller"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_usual_separator_is_read(separator):
    text = f"Invoice{separator}Paid\nA{separator}1\n"
    assert read(text) == [{"named_number": "A", "paid": 1}]


def test_cells_of_a_spreadsheet_are_numbers_and_days():
    rows = [
        ["Invoice", "Date of service", "Paid", "Rest", None],
        ["A", datetime(2026, 3, 4), 26.900000000000002, "Write off", "x"],
        [7, date(2026, 3, 5), 80, None, None],
    ]
    assert file.read_lines(rows, ENGLISH) == [
        {
            "named_number": "A",
            "named_date": date(2026, 3, 4),
            "paid": 26.9,
            "rest": "write_off",
        },
        {"named_number": "7", "named_date": date(2026, 3, 5), "paid": 80},
    ]


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("", "empty", 0),
        ("Invoice,Paid\n", "empty", 0),
        ("Number of it,Sum\nA,1\n", "columns", 1),
        ("\n\nNo,Sum\nA,1\n", "columns", 3),
        ("Invoice,Paid\nA,1\n\n\nB,x\n", "amount", 5),
        ("Invoice,Date,Paid\nA,2026-02-30,1\n", "date", 2),
        ("Invoice,Date,Paid\nA,soon,1\n", "date", 2),
        ("Invoice,Paid\nA,1\n,1\n", "nothing_named", 3),
        ("Invoice,Paid,Rest\nA,1,perhaps\n", "rest", 2),
        ('Invoice,Paid\nA,1.50\nB,"2,50"\n', "mixed_amounts", 3),
        ("Invoice,Date,Paid\nA,13/1/2026,1\nB,1/13/2026,1\n", "mixed_dates", 3),
        ("Invoice,Paid\n" + "A,1\n" * 10_001, "too_many", 0),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text, kind, line):
    with pytest.raises(file.FileProblem) as caught:
        read(text)
    assert (caught.value.kind, caught.value.line) == (kind, line)
