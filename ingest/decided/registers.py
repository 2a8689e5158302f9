"""A small CSV that a person edits -> typed columns, or one line that says where it cannot be read.

Holds: the one reader for corrections, decisions and seeds: what a spreadsheet does to such a file when it saves it
(Shift_JIS, a mark at the beginning, other line ends, codes without their zero, 2024/1/1, empty rows and columns) is
read right where that is certain. Does not hold: which columns a register has (its user says) or what its lines mean.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple

import polars as pl

from sousei.ingest.areas import shown, typed_codes
from sousei.ingest.areas.register import register
from sousei.ingest.cells import csvtext
from sousei.ingest.problems.record import SHOWN, Problem, Refusal, problem
from sousei.ingest.vocabulary import values
from sousei.ingest.vocabulary.text import squeeze
from sousei.ingest.vocabulary.written_dates import CERTAIN_FORMS_JA, KINDS, written

Kind = Literal["text", "code", "date", "number", "integer", "flag"]
TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "code": pl.String(),
    "date": pl.Date(),
    "number": pl.Decimal(28, 8),
    "integer": pl.Int64(),
    "flag": pl.Boolean(),
}
"""Kind of a column -> its type. code: five digits. number: an exact decimal. flag: true or false."""
_EXPECTED = {
    "code": ("5桁の団体コード（検査数字つきの6桁も可）", "a five-digit municipality code"),
    "date": (f"日付（{CERTAIN_FORMS_JA}）", "a date such as 2026-04-01"),
    "number": ("数（57177、57,177、0.5 など）", "a number such as 57177 or 0.5"),
    "integer": ("整数（2026 など）", "a whole number such as 2026"),
    "flag": ("true か false", "true or false"),
    "text": ("文字", "text"),
}
_BROKEN = re.compile(r"#{2,}|#(?:REF!|N/A|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|SPILL!|CALC!)|�.*|.*�.*")
"""What a spreadsheet shows in place of a cell, and a character that was lost on the way."""
_ELSEWHERE = {";": "；（セミコロン）", "\t": "タブ"}
_ADVICE = "表計算ソフトで開き直し、「CSV UTF-8（コンマ区切り）」で保存し直してください。"


class Fault(NamedTuple):
    """What is wrong in one place: row as a person counts it (None: the file), column ('' : the row)."""

    row: int | None
    column: str
    message_ja: str
    message_en: str
    action_ja: str


class Scanned(NamedTuple):
    """frame: line_number and the columns, null where a cell is blank (text '') or faulty. faults: in order of rows."""

    frame: pl.DataFrame
    faults: list[Fault]


class RegisterError(ValueError):
    """A register that cannot be read; its text is one line: file, row, column, what is wrong, what to do."""

    def __init__(self, file: str, faults: list[Fault]) -> None:
        first = faults[0]
        place = f"{file} {first.row}行目" if first.row else file
        more = f"（ほかに {len(faults) - 1} か所）" if len(faults) > 1 else ""
        column = f"列「{first.column}」: " if first.column else ""
        super().__init__(
            f"register_not_read: {place} {column}{first.message_ja}。{first.action_ja}{more} / {first.message_en}"
        )
        self.file, self.faults = file, faults

    @property
    def problems(self) -> list[Problem]:
        """The same as rows of raw.problem."""
        return [
            problem(
                "register_not_read",
                row=fault.row,
                column_label=fault.column,
                file=self.file,
                why_ja=fault.message_ja,
                why=fault.message_en,
                advice_ja=fault.action_ja,
            )
            for fault in self.faults[:SHOWN]
        ]


def read(
    path: Path,
    columns: Mapping[str, Kind],
    *,
    filled: Collection[str] = (),
    file: str | None = None,
    others: bool = False,
) -> pl.DataFrame:
    """Typed columns of a register in the order of `columns`, after `line_number` (Int64, the header is line 1 or
    later; where it has rows of one line each, it is the row that a spreadsheet shows).

    filled: columns that may not be blank. file: how the file is named in messages. others: lines are pasted from lists
    that may be wider or narrower: other columns are passed over, and what a line does not reach is blank. A blank cell
    is null, '' in a text. The header again, pasted with its lines, is no line.
    Raises RegisterError where the file, its header or a cell is not certain; FileNotFoundError where there is no file.
    """
    found = scan(path, columns, filled=filled, file=file, others=others)
    if found.faults:
        raise RegisterError(file or path.name, found.faults)
    return found.frame


def scan(
    path: Path,
    columns: Mapping[str, Kind],
    *,
    filled: Collection[str] = (),
    file: str | None = None,
    others: bool = False,
) -> Scanned:
    """The same with the faulty cells as null and told one by one, for a caller that judges line by line.

    Raises RegisterError where not even the rows are certain (characters, structure, header, widths).
    """
    name = file or path.name
    table, place = _table(path, name, list(columns), others)
    lines = [table.lines[at] for at in place.rows]
    frame: dict[str, Any] = {"line_number": pl.Series(lines, dtype=pl.Int64)}
    faults: list[Fault] = []
    for column, kind in columns.items():
        texts = [(table.columns[place.columns[column]][at] or "").strip(" \u3000\t\u00a0") for at in place.rows]
        wide = kind == "code" and any(len(squeeze(text)) == 6 for text in texts)
        cells: list[Any] = []
        for line, text in zip(lines, texts, strict=True):
            value, why = _cell(text, kind, wide)
            if why is None and column in filled and not text:
                why = ("空欄です", "is blank")
            if why is not None:
                faults.append(_fault(line, column, kind, *why))
            cells.append(value)
        frame[column] = pl.Series(cells, dtype=TYPES[kind])
    return Scanned(pl.DataFrame(frame), sorted(faults, key=lambda fault: fault.row or 0))


class _Place(NamedTuple):
    """Where the table stands in the records: its rows, and the place of each column."""

    rows: list[int]
    columns: dict[str, int]


def _stop(name: str, row: int | None, column: str, ja: str, en: str, action: str = _ADVICE) -> RegisterError:
    return RegisterError(name, [Fault(row, column, ja, en, action)])


def _table(path: Path, name: str, wanted: list[str], others: bool) -> tuple[csvtext.Table, _Place]:
    """The records of a file, and where the table stands in them."""
    try:
        text, _ = csvtext.decode(path.read_bytes())
        text = text.removeprefix("\ufeff")
        table = csvtext.table(text)
    except Refusal as refusal:
        one = refusal.problems[0]
        ja, en = one["message_ja"].rstrip("。"), one["message_en"].rstrip(".")
        raise _stop(name, one["row"], "", ja, en, one["action_ja"]) from None
    filled = [[(cell or "").strip() for cell in column.to_list()] for column in table.columns]
    full = [at for at in range(len(table.lines)) if any(column[at] for column in filled)]
    if not full:
        raise _stop(
            name, None, "", f"空のファイルです。1行目に見出し {','.join(wanted)} が要ります", "the file is empty"
        )
    head, rows = full[0], full[1:]
    first = text.split("\n")[head]
    for sign, called in _ELSEWHERE.items():
        if sign in first and "," not in first:
            ja = f"項目がコンマではなく{called}で区切られています"
            raise _stop(name, table.lines[head], "", ja, "the fields are not separated by commas")
    columns = _header(name, table.lines[head], [squeeze(column[head]) for column in filled], wanted, others)
    rows = [row for row in rows if any(squeeze(filled[at][row]) != one for one, at in columns.items())]
    if others:
        return table, _Place(rows, columns)
    width = int(table.widths[head])
    for row in rows:
        given = int(table.widths[row])
        if given < width or any(column[row] for column in filled[width:]):
            ja = f"項目の数が見出しと違います（見出し {width}、この行 {given}）"
            action = '値の中のコンマは、値ごと " で囲んでください。'
            raise _stop(name, table.lines[row], "", ja, f"{given} fields instead of {width}", action)
        for at, column in enumerate(filled[:width]):
            if column[row] and at not in columns.values():
                ja, en = "見出しのない列に値があります", "a value in a column without a header"
                action = "余分なコンマを除くか、値を消してください。"
                raise _stop(name, table.lines[row], f"{at + 1}列目", ja, en, action)
    return table, _Place(rows, columns)


def _header(name: str, line: int, labels: list[str], wanted: list[str], others: bool) -> dict[str, int]:
    """Place of each column, in the order of `wanted`. Columns may stand in any order; blank headers are none."""
    given = [label for label in labels if label]
    for label in given:
        if given.count(label) > 1:
            action = "一つを消してください。"
            raise _stop(name, line, _label(label), "同じ見出しが二つあります", "the same header stands twice", action)
    missing, unknown = [one for one in wanted if one not in given], [one for one in given if one not in wanted]
    if missing or (unknown and not others):
        said = [f"ない列: {', '.join(missing)}"] if missing else []
        for one in unknown:
            near = difflib.get_close_matches(one, missing, n=1, cutoff=0.6)
            said.append(f"知らない列: {_label(one)}" + (f"（{near[0]} の誤りではありませんか）" if near else ""))
        en = f"the header lacks {missing or 'nothing'} and has {len(unknown)} columns that are not known"
        raise _stop(name, line, "", f"見出しが違います。{'。'.join(said)}", en, f"見出しは {','.join(wanted)} です。")
    return {one: labels.index(one) for one in wanted}


def _label(text: str) -> str:
    """A header as a message shows it: an identifier, or how long it is."""
    return text if re.fullmatch(r"[A-Za-z0-9_]{1,40}", text) else shown.cell(text)


def _fault(line: int, column: str, kind: str, ja: str, en: str) -> Fault:
    expected_ja, expected_en = _EXPECTED[kind]
    return Fault(line, column, ja, f"line {line}, column {column}: {en}; expected {expected_en}",
                 f"{expected_ja}にしてください。")  # fmt: skip


def _cell(text: str, kind: Kind, wide: bool) -> tuple[Any, tuple[str, str] | None]:
    """(value, None) or (null, why not)."""
    if _BROKEN.fullmatch(text):
        return None, (
            "表計算ソフトの誤りの表示か、失われた文字です",
            "shows an error of the spreadsheet or a lost character",
        )
    if kind == "text":
        return text, None
    if not text:
        return None, None
    if kind == "date":
        found = written(text)
        return found.day, None if found.day else (
            f"確かに読める日付ではありません（{KINDS[found.kind]}）",
            "is no certain date",
        )
    if kind == "code":
        return code(text, wide)
    if kind == "flag":
        word = text.lower()
        return (
            (word == "true", None)
            if word in {"true", "false"}
            else (None, ("true でも false でもありません", "is no flag"))
        )
    number = _number(text)
    if number is None:
        return None, ("数として読めません", "is not a number")
    if kind == "integer":
        whole = number == number.to_integral_value()
        return (int(number), None) if whole else (None, ("整数ではありません", "is not a whole number"))
    return number, None


def code(text: str, wide: bool) -> tuple[str | None, tuple[str, str] | None]:
    """(five-digit code, None) or (None, why not, in Japanese and English). wide: the column has codes of six digits, so
    one of five may have lost its zero."""
    codes = typed_codes.meanings(text, register())
    if len(codes) == 2 and not wide:
        codes = codes[:1]
    if len(codes) == 1:
        return codes[0], None
    if codes:
        return None, (
            f"{codes[0]} とも、先頭の 0 が落ちた {codes[1]} とも読めます（6桁のコードのある列です）",
            f"may be {codes[0]} or {codes[1]}",
        )
    return None, ("知っている団体コードではありません", "is no code that is known")


def _number(text: str) -> Decimal | None:
    """An exact number; None for anything else, numbers that a spreadsheet shortened (1.2E+10) among them."""
    try:
        values.read_number(text)
    except ValueError:
        return None
    plain = re.sub(r"[,+]", "", squeeze(text)).translate(str.maketrans("△▲", "--"))
    plain = f"-{plain[1:-1]}" if plain.startswith("(") else plain
    number = Decimal(plain)
    exponent = number.as_tuple().exponent
    return number if isinstance(exponent, int) and exponent >= -8 and abs(number) < Decimal(10) ** 20 else None


def canonical(value: Any) -> str:
    """How a register writes a value of its own accord: ISO dates, plain numbers, true and false."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        plain = format(value.normalize(), "f")
        return "0" if plain == "-0" else plain
    return str(value)
