"""The formula of a rate in words, with the numbers put in.

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
