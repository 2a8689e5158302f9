"""Charts on axes: scenarios with their band, natural against social change, net migration by age, stages.

Holds: four charts. Does not hold: the figures in them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import polars as pl

from sousei.projection.desk.charts import svg
from sousei.projection.desk.charts.axes import DASHES, LOOKS, MARKS, OTHERS, Axes, end_labels, years_of
from sousei.projection.desk.charts.svg import GRID, INK, PAPER, SOFT


def fan(
    lines: pl.DataFrame,
    band: pl.DataFrame,
    actuals: pl.DataFrame,
    *,
    title: str,
    band_label: str,
    points_only: Sequence[str] = (),
    marked_years: Sequence[tuple[float, str]] = (),
    note: str = "",
    unit: str = "人",
) -> str:
    """Scenario lines with a band and what really happened.

    lines: label, look (a key of LOOKS, or any other name), year, value; labels in `points_only` are drawn as marks
    without a line (printed figures with nothing between them). band: year, low, high; band_label names its line.
    actuals: label, look, year (may be a fraction), value. marked_years: (year, what ends there), as upright lines.
    """
    years = [float(y) for y in lines.get_column("year")] + [float(y) for y in band.get_column("year")]
    years += [math.floor(y / 5) * 5 for y in actuals.get_column("year")]
    values = [
        float(v)
        for f, c in ((lines, "value"), (band, "low"), (band, "high"), (actuals, "value"))
        for v in f.get_column(c)
    ]
    frame = Axes(min(years), max(years), 0.0, max(values), right=232)
    body = frame.grid(x_ticks=years_of(min(years), max(years)), y_label=unit)
    edge = [(frame.x(r["year"]), frame.y(r["high"])) for r in band.sort("year").iter_rows(named=True)]
    edge += [(frame.x(r["year"]), frame.y(r["low"])) for r in band.sort("year", descending=True).iter_rows(named=True)]
    if edge:
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in edge)
        body.append(f'<polygon points="{corners}" fill="{GRID}" fill-opacity="0.75" stroke="none"/>')
    for place, (year, said) in enumerate(sorted(marked_years)):
        x = frame.x(year)
        body.append(svg.path([(x, frame.top - 4), (x, frame.bottom)], dash="1 3", weight=1.0))
        body.append(svg.text(x + 4, frame.top + 8 + 15 * (place % 2), said, size=11))
    looks = _looks([*lines.get_column("look").unique(maintain_order=True)])
    ends = []
    for i, (label, look) in enumerate(lines.select("label", "look").unique(maintain_order=True).iter_rows()):
        mine = lines.filter(pl.col("label") == label).sort("year")
        dash, mark, filled = looks[look]
        points = [(frame.x(r["year"]), frame.y(r["value"])) for r in mine.iter_rows(named=True)]
        alone = label in points_only
        if not alone:
            body.append(svg.path(points, dash="" if i == 0 else dash, weight=2.4 if i == 0 else 1.5))
        body += [svg.mark(x, y, mark, size=5.0 if alone else 3.4, filled=filled) for x, y in points]
        last = mine["year"][-1]
        when = "" if last == max(years) else f"（{last}年）"
        ends.append((points[-1][1], f"{label} {float(mine['value'][-1]):,.0f}{when}", mark, filled))
    body += end_labels(frame, ends)
    known = _looks([*actuals.get_column("look").unique(maintain_order=True)])
    series = actuals.select("label", "look").unique(maintain_order=True).rows()
    for i, (label, look) in enumerate(series):
        mine = actuals.filter(pl.col("label") == label).sort("year")
        _, mark, filled = known[look]
        points = [(frame.x(r["year"]), frame.y(r["value"])) for r in mine.iter_rows(named=True)]
        if look == "census":
            body.append(svg.path(points, weight=2.4))
        body += [svg.mark(x, y, mark, size=4.6 if look == "census" else 3.2, filled=filled) for x, y in points]
        foot = frame.bottom - 50 - 18 * i
        body.append(_key(frame, foot, f"実績 {label}"))
        body.append(svg.mark(frame.left + 14, foot, mark, size=4.6, filled=filled))
    if edge:
        box = frame.bottom - 36
        body.append(_key(frame, box + 6, band_label))
        body.append(svg.box(frame.left + 6, box, 16, 11, GRID))
    return svg.picture(title, "将来人口のシナリオ、誤差の幅、実績値。", body, note)


def _key(frame: Axes, y: float, said: str) -> str:
    """A line of the key, on a ground that hides what runs below it."""
    wide = 12 * sum(1.0 if ord(char) > 0x2000 else 0.56 for char in said)
    return svg.box(frame.left + 2, y - 8, wide + 32, 16, PAPER) + svg.text(frame.left + 28, y + 4, said, size=12)


def _looks(names: Sequence[str]) -> dict[str, tuple[str, str, bool]]:
    """Dash, mark and filling of each series: its own, or one of the others'."""
    others = iter(OTHERS * len(names))
    return {name: LOOKS[name] if name in LOOKS else next(others) for name in names}


def natural_social(path: pl.DataFrame, *, title: str, note: str = "") -> str:
    """Natural against social change by period, joined in time order with year labels.

    path: label, natural, social (persons in the period), in time order.
    """
    rows = path.rows(named=True)
    xs, ys = [float(r["social"]) for r in rows], [float(r["natural"]) for r in rows]
    frame = Axes(min(*xs, 0), max(*xs, 0), min(*ys, 0), max(*ys, 0), nice_x=True, pad=0.06)
    body = frame.grid(
        x_ticks=frame.x_ticks, y_label="自然増減（人、5年間）", x_label="社会増減（人、5年間）", signed=True
    )
    body.append(svg.line(frame.x(0), frame.top, frame.x(0), frame.bottom, INK))
    body.append(svg.line(frame.left, frame.y(0), frame.right, frame.y(0), INK))
    points = [(frame.x(x), frame.y(y)) for x, y in zip(xs, ys, strict=True)]
    body.append(svg.path(points, weight=1.6))
    for i, ((x, y), row) in enumerate(zip(points, rows, strict=True)):
        body.append(svg.mark(x, y, "circle", size=4.5, filled=i in (0, len(rows) - 1)))
        before, after = points[max(i - 1, 0)], points[min(i + 1, len(points) - 1)]
        run, rise = after[0] - before[0], after[1] - before[1]
        length = math.hypot(run, rise) or 1.0
        side = 1 if run >= 0 else -1  # the label stands square to the path, on its upper side
        dx, dy = side * rise / length * 12, -side * run / length * 12
        anchor = "start" if dx > 4 else "end" if dx < -4 else "middle"
        body.append(svg.text(x + dx, y + dy + 3, str(row["label"]), anchor=anchor, size=11))
    return svg.picture(title, "期ごとの自然増減（縦）と社会増減（横）。左下ほど減少が大きい。", body, note)


def age_profile(rates: pl.DataFrame, *, title: str, note: str = "") -> str:
    """Net migration ratio by age at the start of the five years.

    rates: label (one line each), age_from, value (share of the cohort, e.g. -0.18).
    """
    ages = rates.get_column("age_from").unique().sort().to_list()
    values = [float(v) * 100 for v in rates.get_column("value")]
    frame = Axes(ages[0], ages[-1], min(*values, 0.0), max(*values, 0.0), right=130, pad=0.04)
    body = frame.grid(x_ticks=[], y_label="純移動率（5年間、%）", signed=True)
    body.append(svg.line(frame.left, frame.y(0), frame.right, frame.y(0), INK))
    for age in ages:
        x = frame.x(age)
        label = f"{age}〜{age + 4}" if age < ages[-1] else f"{age}以上"
        body.append(svg.text(x, frame.bottom + 18, label, anchor="middle", size=10))
    middle = (frame.left + frame.right) / 2
    body.append(svg.text(middle, frame.bottom + 36, "期首の年齢（5年後は一つ上の階級）", anchor="middle", size=11))
    ends = []
    for i, label in enumerate(rates.get_column("label").unique(maintain_order=True)):
        mine = rates.filter(pl.col("label") == label).sort("age_from")
        points = [(frame.x(r["age_from"]), frame.y(float(r["value"]) * 100)) for r in mine.iter_rows(named=True)]
        body.append(svg.path(points, dash=DASHES[i % len(DASHES)], weight=1.8))
        body += [svg.mark(x, y, MARKS[i % len(MARKS)]) for x, y in points]
        ends.append((points[-1][1], str(label), MARKS[i % len(MARKS)], False))
    body += end_labels(frame, ends)
    return svg.picture(title, "5年間の純移動率を期首の年齢別に示す。0より下は転出超過。", body, note)


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
    frame = Axes(years[0], years[-1], 0.0, max(values), right=190, bottom=96)
    body = frame.grid(x_ticks=years_of(years[0], years[-1]), y_label=f"指数（{years[0]}年＝100）")
    body.append(svg.line(frame.left, frame.y(100), frame.right, frame.y(100), SOFT))
    ends = []
    for i, (column, label) in enumerate(names):
        points = [(frame.x(r["year"]), frame.y(float(r[column]))) for r in rows]
        body.append(svg.path(points, dash=DASHES[i], weight=2.0))
        body += [svg.mark(x, y, MARKS[i]) for x, y in points]
        ends.append((points[-1][1], f"{label} {float(rows[-1][column]):.0f}", MARKS[i], False))
    body += end_labels(frame, ends)
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
            svg.text((x0 + x1) / 2, strip + 13, "−" if stage is None else f"第{stage}段階", anchor="middle", size=10)
        )
    return svg.picture(title, "年少・生産年齢・老年人口の指数と人口減少段階。", body, note)
