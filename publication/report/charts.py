"""Charts as inline SVG that read in black and white: told apart by dash, marker and hatching, never by colour alone.

Holds: geometry and marks. Does not hold: which figures a chart shows (`parts`, `summary`). Every chart has a title and
a description; its figures stand in a table beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from markupsafe import Markup

from sousei.publication.told.words import digits, printed


class Point(NamedTuple):
    """x in years, y in the unit of the chart; label stands at the point; hollow: not the figure itself (a proxy)."""

    x: float
    y: float
    label: str = ""
    hollow: bool = False


class Line(NamedTuple):
    """A series: runs of points, each run joined; how it is drawn: one of the keys of LOOKS."""

    name: str
    look: str
    runs: Sequence[Sequence[Point]]


class Band(NamedTuple):
    """An area between two lines: (x, low, high)."""

    name: str
    points: Sequence[tuple[float, float, float]]


LOOKS = {
    "actual": ('stroke="#000" stroke-width="2"', "disc"),
    "target": ('stroke="#000" stroke-width="1.3" stroke-dasharray="8 4"', ""),
    "milestone": ('stroke="#222" stroke-width="1.5" stroke-dasharray="1.5 3.5" stroke-linecap="round"', ""),
    "benchmark": ('stroke="#6b6b6b" stroke-width="1.6" stroke-dasharray="10 3 2 3"', "diamond"),
    "benchmark_2": ('stroke="#6b6b6b" stroke-width="1.6" stroke-dasharray="4 2"', "triangle"),
    "rebased": ('stroke="#6b6b6b" stroke-width="1.6" stroke-dasharray="2 2"', "plus"),
    "plan": ('stroke="#000" stroke-width="1.6" stroke-dasharray="12 4"', "square"),
    "registry": ('stroke="#444" stroke-width="1.2"', "cross"),
}
"""Name -> stroke, marker."""
_HATCHES = 9
_FONT = 11


def _marker(kind: str, x: float, y: float, hollow: bool = False) -> Markup:
    fill = "#fff" if hollow else "#000"
    if kind == "disc":
        return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3.4" fill="{}" stroke="#000"/>').format(x, y, fill)
    if kind == "cross":
        return Markup('<path d="M{:.1f} {:.1f}l6 6m0-6l-6 6" stroke="#444" stroke-width="1.4"/>').format(x - 3, y - 3)
    shapes = {
        "diamond": "M{:.1f} {:.1f}l4 4-4 4-4-4z",
        "triangle": "M{:.1f} {:.1f}l4 7h-8z",
        "square": "M{:.1f} {:.1f}m-3.5 .5h7v7h-7z",
        "plus": "M{:.1f} {:.1f}v8m-4-4h8",
    }
    if kind not in shapes:
        return Markup("")
    return Markup('<path d="' + shapes[kind] + '" fill="#fff" stroke="#444" stroke-width="1.2"/>').format(x, y - 4)


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round values from at or below `low` to at or above `high`."""
    if low == high:
        low, high = low - (abs(low) / 10 or 1), high + (abs(high) / 10 or 1)
    span = high - low
    power = 10.0 ** math.floor(math.log10(span / 3))
    step = next(power * one for one in (1, 2, 2.5, 5, 10, 20) if span / (power * one) <= 4)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def line_chart(
    ident: str,
    title: str,
    about: str,
    lines: Sequence[Line],
    *,
    years: dict[int, str],
    unit: str,
    size: tuple[int, int] = (300, 170),
    band: Band | None = None,
    from_zero: bool | None = None,
    legend: bool = True,
    bounds: Sequence[tuple[float, str]] = (),
) -> Markup:
    """A line chart. years: x -> label of the axis. from_zero: None starts at 0 unless the figures are far from it;
    where the axis does not start at 0 the chart says so. Points of a line that lie in different runs are not joined.
    bounds: (x, what ends there), as upright dotted lines.
    """
    width, height = size
    shown = [point for line in lines for run in line.runs for point in run]
    values = [point.y for point in shown]
    values += [value for point in (band.points if band else ()) for value in point[1:]]
    low, high = min(values), max(values)
    zero = from_zero if from_zero is not None else low >= 0 and low < 0.6 * high
    ticks = _ticks(min(0.0, low) if zero else low, max(0.0, high) if zero else high)
    is_cut = ticks[0] > 0 or ticks[-1] < 0
    rows = _legend_rows(lines, band, width) if legend else []
    left = 14 + max(_wide(printed(Decimal(str(tick)))) for tick in ticks) * _FONT * 0.56
    right, top, bottom = width - 16, 34 if unit or is_cut else 20, height - 22 - 16 * len(rows)
    first, last = min(years), max(years)

    def across(x: float) -> float:
        return (left + right) / 2 if first == last else left + 24 + (right - left - 44) * (x - first) / (last - first)

    def down(y: float) -> float:
        return bottom - (bottom - top) * (y - ticks[0]) / (ticks[-1] - ticks[0])

    out = [
        Markup(
            '<svg role="img" aria-labelledby="{0}-t {0}-d" viewBox="0 0 {1} {2}" width="{1}" height="{2}">'
            '<title id="{0}-t">{3}</title><desc id="{0}-d">{4}</desc>'
        ).format(ident, width, height, title, about)
    ]
    note = "".join((f"（{unit}）" if unit else "", "　縦軸は0から始まらない" if is_cut else ""))
    if note:
        out.append(_text(4, 12, note, "start"))
    for tick in ticks:
        y = down(tick)
        out.append(
            Markup('<path d="M{:.1f} {:.1f}H{:.1f}" stroke="{}" stroke-width=".7"/>').format(
                left, y, right, "#000" if tick == 0 else "#bbb"
            )
        )
        out.append(_text(left - 4, y + 4, printed(Decimal(str(tick))), "end"))
    if is_cut:
        out.append(
            Markup('<path d="M{:.1f} {:.1f}l4-3 4 6 4-3" fill="none" stroke="#000"/>').format(left - 6, bottom + 4)
        )
    for year, label in years.items():
        out.append(
            Markup('<path d="M{:.1f} {:.1f}v4" stroke="#000"/>').format(across(year), bottom)
            + _text(across(year), bottom + 16, label, "middle")
        )
    if band and band.points:
        upper = [f"{across(x):.1f} {down(high):.1f}" for x, _, high in band.points]
        lower = [f"{across(x):.1f} {down(low):.1f}" for x, low, _ in reversed(band.points)]
        out.append(
            Markup('<path d="M{}z" fill="#ececec" stroke="#999" stroke-width=".6"/>').format("L".join(upper + lower))
        )
    for place, (x, what) in enumerate(sorted(bounds)):
        out.append(
            Markup('<path d="M{:.1f} {:.1f}V{:.1f}" stroke="#000" stroke-dasharray="1 3"/>').format(
                across(x), top - 6, bottom
            )
        )
        out.append(_text(across(x) + 4, top + 4 + 13 * (place % 2), what, "start"))
    for line in lines:
        out.append(_drawn(line, across, down))
    taken: list[tuple[float, float]] = []
    marks = [(across(point.x), down(point.y)) for point in shown]
    for point, (x, y) in zip(shown, marks, strict=True):
        if point.label:
            out.append(_value(point.label, x, y, taken, marks, (top, bottom), right))
    out += [_legend(row, height - 6 - 16 * place) for place, row in enumerate(reversed(rows))]
    return Markup("").join([*out, Markup("</svg>")])


def _drawn(line: Line, across: object, down: object) -> Markup:
    stroke, marker = LOOKS[line.look]
    out = Markup("")
    for run in line.runs:
        places = [(across(point.x), down(point.y), point.hollow) for point in run]  # type: ignore[operator]
        if len(places) > 1:
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in places)
            out += Markup('<path d="M{}" fill="none" {}/>').format(path, Markup(stroke))
        out += Markup("").join(_marker(marker, x, y, hollow) for x, y, hollow in places)
    return out


def _value(
    label: str,
    x: float,
    y: float,
    taken: list[tuple[float, float]],
    marks: Sequence[tuple[float, float]],
    bounds: tuple[float, float],
    right: float,
) -> Markup:
    """The label of a point above it, or below where other labels, other points or the frame are in the way."""
    half = _wide(label) * _FONT * 0.28
    at = min(max(x, half + 2), right + 14 - half)

    def in_the_way(place: float) -> int:
        return (
            9 * (not bounds[0] - 10 <= place <= bounds[1] + 2)
            + 3 * sum(abs(place - other) <= 11 and abs(at - beside) <= 2 * half + 2 for beside, other in taken)
            + sum(
                abs(at - mark) <= half and place - 12 <= height <= place + 4
                for mark, height in marks
                if (mark, height) != (x, y)
            )
        )

    place = min((y - 8, y + 16, y - 21, y + 29), key=in_the_way)
    taken.append((at, place))
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="middle" class="v">{}</text>').format(at, place, label)


def _wide(text: str) -> float:
    """Width in half-width characters."""
    return sum(2 if ord(char) > 0x2000 else 1 for char in text)


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(x, y, anchor, text)


_Legend = list[tuple[float, str, str]]


def _legend_rows(lines: Sequence[Line], band: Band | None, width: int) -> list[_Legend]:
    """Rows of (x, look, name) that fit in the width."""
    rows: list[_Legend] = [[]]
    x = 6.0
    for look, name in [*((line.look, line.name) for line in lines), *([("band", band.name)] if band else [])]:
        needed = 34 + _wide(name) * _FONT * 0.52 + 10
        if x + needed > width and rows[-1]:
            rows.append([])
            x = 6.0
        rows[-1].append((x, look, name))
        x += needed
    return rows


def _legend(row: _Legend, y: float) -> Markup:
    out = Markup("")
    for x, look, name in row:
        if look == "band":
            sample = Markup(
                '<rect x="{:.1f}" y="{:.1f}" width="26" height="9" fill="#ececec" stroke="#999" stroke-width=".6"/>'
            ).format(x, y - 9)
        else:
            stroke, marker = LOOKS[look]
            sample = Markup('<path d="M{:.1f} {:.1f}h26" {}/>').format(x, y - 4, Markup(stroke))
            sample += _marker(marker, x + 13, y - 4)
        out += sample + _text(x + 30, y, name, "start")
    return out


def bar_chart(
    ident: str, title: str, about: str, rows: Sequence[tuple[str, dict[str, int]]], names: Sequence[str]
) -> Markup:
    """Stacked bars of counts, one a row, each part with its name and number; parts differ by hatching."""
    left, width, tall = 150, 560, 24
    most = max((sum(counts.values()) for _, counts in rows), default=0) or 1
    height = tall * len(rows) + 6
    out = [
        Markup(
            '<svg role="img" aria-labelledby="{0}-t {0}-d" viewBox="0 0 {1} {2}" width="{1}" height="{2}">'
            '<title id="{0}-t">{3}</title><desc id="{0}-d">{4}</desc><defs>{5}</defs>'
        ).format(ident, width, height, title, about, Markup("").join(_hatch(ident, n) for n in range(_HATCHES)))
    ]
    for line, (label, counts) in enumerate(rows):
        y, x = tall * line + 4, float(left)
        out.append(_text(left - 6, y + 14, label, "end"))
        for place, name in enumerate(names):
            if not (number := counts.get(name, 0)):
                continue
            long = (width - left - 44) * number / most
            out.append(
                Markup(
                    '<rect x="{:.1f}" y="{}" width="{:.1f}" height="20" fill="url(#{}-h{})" stroke="#000" '
                    'stroke-width=".8"/>'
                ).format(x, y, long, ident, _HATCHES - len(names) + place if place >= len(names) - 2 else place % 7)
            )
            said = f"{name} {number}" if long > (_wide(f"{name} {number}") + 1) * _FONT * 0.56 else name[:1]
            half = (_wide(said) + 1) * _FONT * 0.28
            if long > 2 * half:
                out.append(
                    Markup('<rect x="{:.1f}" y="{}" width="{:.1f}" height="14" fill="#fff"/>').format(
                        x + long / 2 - half, y + 3, 2 * half
                    )
                )
                out.append(_text(x + long / 2, y + 14, said, "middle"))
            x += long
        out.append(_text(x + 5, y + 14, f"計{sum(counts.values())}", "start"))
    return Markup("").join([*out, Markup("</svg>")])


def _hatch(ident: str, number: int) -> Markup:
    """A pattern: filled, hatched in different ways and widths, at last white."""
    inside = (
        '<path d="M0 0h6v6h-6z" fill="#333"/>',
        '<path d="M0 0h6v6h-6z" fill="#777"/>',
        '<path d="M-1 1l2-2M0 6l6-6M5 7l2-2" stroke="#000" stroke-width="1.6"/>',
        '<path d="M-1 5l2 2M0 0l6 6M5-1l2 2" stroke="#000" stroke-width="1"/>',
        '<path d="M0 3h6M3 0v6" stroke="#000" stroke-width=".8"/>',
        '<path d="M0 3h6" stroke="#000" stroke-width="1.6"/>',
        '<path d="M3 0v6" stroke="#000" stroke-width="1"/>',
        '<circle cx="3" cy="3" r="1.1"/>',
        '<path d="M0 0h6v6h-6z" fill="#fff"/>',
    )[number]
    return Markup(
        '<pattern id="{}-h{}" width="6" height="6" patternUnits="userSpaceOnUse">'
        '<path d="M0 0h6v6h-6z" fill="#fff"/>{}</pattern>'
    ).format(ident, number, Markup(inside))


def said(value: Decimal) -> str:
    """A value of a chart as it is printed in its table."""
    return printed(value, digits(value))
