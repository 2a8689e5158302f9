"""The formulas of a published figure in words, with the numbers put in: for workbook, report and trace.

Holds: which formula of the warehouse (int_kpi_year__rated) gave a published rate, found by computing it
again: a formula is told only where it gives the published number. Does not hold: rates of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sousei.publication.told.words import printed

_CLOSE = Decimal("0.00001")
"""Per cent by which a rate computed again may differ; published rates have eight decimals."""


def _fractions(score: dict[str, Any], name: str) -> Iterator[tuple[str, str, Decimal | None, Decimal | None]]:
    """Formula in words, with numbers, part and whole: of the formulas that can stand behind a rate."""
    a, t, m = score["actual_value"], score["target_value"], score["milestone_value"]
    b, p, at_target = score["baseline_value"], score["benchmark_value"], score["benchmark_at_target"]
    k, n = score["elapsed_years"], score["term_years"]

    def plain(part: str, x: Decimal | None, whole: str, y: Decimal | None) -> tuple[str, str, Any, Any]:
        return f"{part}÷{whole}", f"{printed(x)}÷{printed(y)}", x, y

    def gained(start: str, s: Decimal, end: str, e: Decimal, first: Decimal) -> tuple[str, str, Any, Any]:
        behind = start if first == s else f"目標年の{start}"
        words = f"（実績－{start}）÷（{end}－{behind}）"
        return words, f"（{printed(a)}－{printed(s)}）÷（{printed(e)}－{printed(first)}）", a - s, e - first

    if name == "attainment_pct":
        yield (plain("目標", t, "実績", a) if score["direction"] == "lower_is_better" else plain("実績", a, "目標", t))
        return
    end, e = ("目標", t) if name == "progress_pct" else ("目安", m)
    if a is None or e is None:
        return
    if score["kind"] == "suppress_decline" and p is not None:
        if name == "progress_pct" and at_target is not None:
            yield gained("推計", p, end, e, at_target)
        elif name != "progress_pct":
            yield gained("推計", p, end, e, p)
    elif b is not None:
        yield gained("基準", b, end, e, b)
        if k is not None and n:
            now = b * k / n
            yield gained("前の期間の同じ年数分", now, end, e, b if name == "progress_pct" else now)
    yield plain("実績", a, end, e)
    yield plain(end, e, "実績", a)
    yield plain("実績", a, "目標", t)


def formula(score: dict[str, Any], name: str) -> str | None:
    """（実績－基準）÷（目標－基準）＝（12－10）÷（20－10）＝20％; None where the rate is empty or no formula gives it.

    name: attainment_pct, progress_pct or milestone_pct of mart_kpi_scorecard.
    """
    published = score[name]
    if published is None:
        return None
    for words, numbers, part, whole in _fractions(score, name):
        if part is None or not whole:
            continue
        if abs(100 * part / whole - published) <= _CLOSE:
            return f"{words}＝{numbers}＝{printed(published, 4)}％"
    return None


RATES = {"attainment_pct": "達成率", "progress_pct": "進捗率", "milestone_pct": "目安に対する率"}


def steps(score: dict[str, Any], part: dict[str, Any]) -> list[str]:
    """How a row of the scorecard was computed, a line each: the ratio behind the value, the milestone, each rate.

    part: the row of mart_kpi_long or fct_kpi_actual of the KPI and year, for numerator and denominator.
    """
    said = []
    if part.get("numerator") is not None and part.get("denominator") is not None:
        said.append(f"値の分子 {printed(part['numerator'])}、分母 {printed(part['denominator'])}（資料の単位）")
    if score["period_value"] is not None and score["period_value"] != score["actual_value"]:
        said.append(f"この年度だけの値 {printed(score['period_value'])}。実績は期間の初めからの累計")
    if score["milestone_value"] is not None and score["milestone_method"] == "linear":
        said.append(
            f"目安 {printed(score['milestone_value'])}（{score['elapsed_years']}年目／{score['term_years']}年、直線）"
        )
    for name in RATES:
        if line := rate(score, name):
            said.append(line)
    return said


def rate(score: dict[str, Any], name: str) -> str | None:
    """進捗率＝（実績－基準）÷（目標－基準）＝…; None where the rate is empty. name: one of RATES."""
    if score[name] is None:
        return None
    reference = "（参考）" if name == "attainment_pct" and score["is_attainment_reference"] else ""
    return f"{RATES[name]}{reference}＝{formula(score, name) or f'{printed(score[name], 4)}％（目安の規則による）'}"
