"""What a table says that an insurer has sent: amounts and dates of any country.

The rows are those of a file, the first one names the columns. Nothing is guessed: what
one column says in two ways is a problem, and is told with the number of its line.
"""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date

MOST_LINES = 10_000
SEPARATORS = ";,\t|"

# What the columns may be called, small and without anything but letters.
NAMES_OF_COLUMNS = {
    "named_number": ("invoice", "invoicenumber", "number", "claim", "claimnumber"),
    "named_date": ("date", "dateofservice", "servicedate", "dos"),
    "named_patient": ("patient", "patientname", "member", "membernumber", "memberid"),
    "allowed": ("allowed", "allowedamount"),
    "paid": ("paid", "paidamount", "amountpaid", "payment"),
    "contractual": ("contractual", "contractualadjustment", "co"),
    "patient_part": ("patientresponsibility", "patientspart", "pr"),
    "other_adjustment": ("other", "otheradjustment", "oa", "pi"),
    "reason_codes": ("codes", "reasoncodes", "reasons"),
    "rest": ("rest", "whatisnotpaid"),
}
AMOUNTS = ("allowed", "paid", "contractual", "patient_part", "other_adjustment")
WORDS_OF_RESTS = {
    "keep": ("keep", "open", "stillopen"),
    "secondary": ("secondary", "secondaryinsurer"),
    "client": ("client", "patient"),
    "write_off": ("writeoff", "writtenoff"),
}

ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
OTHER = re.compile(r"(\d{1,2})[-/. ]+(\d{1,2})[-/. ]+(\d{2}|\d{4})")
DIGITS = re.compile(r"\d+|\d{1,3}(?:G\d{3})+")


@dataclass(frozen=True)
class Reading:
    """How ambiguous values are read: as the user's language does.

    :param bool is_day_first: whether 3/4 is a day of April
    :param str decimal_point: whether 1,234 is more than a thousand
    """

    is_day_first: bool = False
    decimal_point: str = "."


class FileProblem(ValueError):
    """Why a file is not read.

    :param str kind: ``empty``, ``columns``, ``too_many``, ``nothing_named``,
        ``amount``, ``date``, ``rest``, ``mixed_amounts`` or ``mixed_dates``
    :param int line: of the file, from 1 on; 0 for the file
    :param str text: what stands there
    """

    def __init__(self, kind, line=0, text=""):
        super().__init__(f"{kind} in line {line}: {text}")
        self.kind, self.line, self.text = kind, line, text


# === FROM BYTES TO ROWS === #


def read_csv(content):
    """Return the rows of a file of values with separators, in any usual encoding."""
    text = decode(content)
    head = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=head.count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def decode(content):
    """Return the text of these bytes.

    What is not Unicode comes from a spreadsheet of Windows.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


# === FROM ROWS TO LINES === #


def read_lines(rows, reading):
    """Return what each row says, by the names of a remittance line's fields.

    :param list rows: of cells; empty rows count as lines of the file
    :param Reading reading: for what can be read in two ways
    :raise FileProblem: the first thing that cannot be read
    """
    table = [
        (number, [_text(cell) for cell in row]) for number, row in enumerate(rows, 1)
    ]
    table = [(number, cells) for number, cells in table if any(cells)]
    if len(table) < 2:
        raise FileProblem("empty")
    if len(table) - 1 > MOST_LINES:
        raise FileProblem("too_many", text=str(MOST_LINES))
    columns = _find_columns(*table[0])
    lines = [
        (number, {name: _cell(cells, at) for name, at in columns.items()})
        for number, cells in table[1:]
    ]
    return [values for _number, values in _read_values(lines, reading)]


def _find_columns(number, cells):
    """Return where each column that is known stands."""
    names = ["".join(filter(str.isalpha, cell.lower())) for cell in cells]
    columns = {
        name: names.index(found)
        for name, words in NAMES_OF_COLUMNS.items()
        if (found := next((word for word in words if word in names), None))
    }
    if "paid" not in columns or not {"named_number", "named_date"} & columns.keys():
        raise FileProblem("columns", number, ", ".join(filter(None, cells)))
    return columns


def _read_values(lines, reading):
    mark = decimal_mark(lines, reading.decimal_point)
    is_day_first = day_first(lines, reading.is_day_first)
    for number, values in lines:
        for name in AMOUNTS:
            if name in values:
                values[name] = _read_money(values[name], mark, number)
        if "named_date" in values:
            values["named_date"] = _read_day(values["named_date"], is_day_first, number)
        if values.get("rest"):
            values["rest"] = _read_rest(values["rest"], number)
        else:
            values.pop("rest", None)
        if not (values.get("named_number") or values.get("named_date")):
            raise FileProblem("nothing_named", number)
        yield number, values


def _text(cell):
    """Return a cell as text; a spreadsheet has numbers and days as well."""
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return f"{cell:.4f}".rstrip("0").rstrip(".")
    return "" if cell is None else str(cell).strip()


def _cell(cells, position):
    return cells[position] if position < len(cells) else ""


# === AMOUNTS === #


def decimal_mark(lines, default):
    """Return by which sign these amounts have cents: all of them by the same.

    :param list lines: numbers of lines and their values
    """
    found = ""
    for number, values in lines:
        for name in AMOUNTS:
            mark = _told_mark(values.get(name, ""))
            if mark and found and mark != found:
                raise FileProblem("mixed_amounts", number, values[name])
            found = mark or found
    return found or default


def _told_mark(text):
    """Return the decimal sign that an amount shows beyond doubt, else nothing."""
    signs = [sign for sign in text if sign in ".,"]
    if not signs:
        return ""
    last, others = signs[-1], signs[:-1]
    if others:
        # 1.234.567 has none; 1.234,56 has its last one.
        return _other(last) if last in others else last
    return last if len(re.findall(r"\d", text.rpartition(last)[2])) != 3 else ""


def _other(sign):
    return "," if sign == "." else "."


def _read_money(text, mark, number):
    amount = read_money(text, mark)
    if amount is None:
        raise FileProblem("amount", number, text)
    return amount


def read_money(text, mark):
    """Return the amount that a text says, ``None`` if it says none; empty is 0.

    >>> read_money("(1.234,50) EUR", ",")
    -1234.5
    """
    plain = re.sub(r"[^\d.,()\-]", "", text.replace("\u2212", "-"))
    if not text.strip():
        return 0.0
    is_negative = plain.startswith(("-", "(")) or plain.endswith("-")
    whole, _mark, cents = plain.strip("-()").partition(mark)
    if not DIGITS.fullmatch(whole.replace(_other(mark), "G")):
        return None
    if not re.fullmatch(r"\d{0,4}", cents):
        return None
    amount = float(f"{whole.replace(_other(mark), '')}.{cents or 0}")
    return -amount if is_negative else amount


# === DAYS === #


def day_first(lines, default):
    """Return whether these dates begin with the day: all of them, or none.

    :param list lines: numbers of lines and their values
    """
    found = None
    for number, values in lines:
        parts = OTHER.fullmatch(values.get("named_date", ""))
        first, second = (int(parts[1]), int(parts[2])) if parts else (0, 0)
        if max(first, second) <= 12:
            continue
        if found not in (None, first > 12):
            raise FileProblem("mixed_dates", number, values["named_date"])
        found = first > 12
    return default if found is None else found


def _read_day(text, is_day_first, number):
    try:
        return read_day(text, is_day_first)
    except ValueError as error:
        raise FileProblem("date", number, text) from error


def read_day(text, is_day_first):
    """Return the day that a text says, ``False`` if it is empty.

    :raise ValueError: it says none
    """
    if not text:
        return False
    if parts := ISO.fullmatch(text):
        return date(*map(int, parts.groups()))
    parts = OTHER.fullmatch(text)
    if not parts:
        raise ValueError(text)
    first, second, year = map(int, parts.groups())
    day, month = (first, second) if is_day_first else (second, first)
    return date(year + 2000 if year < 100 else year, month, day)


def _read_rest(text, number):
    word = "".join(filter(str.isalpha, text.lower()))
    for rest, words in WORDS_OF_RESTS.items():
        if word in words:
            return rest
    raise FileProblem("rest", number, text)
