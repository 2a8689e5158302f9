"""Words, symbols and number formats of print.

Holds: how a figure with its state is printed. Does not hold: cells (`figures`) or formulas in words (`formulas`).

Symbols are of the national statistical books: … not available, − does not apply, x hidden, ▲ negative.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

UNKNOWN, NONE, HIDDEN = "…", "−", "x"
NOT_REPORTED = "… 未報告"
NOT_GRADED = "− 評価不能"
KINDS = {
    "annual_level": "単年",
    "level_at_end": "到達",
    "increment_over_term": "累計",
    "cumulative_total": "累計",
    "ratio_percent": "率",
    "maintain_at_least": "維持",
    "suppress_decline": "抑制",
    "relative_to_benchmark": "比較",
    "milestone": "節目",
    "reference_observation": "参考",
}
DIRECTIONS = {"higher_is_better": "↑", "lower_is_better": "↓", "maintain": "→", "achieve": "○"}
BASELINES = {
    "actual": "実績",
    "current_value": "現状値",
    "implied": "逆算",
    "undecided": "未定",
    "benchmark_projection": "推計",
    "none": "なし",
}
STATUS = {
    "final": "確定",
    "preliminary": "速報",
    "revised": "改定",
    "estimated": "推定",
    "projected": "推計",
    "suppressed": "秘匿",
    "not_surveyed": "調査なし",
    "not_applicable": "該当なし",
    "not_reported": "未報告",
}
MILESTONES = {"done": "達成", "done_late": "遅れて達成", "late": "遅れ", "dropped": "中止"}
FITS = {"proxy": "代理", "context": "参考"}
SERIES = {"census": "国勢調査", "resident_registry": "住民基本台帳"}
WITHOUT_VALUE = {
    "not_reported": NOT_REPORTED,
    "suppressed": f"{HIDDEN} 秘匿",
    "not_surveyed": f"{UNKNOWN} 調査なし",
    "not_applicable": f"{NONE} 該当なし",
}
"""What is printed for a status that has no value."""
_MARKED = {"preliminary", "revised", "estimated", "projected"}
_BEFORE = {"~": "約"}
_AFTER = {">": "超", ">=": "以上", "<": "未満", "<=": "以下"}
_ERAS = (("令和", dt.date(2019, 5, 1)), ("平成", dt.date(1989, 1, 8)), ("昭和", dt.date(1926, 12, 25)))
_GOAL = re.compile(r"^(基本目標\s*[0-9０-９一二三四五六七八九十]+)")


def era_day(day: dt.date | None) -> str:
    """令和8年11月29日; '' where there is no day."""
    if day is None:
        return ""
    era, start = next(one for one in _ERAS if day >= one[1])
    year = day.year - start.year + 1
    return f"{era}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def short_goal(goal: str | None) -> str:
    """基本目標１ of the whole name; another name as it is."""
    match = _GOAL.match(goal or "")
    return match[1] if match else goal or ""


@lru_cache(1 << 16)
def digits(value: Decimal | float | int, most: int = 2) -> int:
    """Decimals that a value is printed with: as many as it has, at most `most`; more where it would print as 0."""
    exact = Decimal(str(value))
    for places in range(most + 1):
        if exact == exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):
            return places
    while most < 6 and exact.quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP) == 0:
        most += 1
    return most


@lru_cache(1 << 12)
def number_format(places: int, before: str = "", after: str = "") -> str:
    """A number format with ▲ for negatives and words before and after the number: #,##0.0"（速報）"."""
    first, last = (f'"{word}"' if word else "" for word in (before, after))
    number = "#,##0" + ("." + "0" * places if places else "")
    zero = "0" + ("." + "0" * places if places else "")
    return f'{first}{number}{last};{first}"▲ "{number}{last};{first}{zero}{last}'


def printed(value: Decimal | float | int | None, most: int = 6) -> str:
    """A number inside a sentence: thousands commas, no zeros at the end, ▲ for negatives."""
    if value is None:
        return UNKNOWN
    text = f"{Decimal(str(value)).quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP):,f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "▲")


def marks(score: dict[str, Any]) -> tuple[str, str]:
    """Words before and after an actual: 約, 以上, （速報）."""
    said = [FITS[score["fit"]]] if score["fit"] in FITS else []
    said += [STATUS[score["value_status"]]] if score["value_status"] in _MARKED else []
    after = _AFTER.get(score["comparator"] or "", "")
    return _BEFORE.get(score["comparator"] or "", ""), after + (f"（{'・'.join(said)}）" if said else "")


def grade(score: dict[str, Any] | None) -> str:
    """B おおむね順調（暫定）; 未報告 or 評価不能 where there is no grade."""
    if score is None:
        return NONE
    if score["grade"] is not None:
        word = f"{score['grade']} {score['grade_label_ja'] or ''}".strip()
        return word + ("（暫定）" if score["grade_is_provisional"] else "")
    return WITHOUT_VALUE.get(score["value_status"], NOT_GRADED)
