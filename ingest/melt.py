"""A recognised grid -> rows of a raw table.

Holds: keys of the rows, typing of the figures, the long form, the columns of ingest/tables.py. Does not hold which
column is which (recognise.py) or sums over rows (checks.py).
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Any, NamedTuple

import polars as pl

from ingest import areas
from ingest.ages import Age, parse_age
from ingest.codes import check_digit_column
from ingest.contracts import STATUSES
from ingest.dates import Period, fiscal_period, parse_date, parse_flow, parse_year
from ingest.grid import Grid
from ingest.problems import SHOWN, Problem, problem
from ingest.recognise import Bound, Recognised, as_of
from ingest.tables import schema_of
from ingest.text import squeeze
from ingest.values import text_of_numbers, type_column

WORDS = {
    "sex": dict.fromkeys(["総数", "計", "男女計", "a", "total"], "total")
    | dict.fromkeys(["男", "m", "male"], "male")
    | dict.fromkeys(["女", "f", "female"], "female"),
    "scope": dict.fromkeys(["総計", "総数", "国籍総数", "total"], "total")
    | dict.fromkeys(["日本人住民", "日本人", "japanese"], "japanese")
    | dict.fromkeys(["外国人住民", "外国人", "foreign"], "foreign"),
}
"""Usual words for dimensions; a contract's `map` adds to them."""
RESIDUE = 1e-3
"""Distance from an integer that is the residue of binary floats (169100.41100000002 千円), not a fraction."""
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd\ue000-\uf8ff]")
"""Control, format, replacement and private-use characters."""
_ODD = re.compile(rf"{_UNSEEN.pattern}|['\"`\\]")
"""The same, quotes and backslash."""
_ODD_IN_NAMES = re.compile(rf"{_ODD.pattern}|\?")
"""A question mark in a name is what a lossy conversion leaves."""
_PARTS = r"^(特別区部|.*[市郡]部|.*郡町村|.*市町村)$"
"""Names of parts of a prefecture (市部, 町村計) that end like a municipality's."""
_TOTALS = r"(合計|小計|集計|計)$"
_VALUE_COLUMNS = ("population_persons", "value", "visitors")


class Melted(NamedTuple):
    """rows: the raw table without source_id (rows carry every figure, missing ones too); problems: why not, or what to
    look at; `gate` problems mean that the rows must not be used."""

    rows: pl.DataFrame
    problems: list[Problem]
    observed: list[dt.date]


def melt(grid: Grid, found: Recognised) -> Melted:
    """Rows of the layout's raw table."""
    keys, problems = _keys(grid, found)
    if any(p["severity"] == "gate" for p in problems):
        return Melted(pl.DataFrame(schema=_schema(found)), problems, [])
    long, more = _long(grid, found, keys)
    problems += more
    if any(p["severity"] == "gate" for p in problems):
        return Melted(pl.DataFrame(schema=_schema(found)), problems, [])
    long, more, observed = _dimensions(grid, found, long)
    problems += more
    return Melted(long, problems, observed)


def _schema(found: Recognised) -> dict[str, pl.DataType]:
    return {name: dtype for name, dtype in schema_of(found.layout.raw_table).items() if name != "source_id"}


def _one(found: Recognised, role: str) -> Bound | None:
    return next((bound for bound in found.columns if bound.column.role == role), None)


# --- keys -----------------------------------------------------------------------------------------------------------


def _keys(grid: Grid, found: Recognised) -> tuple[pl.DataFrame, list[Problem]]:
    """One row per row of the grid that holds figures: `at` (0-based row), `row` (as counted), keys as cleaned text."""
    body, end = found.header.body, grid.height
    squeezed = {
        bound.place: grid.squeezed(bound.place, body)
        for bound in found.columns
        if bound.column.role not in {"measure", "ignore", "check"}
    }
    at = pl.int_range(body, end, eager=True)
    frame = pl.DataFrame({"at": at, **{f"c{place}": text for place, text in squeezed.items()}})
    frame = frame.with_columns(row=grid.lines_from(body))
    frame = frame.with_columns(figures=pl.Series(grid.filled([bound.place for bound in _measures(found)], body, end)))
    beside = pl.Series(grid.filled([bound.place for bound in found.columns if bound.place not in squeezed], body, end))
    frame = frame.filter(pl.any_horizontal(pl.col(f"c{place}") != "" for place in squeezed) | beside)
    frame, problems = _notes(grid, found, frame, squeezed)
    problems += _odd_characters(grid, found, frame, squeezed)
    problems += _gaps_beside(grid, found, frame)
    if grid.widths is not None:
        problems += _ragged(grid, found, frame)
    if problems:
        return frame, problems
    return _areas(grid, found, frame)


def _notes(
    grid: Grid, found: Recognised, frame: pl.DataFrame, squeezed: dict[int, pl.Series]
) -> tuple[pl.DataFrame, list[Problem]]:
    """Rows without figures are notes of the contract, or not understood."""
    if not squeezed:
        return frame, []
    if frame["figures"].all():
        return frame, []
    first = pl.concat_str([pl.col(f"c{place}") for place in squeezed], separator="")  # '' where only others are filled
    bare = frame.filter(~pl.col("figures")).select("at", "row", words=first)
    note_rows, problems = [], []
    code = _one(found, "area_code")
    for at, row, words in bare.iter_rows():
        if found.layout.footnotes_pattern.search(words):
            note_rows.append(at)
        elif code is not None and re.match(r"\d{4,6}", str(squeezed[code.place][at - found.header.body])):
            continue  # an area whose figures are all blank; the blank policy decides
        else:
            problems.append(
                problem(
                    "row_without_figures",
                    "gate",
                    "数値のない行があります。注記なら契約の footnotes に書いてください。",
                    "A row without figures that is not a note of the contract.",
                    sheet=grid.sheet,
                    row=row,
                    expected=f"figures, or a note matching {found.layout.footnotes}",
                    found=words[:40],
                    action_ja="行の意味を確かめ、注記なら契約に加え、表が途切れているなら直した表を入れ直してください。",
                )
            )
    return frame.filter(~pl.col("at").is_in(note_rows)), problems[:SHOWN]


def _odd_characters(
    grid: Grid, found: Recognised, frame: pl.DataFrame, squeezed: dict[int, pl.Series]
) -> list[Problem]:
    """Keys with characters that no name or code has: the file was decoded or cut wrongly somewhere."""
    for bound in found.columns:
        if bound.place not in squeezed:
            continue
        odd = _ODD_IN_NAMES if bound.column.role in {"area_name", "prefecture"} else _ODD
        odd = _UNSEEN if bound.column.to == "primary_source_ja" else odd  # a sentence, which may quote
        words = [word for word in grid.words(bound.place, found.header.body) if odd.search(word)]
        rows = frame.filter(pl.col(f"c{bound.place}").is_in(words)) if words else frame.clear()
        if not rows.is_empty():
            return [
                problem(
                    "odd_character",
                    "gate",
                    f"名前やコードに使わない文字(制御文字・引用符など)が入っています(この列で {rows.height} 件)。",
                    f"A character that no name or code has ({rows.height} cells of this column).",
                    sheet=grid.sheet,
                    row=rows["row"][0],
                    column_label=bound.label.full,
                    expected="letters, digits, kana, kanji",
                    found=", ".join(sorted({f"U+{ord(sign):04X}" for word in words for sign in odd.findall(word)})),
                    action_ja="この欄の余分な文字を除き、文字コードを確かめた表を入れ直してください。",
                )
            ]
    return []


def _gaps_beside(grid: Grid, found: Recognised, frame: pl.DataFrame) -> list[Problem]:
    """Blank cells in columns that are not read but, by their contract, are never blank: the row has slipped."""
    rows = frame.filter(pl.col("figures"))
    for bound in found.columns:
        if bound.column.role != "ignore" or bound.column.blank != "error":
            continue
        text = grid.squeezed(bound.place, found.header.body).gather(rows["at"] - found.header.body)
        blank = rows.filter(text == "")
        if not blank.is_empty():
            return [
                problem(
                    "blank_value",
                    "gate",
                    f"空欄です(この列で {blank.height} 件)。行がずれているおそれがあります。",
                    f"Blank ({blank.height} cells of this column); the row may have slipped.",
                    sheet=grid.sheet,
                    row=blank["row"][0],
                    column_label=bound.label.full,
                    expected="a figure or a sign",
                    found="",
                    action_ja="この行の欄のずれを直した表を入れ直してください。",
                )
            ]
    return []


def _ragged(grid: Grid, found: Recognised, frame: pl.DataFrame) -> list[Problem]:
    """CSV records that are not exactly as wide as the header."""
    assert grid.widths is not None
    wanted = int(grid.widths[found.header.body - 1])
    frame = frame.select("row", width=pl.Series(grid.widths[frame["at"].to_numpy()], dtype=pl.Int64))
    wrong = frame.filter(pl.col("width") != wanted)
    return [
        problem(
            "ragged_record",
            "gate",
            f"項目の数が見出しと違います(見出し {wanted}、この行 {width})。",
            f"Fields differ from the header: {wanted} expected, {width} found.",
            row=row,
            expected=wanted,
            found=width,
            action_ja="この行のカンマと引用符を直した CSV を入れ直してください。",
        )
        for row, width in wrong.head(SHOWN).iter_rows()
    ]


def _areas(grid: Grid, found: Recognised, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """Adds area_code, area_name, area_level; checks digits, names, and looks codes up where a table has names only."""
    if found.layout.raw_table == "reference_series":
        return _reference_codes(grid, found, frame)
    code, name, where = _one(found, "area_code"), _one(found, "area_name"), _one(found, "prefecture")
    kind = _one(found, "area_kind")

    def text(bound: Bound | None) -> pl.Expr:
        # '-' and '0' stand for "no name" in prefectures' rows
        return pl.col(f"c{bound.place}").str.strip_chars_end("*").replace(["-", "0"], "") if bound else pl.lit("")

    frame = frame.with_columns(code=text(code), name=text(name), prefecture=text(where))
    label = pl.when(pl.col("name") != "").then(pl.col("name")).otherwise(pl.col("prefecture"))
    nation = label.str.contains(found.layout.nation) & pl.col("code").str.contains(r"^(0{5,6})?$")
    frame = frame.with_columns(is_nation=nation)
    problems: list[Problem] = []
    if code is None:
        frame, problems = _look_up(grid, frame)
    else:
        width = code.column.digits or 5
        padded = pl.col("code").str.pad_start(width, "0")
        frame = frame.with_columns(code5=pl.when(pl.col("code") != "").then(padded.str.slice(0, 5)), full=padded)
        shape = r"^\d{6}$" if width == 6 else r"^\d{4}[0-9A-Z]$"
        wrong = frame.filter((pl.col("code") != "") & ~pl.col("full").str.contains(shape))
        problems += [
            _bad_code(grid, code, row, found_code) for row, found_code in wrong.select("row", "code").iter_rows()
        ]
        if width == 6 and not problems:
            expected = check_digit_column(pl.col("code5"))
            bad = frame.filter((pl.col("code") != "") & (pl.col("full").str.slice(5, 1) != expected))
            bad = bad.with_columns(right=pl.col("code5") + expected)
            columns = ("row", "full", "right", "name")
            problems += [_bad_digit(grid, code, *values) for values in bad.select(columns).iter_rows()]
        if not problems:
            problems += _names_against_codes(grid, frame, name)
            problems += _half_keys(grid, frame, code, name)
    if problems:
        return frame, problems[:SHOWN]
    explicit = pl.lit(None, pl.String)
    if kind is not None:
        explicit = pl.col(f"c{kind.place}").replace_strict(kind.column.map, default=None, return_dtype=pl.String)
        # 東京23区 are wards by kind and municipalities by law
        tokyo = pl.col("code5").str.contains(r"^131(?:0[1-9]|[12]\d)$")
        explicit = pl.when((explicit == "ward") & tokyo).then(pl.lit("municipality")).otherwise(explicit)
        explicit = pl.when(explicit == "").then(None).otherwise(explicit)
    frame = frame.with_columns(kind_level=explicit)
    frame = frame.with_columns(
        area_level=areas.level_of(),
        area_code=pl.when(pl.col("is_nation")).then(pl.lit("00000")).otherwise(pl.col("code5")),
        area_name=pl.when(pl.col("is_nation")).then(pl.lit("全国")).otherwise(label),
    )
    # a prefecture's row may carry its name in the prefecture column only
    by_blank = (pl.col("name") == "") & ~pl.col("is_nation") & (pl.col("prefecture") != "") & (name is not None)
    by_blank = by_blank & ~pl.col("prefecture").str.contains(_TOTALS)
    return frame.with_columns(
        area_level=pl.when(by_blank & pl.col("kind_level").is_null())
        .then(pl.lit("prefecture"))
        .otherwise(pl.col("area_level"))
    ), []


def _reference_codes(grid: Grid, found: Recognised, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    code = _one(found, "area_code")
    assert code is not None
    frame = frame.with_columns(municipality_code=pl.col(f"c{code.place}"))
    wrong = frame.filter(~pl.col("municipality_code").str.contains(r"^\d{5}$"))
    return frame, [
        _bad_code(grid, code, row, text) for row, text in wrong.select("row", "municipality_code").iter_rows()
    ]


def _bad_code(grid: Grid, code: Bound, row: int, text: str) -> Problem:
    return problem(
        "not_a_code",
        "gate",
        f"団体コードの形ではありません:「{text[:12]}」。",
        f"Not a municipality code: {text[:12]}.",
        sheet=grid.sheet,
        row=row,
        column_label=code.label.full,
        expected=f"{code.column.digits or 5} digits",
        found=text[:12],
        action_ja="この行の団体コードを直した表を入れ直してください。",
    )


def _bad_digit(grid: Grid, code: Bound, row: int, text: str, right: str, name: str) -> Problem:
    return problem(
        "check_digit_mismatch",
        "gate",
        f"団体コード {text}({name})の検査数字が合いません。正しければ {right} です。",
        f"Check digit of {text} ({name}) is wrong; {right} would be right.",
        sheet=grid.sheet,
        row=row,
        column_label=code.label.full,
        expected=right,
        found=text,
        action_ja="この行の団体コードを確かめ、直した表を入れ直してください。",
    )


def _names_against_codes(grid: Grid, frame: pl.DataFrame, name: Bound | None) -> list[Problem]:
    """Rows whose name is another municipality's of the prefecture."""
    if name is None:
        return []
    known = areas.register()
    pairs = frame.filter((pl.col("name") != "") & pl.col("code5").is_not_null())
    problems = []
    for code, stated, row in pairs.group_by("code5", "name", maintain_order=True).agg(pl.first("row")).iter_rows():
        if stated.startswith("(旧") or _agrees(code, stated) is not False:
            continue
        names = "・".join(sorted(known.names_of[code]))
        problems.append(
            problem(
                "name_code_disagree",
                "gate",
                f"団体コード {code} は「{names}」ですが、名前は「{stated}」です。",
                f"Code {code} is {names}, but the name is {stated}.",
                sheet=grid.sheet,
                row=row,
                column_label=name.label.full,
                expected=names,
                found=stated,
                action_ja="コードと名前のどちらが正しいかを確かめ、直した表を入れ直してください。",
            )
        )
    return problems


def _half_keys(grid: Grid, frame: pl.DataFrame, code: Bound, name: Bound | None) -> list[Problem]:
    """Rows of a municipality that have lost their code or their name. Subtotals have no code; a prefecture's name may
    stand in its own column."""
    if name is None:
        return []
    municipality = pl.col("name").str.contains(r"[市町村区]$") & ~pl.col("name").str.contains(_PARTS)
    no_code = (pl.col("code") == "") & municipality & ~pl.col("is_nation")
    known = pl.col("code5").is_in(areas.register().names_of) & ~pl.col("code5").str.ends_with("000")
    no_name = known & ~pl.col("name").str.replace(r"(.)\([^)]*\)$", "$1").str.contains(r"[市町村区]$|^\(旧")
    problems = []
    for label, rule in ((code, no_code), (name, no_name)):
        bad = frame.filter(rule).select("row", "code", "name")
        problems += [
            problem(
                "code_or_name_missing",
                "gate",
                f"市区町村の行なのに{'コード' if label is code else '名前'}が読めません"
                f"(コード「{text[:12]}」、名前「{word[:12]}」)。",
                f"A municipality's row without its {'code' if label is code else 'name'}.",
                sheet=grid.sheet,
                row=row,
                column_label=label.label.full,
                expected="code and name of one municipality",
                found=f"{text[:12]} {word[:12]}",
                action_ja="この行のコードと名前を確かめ、直した表を入れ直してください。",
            )
            for row, text, word in bad.head(SHOWN).iter_rows()
        ]
    return problems


@lru_cache(maxsize=1 << 14)
def _agrees(code: str, name: str) -> bool | None:
    return areas.register().agrees(code, name)


def _look_up(grid: Grid, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """Codes for a table that has names only: by prefecture and name, since names alone repeat (伊達市, 府中市)."""
    known = areas.register()
    codes: list[str | None] = []
    problems = []
    for row, where, name, nation in frame.select("row", "prefecture", "name", "is_nation").iter_rows():
        code = "00000" if nation else known.code_of.get((_prefecture(known, where), areas.plain_name(name)))
        codes.append(code)
        if code is None and not re.search(_TOTALS, where + name):
            problems.append(
                problem(
                    "name_not_known",
                    "gate",
                    f"「{where}{name}」という団体が見つかりません。",
                    f"No municipality is called {where}{name}.",
                    sheet=grid.sheet,
                    row=row,
                    expected="prefecture and municipality of dbt_project/seeds/municipalities.csv",
                    found=f"{where}{name}",
                    action_ja="名前の誤りなら表を直し、新しい団体なら seeds/municipalities.csv に加えてください。",
                )
            )
    return frame.with_columns(code5=pl.Series(codes, dtype=pl.String)), problems


def _prefecture(known: areas.Register, where: str) -> str:
    """Full name of a prefecture; publishers leave 県 out here and there (鹿児島, 岡山)."""
    names = known.prefecture_of.values()
    return where if where in names else next((name for name in names if name[:-1] == where), where)


# --- figures --------------------------------------------------------------------------------------------------------


def _long(grid: Grid, found: Recognised, keys: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """One row per figure: keys, `measure` (number of the measure column), `value_raw`, `number`, `status`."""
    body, end = found.header.body, grid.height
    measures = _measures(found)
    rows = keys["at"] - body
    every = len(rows) == end - body
    numeric = [number for number, bound in enumerate(measures) if grid.all_numbers(bound.place, body, end)]
    textual = [number for number in range(len(measures)) if number not in numeric]
    pieces = []
    if numeric:
        columns = [grid.numbers(measures[number].place, body, end) for number in numeric]
        figures = pl.concat([column if every else column.gather(rows) for column in columns if column is not None])
        blank = pl.when(pl.col("number").is_null()).then(pl.lit("blank"))
        pieces.append(
            pl.DataFrame({"number": figures, "value_raw": text_of_numbers(figures)}).with_columns(status=blank)
        )
    if textual:
        cells = [grid.texts(measures[number].place, body, end) for number in textual]
        raw = pl.concat([column if every else column.gather(rows) for column in cells])
        pieces.append(type_column(raw, found.layout.symbols).with_columns(value_raw=raw))
    order = [*numeric, *textual]
    measure = pl.Series("measure", order, dtype=pl.Int32)
    kept = [name for name in keys.columns if name not in {"figures", "full", "code", "is_nation", "kind_level"}]
    typed = pl.concat([piece.select("number", "status", "value_raw") for piece in pieces])
    repeated = pl.concat([keys.select(kept)] * len(order))
    long = repeated.hstack(typed).with_columns(
        pl.col("value_raw").fill_null(""),
        measure=measure.gather(pl.int_range(len(order) * keys.height, eager=True) // max(keys.height, 1)),
    )
    problems = _bad_cells(grid, found, long)
    if problems:
        return pl.DataFrame(), problems
    skipped = [n for n, bound in enumerate(measures) if (bound.column.blank or found.layout.blank) == "skip"]
    if skipped:
        long = long.filter(~((pl.col("status") == "blank") & pl.col("measure").is_in(skipped)).fill_null(False))
    return long, []


def _measures(found: Recognised) -> list[Bound]:
    return [bound for bound in found.columns if bound.column.role == "measure"]


def _of_measure(values: list[Any], dtype: pl.DataType | type[pl.DataType] | None = None) -> pl.Expr:
    """What belongs to the measure column of a row, given for each of them in order."""
    if len(set(values)) == 1:
        return pl.lit(values[0], dtype)
    return pl.lit(pl.Series(values, dtype=dtype)).gather(pl.col("measure"))


def _bad_cells(grid: Grid, found: Recognised, long: pl.DataFrame) -> list[Problem]:
    """Cells that are not figures, not whole, negative or too large where the contract says that they are not."""
    layout, measures = found.layout, _measures(found)
    dtype = schema_of(layout.raw_table)[value_column(layout.raw_table)]

    each = _of_measure
    places = 10**dtype.scale if isinstance(dtype, pl.Decimal) else 1
    scaled = pl.col("number") * each([bound.column.scale for bound in measures])
    blank_is_error = each([(bound.column.blank or layout.blank) == "error" for bound in measures])
    may_be_negative = each([bound.column.negative for bound in measures])
    reason = (
        pl.when(pl.col("status") == "unreadable")
        .then(pl.lit("unreadable"))
        .when((pl.col("status") == "blank") & blank_is_error)
        .then(pl.lit("blank"))
        .when((scaled * places - (scaled * places).round()).abs() > RESIDUE)
        .then(pl.lit("fraction"))
        .when((pl.col("number") < 0) & ~may_be_negative)
        .then(pl.lit("negative"))
        .when(scaled.abs() > each([bound.column.maximum or layout.maximum for bound in measures]))
        .then(pl.lit("too_large"))
    )
    bad = long.select("row", "measure", "value_raw", reason=reason).drop_nulls("reason")
    if bad.is_empty():
        return []
    words = {
        "unreadable": ("unreadable_value", "数値として読めない値です", "Not a number"),
        "blank": ("blank_value", "空欄です", "Blank"),
        "fraction": (
            "fraction",
            "小数の桁が多すぎる値です(人・件・円は整数)",
            "More decimals than the figure can have",
        ),
        "negative": ("negative_value", "負の値です", "Negative"),
        "too_large": ("value_too_large", "大きすぎる値です。単位を確かめてください", "Too large; look at the unit"),
    }
    problems = []
    for row, number, raw, why in bad.sort("row", "measure").head(SHOWN).iter_rows():
        problem_id, ja, en = words[why]
        problems.append(
            problem(
                problem_id,
                "gate",
                f"{ja}(この表で読めない欄は {bad.height} 件)。",
                f"{en} ({bad.height} bad cells in this table).",
                sheet=grid.sheet,
                row=row,
                column_label=measures[number].label.full,
                expected=f"number, or one of {' '.join(layout.symbols) or 'no sign'}",
                found=_shown(raw),
                action_ja="この欄を確かめ、直した表を入れ直してください。新しい記号なら契約の symbols に加えます。",
            )
        )
    return problems


def _shown(raw: str) -> str:
    """A cell for a message. Long digit strings may be somebody's number and are not shown."""
    return re.sub(r"\d{11,}", "<11桁以上の数字>", squeeze(raw)[:24])


def value_column(table: str) -> str:
    """Name of the raw table's column that holds the figure."""
    return next(name for name in _VALUE_COLUMNS if name in schema_of(table))


# --- dimensions -----------------------------------------------------------------------------------------------------


def _dimensions(grid: Grid, found: Recognised, long: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem], list[dt.date]]:
    """The raw table's own columns. A dimension comes from the column's header or contract, else from the row, else from
    the title, else from the layout's constants."""
    layout, schema = found.layout, _schema(found)
    measures = [bound for bound in found.columns if bound.column.role == "measure"]
    stated = layout.constants | found.said
    problems: list[Problem] = []

    def text(name: str) -> pl.Expr:
        by_column = [bound.column.set.get(name, bound.groups.get(name)) for bound in measures]
        row = _one(found, name)
        other: pl.Expr = pl.lit(stated.get(name), pl.String)
        if row is not None:
            other = pl.col(f"c{row.place}")
        if any(value is not None for value in by_column):
            return pl.coalesce(_of_measure(by_column, pl.String), other)
        return other

    wanted = [name for name in ("sex", "scope", "item", "form", "vintage", "unit") if name in schema]
    fields = {bound.column.to: pl.col(f"c{bound.place}") for bound in found.columns if bound.column.role == "field"}
    long = long.with_columns(**{name: text(name) for name in wanted if name not in fields})
    for name in ("sex", "scope"):
        if name in schema:
            row = _one(found, name)
            known = WORDS[name] | (row.column.map if row else {})
            words, place = _different(long[name].fill_null(""))
            if any(word not in known for word in words):
                strange = long.filter(~pl.col(name).is_in(list(known)) | pl.col(name).is_null())
                problems.append(_strange(grid, name, strange, row))
            meanings = pl.Series([known.get(word) for word in words], dtype=pl.String)
            long = long.with_columns(meanings.gather(place).alias(name))
    observed: list[dt.date] = []
    if "age_group" in schema:
        long, bad = _with_ages(grid, long.with_columns(age=pl.coalesce(text("age"), pl.lit("総数"))))
        problems += bad
    if "year" in schema or "month" in schema or ("as_of_date" in schema and _one(found, "year")):
        long, bad = _with_years(grid, long.with_columns(year_text=text("year")))
        problems += bad
    if problems:
        return pl.DataFrame(schema=schema), problems, []
    if "as_of_date" in schema:
        if _one(found, "year"):
            long = long.with_columns(as_of_date=pl.date(pl.col("year"), 10, 1))
        else:
            long = long.with_columns(as_of_date=pl.lit(as_of(found), pl.Date))
        observed += [day for day in long["as_of_date"].unique().to_list() if day]
    if "month" in schema:
        months = text("month").cast(pl.Int32, strict=False)
        long = long.with_columns(month=pl.date(pl.col("year"), months, 1))
        observed += [day for day in long["month"].unique().to_list() if day]
    if "fiscal_year" in schema:
        texts = long.select(text("fiscal_year").alias("t"))["t"]
        years = {word: parse_year(word) for word in texts.unique().to_list() if word}
        long = long.with_columns(
            fiscal_year=text("fiscal_year").replace_strict(years, default=None, return_dtype=pl.Int32)
        )
        observed += [fiscal_period(year).start for year in years.values()]
    if layout.raw_table == "registry_dynamics":
        long = _with_flows(found, measures, long)
    if layout.raw_table == "ipss_population":
        observed = []
    if layout.raw_table == "reference_series":
        long, bad = _reference(grid, found, long, fields)
        problems += bad
        observed = []
    long = _with_values(found, measures, long)
    missing = [name for name in schema if name not in long.columns]
    if missing:
        raise KeyError(f"{found.contract.source}/{layout.layout} gives no {missing}")
    rows = long.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
    for name in ("as_of_date", "month", "fiscal_year", "year"):
        if name in schema and rows[name].null_count():
            problems.append(_no_period(grid, name))
            break
    return rows, problems, sorted(set(observed))


def _strange(grid: Grid, name: str, strange: pl.DataFrame, row: Bound | None) -> Problem:
    value = strange[name][0]
    return problem(
        f"unknown_{name}",
        "gate",
        f"{name} の区分として知らない値です:「{value}」。",
        f"Unknown {name}: {value}.",
        sheet=grid.sheet,
        row=strange["row"][0],
        column_label=row.label.full if row else "",
        expected=" ".join(WORDS[name]),
        found=value,
        action_ja="値を確かめ、正しい区分なら契約の map に加えてください。",
    )


def _no_period(grid: Grid, name: str) -> Problem:
    return problem(
        "no_period",
        "gate",
        "いつの数値かが読み取れません。",
        f"The period of the figures is not stated ({name}).",
        sheet=grid.sheet,
        expected=name,
        found="",
        action_ja="表題か列に年月日・年度を書いた表を入れ直してください。",
    )


def _with_ages(grid: Grid, long: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    labels, place = _different(long["age"])
    classes: list[Age] = []
    for label in labels:
        try:
            classes.append(parse_age(label))
        except ValueError:
            return long, [
                problem(
                    "unknown_age",
                    "gate",
                    f"年齢階級として読めません:「{label[:20]}」。",
                    f"Not an age class: {label[:20]}.",
                    sheet=grid.sheet,
                    expected="0～4歳, 80歳以上 ...",
                    found=label[:20],
                    action_ja="年齢の欄を確かめ、直した表を入れ直してください。",
                )
            ]
    return long.with_columns(
        age_group=pl.Series([age.group for age in classes], dtype=pl.String).gather(place),
        age_from=pl.Series([age.low for age in classes], dtype=pl.Int16).gather(place),
        age_to=pl.Series([age.high for age in classes], dtype=pl.Int16).gather(place),
    ), []


def _different(column: pl.Series) -> tuple[list[str], pl.Series]:
    """The different texts of a column without nulls, and for each row which of them it is."""
    words = column.unique().to_list()
    return words, column.cast(pl.Enum(words)).to_physical()


def _with_years(grid: Grid, long: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    texts, place = _different(long["year_text"].fill_null(""))
    try:
        years = pl.Series([parse_year(text) for text in texts], dtype=pl.Int32)
    except ValueError:
        return long, [_no_period(grid, "year")]
    return long.with_columns(year=years.gather(place)), []


def _with_flows(found: Recognised, measures: list[Bound], long: pl.DataFrame) -> pl.DataFrame:
    flow: Period | None = parse_flow(found.said["flow"]) if "flow" in found.said else None
    flows = [number for number, bound in enumerate(measures) if bound.column.is_flow]
    is_flow = pl.col("measure").is_in(flows)
    start, end, basis = flow if flow else (None, None, None)
    return long.with_columns(
        period_start=pl.when(is_flow).then(pl.lit(start, pl.Date)),
        period_end=pl.when(is_flow).then(pl.lit(end, pl.Date)),
        period_basis=pl.when(is_flow).then(pl.lit(basis, pl.String)),
    )


def _reference(
    grid: Grid, found: Recognised, long: pl.DataFrame, fields: dict[str | None, pl.Expr]
) -> tuple[pl.DataFrame, list[Problem]]:
    """Our own tidy form: text columns as they stand (not squeezed), dates, and a status in each row."""
    body = found.header.body
    rows = long["at"] - body
    problems = []
    for bound in found.columns:
        if bound.column.role != "field":
            continue
        text = grid.texts(bound.place, body, grid.height).gather(rows).fill_null("").str.strip_chars()
        wrong = long.filter((text == "") | text.str.contains(r"[\r\n]"))
        if not wrong.is_empty():
            problems.append(_bad_field(grid, bound, wrong["row"][0]))
        if (bound.column.to or "").startswith("period_"):
            known: dict[str, dt.date | None] = {}
            for word in text.unique().to_list():
                try:
                    known[word] = parse_date(word)
                except ValueError:
                    known[word] = None
            days = text.replace_strict(known, return_dtype=pl.Date)
            if days.null_count():
                problems.append(_no_period(grid, str(bound.column.to)))
            long = long.with_columns(days.alias(str(bound.column.to)))
        else:
            long = long.with_columns(text.alias(str(bound.column.to)))
    empty = pl.col("stated_status").is_in(["suppressed", "not_reported"])
    at_odds = long.filter((pl.col("status") == "blank").fill_null(False) & ~empty)
    if not at_odds.is_empty():
        problems.append(
            problem(
                "blank_value",
                "gate",
                "値が空欄なのに value_status は値があると言っています。",
                "A blank value whose value_status says that there is one.",
                row=at_odds["row"][0],
                column_label="value",
                expected="a number, or value_status suppressed / not_reported",
                found=at_odds["stated_status"][0][:20],
                action_ja="値か value_status を直した表を入れ直してください。",
            )
        )
    strange = long.filter(~pl.col("stated_status").is_in([*STATUSES]))
    if not strange.is_empty():
        problems.append(
            problem(
                "unknown_status",
                "gate",
                "value_status が決められた語ではありません。",
                "value_status is not one of the vocabulary.",
                row=strange["row"][0],
                column_label="value_status",
                expected=" / ".join(STATUSES),
                found=strange["stated_status"][0][:20],
                action_ja="value_status の欄を直してください。",
            )
        )
    return long, problems


def _bad_field(grid: Grid, bound: Bound, row: int) -> Problem:
    return problem(
        "blank_field",
        "gate",
        "空欄か、途中に改行のある欄です。",
        "A blank field, or one with a line end in it.",
        row=row,
        column_label=bound.label.full,
        expected="one line of text",
        found="",
        action_ja="この欄を埋めた表を入れ直してください。",
    )


def _with_values(found: Recognised, measures: list[Bound], long: pl.DataFrame) -> pl.DataFrame:
    """The value column, value_status and provenance."""
    layout = found.layout
    table = layout.raw_table
    value = value_column(table)
    number = pl.col("number") * _of_measure([bound.column.scale for bound in measures], pl.Int64)
    dtype = schema_of(table)[value]
    if isinstance(dtype, pl.Decimal):
        plain = pl.col("value_raw").str.strip_chars().str.replace_all(",", "", literal=True).cast(dtype, strict=False)
        figure: pl.Expr = pl.when(pl.col("status").is_null()).then(pl.coalesce(plain, number.cast(dtype)))
    else:
        figure = number.round().cast(pl.Int64)
    default: pl.Expr = pl.lit(layout.value_status)
    if layout.projected_after is not None:
        default = pl.when(pl.col("year") > layout.projected_after).then(pl.lit("projected")).otherwise(default)
    if "stated_status" in long.columns:
        default = pl.col("stated_status")
    status = pl.when(pl.col("status") == "blank").then(pl.lit("not_reported")).otherwise(pl.col("status"))
    long = long.with_columns(
        figure.alias(value),
        value_status=pl.coalesce(status, default),
        sheet=pl.lit(""),
        column_label=_of_measure([bound.label.full for bound in measures], pl.String),
    )
    if table == "tourism_visitors":
        one_month = long["month"].n_unique() == 1
        long = long.with_columns(form=pl.lit("monthly" if one_month else "yearly"))
    if "unit_in_file" in schema_of(table):
        long = long.with_columns(unit_in_file=_of_measure([bound.column.unit for bound in measures], pl.String))
    return long
