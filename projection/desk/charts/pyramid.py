"""The population pyramid.

Holds: one chart. Does not hold: the figures in it.
"""

from __future__ import annotations

import polars as pl

from sousei.projection.desk.charts import svg
from sousei.projection.desk.charts.axes import ticks_of
from sousei.projection.desk.charts.svg import GRID, HEIGHT, SHADE, WIDTH
from sousei.projection.engine import age_groups


def pyramid(
    now: pl.DataFrame,
    then: pl.DataFrame,
    *,
    title: str,
    now_label: str,
    then_label: str,
    newest: pl.DataFrame | None = None,
    newest_label: str = "",
    note: str = "",
) -> str:
    """Population pyramid: bars = then, thin outline = now, dashed outline = the newest census where it is another.

    now, then, newest: sex (male / female), age_from (0, 5 ... open), population_persons; men to the left.
    """
    ages = now.get_column("age_from").unique().sort().to_list()
    tables = [
        {(r["sex"], r["age_from"]): float(r["population_persons"]) for r in f.iter_rows(named=True)}
        for f in (now, then, *([] if newest is None else [newest]))
    ]
    ticks = ticks_of(0.0, max(max(t.values()) for t in tables), 4)
    top, bottom, middle, gap = 84, HEIGHT - 66, WIDTH / 2, 30
    half = middle - gap - 56
    step = (bottom - top) / len(ages)
    body = []
    for value in ticks:
        for side in (-1, 1):
            x = middle + side * (gap + value / ticks[-1] * half)
            body.append(svg.line(x, top, x, bottom, GRID))
            body.append(svg.text(x, bottom + 16, f"{value:,.0f}", anchor="middle", size=11))
    for i, label in enumerate(age_groups(ages[-1])):
        y = bottom - (i + 0.5) * step
        body.append(svg.text(middle, y + 4, label.replace("-", "〜"), anchor="middle", size=11))
        for side, sex in ((-1, "male"), (1, "female")):
            wide = tables[1].get((sex, 5 * i), 0.0) / ticks[-1] * half
            body.append(
                svg.box(middle + gap if side > 0 else middle - gap - wide, y - step * 0.42, wide, step * 0.84, SHADE)
            )
    outlines = [(tables[0], "", 1.6), *((table, "5 3", 1.4) for table in tables[2:])]
    for table, dash, weight in outlines:
        for side, sex in ((-1, "male"), (1, "female")):
            points = []
            for i in range(len(ages)):
                x = middle + side * (gap + table.get((sex, 5 * i), 0.0) / ticks[-1] * half)
                points += [(x, bottom - i * step), (x, bottom - (i + 1) * step)]
            body.append(svg.path(points, dash=dash, weight=weight))
    body.append(svg.text(middle - gap - half / 2, top - 10, "男", anchor="middle", weight="bold"))
    body.append(svg.text(middle + gap + half / 2, top - 10, "女", anchor="middle", weight="bold"))
    body.append(svg.text(WIDTH - 56, bottom + 32, "人", anchor="end", size=11))
    x, y = 56, 58
    body.append(svg.box(x, y - 9, 26, 11, SHADE) + svg.text(x + 32, y, then_label))
    body.append(svg.path([(x + 190, y - 4), (x + 216, y - 4)], weight=1.6) + svg.text(x + 222, y, now_label))
    if newest is not None:
        body.append(svg.path([(x + 420, y - 4), (x + 446, y - 4)], dash="5 3", weight=1.4))
        body.append(svg.text(x + 452, y, newest_label))
    return svg.picture(title, f"{then_label}と{now_label}の男女・5歳階級別人口。", body, note)
