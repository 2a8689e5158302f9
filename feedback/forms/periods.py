"""The period of a reported value in words, so that nobody has to guess which months or years it covers.

Holds: fiscal and calendar years in 和暦 and 西暦, the words for a year, a running total and a point in time. Does not
hold: reading of years (ingest.vocabulary, ingest.forms).
"""

from __future__ import annotations

import re

from sousei.ingest.forms.model import words
from sousei.ingest.vocabulary.dates import ERAS

_CALENDAR = re.compile(r"暦年|^年(?!度)|10/1|10月1日")
_POINT = re.compile(r"時点|調査")


def era_year(year: int) -> str:
    """令和6, 平成30, 令和元: the year of the era in which a fiscal or calendar year is counted (2019 is 令和元)."""
    name, first = max(((name, first) for name, first in ERAS.items() if first <= year), key=lambda one: one[1])
    return f"{name}{year - first + 1 if year > first else '元'}"


def fiscal_year_words(year: int) -> str:
    """令和6年度（2024年4月～2025年3月）"""
    return f"{era_year(year)}年度（{year}年4月～{year + 1}年3月）"


def fiscal_years_words(first: int, last: int) -> str:
    """令和3～6年度; 平成30～令和3年度; 令和6年度 where it is one."""
    one, other = era_year(first), era_year(last)
    if first >= last:
        return f"{other}年度"
    return f"{one}～{other.removeprefix(one[:2])}年度"


def period_words(
    fiscal_year: int, period_basis: str | None, accumulation: str | None, first_of_term: int | None, kind: str = ""
) -> str:
    """Which period a value of a fiscal year covers. period_basis, accumulation: of the KPI; first_of_term: first fiscal
    year of its term. What the register leaves open (未確認) is said as it stands there.
    """
    basis, of_year = (period_basis or "").strip(), fiscal_year_words(fiscal_year)
    if kind == "milestone":
        return f"{of_year}の末までの状態"
    if accumulation == "cumulative_term" and first_of_term is not None:
        return f"期間累計（{fiscal_years_words(first_of_term, fiscal_year)}）"
    if accumulation == "cumulative_ever":
        return f"開始以来の累計（{era_year(fiscal_year)}年度（{fiscal_year + 1}年3月）まで）"
    if accumulation not in {None, "year", "point", "cumulative_term"}:
        return f"{of_year}。{words('accumulations').get(str(accumulation), accumulation)}：「集計」を選んでください"
    if accumulation == "point" or _POINT.search(basis):
        said = f"（計画台帳では「{basis}」）" if basis not in {"", "時点", "調査時点"} else ""
        return f"{of_year}の時点の値{said}。いつの値かを「時点」に書きます"
    if _CALENDAR.search(basis):
        said = "（暦年）" if "暦年" in basis or basis == "年" else f"（計画台帳では「{basis}」）"
        return f"{fiscal_year}年（{era_year(fiscal_year)}年）{said}"
    if basis not in {"", "年度"}:
        return f"{of_year}の1年分（計画台帳では「{basis}」）"
    return f"{of_year}の1年分"
