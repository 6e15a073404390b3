"""Guess the format of a text table: separator, quotes, header and signs of numbers."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SPACES, TAB = "spaces", "tab"
SEPARATORS = (",", ";", TAB, "|", SPACES)
NO_QUOTE = "none"
# Words for a missing value, in lower case.
MISSING = frozenset(
    {"", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "missing"}
)
_MOST_TITLES = 20  # lines before the header
# Signs of thousands as spreadsheets write them: no-break spaces, narrow or not, and ’.
_VARIANTS = {" ": "[ \u00a0\u202f]", "'": "['\u2019]"}
_NUMBER = re.compile(r"[+-]?(\d[\d.,' \u00a0\u202f\u2019]*|[.,]\d+)([eE][+-]?\d+)?")
_POINT = re.compile(r"[+-]?(\d*\.\d+([eE][+-]?\d+)?|\d{1,3}(,\d{3})+\.\d*|\d{1,3}(,\d{3}){2,})")
_COMMA = re.compile(
    r"[+-]?(\d*,\d+([eE][+-]?\d+)?|\d{1,3}([. '\u00a0\u202f\u2019]\d{3})+,\d*|\d{1,3}(\.\d{3}){2,})"
)
_GROUP = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")  # 1,234 or 1.234: could be either


@dataclass(frozen=True)
class Signs:
    """The signs of numbers.

    Args:
        decimal: `"."` or `","`.
        thousands: separator of groups of three digits, or `"none"`.
    """

    decimal: str
    thousands: str


def split_lines(text: str, separator: str, quote: str) -> list[list[str]]:
    """Split the text of a table into rows of cells; blank lines are left out."""
    if separator == SPACES:
        return [line.split() for line in text.splitlines() if line.strip()]
    quoting = csv.QUOTE_NONE if quote == NO_QUOTE else csv.QUOTE_MINIMAL
    character = None if quote == NO_QUOTE else quote
    separator = "\t" if separator == TAB else separator
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, quotechar=character, quoting=quoting
    )
    return [row for row in reader if row]


def guess_separator(sample: str, quote: str, wanted: Sequence[str]) -> str:
    """Return the separator of a table.

    Args:
        sample: whole lines from its beginning.
        quote: the quote character.
        wanted: columns that the table should have; a separator with which the first line contains
            them is correct.

    Returns:
        One of `SEPARATORS`; `","` for a table of one column.
    """
    best, best_score = ",", (False, False, 0)
    for separator in SEPARATORS:
        try:
            rows = split_lines(sample, separator, quote)
        except csv.Error:
            continue
        if not rows or len(rows[0]) < 2:
            continue
        alike = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        names = {cell.strip() for cell in rows[0]}
        named = bool(wanted) and names >= {*wanted}
        if alike < 0.9 and not named:
            continue
        # Spaces also separate words: use them only if nothing else separates cells.
        cells = 1 if separator == SPACES else len(rows[0])
        score = (named, alike >= 0.9, cells)
        if score > best_score:
            best, best_score = separator, score
    return best


def guess_header(rows: Sequence[Sequence[str]], wanted: Sequence[str]) -> bool:
    """Return whether the first row names the columns.

    Args:
        rows: the first rows.
        wanted: columns that the table should have.
    """
    first, rest = [cell.strip() for cell in rows[0]], rows[1:]
    if any(name in first for name in wanted):
        return True
    if not rest or not any(first):
        return True
    if any(is_value(cell) or len(cell.split()) > 6 for cell in first):
        return False
    if 2 * sum(cell.endswith((".", "!")) for cell in first) >= len(first):  # sentences
        return False
    columns = [
        [row[index].strip() for row in rest if index < len(row)] for index in range(len(first))
    ]
    # A repeated value is a label, not a column name.
    for cell, column in zip(first, columns, strict=True):
        if cell and column.count(cell) >= 1 and len({*column}) <= max(2, len(column) / 2):
            return False
    # Column names are unique and short.
    return max(map(len, first)) <= 60 or any(is_value(c) for c in rest[0])


def count_titles(lines: Sequence[str], separator: str | None) -> int:
    """Return the number of lines before a table's header, such as a title, a date and a blank one.

    They have fewer cells than the header and all lines after it, which have the same number.

    Args:
        lines: of the file's beginning.
        separator: of cells; None tries those but spaces.
    """
    tried = [separator] if separator else SEPARATORS[:-1]
    signs = ["\t" if one == TAB else one for one in tried]
    rows = [line for line in lines if line.strip()]
    # A missing 1,5 between semicolons makes no title of a line: all lines are rows.
    if any(
        len(counts := {row.count(sign) for row in rows}) == 1 and 0 not in counts for sign in signs
    ):
        return 0
    for sign in signs:
        counts = [line.count(sign) for line in lines]
        last = max(counts[-1:], default=0)
        others = [
            index for index, line in enumerate(lines) if line.strip() and counts[index] != last
        ]
        first = others[-1] + 1 if others else 0
        while first < len(lines) and not lines[first].strip():
            first += 1
        if last == 0 or not 0 < first <= min(_MOST_TITLES, len(lines) - 5):
            continue
        fewer = max(counts[:first]) < last
        if fewer and not any(is_value(cell.strip()) for cell in lines[first].split(sign)):
            return first
    return 0


def is_value(cell: str) -> bool:
    """Return whether a cell is a number or a date, and thus not a column name."""
    return bool(_NUMBER.fullmatch(cell) or re.fullmatch(r"\d{1,4}[-/.]\d{1,2}([-/.].*)?", cell))


def guess_signs(columns: Iterable[Iterable[str]], separator: str) -> Signs | None:
    """Return the signs of numbers, from cells of columns.

    Returns:
        None if 1,234 could be two numbers, or columns differ in their decimal sign.
    """
    numbers, groups = [], set()
    point = comma = is_doubtful = False
    for column in columns:
        found = [cell for cell in {c.strip() for c in column} if _NUMBER.fullmatch(cell)]
        clear = [cell for cell in found if not is_group(cell)]
        signs = {"," if "," in cell else "." for cell in found if is_group(cell)}
        has_point = any(_POINT.fullmatch(cell) for cell in clear)
        is_doubtful |= separator == ";" and signs == {","} and not has_point
        point |= has_point
        comma |= any(_COMMA.fullmatch(cell) for cell in clear)
        groups |= signs
        numbers += found
    if point and (comma or is_doubtful):
        return None
    if comma:
        used = [sign for sign in ". '" if any(_is_grouped(cell, sign, ",") for cell in numbers)]
        return Signs(",", used[0] if used else "none")
    if point or not groups or (groups == {"."} and separator != ";"):
        used = [sign for sign in ", '" if any(_is_grouped(cell, sign, ".") for cell in numbers)]
        return Signs(".", used[0] if used else "none")
    return None


def is_group(cell: str) -> bool:
    """Return whether a cell is a number that can be read in two ways, such as 1,234."""
    return bool(_GROUP.fullmatch(cell))


def _is_grouped(cell: str, thousands: str, decimal: str) -> bool:
    pattern = rf"[+-]?[1-9]\d{{0,2}}({group_sign(thousands)}\d{{3}})+({re.escape(decimal)}\d*)?"
    return bool(re.fullmatch(pattern, cell))


def group_sign(thousands: str) -> str:
    """Return the regular expression (RE2) of a separator of groups of three digits."""
    return _VARIANTS.get(thousands, re.escape(thousands))


def number_pattern(signs: Signs) -> str:
    """Return the regular expression (RE2) of numbers with these signs."""
    decimal = re.escape(signs.decimal)
    whole = r"\d+"
    if signs.thousands != "none":
        whole = rf"([1-9]\d{{0,2}}({group_sign(signs.thousands)}\d{{3}})+|\d+)"
    return rf"^[+-]?({whole}({decimal}\d*)?|{decimal}\d+)([eE][+-]?\d+)?$"
