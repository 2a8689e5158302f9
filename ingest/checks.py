"""Sums inside one delivery.

Holds: totals against parts in a row (sex, age, flows), municipalities against prefectures and the nation. Does not
hold rules over several deliveries or time (dbt tests) or single cells (melt.py).
"""

from __future__ import annotations

from collections import Counter
from functools import cache

import polars as pl

from ingest.areas import register
from ingest.contracts import Layout, Ratio, Sum
from ingest.problems import SHOWN, Problem, problem
from ingest.tables import PROVENANCE, schema_of

_COMPLETE = 0.95
"""Share of today's municipalities that a prefecture's rows must reach for its sum to be tested; an extract of a few
municipalities is not wrong, and a list that lacks up to one in twenty is caught by the sum itself."""
_NORTHERN = ("01695", "01696", "01697", "01698", "01699", "01700")


def check(rows: pl.DataFrame, layout: Layout, value: str) -> tuple[pl.DataFrame, list[Problem]]:
    """(rows with nothing counted twice, problems) of one sheet's rows (raw table with `sheet`).

    The same key with the same value again is dropped with a warning; with another value it is refused.
    """
    if rows.is_empty():
        return rows, [_no_rows(layout)]
    rows, problems = _twice(rows, layout, value)
    if any(p["severity"] == "gate" for p in problems):
        return rows, problems
    broken: list[Problem] = []
    for rule in layout.checks.sums:
        broken += _sum(rows, layout, rule, value)
    for ratio in layout.checks.ratios:
        broken += _ratio(rows, ratio, value)
    if layout.checks.areas and not broken:
        broken += _areas(rows, layout, value)
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


def _sum(rows: pl.DataFrame, layout: Layout, rule: Sum, value: str) -> list[Problem]:
    over = rule.over
    whole = rows.filter(pl.col(over) == rule.total)
    parts = rows.filter(pl.col(over).is_in(rule.parts) if rule.parts else pl.col(over) != rule.total)
    if whole.is_empty() or parts.is_empty():
        return []
    if over in {"item", "age_group"} and "year" not in schema_of(layout.raw_table):
        keys = ["row", *(["sex"] if over == "age_group" else [])]  # totals and parts stand in one row
    else:
        keys = [name for name in (*_keys(layout), "area_name") if name != over]
    added = parts.group_by(keys).agg(
        pl.col(value).sum().alias("added"), pl.col(value).null_count().alias("gaps"), pl.len().alias("n")
    )
    kept = [*keys, value, *({"row", "area_name", "column_label"} - set(keys))]
    both = whole.select(kept).join(added, on=keys, nulls_equal=True).filter(pl.col(value).is_not_null())
    if rule.parts:
        both = both.filter(pl.col("n") == len(rule.parts))
    if not rule.missing_is_nothing:
        both = both.filter(pl.col("gaps") == 0)
    wrong = pl.col(value) < pl.col("added") if rule.remainder == "not_stated" else pl.col(value) != pl.col("added")
    bad = both.filter(wrong).sort("row")
    parts_ja = "+".join(rule.parts) or f"{over} の内訳"
    return [
        problem(
            "total_differs_from_parts",
            "gate",
            f"{item['area_name']}: {rule.total} が {parts_ja} の合計と合いません(この規則で {bad.height} 件)。",
            f"{item['area_name']}: {rule.total} is not the sum of {parts_ja} ({bad.height} rows).",
            sheet=rows["sheet"][0],
            row=item["row"],
            column_label=item["column_label"],
            expected=item["added"] if rule.remainder == "none" else f">= {item['added']}",
            found=item[value],
            action_ja="この行の内訳と合計を作成元に確かめ、直した表を入れ直してください。",
        )
        for item in bad.head(SHOWN).iter_rows(named=True)
    ]


def _areas(rows: pl.DataFrame, layout: Layout, value: str) -> list[Problem]:
    keys = [name for name in _keys(layout) if name != "area_code"]
    missing_is_nothing = any(rule.missing_is_nothing for rule in layout.checks.sums)
    levels = rows.filter(
        pl.col("area_level").is_in(["nation", "prefecture", "municipality", "designated_city", "other"])
    )
    levels = levels.with_columns(pref=pl.col("area_code").str.slice(0, 2))
    today = _today()
    municipal = levels.filter(pl.col("area_level").is_in(["municipality", "designated_city", "other"]))
    listed = municipal.group_by("pref").agg(pl.col("area_code").n_unique().alias("n")).iter_rows()
    whole = [pref for pref, count in listed if pref in today and count >= _COMPLETE * today[pref]]
    prefectures = levels.filter(pl.col("area_level") == "prefecture")
    problems = _compare(
        prefectures.filter(pl.col("pref").is_in(whole)),
        municipal.filter(pl.col("pref").is_in(whole)),
        ["pref", *keys],
        layout,
        value,
        missing_is_nothing,
        "市区町村の合計",
    )
    if prefectures["area_code"].n_unique() == 47:
        problems += _compare(
            levels.filter(pl.col("area_level") == "nation"),
            prefectures,
            keys,
            layout,
            value,
            missing_is_nothing,
            "都道府県の合計",
        )
    return problems[:SHOWN]


@cache
def _today() -> dict[str, int]:
    """Municipalities of each prefecture today, without the northern villages."""
    codes = {code for (_, name), code in register().code_of.items() if name and code not in _NORTHERN}
    return dict(Counter(code[:2] for code in codes & register().current))


def _compare(
    whole: pl.DataFrame,
    parts: pl.DataFrame,
    keys: list[str],
    layout: Layout,
    value: str,
    missing_is_nothing: bool,
    what_ja: str,
) -> list[Problem]:
    if whole.is_empty() or parts.is_empty():
        return []
    added = parts.group_by(keys).agg(pl.col(value).sum().alias("added"), pl.col(value).null_count().alias("gaps"))
    both = whole.join(added, on=keys, nulls_equal=True).filter(pl.col(value).is_not_null())
    if not missing_is_nothing:
        both = both.filter(pl.col("gaps") == 0)
    wrong = pl.col(value) != pl.col("added")
    if layout.checks.areas_remainder == "not_stated":
        wrong = pl.col(value) < pl.col("added")
    bad = both.filter(wrong).sort("row")
    return [
        problem(
            "area_total_differs",
            "gate",
            f"{item['area_name']} の値が{what_ja}と合いません({bad.height} 件)。",
            f"{item['area_name']} is not the sum of its areas ({bad.height} figures).",
            sheet=whole["sheet"][0],
            row=item["row"],
            column_label=item["column_label"],
            expected=item["added"],
            found=item[value],
            action_ja="抜けた団体・重なった団体がないかを確かめ、直した表を入れ直してください。",
        )
        for item in bad.head(SHOWN).iter_rows(named=True)
    ]
