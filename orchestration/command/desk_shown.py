"""What `sousei project` shows a person: heads in the language that was asked for, whole persons, words for codes.

Holds: heads, words, rounding of the table for people. Does not hold: the answers; the other formats give every column
by its name, unrounded.
"""

from __future__ import annotations

from typing import Any

import polars as pl

HEADS = {
    "scenario_id": ("シナリオ", "scenario"),
    "label_ja": ("名称", ""),
    "label_en": ("", "name"),
    "year": ("年", "year"),
    "measure_ja": ("指標", ""),
    "measure_en": ("", "measure"),
    "persons": ("人数", "persons"),
    "low_persons": ("80%の幅 下", "80% band low"),
    "high_persons": ("80%の幅 上", "80% band high"),
    "implied_tfr": ("合計特殊出生率", "TFR"),
    "net_migration_5y_persons": ("純移動（総人口、5年間）", "net migration (all ages, 5 years)"),
    "births_5y": ("出生（5年間）", "births (5 years)"),
    "deaths_5y": ("死亡（5年間）", "deaths (5 years)"),
    "births": ("出生（10月1日まで）", "births (to 1 Oct)"),
    "births_calendar_year": ("出生（1〜12月）", "births (Jan-Dec)"),
    "persons_0_2": ("0〜2歳", "0-2"),
    "persons_3_5": ("3〜5歳", "3-5"),
    "persons_6_11": ("6〜11歳", "6-11"),
    "persons_12_14": ("12〜14歳", "12-14"),
    "persons_15_17": ("15〜17歳", "15-17"),
    "persons_18_64": ("18〜64歳", "18-64"),
    "persons_65_74": ("65〜74歳", "65-74"),
    "persons_75_over": ("75歳以上", "75+"),
    "persons_total": ("総人口", "total"),
    "division_method": ("各歳のもと", "single ages from"),
    "age_group": ("年齢", "age"),
    "male_persons": ("男", "male"),
    "female_persons": ("女", "female"),
    "target_year": ("目標の年", "target year"),
    "target_persons": ("目標", "target"),
    "without_persons": ("転入なし", "without"),
    "gap_persons": ("不足", "gap"),
    "profile_ja": ("誰が来るか", ""),
    "profile": ("", "who comes"),
    "from_year": ("始める年", "from"),
    "units_a_year": ("毎年", "units a year"),
    "low_units_a_year": ("約束ごとで 最小", "lowest"),
    "high_units_a_year": ("最大", "highest"),
    "persons_a_year": ("人/年", "persons a year"),
    "said_ja": ("答えがないとき", ""),
    "said_en": ("", "where there is none"),
    "sex_ja": ("性", ""),
    "sex": ("", "sex"),
    "age_from": ("年齢（から5歳）", "age (five years from)"),
    "value_persons": ("目標年での人数", "persons at the target year"),
    "method_ja": ("方法", ""),
    "method": ("", "method"),
    "difference_persons": ("差", "difference"),
    "natural_persons": ("自然（出生率）", "natural"),
    "social_persons": ("社会（移動）", "social"),
    "base_year": ("基準年", "base year"),
    "projected_persons": ("推計", "projected"),
    "actual_persons": ("実際", "actual"),
    "error_pct": ("誤差%", "error %"),
    "errors_of": ("幅のもとの誤差", "band from errors of"),
    "band_low": ("同規模の80% 下", "80% of that size, low"),
    "band_high": ("80% 上", "high"),
    "coverage": ("幅に入った割合%（使わなかった基準）", "covered %, bases not used"),
    "coverage_worst": ("最も悪い基準%", "worst base %"),
    "n_bases": ("基準の数", "bases"),
    "base_ja": ("基準", ""),
    "p10_persons": ("試行の10%点", "p10 of draws"),
    "p50_persons": ("試行の50%点", "p50 of draws"),
    "p90_persons": ("試行の90%点", "p90 of draws"),
    "at_most_persons": ("この人数以下", "at most"),
    "probability_at_most": ("となる確率", "probability"),
    "at_least_persons": ("この人数以上", "at least"),
    "probability_at_least": ("となる確率 ", "probability "),
    "draws": ("試行", "draws"),
    "seed": ("種", "seed"),
    "size_class": ("人口規模", "size"),
    "line_persons": ("準拠の線", "line"),
    "changed_ja": ("約束ごと", "convention"),
}
COLUMNS = {
    "scenarios": (
        *("scenario_id", "label", "year", "measure_", "persons", "low_persons", "high_persons"),
        *("implied_tfr", "net_migration_5y_persons", "births_5y", "deaths_5y"),
    ),
    "yearly": (
        *("year", "births", "births_calendar_year", "persons_0_2", "persons_3_5", "persons_6_11"),
        *("persons_12_14", "persons_15_17", "persons_18_64", "persons_65_74", "persons_75_over", "persons_total"),
        "division_method_",
    ),
    "named": ("label",),
    "ages": ("year", "age_group", "male_persons", "female_persons", "persons"),
    "goal": (
        *("scenario_id", "measure_", "target_year", "target_persons", "without_persons", "from_year", "profile_"),
        *("units_a_year", "low_units_a_year", "high_units_a_year", "persons_a_year", "said"),
    ),
    "whatif": (
        "year",
        "measure_",
        "line_persons",
        "persons",
        "difference_persons",
        "implied_tfr",
        "net_migration_5y_persons",
    ),
    "arrivals": ("measure_", "sex_", "age_from", "value_persons"),
    "decompose": ("label", "measure_", "method_", "difference_persons", "natural_persons", "social_persons"),
    "backtest": (
        *("method_", "base_year", "year", "measure_", "projected_persons", "actual_persons", "error_pct"),
        *("errors_of_", "band_low", "band_high", "coverage", "coverage_worst", "n_bases", "size_class"),
    ),
    "probability": (
        *("label", "base", "year", "measure_", "persons", "p10_persons", "p50_persons", "p90_persons"),
        *("low_persons", "high_persons", "at_most_persons", "probability_at_most", "at_least_persons"),
        *("probability_at_least", "draws", "seed"),
    ),
}
"""Columns of the table for people; a trailing _ or a bare label stands for the column of the language."""
WORDS = {
    "male": "男",
    "female": "女",
    "migration_first": "移動を先に",
    "fertility_first": "出生率を先に",
    "shapley": "両者の平均（シャープレイ値）",
    "hamilton_perry": "直前5年の率を据え置く（当方）",
    "ipss_2018": "社人研 平成30年推計",
    "ipss_2023": "社人研 令和5年推計",
    "none": "分けていない",
    "single_ages": "住民基本台帳の各歳",
    "sprague": "スプレイグの係数",
    "even": "等分",
}
NOTHING = "−"
_DIGITS = {"implied_tfr": 2, "units_a_year": 1, "low_units_a_year": 1, "high_units_a_year": 1, "persons_a_year": 1}
_DIGITS |= {"value_persons": 3, "error_pct": 1, "band_low": 1, "band_high": 1}
_DIGITS |= {"coverage": 1, "coverage_worst": 1, "probability_at_most": 3, "probability_at_least": 3}
_PLAIN = ("year", "target_year", "from_year", "base_year", "age_from", "seed")


def shown(frame: pl.DataFrame, question: str, lang: str) -> pl.DataFrame:
    """The table for people: its columns with heads, every figure as text, nothing missing shown as a number."""
    columns = []
    for name in COLUMNS[question]:
        column = _column(frame, name, lang)
        if column is not None:
            columns.append(column)
    return pl.DataFrame(columns)


def spread(frame: pl.DataFrame, names: dict[str, str], lang: str) -> pl.DataFrame:
    """The table of conventions: the convention, then units a year of each kind of arrivals under its name."""
    head = HEADS["changed_ja"][1 if lang == "en" else 0]
    first = frame["changed_ja"].alias(head)
    return pl.DataFrame([first, *(_text(frame[key], 1).alias(label) for key, label in names.items())])


def _column(frame: pl.DataFrame, name: str, lang: str) -> pl.Series | None:
    source = name
    if name in ("label", "base"):
        source = f"{name}_{lang}"
    elif name == "said":
        source = f"said_{lang}"
    elif name.endswith("_") and lang == "ja":
        source = f"{name}ja"
    elif name.endswith("_"):
        source = f"{name}en"
    values = frame[source] if source in frame.columns else _worded(frame, name, lang)
    if values is None or (source.startswith("said") and not values.str.len_chars().sum()):
        return None
    at = 1 if lang == "en" else 0
    head = next((HEADS[one][at] for one in (source, source[:-3]) if one in HEADS and HEADS[one][at]), source)
    if source in _PLAIN:
        return values.cast(pl.String).fill_null(NOTHING).alias(head)
    if values.dtype.is_numeric():
        return _text(values, _DIGITS.get(source, 0)).alias(head)
    return values.cast(pl.String).fill_null(NOTHING).alias(head)


def _worded(frame: pl.DataFrame, name: str, lang: str) -> pl.Series | None:
    """A column of codes in words, where the answer has it by code alone."""
    code = name.rstrip("_")
    if code not in frame.columns:
        return None
    if code == "measure":
        from sousei.projection.desk.asked import MEASURE_LABELS, MEASURE_LABELS_EN

        return frame[code].replace(MEASURE_LABELS_EN if lang == "en" else MEASURE_LABELS)
    return frame[code].cast(pl.String) if lang == "en" else frame[code].cast(pl.String).replace(WORDS)


def _text(values: pl.Series, digits: int) -> pl.Series:
    """Figures as text, half up, right-aligned."""
    said = [NOTHING if value is None else _figure(value, digits) for value in values.to_list()]
    wide = max(map(len, said), default=0)
    return pl.Series([text.rjust(wide) for text in said], dtype=pl.String)


def _figure(value: Any, digits: int) -> str:
    from decimal import ROUND_HALF_UP, Decimal

    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return f"{rounded + 0:,f}"
