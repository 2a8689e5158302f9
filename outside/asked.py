"""What to ask of the e-Stat API: a list of tables with conditions, and the items that plan registers name.

Holds: reading a list (CSV) and finding `estat:<table>:<item>` in workbooks and CSV files; making questions of them.
Does not hold: asking (estat.py), or the rules for a register (ingest.sources.plan_register).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sousei.foundation.told import ToldError
from sousei.ingest.cells import csvtext
from sousei.ingest.cells.contents import using
from sousei.ingest.problems.record import Refusal
from sousei.ingest.sources.plan_register.indicators import ESTAT_ITEM
from sousei.outside.estat import MOST_CODES, EstatError, Question

REQUESTS = Path(__file__).with_name("requests.csv")
"""The product's own list: tables that every municipality can use."""
_COLUMNS = ["stats_data_id", "conditions", "what_ja"]
_PLAIN = "観測値"
"""Name of the class that the 社会・人口統計体系 has beside its items; an item's name leaves it out."""

Classes = list[tuple[str, str, frozenset[str]]]


def listed(path: Path) -> list[Question]:
    """The questions of a list: columns stats_data_id, conditions (cdCat01=A1101,A1102&cdArea=01223), what_ja.

    Raises ToldError naming file and line.
    """
    try:
        rows = list(csv.reader(io.StringIO(csvtext.decode(path.read_bytes())[0])))
    except OSError as error:
        raise ToldError(f"requests_not_readable: {path} を読めません（{error.strerror}）。") from None
    except Refusal:
        raise ToldError(f"requests_not_readable: {path} は UTF-8 か Shift_JIS の CSV ではありません。") from None
    if not rows or [cell.strip() for cell in rows[0]] != _COLUMNS:
        raise ToldError(f"requests_header: {path} の1行目は {','.join(_COLUMNS)} としてください。")
    found: list[Question] = []
    for line, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(_COLUMNS):
            raise ToldError(f"requests_row: {path} の{line}行目は {len(row)} 項目です（3項目）。")
        number, conditions, what = (cell.strip() for cell in row)
        pairs = [part.partition("=") for part in conditions.split("&") if part]
        try:
            found.append(Question(number, {name: codes for name, _, codes in pairs}, what))
        except EstatError as error:
            raise ToldError(f"requests_row: {path} の{line}行目: {error.ja} / line {line}: {error.en}") from None
    return found


def named_items(paths: Iterable[Path]) -> dict[str, set[str]]:
    """Table -> codes of the items that workbooks or CSV files name anywhere (`estat:<table>:<item>`).

    Raises ToldError where a file cannot be opened.
    """
    found: dict[str, set[str]] = {}
    for path in paths:
        for name in _names(path):
            _, table, item = name.split(":", 2)
            found.setdefault(table, set()).add(item)
    return found


def _names(path: Path) -> Iterator[str]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ToldError(f"register_not_readable: {path} を読めません（{error.strerror}）。") from None
    with using(None) as opener:
        try:
            contents = opener.open(data)
        except Refusal as refusal:
            said = refusal.problems[0]
            raise ToldError(f"register_not_readable: {path}: {said['message_ja']} {said['action_ja']}") from None
        for grid in contents.grids:
            for column in range(grid.width):
                for text in grid.long_texts(column, len("estat:0000000000:x")):
                    yield from ESTAT_ITEM.findall(text)


def of_items(
    items: dict[str, set[str]], classes_of: Callable[[str], Classes]
) -> tuple[list[Question], list[EstatError]]:
    """(a question or more for each table, what cannot be asked). Items of one class are asked for together.

    classes_of: the classes of a table (Estat.classes), which says which parameter each code of an item belongs to.
    Raises EstatError where the API cannot be asked at all.
    """
    questions: list[Question] = []
    faults: list[EstatError] = []
    for table, codes in sorted(items.items()):
        try:
            classes = classes_of(table)
        except EstatError as error:
            if error.ends:
                raise
            faults.append(error)
            continue
        single: dict[str, list[str]] = {}
        for code in sorted(codes):
            parts = code.split("/")
            mine = [one for one in classes if one[1] != _PLAIN] if len(parts) == len(classes) - 1 else classes
            if len(mine) != len(parts) or any(part not in one[2] for one, part in zip(mine, parts, strict=True)):
                ja = f"estat:{table}:{code} という項目は e-Stat のこの表にありません。指標の系列IDを確かめてください"
                faults.append(EstatError("item_unknown", ja, f"estat:{table}:{code} is no item of this table"))
            elif len(parts) == 1:
                single.setdefault(_parameter(mine[0][0]), []).append(code)
            else:
                conditions = {_parameter(one[0]): part for one, part in zip(mine, parts, strict=True)}
                questions.append(Question(table, conditions, f"計画台帳の指標 {code}"))
        for name, several in single.items():
            for at in range(0, len(several), MOST_CODES):
                some = several[at : at + MOST_CODES]
                questions.append(Question(table, {name: ",".join(some)}, f"計画台帳の指標 {'、'.join(some)}"))
    return questions, faults


def narrowed(questions: Iterable[Question], municipalities: list[str]) -> list[Question]:
    """The same questions for these municipalities only; those that name areas themselves stay. None: as they are."""
    found: list[Question] = []
    for one in questions:
        if not municipalities or any(name.startswith(("cdArea", "lvArea")) for name in one.conditions):
            found.append(one)
            continue
        for at in range(0, len(municipalities), MOST_CODES):
            areas = ",".join(municipalities[at : at + MOST_CODES])
            found.append(Question(one.stats_data_id, {**one.conditions, "cdArea": areas}, one.what_ja))
    return found


def _parameter(name: str) -> str:
    """cat01 -> cdCat01, tab -> cdTab."""
    return f"cd{name[:1].upper()}{name[1:]}"
