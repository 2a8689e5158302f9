"""Charts of the population vision as SVG text written here, and PNG from the same SVG.

Holds: five charts from plain frames, without a plotting library. Does not hold: any figure (every number comes in), or
files (the caller writes the text).

Made to be printed in black and white: lines differ by dash and marker and carry their name at the end, areas by
shade. Each picture has a title, a description and its source line inside; text is text, in a stack of Japanese fonts.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from html import escape
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import polars as pl

from sousei.projection.engine import ProjectionError, age_groups

FONTS = "Noto Sans CJK JP, Noto Sans JP, IPAexGothic, Yu Gothic, YuGothic, Meiryo, Hiragino Sans, sans-serif"
FONT_FILES = (  # where a Japanese font lies when no package brings one
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
    "/usr/share/fonts/truetype/fonts-japanese-gothic.ttf",
    "/System/Library/Fonts/ヒラギノ角ゴシック W3.ttc",
)
WIDTH, HEIGHT = 880, 540
DASHES = ("", "9 4", "2 3", "9 3 2 3", "14 5", "5 2 1 2 1 2")
MARKS = ("circle", "square", "triangle", "diamond", "cross", "bar")
INK, SOFT, GRID, SHADE, PAPER = "#111111", "#555555", "#d8d8d8", "#bdbdbd", "#ffffff"


def pyramid(
    now: pl.DataFrame, then: pl.DataFrame, *, title: str, now_label: str, then_label: str, years: int, note: str = ""
) -> str:
    """Population pyramid: bars = then, thin outline = now, dashed outline = today's cohorts moved up by `years`.

    now, then: sex (male / female), age_from (0, 5 ... open), population_persons; men to the left.
    """
    ages = now.get_column("age_from").unique().sort().to_list()
    tables = [
        {(r["sex"], r["age_from"]): float(r["population_persons"]) for r in f.iter_rows(named=True)}
        for f in (now, then)
    ]
    shift = years // 5
    moved: dict[tuple[str, int], float] = {}
    for (sex, age), persons in tables[0].items():
        if age + 5 * shift < ages[-1]:  # those who reach the open group cannot be told apart there
            moved[sex, age + 5 * shift] = persons
    ticks = _ticks(0.0, max(max(t.values()) for t in (*tables, moved)), 4)
    top, bottom, middle, gap = 84, HEIGHT - 66, WIDTH / 2, 30
    half = middle - gap - 56
    step = (bottom - top) / len(ages)
    body = []
    for value in ticks:
        for side in (-1, 1):
            x = middle + side * (gap + value / ticks[-1] * half)
            body.append(_line(x, top, x, bottom, GRID))
            body.append(_text(x, bottom + 16, f"{value:,.0f}", anchor="middle", size=11))
    for i, label in enumerate(age_groups(ages[-1])):
        y = bottom - (i + 0.5) * step
        body.append(_text(middle, y + 4, label.replace("-", "〜"), anchor="middle", size=11))
        for side, sex in ((-1, "male"), (1, "female")):
            wide = tables[1].get((sex, 5 * i), 0.0) / ticks[-1] * half
            body.append(
                _box(middle + gap if side > 0 else middle - gap - wide, y - step * 0.42, wide, step * 0.84, SHADE)
            )
    for table, dash, weight in ((tables[0], "", 1.6), (moved, "5 3", 1.2)):
        for side, sex in ((-1, "male"), (1, "female")):
            points = []
            for i in range(len(ages)):
                if table is moved and (sex, 5 * i) not in moved:
                    continue
                x = middle + side * (gap + table.get((sex, 5 * i), 0.0) / ticks[-1] * half)
                points += [(x, bottom - i * step), (x, bottom - (i + 1) * step)]
            body.append(_path(points, dash=dash, weight=weight))
    body.append(_text(middle - gap - half / 2, top - 10, "男", anchor="middle", weight="bold"))
    body.append(_text(middle + gap + half / 2, top - 10, "女", anchor="middle", weight="bold"))
    body.append(_text(WIDTH - 56, bottom + 32, "人", anchor="end", size=11))
    x, y = 56, 58
    body.append(_box(x, y - 9, 26, 11, SHADE) + _text(x + 32, y, then_label))
    body.append(_path([(x + 190, y - 4), (x + 216, y - 4)], weight=1.6) + _text(x + 222, y, now_label))
    body.append(
        _path([(x + 380, y - 4), (x + 406, y - 4)], dash="5 3", weight=1.2)
        + _text(x + 412, y, f"{now_label}の人が{years}年後にいる階級（死亡・移動なし）")
    )
    return _svg(title, f"{then_label}と{now_label}の男女・5歳階級別人口。", body, note)


def fan(
    lines: pl.DataFrame,
    band: pl.DataFrame,
    actuals: pl.DataFrame,
    *,
    title: str,
    points_only: Sequence[str] = (),
    note: str = "",
    unit: str = "人",
) -> str:
    """Scenario lines with the band of the first of them and what really happened.

    lines: label, year, value; labels in `points_only` are drawn as marks without a line (printed figures with nothing
    between them). band: year, low, high. actuals: label, year (may be a fraction), value; drawn as filled marks.
    """
    years = [float(y) for y in lines.get_column("year")] + [float(y) for y in band.get_column("year")]
    values = [
        float(v)
        for f, c in ((lines, "value"), (band, "low"), (band, "high"), (actuals, "value"))
        for v in f.get_column(c)
    ]
    frame = _Frame(min(years), max(years), 0.0, max(values), right=210)
    body = frame.grid(x_ticks=_years(min(years), max(years)), y_label=unit)
    edge = [(frame.x(r["year"]), frame.y(r["high"])) for r in band.sort("year").iter_rows(named=True)]
    edge += [(frame.x(r["year"]), frame.y(r["low"])) for r in band.sort("year", descending=True).iter_rows(named=True)]
    if edge:
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in edge)
        body.append(f'<polygon points="{corners}" fill="{GRID}" fill-opacity="0.75" stroke="none"/>')
    ends = []
    for i, label in enumerate(lines.get_column("label").unique(maintain_order=True)):
        mine = lines.filter(pl.col("label") == label).sort("year")
        points = [(frame.x(r["year"]), frame.y(r["value"])) for r in mine.iter_rows(named=True)]
        alone = label in points_only
        if not alone:
            body.append(_path(points, dash=DASHES[i % len(DASHES)], weight=2.4 if i == 0 else 1.5))
        body += [_mark(x, y, MARKS[i % len(MARKS)], size=6.5 if alone else 3.0) for x, y in points]
        last = mine["year"][-1]
        when = "" if last == max(years) else f"（{last}年）"
        ends.append((points[-1][1], f"{label} {float(mine['value'][-1]):,.0f}{when}", MARKS[i % len(MARKS)]))
    body += _end_labels(frame, ends)
    names = actuals.get_column("label").unique(maintain_order=True).to_list()
    for i, label in enumerate(names):
        mine = actuals.filter(pl.col("label") == label)
        size = 5.5 if mine.height < 5 else 2.6
        for r in mine.iter_rows(named=True):
            body.append(_mark(frame.x(r["year"]), frame.y(r["value"]), MARKS[i % len(MARKS)], size=size, filled=True))
        body.append(_mark(frame.left + 14, frame.bottom - 46 - 18 * i, MARKS[i % len(MARKS)], size=size, filled=True))
        body.append(_text(frame.left + 26, frame.bottom - 42 - 18 * i, f"実績 {label}", size=12))
    if edge:
        box = frame.bottom - 30
        body.append(_box(frame.left + 6, box, 16, 11, GRID))
        body.append(_text(frame.left + 26, box + 10, "過去の推計の誤差から見た80%の幅（先頭の線に対する）", size=12))
    return _svg(title, "将来人口のシナリオ、誤差の幅、実績値。", body, note)


def natural_social(path: pl.DataFrame, *, title: str, note: str = "") -> str:
    """Natural against social change by period, joined in time order with year labels.

    path: label, natural, social (persons in the period), in time order.
    """
    rows = path.rows(named=True)
    xs, ys = [float(r["social"]) for r in rows], [float(r["natural"]) for r in rows]
    frame = _Frame(min(*xs, 0), max(*xs, 0), min(*ys, 0), max(*ys, 0), nice_x=True, pad=0.06)
    body = frame.grid(x_ticks=frame.x_ticks, y_label="自然増減（人）", x_label="社会増減（人）", signed=True)
    body.append(_line(frame.x(0), frame.top, frame.x(0), frame.bottom, INK))
    body.append(_line(frame.left, frame.y(0), frame.right, frame.y(0), INK))
    points = [(frame.x(x), frame.y(y)) for x, y in zip(xs, ys, strict=True)]
    body.append(_path(points, weight=1.6))
    for i, ((x, y), row) in enumerate(zip(points, rows, strict=True)):
        body.append(_mark(x, y, "circle", size=4.5, filled=i in (0, len(rows) - 1)))
        before, after = points[max(i - 1, 0)], points[min(i + 1, len(points) - 1)]
        run, rise = after[0] - before[0], after[1] - before[1]
        length = math.hypot(run, rise) or 1.0
        side = 1 if run >= 0 else -1  # the label stands square to the path, on its upper side
        dx, dy = side * rise / length * 12, -side * run / length * 12
        anchor = "start" if dx > 4 else "end" if dx < -4 else "middle"
        body.append(_text(x + dx, y + dy + 3, str(row["label"]), anchor=anchor, size=11))
    return _svg(title, "期ごとの自然増減（縦）と社会増減（横）。左下ほど減少が大きい。", body, note)


def age_profile(rates: pl.DataFrame, *, title: str, note: str = "") -> str:
    """Net migration ratio by age at the start of the five years.

    rates: label (one line each), age_from, value (share of the cohort, e.g. -0.18).
    """
    ages = rates.get_column("age_from").unique().sort().to_list()
    values = [float(v) * 100 for v in rates.get_column("value")]
    frame = _Frame(ages[0], ages[-1], min(*values, 0.0), max(*values, 0.0), right=130, pad=0.04)
    body = frame.grid(x_ticks=[], y_label="純移動率（5年間、%）", signed=True)
    body.append(_line(frame.left, frame.y(0), frame.right, frame.y(0), INK))
    for age in ages:
        x = frame.x(age)
        label = f"{age}〜{age + 4}" if age < ages[-1] else f"{age}以上"
        body.append(_text(x, frame.bottom + 18, label, anchor="middle", size=10))
    middle = (frame.left + frame.right) / 2
    body.append(_text(middle, frame.bottom + 36, "期首の年齢（5年後は一つ上の階級）", anchor="middle", size=11))
    ends = []
    for i, label in enumerate(rates.get_column("label").unique(maintain_order=True)):
        mine = rates.filter(pl.col("label") == label).sort("age_from")
        points = [(frame.x(r["age_from"]), frame.y(float(r["value"]) * 100)) for r in mine.iter_rows(named=True)]
        body.append(_path(points, dash=DASHES[i % len(DASHES)], weight=1.8))
        body += [_mark(x, y, MARKS[i % len(MARKS)]) for x, y in points]
        ends.append((points[-1][1], str(label), MARKS[i % len(MARKS)]))
    body += _end_labels(frame, ends)
    return _svg(title, "5年間の純移動率を期首の年齢別に示す。0より下は転出超過。", body, note)


def stage_index(stages: pl.DataFrame, *, title: str, note: str = "") -> str:
    """Young, working age and old on base = 100, with the stage of each year along the foot.

    stages: year, young_index, working_age_index, old_index, stage (null in the base year).
    """
    rows = stages.sort("year").rows(named=True)
    years = [r["year"] for r in rows]
    names = (
        ("old_index", "老年（65歳以上）"),
        ("working_age_index", "生産年齢（15〜64歳）"),
        ("young_index", "年少（0〜14歳）"),
    )
    values = [float(r[c]) for r in rows for c, _ in names]
    frame = _Frame(years[0], years[-1], 0.0, max(values), right=190, bottom=96)
    body = frame.grid(x_ticks=_years(years[0], years[-1]), y_label=f"指数（{years[0]}年＝100）")
    body.append(_line(frame.left, frame.y(100), frame.right, frame.y(100), SOFT))
    ends = []
    for i, (column, label) in enumerate(names):
        points = [(frame.x(r["year"]), frame.y(float(r[column]))) for r in rows]
        body.append(_path(points, dash=DASHES[i], weight=2.0))
        body += [_mark(x, y, MARKS[i]) for x, y in points]
        ends.append((points[-1][1], f"{label} {float(rows[-1][column]):.0f}", MARKS[i]))
    body += _end_labels(frame, ends)
    shades = {1: "#f2f2f2", 2: "#d9d9d9", 3: "#b5b5b5"}
    strip = frame.bottom + 28
    for before, row in pairwise(rows):
        x0, x1 = frame.x(before["year"]), frame.x(row["year"])
        stage = row["stage"]
        body.append(
            f'<rect x="{x0:.1f}" y="{strip}" width="{x1 - x0:.1f}" height="18" fill="{shades.get(stage, PAPER)}" '
            f'stroke="{SOFT}" stroke-width="0.5"/>'
        )
        body.append(
            _text((x0 + x1) / 2, strip + 13, "−" if stage is None else f"第{stage}段階", anchor="middle", size=10)
        )
    return _svg(title, "年少・生産年齢・老年人口の指数と人口減少段階。", body, note)


def png(svg: str, *, zoom: float = 2.0, font_file: str | Path | None = None) -> bytes:
    """The same picture as PNG bytes, white ground, rendered by resvg without a browser, a display or the network.

    font_file: a Japanese font; default: $SOUSEI_FONT, the font package, or the system's. Raises ProjectionError
    where the renderer or a Japanese font is missing (a picture with boxes for letters is not handed out).
    """
    try:
        import resvg_py
    except ModuleNotFoundError as error:
        raise ProjectionError(
            "PNG には resvg-py が要ります（pip install 'sousei[png]'）。SVG はそのまま使えます / "
            "PNG needs resvg-py; SVG does not"
        ) from error
    found = str(font_file) if font_file else _font()
    if found is None or not Path(found).exists():
        raise ProjectionError(
            "日本語フォントが見つかりません。SOUSEI_FONT にフォントファイルを指定するか、pip install 'sousei[png]' / "
            "no Japanese font found: set SOUSEI_FONT"
        )
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            background="#ffffff",
            zoom=zoom,
            skip_system_fonts=True,
            font_files=[found],
            languages=["ja"],
        )
    )


def _font() -> str | None:
    named = os.environ.get("SOUSEI_FONT")
    if named:
        return named
    spec = find_spec("noto_cjk_sans_jp_regular")
    if spec is not None and spec.submodule_search_locations:
        return str(Path(next(iter(spec.submodule_search_locations))) / "NotoSansCJKjp-Regular.otf")
    return next((f for f in FONT_FILES if Path(f).exists()), None)


class _Frame:
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
        self.x_ticks = _ticks(x0 - wide, x1 + wide, 6) if nice_x else []
        self.y_ticks = _ticks(y0 - (high if y0 < 0 else 0), y1 + high, 6)
        self.x0, self.x1 = (self.x_ticks[0], self.x_ticks[-1]) if nice_x else (x0, x1)
        self.y0, self.y1 = self.y_ticks[0], self.y_ticks[-1]

    def x(self, value: float) -> float:
        return self.left + (float(value) - self.x0) / ((self.x1 - self.x0) or 1.0) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.bottom - (float(value) - self.y0) / ((self.y1 - self.y0) or 1.0) * (self.bottom - self.top)

    def grid(self, *, x_ticks: Sequence[float], y_label: str, x_label: str = "", signed: bool = False) -> list[str]:
        out = []
        for value in self.y_ticks:
            out.append(_line(self.left, self.y(value), self.right, self.y(value), GRID))
            out.append(_text(self.left - 8, self.y(value) + 4, _number(value, signed), anchor="end", size=11))
        for value in x_ticks:
            out.append(_line(self.x(value), self.bottom, self.x(value), self.bottom + 5, SOFT))
            label = _number(value, signed) if signed else f"{value:.0f}"
            out.append(_text(self.x(value), self.bottom + 18, label, anchor="middle", size=11))
        out.append(_line(self.left, self.bottom, self.right, self.bottom, SOFT))
        out.append(_text(self.left - 60, self.top - 12, y_label, size=11))
        if x_label:
            out.append(_text((self.left + self.right) / 2, self.bottom + 36, x_label, anchor="middle", size=11))
        return out


def _number(value: float, signed: bool) -> str:
    return f"▲{abs(value):,.10g}" if signed and value < 0 else f"{value:,.10g}"


def _ticks(low: float, high: float, count: int) -> list[float]:
    """Round values from at or below `low` to at or above `high`."""
    span = (high - low) or 1.0
    size = 10 ** math.floor(math.log10(span / count))
    size *= next(m for m in (1, 2, 2.5, 5, 10) if m * size * count >= span)
    first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    return [round(i * size, 10) for i in range(first, last + 1)]


def _years(first: float, last: float) -> list[float]:
    step = 5 if last - first <= 60 else 10
    return [float(y) for y in range(int(math.ceil(first / step) * step), int(last) + 1, step)]


def _end_labels(frame: _Frame, ends: list[tuple[float, str, str]], apart: float = 16.0) -> list[str]:
    """Names of lines at their right end, with their mark, moved up or down so that none covers another."""
    placed: list = [[y, label, kind] for y, label, kind in sorted(ends)]
    for a, b in pairwise(placed):
        b[0] = max(b[0], a[0] + apart)
    if placed and placed[-1][0] > frame.bottom:
        placed[-1][0] = frame.bottom
        for b, a in pairwise(reversed(placed)):
            a[0] = min(a[0], b[0] - apart)
    return [
        _mark(frame.right + 14, y, kind) + _text(frame.right + 24, y + 4, label, size=12) for y, label, kind in placed
    ]


def _box(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 13, weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" '
        f'fill="{INK}">{escape(text)}</text>'
    )


def _line(x0: float, y0: float, x1: float, y1: float, colour: str) -> str:
    return f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{colour}" stroke-width="1"/>'


def _path(points: Sequence[tuple[float, float]], *, dash: str = "", weight: float = 1.5) -> str:
    if not points:
        return ""
    way = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="M{way}" fill="none" stroke="{INK}" stroke-width="{weight}"{dashed}/>'


def _mark(x: float, y: float, kind: str, *, size: float = 3.0, filled: bool = False) -> str:
    fill = INK if filled else PAPER
    style = f'fill="{fill}" stroke="{INK}" stroke-width="1.2"'
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" {style}/>'
    if kind == "square":
        return f'<rect x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size}" height="{2 * size}" {style}/>'
    shapes: dict[str, list[tuple[float, float]]] = {
        "triangle": [(0, -1.25), (1.15, 0.9), (-1.15, 0.9)],
        "diamond": [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
        "cross": [(-1, -1), (1, 1), (0, 0), (1, -1), (-1, 1), (0, 0)],
        "bar": [(-1.3, -0.4), (1.3, -0.4), (1.3, 0.4), (-1.3, 0.4)],
    }
    points = " ".join(f"{x + size * a:.1f},{y + size * b:.1f}" for a, b in shapes[kind])
    return f'<polygon points="{points}" {style}/>'


def _svg(title: str, description: str, body: Sequence[str], note: str) -> str:
    foot = _text(56, HEIGHT - 12, note, size=10) if note else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" lang="ja" font-family="{FONTS}"><title>{escape(title)}</title><desc>{escape(description)}</desc>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>{_text(56, 30, title, size=17, weight="bold")}'
        + "".join(body)
        + foot
        + "</svg>\n"
    )
