"""A municipality among others, and how ambitious its targets are, as report and workbook print it.

Holds: headers, rows and sentences of the two comparisons, and the table of degrees of impact. Does not hold: who is
compared with whom, ranks or shares (marts); looks (report, book).

A comparison is printed with its number of municipalities, its period and its spread, and with what it does not say.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sousei.publication.told.figures import Cell, Number, shown
from sousei.publication.told.read import Row, Told
from sousei.publication.told.words import NONE, printed

AMBITION = (
    *("目標", "求めること", "比べた期間", "近い20団体\n届いた／団体", "同じ階級\n届いた／団体"),
    *("都道府県\n届いた／団体", "全国\n届いた／団体", "近い20団体の\n中央値", "この団体の\n同じ期間"),
)
STANDING = (
    *("項目", "この値が言わないこと・注", "時点・期間", "値", "同じ階級の順位", "都道府県の順位"),
    *("全国の順位\n（大きい順）", "近い20団体の\n中央値（四分位）"),
)
GROUPS = ("nearest", "class", "prefecture", "nation")
AMBITION_LIMITS = (
    "割合は、過去の一つの期間に実際に届いた団体の割合で、これからの達成の確率でも、目標の良し悪しでもない。その期間の国全体の動き"
    "（景気、制度、感染症、かつての人口増加）を含む。期間の長さが違うものは一定の速さで換算した。区域の変わった団体は数えない。"
    "近い20団体は人口と年齢構成だけで選び、地理や産業を見ない。"
)
STANDING_LIMITS = (
    "順位は大きい順で、良し悪しではなく、項目を足した総合点はない。括弧の順位は、数えた出来事の偶然のゆらぎ（95％）で動く範囲。"
    "一つの期間の値であり、原因を示さない。"
)
NOISE = {"small_place": "人口3千人未満で動きやすい", "small_base": "もとの人数が300人未満で動きやすい"}
MOST = 3
"""Targets that a sentence tells of."""


def ambition_rows(told: Told) -> list[list[Cell]]:
    """Rows of AMBITION: each target of the plan that can be compared in at least one group."""
    return [_ambition(groups) for groups in _subjects(told) if _is_told(groups)]


def not_compared(told: Told) -> list[str]:
    """Targets that are compared in no group, by reason: 「理由：目標、目標」."""
    found: dict[str, list[str]] = {}
    for groups in _subjects(told):
        one = next(iter(groups.values()))
        if not _is_told(groups) and one["compares"] != "change_from_now":
            reason = (
                "ほかの市区町村の値が、比べられる2時点で10団体以上届いていない"
                if one["withheld_reason"] in {"few_measured", "no_window"}
                else one["withheld_reason_ja"]
            )
            found.setdefault(reason, []).append(one["label_ja"])
    return [f"{reason}：{'、'.join(dict.fromkeys(labels))}" for reason, labels in found.items()]


def ambition_sentences(told: Told) -> list[str]:
    """In words, of the targets that the fewest of the nearest reached: what is asked, how many did, of how many."""
    found = [groups for groups in _subjects(told) if _is_told(groups)]

    def share(groups: dict[str, Row]) -> Decimal:
        return min(one["share_reached_pct"] for one in groups.values() if one["share_reached_pct"] is not None)

    return [_sentence(groups) for groups in sorted(found, key=share)[:MOST]]


def standing_rows(told: Told) -> list[list[Cell]]:
    """Rows of STANDING: each measure with a rank in at least one group."""
    found: dict[str, dict[str, Row]] = {}
    for one in told.standing:
        found.setdefault(one["measure_id"], {})[one["group_kind"]] = one
    limits = {one["measure_id"]: one["limits_ja"] for one in told.peer_measures}
    return [
        _standing(groups, limits)
        for groups in found.values()
        if any(one["value_rank"] is not None for one in groups.values())
    ]


def groups_used(told: Told) -> list[str]:
    """The rules of the groups that the tables compare with."""
    used = {one["group_id"] for one in (*told.standing, *told.ambition) if one["withheld_reason"] is None}
    return [
        f"{one['label_ja']}（{one['n_members']}団体）：{one['rule_ja']}"
        for one in told.groups
        if one["group_id"] in used
    ]


def impact_table(told: Told) -> dict[str, Any] | None:
    """The nation's municipalities by degrees of impact, with the own cell; None where the release has no such table.

    rows: natural degree 5 to 1, each with the numbers for social degrees 1 to 5. own: natural and social degree.
    """
    year = max((one["year"] for one in told.impact if one["year"] <= 2045), default=None)
    counted = {
        (one["natural_degree"], one["social_degree"]): one
        for one in told.degrees
        if one["group_id"] == "nation" and one["year"] == year
    }
    if year is None or not counted:
        return None
    own = next(one for one in told.impact if one["year"] == year)
    some = next(iter(counted.values()))
    return {
        "year": year,
        "own": (own["natural_degree"], own["social_degree"]),
        "n": some["n_measured"],
        "n_members": some["n_members"],
        "rows": [
            (natural, [counted[natural, social]["n_municipalities"] if (natural, social) in counted else 0
                       for social in range(1, 6)])
            for natural in range(5, 0, -1)
        ],
        "rule": f"自然増減 {own['natural_rule']}、社会増減 {own['social_rule']}",
    }  # fmt: skip


def _subjects(told: Told) -> list[dict[str, Row]]:
    """Each target and way of comparing -> its rows by group; targets of the plan in its order, its runs after them."""
    order = {one["kpi_id"]: place for place, one in enumerate(told.kpis)}
    found: dict[tuple[str, str, str], dict[str, Row]] = {}
    for one in told.ambition:
        found.setdefault((one["subject_kind"], one["subject_id"], one["compares"]), {})[one["group_kind"]] = one
    return [found[key] for key in sorted(found, key=lambda key: (key[0] != "kpi", order.get(key[1], len(order)), *key))]


def _is_told(groups: dict[str, Row]) -> bool:
    return any(one["share_reached_pct"] is not None for one in groups.values())


def _ambition(groups: dict[str, Row]) -> list[Cell]:
    one = next(iter(groups.values()))
    nearest = groups.get("nearest", one)
    return [
        one["label_ja"],
        _asked(one),
        _window(one),
        *(_reached(groups.get(kind)) for kind in GROUPS),
        _change(nearest["median_value"], one),
        _change(one["own_value"], one),
    ]


def _asked(one: Row) -> str:
    if one["compares"] == "level":
        return f"{printed(one['target_value'], 2)}{_unit(one)}以上"
    start = {
        "plan_baseline": f"{one['start_year']}年の基準値",
        "measured": f"{one['start_year']}年の実績",
        "measured_sum": f"前の{one['asked_years']}年の計",
    }[one["start_basis"]]
    unit = _short(one["unit"] or "")
    said = (
        f"{start} {printed(one['start_value'], 2)}{unit}から{one['target_year']}年 "
        f"{printed(one['target_value'], 2)}{unit}へ。{one['asked_years']}年で{_change(one['asked_change'], one)}"
    )
    return said + (
        f"\n（{one['window_years']}年なら{_change(one['threshold_value'], one)}）" if one["is_scaled"] else ""
    )


def _window(one: Row) -> str:
    start, end = _month(one["window_start"]), _month(one["window_end"])
    return end if start == end else f"{start}\n→{end}"


def _month(day: dt.date | None) -> str:
    return NONE if day is None else f"{day.year}年{day.month}月"


def _reached(one: Row | None) -> Cell:
    if one is None or one["share_reached_pct"] is None:
        return NONE
    return f"{one['n_reached']:,}／{one['n_measured']:,}\n（{printed(one['share_reached_pct'], 1)}％）"


def _unit(one: Row) -> str:
    return one["change_unit"] if one["change_unit"] in {"％", "ポイント", "‰"} else ""


def _change(value: Decimal | None, one: Row) -> str:
    if value is None:
        return NONE
    places = 2 if one["change_unit"] == "ポイント" or (one["compares"] == "level" and not _unit(one)) else 1
    sign = "＋" if value > 0 and one["compares"] != "level" else ""
    rounded = round(Decimal(value), places)
    return f"{sign if rounded else ''}{printed(rounded or Decimal(0), places)}{_unit(one)}"


def _sentence(groups: dict[str, Row]) -> str:
    one = next(iter(groups.values()))
    counts = "、".join(
        f"{word}{_of(row)}"
        for kind, word in (("nearest", "人口と年齢構成の近い"), ("nation", "全国の"))
        if (row := groups.get(kind)) is not None and row["share_reached_pct"] is not None
    )
    if not counts:
        row = next(row for row in groups.values() if row["share_reached_pct"] is not None)
        word = {"class": "人口と高齢化率の階級が同じ", "prefecture": "同じ都道府県の"}[row["group_kind"]]
        counts = f"{word}{_of(row)}"
    if one["compares"] == "level":
        return (
            f"「{one['label_ja']}」は{printed(one['target_value'], 2)}{_unit(one)}。"
            f"{_period(one)}にこの水準以上であったのは、ほかの団体では{counts}。"
        )
    left = "最新の実績から見ると" if one["compares"] == "change_from_now" else ""
    scaled = f"（{one['window_years']}年の速さに直して{_way(one, 'threshold_value')}）" if one["is_scaled"] else ""
    return (
        f"「{one['label_ja']}」は{left}{one['asked_years']}年で{_way(one, 'asked_change')}目標である{scaled}。"
        f"{_period(one)}にこれに届いたのは、ほかの団体では{counts}。"
    )


def _of(row: Row) -> str:
    return f"{row['n_measured']:,}団体のうち{row['n_reached']:,}団体（{printed(row['share_reached_pct'], 1)}％）"


def _period(one: Row) -> str:
    start, end = _month(one["window_start"]), _month(one["window_end"])
    return end if start == end else f"{start}から{end}まで"


def _way(one: Row, column: str) -> str:
    """2.5％増やす, 3.1％の減少までに抑える, …: a change in words, by the direction that is better."""
    value = one[column]
    much = _change(abs(value), one).removeprefix("＋")
    if not value:
        return "下げない" if one["direction"] != "lower_is_better" else "上げない"
    if one["direction"] == "lower_is_better":
        return f"{much}下げる" if value < 0 else f"{much}の上昇までに抑える"
    return f"{much}増やす" if value > 0 else f"{much}の減少までに抑える"


def _standing(groups: dict[str, Row], limits: dict[str, str]) -> list[Cell]:
    one = next(iter(groups.values()))
    nearest = groups.get("nearest")
    spread: Cell = NONE
    if nearest is not None and nearest["median_value"] is not None:
        low, middle, high = (
            shown(_rounded(nearest[name], one))
            for name in ("lower_quartile_value", "median_value", "upper_quartile_value")
        )
        spread = f"{middle}\n（{low}～{high}）"
    withheld = dict.fromkeys(row["withheld_reason_ja"] for row in groups.values() if row["withheld_reason_ja"])
    notes = (NOISE.get(one["noise_reason"] or ""), *withheld, limits[one["measure_id"]])
    return [
        one["label_ja"],
        "。".join(filter(None, notes)),
        _between(one["period_start"], one["period_end"]),
        _rounded(one["measured_value"], one)._replace(after=_short(one["unit"])),
        *(_rank(groups.get(kind)) for kind in ("class", "prefecture", "nation")),
        spread,
    ]


def _rounded(value: Decimal, one: Row) -> Number:
    """Rounded first, so that what rounds to nothing is not printed as a negative."""
    places = _places(one)
    return Number(round(value, places) or Decimal(0), places=places)


def _places(one: Row) -> int:
    return 0 if one["unit"] == "円" else 2 if one["measure_id"] == "implied_tfr" else 1


def _short(unit: str) -> str:
    return "" if unit.startswith("人（女性") else unit


def _between(start: dt.date, end: dt.date) -> str:
    if start == end:
        return _month(end)
    if (start.month, start.day, end.month, end.day) == (4, 1, 3, 31):
        return f"{start.year}年度"
    if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31) and start.year == end.year:
        return f"{start.year}年"
    return f"{_month(start)}\n→{_month(end)}"


def _rank(one: Row | None) -> Cell:
    if one is None or one["value_rank"] is None:
        return NONE
    said = f"{one['value_rank']:,}／{one['n_measured']:,}"
    if one["value_rank_from"] is None:
        return said
    return f"{said}\n（{one['value_rank_from']:,}～{one['value_rank_to']:,}）"
