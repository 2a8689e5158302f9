"""Sizes inside one delivery: what is too large, too small, or not there.

Holds: items whose ratio or order is known, age classes that cannot be empty, women and men in old age. They find what
sums cannot: units, columns exchanged with their totals, rows slipped by a column. Does not hold sums (sums.py) or
rules over several deliveries or time (dbt tests).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from sousei.ingest.areas import shown
from sousei.ingest.contract.model import Ages, Larger, Ratio
from sousei.ingest.problems import SHOWN, Problem, problem

if TYPE_CHECKING:
    from sousei.ingest.consistency.keyed import Keyed

_OPEN = 999
"""Last age of a class without one."""
_EVENTS, _EVENTS_SHARE = 2, 0.01
"""Municipalities of a table, the larger of number and share, in which the smaller item may be the larger one for once:
one of 3,261 in 1999 (川崎村)."""
_MOST = 0.9
"""Share of a table's rows without which a ratio that is off is the table's, not that of a few impossible rows."""
_SEX = {"male": "男", "female": "女", "total": "男女計"}


def ratio(rows: pl.DataFrame, rule: Ratio, value: str) -> list[Problem]:
    """Two items that belong together: over the whole table a unit may be a thousand times off, in one row the cells
    may have slipped. rows: the raw table of one sheet."""
    index = ["row", "fiscal_year", "area_name", "area_level"]
    both = rows.filter(pl.col("item").is_in([rule.of, rule.to])).with_columns(pl.col("item").cast(pl.String))
    each = both.pivot(on="item", index=index, values=[value, "value_raw", "column_label"])
    if len(each.columns) < len(index) + 6:
        return []
    of, to = pl.col(f"{value}_{rule.of}"), pl.col(f"{value}_{rule.to}")
    apart = (of == 0) != (to == 0)
    if rule.rounded:
        apart &= of != 0
    outside = (of > 0) & (to > 0) & ~(of / to).is_between(rule.row_minimum, rule.row_maximum)
    uncounted = pl.lit(False)
    if rule.uncounted_until is not None:
        uncounted = (to == 0) & (of > 0) & (pl.col("fiscal_year") <= rule.uncounted_until)
    apart &= ~uncounted
    wrong = (of.is_null() != to.is_null()) | apart.fill_null(False) | outside.fill_null(False)
    whole = each.filter((pl.col("area_level") != "subtotal") & of.is_not_null() & to.is_not_null())
    found = _share(whole, of, to)
    if found is not None and not rule.minimum <= found <= rule.maximum:
        rest = whole.filter(~wrong)
        left = _share(rest, of, to)
        if rest.height < _MOST * whole.height or left is None or not rule.minimum <= left <= rule.maximum:
            return [_unit(rows, each, rule, found)]
    bad = each.filter(wrong).sort("row")
    told = each.filter(uncounted).sort("row")
    problems = [_row(rows["sheet"][0], item, value, bad.height, rule) for item in bad.head(SHOWN).iter_rows(named=True)]
    return problems + ([_uncounted(rows["sheet"][0], told, rule)] if told.height else [])


def _uncounted(sheet: str, told: pl.DataFrame, rule: Ratio) -> Problem:
    years = sorted(told["fiscal_year"].unique().to_list())
    span = f"{years[0]}～{years[-1]}"
    names = "、".join(told["area_name"].unique(maintain_order=True).head(5).cast(pl.String))
    label = str(told[f"column_label_{rule.to}"][0]).split(" / ")[-1]
    return problem(
        "not_counted",
        "review",
        f"金額があるのに「{label}」が 0 の欄が {told.height} 件あります({span} 年度、{names} など)。"
        "表のとおり 0 と読みました。数えていなかった年とみられ、件数としては使えません。",
        f"{told.height} figures of {rule.to} are 0 beside a {rule.of} ({span}): read as published, most likely not "
        "counted.",
        sheet=sheet,
        row=told["row"][0],
        column_label=told[f"column_label_{rule.to}"][0],
        expected="> 0",
        found="0",
        action_ja="公表元の表のとおりなら、何もしなくてかまいません。",
    )


def _share(pairs: pl.DataFrame, of: pl.Expr, to: pl.Expr) -> float | None:
    above, below = float(pairs.select(of.sum()).item()), float(pairs.select(to.sum()).item())
    return above / below if below else None


def _unit(rows: pl.DataFrame, each: pl.DataFrame, rule: Ratio, found: float) -> Problem:
    low = found < rule.minimum
    first = each.sort("row").row(0, named=True)
    return problem(
        "unit_suspect",
        "gate",
        f"{rule.meaning_ja}が全体で {found:,.4g} で、ありえない大きさです。単位"
        f"({'千円なのに円' if low else '円なのに千円'})か、件数と金額の列の入れ替わり・ずれを確かめてください。",
        f"{rule.of} / {rule.to} is {found:,.4g} over the table: the unit is a thousand times too "
        f"{'small (thousand yen read as yen)' if low else 'large (yen read as thousand yen)'}, "
        "or columns were exchanged or have slipped.",
        sheet=rows["sheet"][0],
        row=first["row"],
        column_label=first[f"column_label_{rule.of}"],
        expected=f"{rule.minimum:,.0f} .. {rule.maximum:,.0f}",
        found=f"{found:,.4g}",
        action_ja="表の単位(円・千円)と列の並びを作成元に確かめ、正しい表を入れ直してください。",
    )


def _row(sheet: str, item: dict[str, Any], value: str, count: int, rule: Ratio) -> Problem:
    figures = [(item[f"{value}_{name}"], item[f"value_raw_{name}"] or "") for name in (rule.to, rule.of)]
    cells = [shown.cell(raw) or "空欄" if number is None else f"{number:,}" for number, raw in figures]
    labels = [str(item[f"column_label_{name}"] or name).split(" / ")[-1] for name in (rule.to, rule.of)]
    words = f"{labels[0]} {cells[0]}、{labels[1]} {cells[1]}"
    return problem(
        "pair_differs",
        "gate",
        f"{item['area_name']}: {words} は組になりません(この表で {count} 件)。"
        f"一方だけが空欄か 0 か、{rule.meaning_ja}がありえない大きさです。",
        f"{item['area_name']}: {rule.to} {cells[0]} and {rule.of} {cells[1]} do not go together ({count} rows): one of "
        "them is blank or 0, or their ratio is impossible.",
        sheet=sheet,
        row=item["row"],
        column_label=item[f"column_label_{rule.of}"] or item[f"column_label_{rule.to}"],
        expected=f"{rule.row_minimum:,.0f} .. {rule.row_maximum:,.0f}",
        found=" / ".join(cells),
        action_ja="この行の欄がずれたり消えたりしていないかを元の表と比べ、直した表を入れ直してください。",
    )


def larger(rows: pl.DataFrame, rule: Larger, value: str) -> list[Problem]:
    """Rows, and the municipalities together, in which the larger of two items is the smaller one: columns exchanged, or
    in a row whose `more` is of its ordinary size, an event that is told."""
    items = [rule.more, rule.less, *([rule.beside] if rule.beside else [])]
    both = rows.filter(pl.col("item").is_in(items)).with_columns(pl.col("item").cast(pl.String))
    each = both.pivot(on="item", index=["row", "area_name", "area_level"], values=[value, "column_label"])
    if len(each.columns) < 3 + 2 * len(items):
        return []
    more, less = pl.col(f"{value}_{rule.more}"), pl.col(f"{value}_{rule.less}")
    beside = pl.col(f"{value}_{rule.beside}")
    tested = (more + less >= rule.at_least) & (more < less)
    event = tested & (more >= rule.ordinary * beside).fill_null(False) if rule.beside else pl.lit(False)
    is_town = ~pl.col("area_level").is_in(["nation", "prefecture", "subtotal", "ward"])
    towns = each.filter(is_town)
    rare = towns.filter(event).height <= max(_EVENTS, _EVENTS_SHARE * towns.height)
    each = each.with_columns(ordinary=event & rare)
    together = each.filter(is_town & ~pl.col("ordinary")).select(
        pl.col("row").min(), pl.lit("この表の市区町村の合計").alias("area_name"), more.sum(), less.sum(),
        pl.col(f"column_label_{rule.more}").first(), pl.col(f"column_label_{rule.less}").first(),
        pl.lit(False).alias("ordinary"),
    )  # fmt: skip
    every = pl.concat([together, each.select(together.columns)], how="vertical_relaxed")
    bad = every.filter(tested).sort("ordinary", maintain_order=True)
    return [_larger(rows["sheet"][0], rule, value, item, bad) for item in bad.head(SHOWN).iter_rows(named=True)]


def _larger(sheet: str, rule: Larger, value: str, item: dict[str, Any], bad: pl.DataFrame) -> Problem:
    labels = {name: item[f"column_label_{name}"] for name in (rule.more, rule.less)}
    count = bad.filter(pl.col("ordinary") == item["ordinary"]).height
    shown_ja = f"{item['area_name']}: 「{labels[rule.less]}」が「{labels[rule.more]}」より多く、"
    if item["ordinary"]:
        problem_id, severity = "bulk_registration", "review"
        ja = f"{shown_ja}住民票の改製など、一度にまとめて記載・消除した年とみられます({count} 件)。"
        ja += "表のとおり読みました。"
        en = f"{item['area_name']}: {rule.less} is more than {rule.more}, which is of its ordinary size: most likely a "
        en += f"register written anew ({count} rows). Read as published."
        action = "公表元の表のとおりなら、何もしなくてかまいません。"
    else:
        problem_id, severity = "columns_exchanged", "gate"
        ja = f"{shown_ja}列が入れ替わっているおそれがあります({count} 件)。"
        en = f"{item['area_name']}: {rule.less} is more than {rule.more}: the columns may be exchanged ({count} rows)."
        action = "二つの列の見出しと数値を元の表と比べ、直した表を入れ直してください。"
    return problem(
        problem_id,
        severity,
        ja,
        en,
        sheet=sheet,
        row=item["row"],
        column_label=labels[rule.more],
        expected=f">= {item[f'{value}_{rule.less}']}",
        found=item[f"{value}_{rule.more}"],
        action_ja=action,
    )


def ages(keyed: Keyed, rule: Ages, of_total: list[str], beside: list[str]) -> list[Problem]:
    """Age classes without anybody, and men and women exchanged. of_total: keys that the classes have in common with
    their total; beside: keys of a class beside area and age."""
    spans = [[int(number) for number in re.findall(r"\d+", word or "")] for word in keyed.words("age_group")]
    first = np.array([span[0] if span else -1 for span in spans])[keyed.numbers["age_group"]]
    last = np.array([span[1] if len(span) == 2 else _OPEN for span in spans])[keyed.numbers["age_group"]]
    held = np.ones(len(first), dtype=bool)
    if rule.scopes and "scope" in keyed.numbers:
        held = keyed.among("scope", set(rule.scopes))
    total = keyed.among("age_group", {"total"})
    problems = _empty_rows(keyed, rule, of_total, held & (last <= rule.filled_to), total)
    problems = problems or _empty_classes(keyed, rule, beside, first >= 0, total)
    return problems + _sexes(keyed, rule, beside, held & (first >= rule.women_from))


def _empty_rows(keyed: Keyed, rule: Ages, keys: list[str], young: np.ndarray, total: np.ndarray) -> list[Problem]:
    at = np.flatnonzero(young & (keyed.figures == 0) & ~keyed.unknown)
    if not at.size:
        return []
    place = keyed.place(keys)
    persons = np.zeros(int(place.max()) + 1, dtype=np.int64)
    persons[place[total]] = keyed.figures[total]
    return _empty(keyed, at[persons[place[at]] >= rule.filled_from], f"{rule.filled_from:,} 人以上の欄なのに")


def _empty_classes(
    keyed: Keyed, rule: Ages, beside: list[str], classed: np.ndarray, total: np.ndarray
) -> list[Problem]:
    towns = keyed.municipal
    table, place = keyed.place(beside), keyed.place(["age_group", *beside])
    whole = np.flatnonzero(towns & total)
    persons = np.bincount(table[whole], keyed.figures[whole], int(table.max()) + 1)
    if not (persons >= rule.filled_table).any():
        return []
    empty = np.zeros(int(place.max()) + 1, dtype=bool)
    of_class = towns & classed & ~keyed.unknown
    empty[place[of_class]] = True
    empty[place[of_class & (keyed.figures > 0)]] = False
    if not empty.any():
        return []
    at = np.flatnonzero(of_class & empty[place])
    at = at[persons[table[at]] >= rule.filled_table]
    _, once = np.unique(place[at], return_index=True)
    return _empty(keyed, at[once], "表のどの行にも人がいません。")


def _empty(keyed: Keyed, at: np.ndarray, why_ja: str) -> list[Problem]:
    bad = keyed.rows[at].sort("row", maintain_order=True)
    return [
        problem(
            "class_empty",
            "gate",
            f"{item['area_name']}: 年齢階級「{item['age_group']}」({_SEX.get(item['sex'], '')})が 0 か空です。"
            f"{why_ja}(この表で {bad.height} 件)。",
            f"{item['area_name']}: nobody in age class {item['age_group']} ({bad.height} cells).",
            sheet=keyed.rows["sheet"][0],
            row=item["row"],
            column_label=item["column_label"],
            expected="> 0",
            found=shown.cell(item["value_raw"]),
            action_ja="この年齢の欄が消えていないかを元の表と比べ、直した表を入れ直してください。",
        )
        for item in bad.head(SHOWN).iter_rows(named=True)
    ]


def _sexes(keyed: Keyed, rule: Ages, beside: list[str], old: np.ndarray) -> list[Problem]:
    """Areas, and the municipalities together, with more men than women in old age."""
    sexes = [np.flatnonzero(old & keyed.among("sex", {sex})) for sex in ("male", "female")]
    if not all(at.size for at in sexes):
        return []
    if keyed.unknown.any():  # an area of which one sex is not used says nothing in the sums of all areas either
        areas = keyed.place(["area"])
        unknown = np.isin(areas, areas[keyed.unknown & old])
        sexes = [at[~unknown[at]] for at in sexes]
    common = [name for name in beside if name != "sex"]
    bad: list[tuple[int, float, float]] = []
    for keys, rows in ((["area", *common], None), (common, keyed.municipal)):
        place = keyed.place(keys) if keys else np.zeros(len(old), dtype=np.int64)
        groups = [at if rows is None else at[rows[at]] for at in sexes]
        size = int(place.max()) + 1
        men, women = (np.bincount(place[at], keyed.figures[at], size) for at in groups)
        both = np.logical_and(*(np.bincount(place[at], minlength=size) > 0 for at in groups))
        for at in groups:
            both[place[at[keyed.missing[at]]]] = False
        wrong = np.flatnonzero(both & (men + women >= rule.women_persons) & (men > women))
        first = {int(place[at]): at for at in groups[0][::-1].tolist()} if wrong.size else {}
        bad += [(first[group], men[group], women[group]) for group in wrong.tolist() if group in first]
    problems = []
    for spot, more, fewer in sorted(bad)[:SHOWN]:
        item = keyed.rows.row(spot, named=True)
        problems.append(
            problem(
                "sexes_exchanged",
                "gate",
                f"{item['area_name']}: {rule.women_from} 歳以上で男({more:,.0f} 人)が女({fewer:,.0f} 人)より多く、"
                f"男女が入れ替わっているおそれがあります({len(bad)} 件)。",
                f"{item['area_name']}: more men ({more:,.0f}) than women ({fewer:,.0f}) aged {rule.women_from} and "
                f"over: the sexes may be exchanged ({len(bad)} areas).",
                sheet=keyed.rows["sheet"][0],
                row=item["row"],
                column_label=item["column_label"],
                expected=f">= {more:,.0f}",
                found=f"{fewer:,.0f}",
                action_ja="男女の欄と見出しを元の表と比べ、直した表を入れ直してください。",
            )
        )
    return problems
