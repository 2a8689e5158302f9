"""Axes of a chart: the box, the two scales, round values, names at the end of lines.

Holds: what every chart on axes shares. Does not hold: forms (`svg`) or any chart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from sousei.projection.desk.charts import svg
from sousei.projection.desk.charts.svg import GRID, HEIGHT, SOFT, WIDTH

DASHES = ("", "9 4", "2 3", "9 3 2 3", "14 5", "5 2 1 2 1 2")
MARKS = ("circle", "square", "triangle", "diamond", "cross", "bar")


LOOKS = {  # series -> dash, mark, is the mark filled; the same in every chart (publication.report.charts has them too)
    "census": ("", "circle", True),
    "registry": ("", "cross", False),
    "ipss_2018": ("9 3 2 3", "diamond", False),
    "ipss_2023": ("4 3", "triangle", False),
    "plan": ("", "square", False),
    "plan_recomputed": ("14 5", "bar", False),
    "closed": ("2 3", "down", False),
    "sim1": ("5 2 1 2 1 2", "plus", False),
    "sim2": ("1 3", "plus", True),
}
OTHERS = [
    (dash, mark, True) for dash, mark in (("7 2", "triangle"), ("3 2", "diamond"), ("11 3", "down"), ("6 6", "bar"))
]
"""Looks of series without one of their own, in their order."""


class Axes:
    """Axes of a chart: the box and the two scales."""

    def __init__(
        self,
        x0: float,
        x1: float,
        y0: float,
        y1: float,
        *,
        right: int = 40,
        bottom: int = 66,
        nice_x: bool = False,
        pad: float = 0.0,
    ) -> None:
        self.left, self.right, self.top, self.bottom = 76.0, WIDTH - float(right), 62.0, HEIGHT - float(bottom)
        wide, high = (x1 - x0) * pad, (y1 - y0) * pad
        self.x_ticks = ticks_of(x0 - (wide if x0 < 0 else 0), x1 + (wide if x1 > 0 else 0), 6) if nice_x else []
        self.y_ticks = ticks_of(y0 - (high if y0 < 0 else 0), y1 + (high if y1 > 0 else 0), 6)
        self.x0, self.x1 = (self.x_ticks[0], self.x_ticks[-1]) if nice_x else (x0, x1)
        self.y0, self.y1 = self.y_ticks[0], self.y_ticks[-1]

    def x(self, value: float) -> float:
        return self.left + (float(value) - self.x0) / ((self.x1 - self.x0) or 1.0) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.bottom - (float(value) - self.y0) / ((self.y1 - self.y0) or 1.0) * (self.bottom - self.top)

    def grid(self, *, x_ticks: Sequence[float], y_label: str, x_label: str = "", signed: bool = False) -> list[str]:
        out = []
        for value in self.y_ticks:
            out.append(svg.line(self.left, self.y(value), self.right, self.y(value), GRID))
            out.append(svg.text(self.left - 8, self.y(value) + 4, number(value, signed), anchor="end", size=11))
        for value in x_ticks:
            out.append(svg.line(self.x(value), self.bottom, self.x(value), self.bottom + 5, SOFT))
            label = number(value, signed) if signed else f"{value:.0f}"
            out.append(svg.text(self.x(value), self.bottom + 18, label, anchor="middle", size=11))
        out.append(svg.line(self.left, self.bottom, self.right, self.bottom, SOFT))
        out.append(svg.text(self.left - 60, self.top - 12, y_label, size=11))
        if x_label:
            out.append(svg.text((self.left + self.right) / 2, self.bottom + 36, x_label, anchor="middle", size=11))
        return out


def number(value: float, signed: bool) -> str:
    return f"▲{abs(value):,.10g}" if signed and value < 0 else f"{value:,.10g}"


def ticks_of(low: float, high: float, count: int) -> list[float]:
    """Round values from at or below `low` to at or above `high`."""
    span = (high - low) or 1.0
    size = 10 ** math.floor(math.log10(span / count))
    size *= next(m for m in (1, 2, 2.5, 5, 10) if m * size * count >= span)
    first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    return [round(i * size, 10) for i in range(first, last + 1)]


def years_of(first: float, last: float) -> list[float]:
    step = 5 if last - first <= 60 else 10
    return [float(y) for y in range(int(math.ceil(first / step) * step), int(last) + 1, step)]


def end_labels(frame: Axes, ends: list[tuple[float, str, str, bool]], apart: float = 16.0) -> list[str]:
    """Names of lines at their right end, with their mark (and whether it is filled), moved up or down so that none
    covers another."""
    placed: list = [[y, label, kind, filled] for y, label, kind, filled in sorted(ends)]
    for a, b in pairwise(placed):
        b[0] = max(b[0], a[0] + apart)
    if placed and placed[-1][0] > frame.bottom:
        placed[-1][0] = frame.bottom
        for b, a in pairwise(reversed(placed)):
            a[0] = min(a[0], b[0] - apart)
    return [
        svg.mark(frame.right + 14, y, kind, filled=filled) + svg.text(frame.right + 24, y + 4, label, size=12)
        for y, label, kind, filled in placed
    ]
