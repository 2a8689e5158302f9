"""Sums inside one delivery.

Holds: totals against parts in a row (sex, age, flows), municipalities against prefectures and the nation, and that a
table of the country is whole. Does not hold sizes (sizes.py), columns that are read for checking only (across.py),
rules over several deliveries or time (dbt tests) or single cells (figures.py).
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import NamedTuple

import numpy as np
import polars as pl

from ingest import sizes
from ingest.areas import register
from ingest.blocks import blocks
from ingest.coded import coded
from ingest.contracts import Layout, Sum
from ingest.dates import ERA_YEAR
from ingest.headers import UNITS
from ingest.named import UNKNOWN
from ingest.problems import SHOWN, Problem, problem
from ingest.tables import PROVENANCE, schema_of

_COMPLETE = 0.8
"""Share of today's municipalities that a prefecture's rows must reach for its sum to be tested, in a table that is not
of the whole country. An extract of some municipalities is not wrong: a prefecture's cities and wards alone are up to
0.79 of them (東京都 49 of 62)."""
_WHOLE = 870
"""Municipalities, half of the country's, from which a table is one of the whole country."""
_MOST = 24
"""Prefectures, half of the country's, from which a table has all of them."""
_ALL = frozenset(f"{number:02}" for number in range(1, 48))
_NORTHERN = ("01695", "01696", "01697", "01698", "01699", "01700")


_SOLVED = 400
"""Equations that do not hold and are kept for finding the one figure that is wrong."""
_MUNICIPAL = {"municipality", "designated_city", "other"}
_AREA, _PREFECTURE = "area", "prefecture"
"""Keys of the checks' own: area_code with area_name, and the first two digits of area_code."""


def check(
    rows: pl.DataFrame,
    layout: Layout,
    value: str,
    gone: frozenset[str] | None = frozenset(),
    broken_sums: list[Equation] | None = None,
) -> tuple[pl.DataFrame, list[Problem]]:
    """(rows with nothing counted twice, problems) of one sheet's rows (raw table with `sheet`, texts coded or not, with
    or without the columns of `named.applied`).

    The same key with the same value again is dropped with a warning; with another value it is refused. A figure that is
    not used is unknown: what it belongs to is not compared. gone: prefectures that lack rows which were named because
    they cannot be read; None: any may. broken_sums: takes the equations that do not hold.
    """
    if rows.is_empty():
        return rows, [_no_rows(layout)]
    once, problems = twice(rows, layout, value)
    if _refused(problems):
        return rows, problems
    rows = once
    rules = layout.checks
    keyed = _keyed(rows, layout, value) if rules.sums or rules.areas or rules.ages else None
    if keyed is not None and broken_sums is not None:
        keyed = keyed._replace(broken=broken_sums)
    broken: list[Problem] = []
    if keyed is not None:
        for rule in rules.sums:
            broken += _sum(keyed, layout, rule)
    in_use = _in_use(rows)
    for ratio in rules.ratios:
        broken += sizes.ratio(in_use, ratio, value)
    for larger in rules.larger:
        broken += sizes.larger(in_use, larger, value)
    if rules.blocks:
        broken += blocks(rows, layout, value, gone)
    if keyed is not None and rules.ages and not _refused(broken):
        broken += sizes.ages(keyed, rules.ages, _age_keys(layout), _others(layout, "age_group"))
    whole = False
    if rules.areas or rules.nationwide:
        missing, whole = _country(keyed.once(["area_level", "area_code"]) if keyed else rows, layout, gone)
        broken += missing
    stopped = _refused(broken)
    if keyed is not None and rules.areas and (not stopped or keyed.broken):
        wide = _areas(keyed, layout, whole, gone)  # after other faults only its equations count, to find the one figure
        broken += [] if stopped else wide
    return rows, problems + broken


def _refused(problems: list[Problem]) -> bool:
    return any(found["severity"] == "gate" for found in problems)


def _in_use(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows without those of the file in which a figure is not used, year by year."""
    if UNKNOWN not in rows.columns or not rows[UNKNOWN].any():
        return rows
    group = [name for name in ("row", "fiscal_year") if name in rows.columns]
    return rows.filter(~pl.col(UNKNOWN).any().over(group))


def _no_rows(layout: Layout) -> Problem:
    return problem(
        "no_rows",
        "gate",
        "見出しだけで、数値の行が一つもありません。",
        "A header and no row of figures.",
        expected=f"rows of {layout.raw_table}",
        found="0 rows",
        action_ja="途中で切れた書き出しでないかを確かめ、全部の行がある表を入れ直してください。",
    )


def _keys(layout: Layout) -> list[str]:
    """Columns that make a row of the raw table one of a kind inside a delivery."""
    gone = {*PROVENANCE, "area_name", "area_level", "age_from", "age_to", "population_persons", "value", "visitors"}
    gone |= {"unit_in_file", "indicator_ja", "primary_source_ja", "unit"}
    return [name for name in schema_of(layout.raw_table) if name not in gone]


def twice(rows: pl.DataFrame, layout: Layout, value: str) -> tuple[pl.DataFrame, list[Problem]]:
    """The same key twice. Subtotals and former municipalities may share a code with others, so their names count."""
    keys = _keys(layout)
    named = [*keys, "area_name"] if "area_name" in rows.columns else keys
    if UNKNOWN in rows.columns:  # of two rows with one key the one that is not used gives way
        rows = rows.filter(~pl.col(UNKNOWN) | pl.col(UNKNOWN).all().over(named))
    # hashes that meet by chance only lead to the exact count below
    if rows.select(named).hash_rows().n_unique() == rows.height:
        return rows, []
    again = (
        rows.group_by(named)
        .agg(pl.len().alias("n"), pl.col(value).n_unique().alias("values"), pl.col("row").max())
        .filter(pl.col("n") > 1)
        .sort(pl.col("values") > 1, "row", descending=[True, False])  # those that stop the file are never cut off
    )
    problems = []
    for item in again.head(SHOWN).iter_rows(named=True):
        other = item["values"] > 1
        where = " ".join(str(item[name]) for name in named if item[name] is not None)
        problems.append(
            problem(
                "key_twice" if other else "row_twice",
                "gate" if other else "warn",
                f"同じ区分の行が {item['n']} 回あり、値が{'違います' if other else '同じです'}: {where}",
                f"The same key {item['n']} times with {'different' if other else 'equal'} values: {where}",
                sheet=rows["sheet"][0],
                row=item["row"],
                expected="one row",
                found=item["n"],
                action_ja="重複した行を除いた表を入れ直してください。"
                + ("" if other else "同じ値なので一度だけ数えて使いました。"),
            )
        )
    return rows.unique(subset=named, keep="first", maintain_order=True), problems


class Equation(NamedTuple):
    """A sum that does not hold, by the figures' numbers in the rows. parts: (figure, its sign). short: the total less
    its parts; most: how far it may be above them."""

    total: int
    parts: list[tuple[int, int]]
    short: int
    most: float


class Keyed(NamedTuple):
    """Rows with what the sums work on. numbers: key -> for each row a number, equal where the keys are equal, from 0.
    figures: the values, whole numbers, 0 where missing. unknown: figures that are not used. places: the numbers of keys
    that were asked for together. broken: takes the equations that do not hold; None where nobody asks."""

    rows: pl.DataFrame
    value: str
    numbers: dict[str, np.ndarray]
    figures: np.ndarray
    missing: np.ndarray
    unknown: np.ndarray
    places: dict[tuple[str, ...], np.ndarray]
    broken: list[Equation] | None = None

    def place(self, keys: list[str]) -> np.ndarray:
        """The numbers of several keys as one."""
        if tuple(keys) not in self.places:
            self.places[tuple(keys)] = _together(self.numbers, keys)
        return self.places[tuple(keys)]

    def once(self, keys: list[str]) -> pl.DataFrame:
        """The last row of each combination of keys."""
        place = self.place(keys)
        last = np.full(int(place.max()) + 1, -1)
        last[place] = np.arange(len(place))
        return self.rows[np.sort(last[last >= 0])]

    def words(self, name: str) -> list[str | None]:
        """The different words of a text column by their number, null last."""
        return _words(self.rows[name])

    @property
    def municipal(self) -> np.ndarray:
        """Which rows are of municipalities, each area once."""
        return self.among("area_level", _MUNICIPAL)

    def among(self, name: str, words: set[str]) -> np.ndarray:
        """Which rows have one of the words in a text column."""
        return np.array([word in words for word in _words(self.rows[name])], dtype=bool)[self.numbers[name]]


def _keyed(rows: pl.DataFrame, layout: Layout, value: str) -> Keyed:
    names = ("row", "area_level", "area_name", *_keys(layout))
    rows = rows.with_columns(coded(rows[name]) for name in names if rows.schema[name] == pl.String)
    numbers = {name: _numbers(rows[name]) for name in names}
    numbers[_AREA] = _together(numbers, ["area_code", "area_name"])
    prefectures = coded(pl.Series([word and word[:2] for word in _words(rows["area_code"])], dtype=pl.String))
    numbers[_PREFECTURE] = _numbers(prefectures)[numbers["area_code"]]
    missing = rows[value].is_null().to_numpy()
    unknown = rows[UNKNOWN].to_numpy() if UNKNOWN in rows.columns else np.zeros(len(missing), dtype=bool)
    return Keyed(rows, value, numbers, rows[value].fill_null(0).to_numpy(), missing, unknown, {})


def _words(column: pl.Series) -> list[str | None]:
    """The different words of a coded column by their number, null last."""
    assert isinstance(column.dtype, pl.Enum)
    return [*column.dtype.categories, None]


def _numbers(column: pl.Series) -> np.ndarray:
    if isinstance(column.dtype, pl.Enum):
        return column.to_physical().cast(pl.Int64).fill_null(len(column.dtype.categories)).to_numpy()
    number = column.to_physical().cast(pl.Int64)
    return (number - number.min()).fill_null(-1).to_numpy() + 1


def _together(numbers: dict[str, np.ndarray], names: list[str]) -> np.ndarray:
    """The numbers of several keys as one; they stay below four times the number of rows."""
    place, size = np.zeros_like(numbers["row"]), 1
    for name in names:
        count = int(numbers[name].max()) + 1
        place, size = place * count + numbers[name], size * count
        if size > 4 * len(place):
            place = (pl.Series(place).rank("dense") - 1).cast(pl.Int64).to_numpy()
            size = int(place.max()) + 1
    return place


def _others(layout: Layout, over: str) -> list[str]:
    """Keys, beside the area's, that a total has in common with its parts."""
    return [name for name in _keys(layout) if name not in {over, "area_code"}]


def _age_keys(layout: Layout) -> list[str]:
    """Keys that the age classes of one sex and place have in common."""
    down = any(column.role == "age" for column in layout.columns)
    across = not down and "year" not in schema_of(layout.raw_table)
    return ["row", "sex"] if across else [_AREA, *_others(layout, "age_group")]


def _sum(keyed: Keyed, layout: Layout, rule: Sum) -> list[Problem]:
    over = rule.over
    others = {word for word in keyed.words(over) if word is not None} - {rule.total}
    taken_off = {part[1:] for part in rule.parts if part.startswith("-")}
    named = {part.lstrip("-") for part in rule.parts}
    whole, parts = keyed.among(over, {rule.total}), keyed.among(over, named or others)
    if rule.scopes:
        whole &= keyed.among("scope", set(rule.scopes))
    if over == "item":
        keys = ["row"]
    elif over == "age_group":
        keys = _age_keys(layout)
    else:
        keys = [_AREA, *_others(layout, over)]
    signs = np.where(keyed.among(over, taken_off), -1, 1) if taken_off else np.ones(len(whole), dtype=np.int64)
    if rule.missing_refused and (problems := _gaps(keyed, layout, rule, keys, whole, parts)):
        return problems
    room = _room(keyed, rule)
    bad, tested = _differing(keyed, keys, whole, parts, signs, rule.missing_is_nothing, room, len(rule.parts))
    total_ja, parts_ja = _labels(keyed, rule)
    problems = [
        problem(
            "total_differs_from_parts",
            "gate",
            f"{item['area_name']}: {total_ja}が{parts_ja}の合計と合いません(この規則で {bad.height} 件)。",
            f"{item['area_name']}: {rule.total} is not the sum of {'+'.join(rule.parts) or over} ({bad.height} rows).",
            sheet=keyed.rows["sheet"][0],
            row=item["row"],
            column_label=item["column_label"],
            expected=item["added"] if rule.remainder == "none" else f"{item['added']} .. {item['most']}",
            found=item[keyed.value],
            action_ja="この行の内訳と合計を作成元に確かめ、直した表を入れ直してください。",
        )
        for item in bad.head(SHOWN).iter_rows(named=True)
    ]
    return problems or _remainders(keyed, layout, rule, tested)


def _room(keyed: Keyed, rule: Sum) -> np.ndarray | float:
    """How far each total may lie above the sum of its parts."""
    if rule.remainder == "none":
        return 0.0
    if rule.at_most is None:
        return np.inf
    room = np.maximum(rule.at_most, rule.share * keyed.figures)
    return room if rule.share else np.where(keyed.among("area_level", _MUNICIPAL | {"ward"}), room, np.inf)


def _labels(keyed: Keyed, rule: Sum) -> tuple[str, str]:
    """(total, parts) as the table's own headers call them."""
    if rule.over != "item":
        what = "男女" if rule.over == "sex" else "年齢階級"
        return "総数", what
    first = keyed.rows.select("item", "column_label").unique("item", keep="first").cast(pl.String)
    known = {item: _label(label) for item, label in first.iter_rows()}
    parts = [(part.startswith("-"), known.get(part.lstrip("-"), part)) for part in rule.parts]
    shown = "".join(f"{'－' if minus else '＋'}「{label}」" for minus, label in parts)
    return f"「{known.get(rule.total, rule.total)}」", shown.lstrip("＋")


def _label(label: str) -> str:
    """A header's path without its years and unit."""
    parts = [part for part in label.split(" / ") if part not in UNITS and not re.fullmatch(rf"{ERA_YEAR}度?", part)]
    return " ".join(parts) or label


def _gaps(
    keyed: Keyed, layout: Layout, rule: Sum, keys: list[str], whole: np.ndarray, parts: np.ndarray
) -> list[Problem]:
    """Totals and parts of which some are missing and some are not."""
    place = keyed.place(keys)
    size = int(place.max()) + 1
    either = whole | parts
    if not (gaps := np.flatnonzero(either & keyed.missing)).size:
        return []
    missing = np.bincount(place[gaps], minlength=size)
    every, wholes = np.bincount(place[either], minlength=size), np.bincount(place[whole], minlength=size)
    mixed = (wholes > 0) & (missing > 0) & (missing < every)
    mixed[place[either & keyed.unknown]] = False
    bad = keyed.rows[gaps[mixed[place[gaps]]]].sort("row", maintain_order=True)
    return [
        problem(
            "part_missing",
            "gate",
            f"{item['area_name']}: この欄だけ数値がありません(「{item['value_raw']}」、この表で {bad.height} 件)。"
            "総数とほかの区分には数値があります。",
            f"{item['area_name']}: no figure in this cell, while total and other parts have one ({bad.height} cells).",
            sheet=keyed.rows["sheet"][0],
            row=item["row"],
            column_label=item["column_label"],
            expected="a figure",
            found=item["value_raw"],
            action_ja="この欄の数値を元の表で確かめ、直した表を入れ直してください。",
        )
        for item in bad.head(SHOWN).iter_rows(named=True)
    ]


def _remainders(keyed: Keyed, layout: Layout, rule: Sum, tested: pl.DataFrame) -> list[Problem]:
    """Remainders of a prefecture's municipalities, each of them small, that are too many together."""
    if not rule.share or tested.is_empty():
        return []
    at = tested.filter(pl.Series(keyed.municipal[tested["at"].to_numpy()]))["at"].to_numpy()
    short = tested.filter(pl.Series(keyed.municipal[tested["at"].to_numpy()]))["short"].to_numpy()
    place = keyed.place([_PREFECTURE, *_others(layout, rule.over)])
    size = int(place.max()) + 1
    sums, totals = np.zeros(size), np.zeros(size)
    np.add.at(sums, place[at], short)
    np.add.at(totals, place[at], keyed.figures[at])
    wrong = sums > np.maximum(rule.at_most or 0, rule.share * totals)
    problems = []
    for group in np.flatnonzero(wrong)[:SHOWN].tolist():
        mine = place[at] == group
        worst = keyed.rows.row(int(at[mine][short[mine].argmax()]), named=True)
        where = register().prefecture_of.get(str(worst["area_code"])[:2], "")
        problems.append(
            problem(
                "total_differs_from_parts",
                "gate",
                f"{where}の市区町村で、総数と{_labels(keyed, rule)[1]}の合計との差が大きすぎます"
                f"(合わせて {sums[group]:,.0f} 人、最大は{worst['area_name']})。",
                f"Remainders of the municipalities of {worst['area_code'][:2]} add up to {sums[group]:,.0f} persons.",
                sheet=keyed.rows["sheet"][0],
                row=worst["row"],
                column_label=worst["column_label"],
                expected=f"<= {max(rule.at_most or 0, rule.share * totals[group]):,.0f}",
                found=f"{sums[group]:,.0f}",
                action_ja="年齢の欄が空や 0 になっていないかを作成元に確かめ、直した表を入れ直してください。",
            )
        )
    return problems


def _country(rows: pl.DataFrame, layout: Layout, away: frozenset[str] | None) -> tuple[list[Problem], bool]:
    """(problems, whether the table is of the whole country): such a table lacks no prefecture but for those whose rows
    are put aside."""
    areas = rows.select("area_code", "area_level").unique().cast(pl.String).drop_nulls()
    levels = areas.group_by("area_level").agg("area_code")
    by_level = {level: set(codes) for level, codes in levels.iter_rows()}
    towns = set().union(*(by_level.get(level, set()) for level in _MUNICIPAL))
    prefectures = {code[:2] for code in by_level.get("prefecture", set())}
    whole = len(towns) >= _WHOLE
    gone = {
        "の行": _ALL - prefectures if len(prefectures) >= _MOST else frozenset(),
        "の市区町村": _ALL - {code[:2] for code in towns} - set(layout.checks.undivided) if whole else frozenset(),
    }
    gone = {what: frozenset() if away is None else missing - away for what, missing in gone.items()}
    names = register().prefecture_of
    last = rows["row"].max()
    return [
        problem(
            "prefecture_missing",
            "gate",
            f"全国の表ですが、{len(missing)} 都道府県{what}がありません: "
            f"{'、'.join(names.get(code, code) for code in sorted(missing))}。",
            f"A table of the whole country without {len(missing)} prefectures: {' '.join(sorted(missing))}.",
            sheet=rows["sheet"][0],
            row=last if isinstance(last, int) else None,
            expected="47",
            found=47 - len(missing),
            action_ja="表が途中で切れていないか、行が抜けていないかを確かめ、全部の行がある表を入れ直してください。",
        )
        for what, missing in gone.items()
        if missing
    ], whole


def _areas(keyed: Keyed, layout: Layout, country: bool, away: frozenset[str] | None) -> list[Problem]:
    municipal, prefectures = keyed.municipal, keyed.among("area_level", {"prefecture"})
    codes = keyed.rows["area_code"]
    listed = Counter(code[:2] for code in codes.filter(municipal).unique().drop_nulls())
    today = _today()
    complete = {pref for pref, count in listed.items() if pref in today and count >= _COMPLETE * today[pref]}
    complete |= _ALL if country else frozenset()
    complete -= _ALL if away is None else away
    whole = keyed.among("area_code", {code for code in _words(codes) if code and code[:2] in complete})
    keys = [name for name in _keys(layout) if name != "area_code"]
    missing_is_nothing = any(rule.missing_is_nothing for rule in layout.checks.sums)
    signs = np.ones(len(whole), dtype=np.int64)
    room: np.ndarray | float = 0.0
    if layout.checks.areas_remainder == "not_stated":
        room = np.where(keyed.among("age_group", {"total"}), 0.0, np.inf)

    def compare(
        keys: list[str], whole: np.ndarray, parts: np.ndarray, what_ja: str, most: np.ndarray | float
    ) -> list[Problem]:
        bad, tested = _differing(keyed, keys, whole, parts, signs, missing_is_nothing, most, hidden=True)
        if bad.is_empty():
            return _outside(keyed, layout, tested)
        return [
            problem(
                "area_total_differs",
                "gate",
                f"{item['area_name']} の値が{what_ja}と合いません({bad.height} 件)。",
                f"{item['area_name']} is not the sum of its areas ({bad.height} figures).",
                sheet=keyed.rows["sheet"][0],
                row=item["row"],
                column_label=item["column_label"],
                expected=item["added"],
                found=item[keyed.value],
                action_ja="抜けた団体・重なった団体がないかを確かめ、直した表を入れ直してください。",
            )
            for item in bad.head(SHOWN).iter_rows(named=True)
        ]

    inside = np.maximum(room, layout.checks.unassigned)
    problems = compare([_PREFECTURE, *keys], prefectures & whole, municipal & whole, "市区町村の合計", inside)
    if codes.filter(prefectures).n_unique() == 47:
        problems += compare(keys, keyed.among("area_level", {"nation"}), prefectures, "都道府県の合計", room)
    return problems[:SHOWN]


def _outside(keyed: Keyed, layout: Layout, tested: pl.DataFrame) -> list[Problem]:
    """Persons of a prefecture who live in none of its municipalities, where the contract knows of some."""
    if not layout.checks.unassigned or tested.is_empty():
        return []
    at = tested.filter(pl.col("short") > 0)["at"].to_numpy()
    at = at[keyed.among("area_level", {"prefecture"})[at]]
    if not at.size:
        return []
    most = int(at[tested.filter(pl.col("at").is_in(at))["short"].to_numpy().argmax()])
    item = keyed.rows.row(most, named=True)
    persons = tested.filter(pl.col("at") == most)["short"][0]
    return [
        problem(
            "persons_outside_municipalities",
            "review",
            f"{item['area_name']} の値が市区町村の合計より多い欄が {at.size} 件あります(最大 {persons} 人)。"
            "どの市区町村にも属さない土地の人口とみられ、表のとおり読みました。",
            f"{item['area_name']} has up to {persons} persons more than its municipalities ({at.size} figures): most "
            "likely on land of none of them. Read as published.",
            sheet=keyed.rows["sheet"][0],
            row=item["row"],
            column_label=item["column_label"],
            expected=f"0 .. {layout.checks.unassigned}",
            found=persons,
            action_ja="公表元の表のとおりなら、何もしなくてかまいません。",
        )
    ]


@cache
def _today() -> dict[str, int]:
    """Municipalities of each prefecture today, without the northern villages."""
    codes = {code for (_, name), code in register().code_of.items() if name and code not in _NORTHERN}
    return dict(Counter(code[:2] for code in codes & register().current))


def _differing(
    keyed: Keyed,
    keys: list[str],
    whole: np.ndarray,
    parts: np.ndarray,
    signs: np.ndarray,
    missing_is_nothing: bool,
    room: np.ndarray | float,
    count: int = 0,
    hidden: bool = False,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of `whole` that are not the sum of the rows of `parts` with the same keys, with that sum (`added`) and
    the most that would do (`most`); and what every tested row, by its number `at`, is `short` of.

    Left out: totals that are missing, that have no parts (or not `count` of them), or that have missing parts where
    those are not nothing or that are not used; with `hidden`, a total with missing parts is only not below what its
    other parts add up to. signs: of the parts, 1 or -1. room: how far a total may lie above its parts, for each row or
    for all.
    """
    place = keyed.place(keys)
    size = int(place.max()) + 1
    added = np.zeros(size, dtype=np.int64)
    np.add.at(added, place[parts], (keyed.figures * signs)[parts])
    found = np.bincount(place[parts], minlength=size)
    tested = found == count if count else found > 0
    gaps = np.zeros(size, dtype=bool)
    if not missing_is_nothing:
        gaps[place[parts & keyed.missing]] = True
        if not hidden:
            tested &= ~gaps
    tested[place[parts & keyed.unknown]] = False
    at = np.flatnonzero(whole & ~keyed.missing)
    at = at[tested[place[at]]]
    short = keyed.figures[at] - added[place[at]]
    most = np.where(gaps[place[at]], np.inf, room[at] if isinstance(room, np.ndarray) else room)
    wrong = (short < 0) | (short > most)
    every = pl.DataFrame({"at": at, "short": short})
    if not wrong.any():
        return pl.DataFrame(), every
    most = np.broadcast_to(most, short.shape)
    if keyed.broken is not None and len(keyed.broken) < _SOLVED:
        for one in np.flatnonzero(wrong)[:_SOLVED].tolist():
            inside = np.flatnonzero(parts & (place == place[at[one]])).tolist()
            pairs = [(spot, int(signs[spot])) for spot in inside]
            keyed.broken.append(Equation(int(at[one]), pairs, int(short[one]), float(most[one])))
    most = keyed.figures[at] - short + most
    bad = keyed.rows[at[wrong]].with_columns(added=added[place[at]][wrong], most=most[wrong])
    return bad.sort("row", maintain_order=True), every
