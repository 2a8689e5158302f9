"""The areas of rows: code, name and level, and whether they agree.

Holds: digits and check digits, names against codes, codes of tables that have names only. Does not hold which
municipalities there are (register.py), or the codes of our own tidy form (tidy_areas.py).
"""

from __future__ import annotations

import re
from functools import lru_cache

import polars as pl

from sousei.ingest.areas import register as areas
from sousei.ingest.areas import shown
from sousei.ingest.cells.grid import Grid
from sousei.ingest.problems.record import SHOWN, Problem, problem
from sousei.ingest.recognise.recognised import Bound, Recognised
from sousei.ingest.rows import keys, tidy_areas
from sousei.ingest.rows.keys import one
from sousei.ingest.tables import AREA, schema_of
from sousei.ingest.vocabulary.codes import check_digit_column, valid6

_PARTS = r"^(特別区部|.*[市郡]部|.*郡町村|.*市町村)$"
"""Names of parts of a prefecture (市部, 町村計) that end like a municipality's."""
_TOTALS = r"(合計|小計|集計|計)$"
_NATION = "全国"
_COMPLETE = 0.95
"""Share of today's municipalities from which a table's 合計 is the nation's; an extract's is the sum of the extract."""
_NORTHERN = [
    name
    for word in ("色丹郡色丹村", "国後郡泊村", "国後郡留夜別村", "択捉郡留別村", "紗那郡紗那村", "蘂取郡蘂取村")
    for name in dict.fromkeys((word, areas.plain_name(word)))
]
"""Northern villages, which some years list without a code."""
_MANY = 2_500
"""Rows from which areas are looked at once each, since they repeat with every year, month or sex."""


def with_areas(grid: Grid, found: Recognised, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """The rows of `keys.records` with area_code, area_name, area_level (municipality_code in our own tidy form).

    Checks digits and names, and looks codes up where a table has names only. Problems mean that the rows must not be
    used."""
    if "municipality_code" in schema_of(found.layout.raw_table):
        return tidy_areas.codes(grid, found, frame)
    if frame.height < _MANY or one(found, "area_code") is None:  # names alone are read in the order of the rows
        return _areas(grid, found, frame)
    roles = ("area_code", "area_name", "prefecture", "area_kind")
    stated = [f"c{bound.place}" for role in roles if (bound := one(found, role))]
    once, problems = _areas(grid, found, frame.unique(stated, keep="first", maintain_order=True))
    if problems:
        return _areas(grid, found, frame)  # says every row that is wrong
    return frame.join(once.select(*stated, *AREA), on=stated, how="left", maintain_order="left"), []


def _areas(grid: Grid, found: Recognised, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    code, name, where = one(found, "area_code"), one(found, "area_name"), one(found, "prefecture")
    kind = one(found, "area_kind")

    signs = found.layout.hidden

    def text(bound: Bound | None) -> pl.Expr:
        # '-' and '0' stand for "no name" in prefectures' rows
        if bound is None:
            return pl.lit("")
        cell = pl.col(f"c{bound.place}").str
        return (cell.strip_chars(signs) if signs else cell.strip_chars_end("*")).replace(["-", "0"], "")

    frame = frame.with_columns(code=text(code), name=text(name), prefecture=text(where))
    label = pl.when(pl.col("name") != "").then(pl.col("name")).otherwise(pl.col("prefecture"))
    nation = label.str.contains(found.layout.nation) & pl.col("code").str.contains(r"^(0{5,6})?$")
    frame = frame.with_columns(is_nation=nation, label=label)
    problems: list[Problem] = []
    if found.layout.checks.blocks:
        frame = _named_totals(frame)
    if code is None:
        frame, problems = _look_up(grid, frame)
        frame = _true_nation(frame)
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
            columns = ("row", "code", "full", "right", "name")
            problems += [_bad_digit(grid, code, *values) for values in bad.select(columns).iter_rows()]
        if not problems:
            frame, problems = _own_characters(grid, frame, keys.own_columns(grid, found))
        if not problems:
            frame = _true_nation(frame)
            problems += _names_against_codes(grid, frame, code, name)
            problems += _prefectures_against_codes(grid, frame, where)
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
        area_name=pl.when(pl.col("is_nation")).then(pl.lit("全国")).otherwise(pl.col("label")),
    )
    # a prefecture's row may carry its name in the prefecture column only
    by_blank = (pl.col("name") == "") & ~pl.col("is_nation") & (pl.col("prefecture") != "") & (name is not None)
    by_blank = by_blank & ~pl.col("prefecture").str.contains(f"{_TOTALS}|{found.layout.nation}")
    return frame.with_columns(
        area_level=pl.when(by_blank & pl.col("kind_level").is_null())
        .then(pl.lit("prefecture"))
        .otherwise(pl.col("area_level"))
    ), []


def _own_characters(grid: Grid, frame: pl.DataFrame, stated: list[Bound]) -> tuple[pl.DataFrame, list[Problem]]:
    """The rows with the publisher's own (private-use) characters in their names read by the code, where the rest of the
    name fits it. Without a known code such a name cannot be read; a subtotal's (郡) is nobody's, and gets a 〓."""
    known = areas.register()
    problems = []
    for bound in stated:
        column = "prefecture" if bound.column.role == "prefecture" else "name"
        odd = (
            frame.filter(pl.col(column).str.contains(keys.PRIVATE.pattern))
            .select("code5", column, "row")
            .unique(["code5", column], keep="first", maintain_order=True)
        )
        for code, text, row in odd.iter_rows():
            given = (code or "")[:2] + "000" if column == "prefecture" else code or ""
            meant = known.restored(given, text)
            if meant is None and given not in known.names_of and re.search(r"(郡|支庁|[^市町村区])$", text):
                meant = keys.PRIVATE.sub("〓", text)
            if meant is None:
                problems.append(keys.odd_character(grid, bound, row, text, odd.height))
                continue
            same = pl.col("code5").eq_missing(pl.lit(code, pl.String)) & (pl.col(column) == text)
            frame = frame.with_columns(pl.when(same).then(pl.lit(meant)).otherwise(pl.col(column)).alias(column))
    if stated:
        label = pl.when(pl.col("name") != "").then(pl.col("name")).otherwise(pl.col("prefecture"))
        frame = frame.with_columns(label=label)
    return frame, problems


def _named_totals(frame: pl.DataFrame) -> pl.DataFrame:
    """The same where totals that are repeated for each prefecture without its name (市町村合計, 合計) carry the name of
    the prefecture above them: 北海道市町村合計."""
    total = (pl.col("name") == "") & pl.col("prefecture").str.contains(_TOTALS) & ~pl.col("is_nation")
    if frame.filter(total).select("prefecture").is_duplicated().sum() == 0:
        return frame
    above = pl.when(~total & ~pl.col("is_nation")).then(pl.col("prefecture")).forward_fill()
    return frame.with_columns(
        label=pl.when(total).then(above.fill_null("") + pl.col("prefecture")).otherwise(pl.col("label"))
    )


def prefectures_of(grid: Grid, found: Recognised, rows: frozenset[int]) -> frozenset[str] | None:
    """First two digits of the prefectures that rows, as a person counts them, may belong to; None: of any. Both the
    code and the names count, since any of them may be what cannot be read."""
    known, named = areas.register(), set()
    body = found.header.body
    lines = grid.lines_from(body)
    for at in [place for place, row in enumerate(lines) if row in rows] if rows else []:
        said = set()
        for role in ("area_code", "prefecture", "area_name"):
            if (bound := one(found, role)) is None:
                continue
            text = grid.squeezed(bound.place, body)[at].strip(found.layout.hidden or "*")
            if role == "area_code":
                code = text.zfill(bound.column.digits or 5)[:2]
                said |= {code} & set(known.prefecture_of)
            elif role == "area_name":
                bare = areas.plain_name(text)
                said |= {code[:2] for (_, name), code in known.code_of.items() if name and name == bare}
            elif (code := known.prefecture_named(text)) is not None:
                said.add(code)
        if not said:
            return None
        named |= said
    return frozenset(named)


def _bad_code(grid: Grid, code: Bound, row: int, text: str) -> Problem:
    return problem(
        "not_a_code.shape",
        sheet=grid.sheet,
        row=row,
        column_label=code.label.shown,
        code=shown.cell(text, 12),
        digits=code.column.digits or 5,
    )


def _bad_digit(grid: Grid, code: Bound, row: int, text: str, full: str, right: str, name: str) -> Problem:
    five, called = text.zfill(5), shown.name(name)
    if len(five) == 5 and five in areas.register().names_of and _agrees(five, name) is not False:
        return problem(
            "not_a_code.five_digits",
            sheet=grid.sheet,
            row=row,
            column_label=code.label.shown,
            code=five,
            name=called,
            wanted=five + str(pl.select(check_digit_column(pl.lit(five))).item()),
            written=text,
        )
    return problem(
        "check_digit_mismatch",
        sheet=grid.sheet,
        row=row,
        column_label=code.label.shown,
        code=full,
        name=called,
        right=right,
    )


def _true_nation(frame: pl.DataFrame) -> pl.DataFrame:
    """The same where 合計 without a code is the nation's only in a table of the country; else it sums up the rows of an
    extract, a subtotal. 全国 and the code 00000 say the nation themselves."""
    told = pl.col("label").str.starts_with(_NATION) | (pl.col("code") != "")
    if frame.filter(pl.col("is_nation") & ~told).is_empty():
        return frame
    codes = frame.filter(~pl.col("is_nation"))["code5"].drop_nulls().unique()
    prefectures = codes.filter(codes.str.contains(r"^\d\d000$")).len()
    municipal = codes.filter(codes.str.contains(r"^(?:13|\d\d[2-9])\d+$") & ~codes.str.ends_with("000")).len()
    today = sum(not code.endswith("000") for code in areas.register().current)
    if prefectures == len(areas.register().prefecture_of) or municipal >= _COMPLETE * today:
        return frame
    return frame.with_columns(
        is_nation=pl.col("is_nation") & told,
        code5=pl.when(~pl.col("is_nation") | told).then(pl.col("code5")),
    )


def _names_against_codes(grid: Grid, frame: pl.DataFrame, code: Bound, name: Bound | None) -> list[Problem]:
    """Rows whose name is another area's, of any prefecture."""
    if name is None:
        return []
    pairs = frame.filter((pl.col("name") != "") & pl.col("code5").is_not_null())
    problems = []
    for given, stated, row in pairs.group_by("code5", "name", maintain_order=True).agg(pl.first("row")).iter_rows():
        if stated.startswith("(旧") or _agrees(given, stated) is not False:
            continue
        six = f"0{given}"
        lost = code.column.digits != 6 and valid6(six) and _agrees(six[:5], stated) is True
        problems.append(_other_name(grid, name, row, given, stated, six if lost else ""))
    return problems


def _other_name(grid: Grid, name: Bound, row: int, code: str, stated: str, six: str) -> Problem:
    """six: the six-digit code that has lost its leading zero; '' where none has."""
    known, sheet, label = areas.register(), grid.sheet, name.label.shown
    names = "・".join(sorted(known.names_of.get(code, ()))) or "登録のないコード"
    places = "・".join(known.places_of(stated)[:3])
    if not six:
        return problem(
            "name_code_disagree.table",
            sheet=sheet,
            row=row,
            column_label=label,
            code=code,
            name=stated,
            names_ja=names,
            places_ja=places,
        )
    return problem(
        "name_code_disagree.lost_zero",
        sheet=sheet,
        row=row,
        column_label=label,
        code=code,
        name=stated,
        names_ja=names,
        places_ja=places,
        six=six,
        five=six[:5],
    )


def _prefectures_against_codes(grid: Grid, frame: pl.DataFrame, where: Bound | None) -> list[Problem]:
    """Rows whose prefecture is not that of the code's first two digits."""
    if where is None:
        return []
    known = areas.register()
    pairs = frame.filter((pl.col("prefecture") != "") & pl.col("code5").is_not_null() & ~pl.col("is_nation"))
    problems = []
    pairs = pairs.group_by("code5", "prefecture", maintain_order=True).agg(pl.first("row"))
    codes = {stated: known.prefecture_named(stated) for stated in pairs["prefecture"].unique()}
    for code, stated, row in pairs.iter_rows():
        named = codes[stated]
        if named in {None, code[:2]}:
            continue
        problems.append(
            problem(
                "prefecture_code_disagree",
                sheet=grid.sheet,
                row=row,
                column_label=where.label.shown,
                code=code,
                wanted_ja=known.prefecture_of.get(code[:2], "どの都道府県でもないもの"),
                stated=stated,
                named=named,
            )
        )
    return problems


def _half_keys(grid: Grid, frame: pl.DataFrame, code: Bound, name: Bound | None) -> list[Problem]:
    """Rows of a municipality that have lost their code or their name. Subtotals have no code; a prefecture's name may
    stand in its own column."""
    if name is None:
        return []
    municipality = pl.col("name").str.contains(r"[市町村区]$") & ~pl.col("name").str.contains(_PARTS)
    no_code = (pl.col("code") == "") & municipality & ~pl.col("is_nation") & ~pl.col("name").is_in(_NORTHERN)
    known = pl.col("code5").is_in(areas.register().names_of) & ~pl.col("code5").str.ends_with("000")
    no_name = known & ~pl.col("name").str.replace(r"(.)\([^)]*\)$", "$1").str.contains(r"[市町村区]$|^\(旧")
    problems = []
    for label, rule in ((code, no_code), (name, no_name)):
        bad = frame.filter(rule).select("row", "code", "name")
        problems += [
            problem(
                "code_or_name_missing.code" if label is code else "code_or_name_missing.name",
                sheet=grid.sheet,
                row=row,
                column_label=label.label.shown,
                code=shown.cell(text, 12),
                name=shown.name(word)[:12],
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
                problem("name_not_known", sheet=grid.sheet, row=row, name=shown.name(where) + shown.name(name))
            )
    return frame.with_columns(code5=pl.Series(codes, dtype=pl.String)), problems


def _prefecture(known: areas.Register, where: str) -> str:
    """Full name of a prefecture; publishers leave 県 out here and there (鹿児島, 岡山)."""
    return known.prefecture_of.get(known.prefecture_named(where) or "", where)
