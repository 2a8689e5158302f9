"""Tables as CSV for people, which a spreadsheet opens by a double click without changing a value.

Holds: which tables, and how a value is written so that no program takes it for another one. Does not hold: the CSV for
programs (`contents`), workbooks with a layout of their own (`book`).

A spreadsheet guesses what each cell of a CSV is, and no quotes and no leading mark keep all of them from it: `5-9`
becomes a date, `01223` becomes 1223, and `="01223"` is right in Excel alone. So a text that may be guessed at stands in
corner brackets, 「5-9」: it is seen, anyone takes it off, and no program reads it as a number, a date or a
formula. Codes that have words are written as their words (5～9歳), municipalities as code and name (01223 根室市).
UTF-8 with a byte order mark and CRLF, because Excel in Japan takes anything else for CP932.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import polars as pl

from sousei.foundation import duck
from sousei.foundation.duck import identifier
from sousei.publication.catalogue import Column, Described, words
from sousei.publication.formats import CSV_ROWS, FORMULA_START

FOLDER = "office"
_SIGNS = r"[\d０-９\s.,:;/\\\-+~()%¥$€#'．，：；／＼－＋～（）％￥＄＃’年月日時分秒元号〜ー−\x{3000}]"
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?"
)
_LETTERS = rf"(?:明治|大正|昭和|平成|令和|午前|午後|am|pm|{_MONTHS}|[detzmshrＥＭＴＳＨＲ])"
_NUMBERLIKE = rf"(?i)^{_SIGNS}*(?:{_LETTERS}{_SIGNS}+)*{_LETTERS}?{_SIGNS}*$"
"""Text of nothing but digits, the signs of numbers, dates and times, and their letters (R6.4.1, 1E5, 10T00Z)."""
_WORDS = rf"(?i)^\s*(?:true|false|{_MONTHS}|#.*)\s*$"
"""Words that are a value to a spreadsheet: booleans, months, errors (#N/A)."""
_BLANK = r"^\s|\s$|\t"
"""Blanks at an end, and tabs, which programs cut or keep as they like."""

ASKED = {
    "dim_code": "select table_name, column_name, code, label_ja from dim_code",
    "dim_age_group": "select '*', 'age_group', age_group, label_ja from dim_age_group",
    "dim_municipality_code": "select '*', 'municipality_code', municipality_code, "
    "municipality_code || ' ' || name_ja from dim_municipality_code",
}
"""Dimension -> the words in it, as rows of table, column, code, words."""
Words = Mapping[tuple[str, str], Mapping[str, str]]
"""(table, column) -> code -> words; table `*` for every table."""


def words_of(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, str]]:
    """The words of all codes of a release, from those of the dimensions that it has."""
    held = set(duck.tables_of(connection))
    asked = [statement for table, statement in ASKED.items() if table in held]
    return folded(connection.execute(" union all ".join(asked)).fetchall() if asked else [])


def folded(rows: Iterable[tuple[str, str, str, str]]) -> dict[tuple[str, str], dict[str, str]]:
    """Rows of table, column, code, words -> words by table and column."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for table, column, code, label in rows:
        found.setdefault((table, column), {})[code] = label
    return found


def written(frame: pl.DataFrame, table: str, columns: Iterable[Column], known: Words) -> bytes:
    """A table as CSV for people. known: the words of its codes."""
    told = {column.name: column for column in columns}
    heads: list[str] = []
    cells = []
    for name, kind in frame.schema.items():
        ja = words(told[name].description)[0] if name in told else ""
        heads.append(_head(ja, name))
        codes = known.get((table, name)) or known.get(("*", name)) or {}
        cells.append(_cell(pl.col(name), kind, codes).alias(name))
    shown = frame.select(cells)
    shown.columns = heads
    return b"\xef\xbb\xbf" + shown.write_csv(line_terminator="\r\n").encode()


def _head(ja: str, name: str) -> str:
    """人口 population_persons: the first words of the description, and the name by which SQL knows the column."""
    for mark in ("（", "：", "。", "＝", " "):
        ja = ja.partition(mark)[0]
    return f"{ja} {name}" if ja and not ja.isascii() else name


def _cell(column: pl.Expr, kind: pl.DataType, codes: Mapping[str, str]) -> pl.Expr:
    if kind == pl.String:
        return guarded(column.replace(dict(codes)) if codes else column)
    if kind == pl.Boolean:
        return pl.when(column).then(pl.lit("はい")).when(~column).then(pl.lit("いいえ"))
    if isinstance(kind, pl.Datetime):
        return column.dt.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(kind, pl.Decimal) and kind.scale:
        return column.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
    return column


def guarded(text: pl.Expr) -> pl.Expr:
    """Text in corner brackets where a spreadsheet may take it for something else; none where it is empty."""
    at_risk = (
        (text.str.contains(_NUMBERLIKE) & text.str.contains(r"[\d０-９]"))
        | text.str.contains(_WORDS)
        | text.str.contains(FORMULA_START)
        | text.str.contains(_BLANK)
    )
    return pl.when(text == "").then(None).when(at_risk).then("「" + text + "」").otherwise(text)


def readme(too_long: Mapping[str, int]) -> bytes:
    """What the files are, and which tables (with their rows) are not among them."""
    lines = [
        "人が表計算ソフト（Excel・LibreOffice）で開くための表です。ダブルクリックで開けます。",
        "",
        "・「 」で囲まれた値：囲まないと日付や数値に変えられてしまう文字（「5-9」「01223」など）。値は中身です。",
        "・符号は言葉で書いています（5～9歳、確定、01223 根室市）。",
        "・列の見出しは、日本語の言葉と、データベースでの列の名前です。",
        "・空欄は値がないことを示し、0 ではありません。",
        "・日付は 2021-01-01 の形、はい・いいえは真・偽です。",
        "・プログラムで読むときは、隣の csv/ と schema.csv、または parquet/ を使ってください。",
    ]
    left_out = [f"・{name}（{rows:,}行）" for name, rows in sorted(too_long.items())]
    if left_out:
        lines += ["", f"次の表は{CSV_ROWS:,}行を超えるため、ここにはありません。"]
        lines += ["sousei pull で一つの団体の行だけを取り出すか、parquet/ をプログラムで読んでください。", *left_out]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def write(directory: Path, connection: duckdb.DuckDBPyConnection, described: Mapping[str, Described]) -> None:
    """The folder of a release: every table that is short enough, and what is not. Raises OSError, duckdb.Error."""
    folder = directory / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    known, too_long = words_of(connection), {}
    for table, about in described.items():
        name = identifier(table)
        ((rows,),) = connection.execute(f"select count(*) from {name}").fetchall()  # noqa: S608
        if rows > CSV_ROWS:
            too_long[table] = rows
            continue
        frame = connection.sql(f"from {name}").pl()
        (folder / f"{table}.csv").write_bytes(written(frame, table, about.columns, known))
    (folder / "README.txt").write_bytes(readme(too_long))
