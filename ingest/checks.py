"""Sums inside one delivery.

Holds: totals against parts in a row (sex, age, flows), municipalities against prefectures and the nation. Does not
hold rules over several deliveries or time (dbt tests) or single cells (figures.py).
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import NamedTuple

import numpy as np
import polars as pl

from ingest.areas import register
from ingest.coded import coded
from ingest.contracts import Layout, Ratio, Sum
from ingest.problems import SHOWN, Problem, problem
from ingest.tables import PROVENANCE, schema_of

_COMPLETE = 0.95
"""Share of today's municipalities that a prefecture's rows must reach for its sum to be tested; an extract of a few
municipalities is not wrong, and a list that lacks up to one in twenty is caught by the sum itself."""
_NORTHERN = ("01695", "01696", "01697", "01698", "01699", "01700")


_MUNICIPAL = {"municipality", "designated_city", "other"}
_AREA, _PREFECTURE = "area", "prefecture"
"""Keys of the checks' own: area_code with area_name, and the first two digits of area_code."""


def check(rows: pl.DataFrame, layout: Layout, value: str) -> tuple[pl.DataFrame, list[Problem]]:
    """(rows with nothing counted twice, problems) of one sheet's rows (raw table with `sheet`, texts coded or not).

    The same key with the same value again is dropped with a warning; with another value it is refused.
    """
    if rows.is_empty():
        return rows, [_no_rows(layout)]
    rows, problems = _twice(rows, layout, value)
    if any(p["severity"] == "gate" for p in problems):
        return rows, problems
    broken: list[Problem] = []
    if layout.checks.sums or layout.checks.areas:
        keyed = _keyed(rows, layout, value)
        for rule in layout.checks.sums:
            broken += _sum(keyed, layout, rule)
    for ratio in layout.checks.ratios:
        broken += _ratio(rows, ratio, value)
    if layout.checks.areas and not broken:
        broken += _areas(keyed, layout)
    return rows, problems + broken


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


def _ratio(rows: pl.DataFrame, ratio: Ratio, value: str) -> list[Problem]:
    """The ratio of two items over the whole table, to find a unit that is a thousand times off."""
    both = rows.filter(pl.col("item").is_in([ratio.of, ratio.to]) & (pl.col("area_level") != "subtotal"))
    whole = both.pivot(on="item", index=["row", "fiscal_year"], values=value).drop_nulls()
    if whole.is_empty() or ratio.of not in whole.columns or ratio.to not in whole.columns:
        return []
    above, below = float(whole[ratio.of].sum()), float(whole[ratio.to].sum())
    if not below or ratio.minimum <= above / below <= ratio.maximum:
        return []
    low = above / below < ratio.minimum
    first = rows.filter(pl.col("item") == ratio.of)
    return [
        problem(
            "unit_suspect",
            "gate",
            f"{ratio.meaning_ja}が {above / below:,.0f} で、ありえない大きさです。"
            f"単位が{'千円なのに円' if low else '円なのに千円'}として書かれていないかを確かめてください。",
            f"{ratio.of} / {ratio.to} is {above / below:,.1f}: the unit looks a thousand times too "
            f"{'small (thousand yen read as yen)' if low else 'large (yen read as thousand yen)'}.",
            sheet=rows["sheet"][0],
            row=first.sort("row")["row"][0],
            column_label=first["column_label"][0],
            expected=f"{ratio.minimum:,.0f} .. {ratio.maximum:,.0f}",
            found=f"{above / below:,.1f}",
            action_ja="表の単位(円・千円)を作成元に確かめ、正しい単位の表を入れ直してください。",
        )
    ]


def _keys(layout: Layout) -> list[str]:
    """Columns that make a row of the raw table one of a kind inside a delivery."""
    gone = {*PROVENANCE, "area_name", "area_level", "age_from", "age_to", "population_persons", "value", "visitors"}
    gone |= {"unit_in_file", "indicator_ja", "primary_source_ja", "unit"}
    return [name for name in schema_of(layout.raw_table) if name not in gone]


def _twice(rows: pl.DataFrame, layout: Layout, value: str) -> tuple[pl.DataFrame, list[Problem]]:
    """The same key twice. Subtotals and former municipalities may share a code with others, so their names count."""
    keys = _keys(layout)
    named = [*keys, "area_name"] if "area_name" in rows.columns else keys
    # hashes that meet by chance only lead to the exact count below
    if rows.select(named).hash_rows().n_unique() == rows.height:
        return rows, []
    again = (
        rows.group_by(named)
        .agg(pl.len().alias("n"), pl.col(value).n_unique().alias("values"), pl.col("row").max())
        .filter(pl.col("n") > 1)
        .sort("row")
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


class _Keyed(NamedTuple):
    """Rows with what the sums work on. numbers: key -> for each row a number, equal where the keys are equal, from 0.
    figures: the values, whole numbers, 0 where missing."""

    rows: pl.DataFrame
    value: str
    numbers: dict[str, np.ndarray]
    figures: np.ndarray
    missing: np.ndarray

    def among(self, name: str, words: set[str]) -> np.ndarray:
        """Which rows have one of the words in a text column."""
        return np.array([word in words for word in _words(self.rows[name])], dtype=bool)[self.numbers[name]]


def _keyed(rows: pl.DataFrame, layout: Layout, value: str) -> _Keyed:
    names = ("row", "area_level", "area_name", *_keys(layout))
    rows = rows.with_columns(coded(rows[name]) for name in names if rows.schema[name] == pl.String)
    numbers = {name: _numbers(rows[name]) for name in names}
    numbers[_AREA] = _together(numbers, ["area_code", "area_name"])
    prefectures = coded(pl.Series([word and word[:2] for word in _words(rows["area_code"])], dtype=pl.String))
    numbers[_PREFECTURE] = _numbers(prefectures)[numbers["area_code"]]
    return _Keyed(rows, value, numbers, rows[value].fill_null(0).to_numpy(), rows[value].is_null().to_numpy())


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


def _sum(keyed: _Keyed, layout: Layout, rule: Sum) -> list[Problem]:
    over = rule.over
    others = {word for word in _words(keyed.rows[over]) if word is not None} - {rule.total}
    whole, parts = keyed.among(over, {rule.total}), keyed.among(over, set(rule.parts) or others)
    if over in {"item", "age_group"} and "year" not in schema_of(layout.raw_table):
        keys = ["row", *(["sex"] if over == "age_group" else [])]  # totals and parts stand in one row
    else:
        keys = [_AREA, *(name for name in _keys(layout) if name not in {over, "area_code"})]
    bad = _differing(keyed, keys, whole, parts, rule.missing_is_nothing, rule.remainder, len(rule.parts))
    parts_ja = "+".join(rule.parts) or f"{over} の内訳"
    return [
        problem(
            "total_differs_from_parts",
            "gate",
            f"{item['area_name']}: {rule.total} が {parts_ja} の合計と合いません(この規則で {bad.height} 件)。",
            f"{item['area_name']}: {rule.total} is not the sum of {parts_ja} ({bad.height} rows).",
            sheet=keyed.rows["sheet"][0],
            row=item["row"],
            column_label=item["column_label"],
            expected=item["added"] if rule.remainder == "none" else f">= {item['added']}",
            found=item[keyed.value],
            action_ja="この行の内訳と合計を作成元に確かめ、直した表を入れ直してください。",
        )
        for item in bad.head(SHOWN).iter_rows(named=True)
    ]


def _areas(keyed: _Keyed, layout: Layout) -> list[Problem]:
    municipal, prefectures = keyed.among("area_level", _MUNICIPAL), keyed.among("area_level", {"prefecture"})
    codes = keyed.rows["area_code"]
    listed = Counter(code[:2] for code in codes.filter(municipal).unique().drop_nulls())
    today = _today()
    complete = {pref for pref, count in listed.items() if pref in today and count >= _COMPLETE * today[pref]}
    whole = keyed.among("area_code", {code for code in _words(codes) if code and code[:2] in complete})
    keys = [name for name in _keys(layout) if name != "area_code"]
    missing_is_nothing = any(rule.missing_is_nothing for rule in layout.checks.sums)

    def compare(keys: list[str], whole: np.ndarray, parts: np.ndarray, what_ja: str) -> list[Problem]:
        bad = _differing(keyed, keys, whole, parts, missing_is_nothing, layout.checks.areas_remainder)
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

    problems = compare([_PREFECTURE, *keys], prefectures & whole, municipal & whole, "市区町村の合計")
    if codes.filter(prefectures).n_unique() == 47:
        problems += compare(keys, keyed.among("area_level", {"nation"}), prefectures, "都道府県の合計")
    return problems[:SHOWN]


@cache
def _today() -> dict[str, int]:
    """Municipalities of each prefecture today, without the northern villages."""
    codes = {code for (_, name), code in register().code_of.items() if name and code not in _NORTHERN}
    return dict(Counter(code[:2] for code in codes & register().current))


def _differing(
    keyed: _Keyed,
    keys: list[str],
    whole: np.ndarray,
    parts: np.ndarray,
    missing_is_nothing: bool,
    remainder: str,
    count: int = 0,
) -> pl.DataFrame:
    """The rows of `whole` that are not the sum of the rows of `parts` with the same keys, with that sum (`added`).

    Left out: totals that are missing, that have no parts (or not `count` of them), or that have missing parts where
    those are not nothing. remainder: `not_stated` lets the parts be short of the total.
    """
    place = _together(keyed.numbers, keys)
    size = int(place.max()) + 1
    added = np.zeros(size, dtype=np.int64)
    np.add.at(added, place[parts], keyed.figures[parts])
    found = np.bincount(place[parts], minlength=size)
    tested = found == count if count else found > 0
    if not missing_is_nothing:
        tested[place[parts & keyed.missing]] = False
    at = np.flatnonzero(whole & ~keyed.missing)
    at = at[tested[place[at]]]
    sums, figures = added[place[at]], keyed.figures[at]
    wrong = figures < sums if remainder == "not_stated" else figures != sums
    if not wrong.any():
        return pl.DataFrame()
    return keyed.rows[at[wrong]].with_columns(added=sums[wrong]).sort("row", maintain_order=True)
