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
    ticks = ticks_of(0.0, max(max(t.values()) for t in (*tables, moved)), 4)
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
    for table, dash, weight in ((tables[0], "", 1.6), (moved, "5 3", 1.2)):
        for side, sex in ((-1, "male"), (1, "female")):
            points = []
            for i in range(len(ages)):
                if table is moved and (sex, 5 * i) not in moved:
                    continue
                x = middle + side * (gap + table.get((sex, 5 * i), 0.0) / ticks[-1] * half)
                points += [(x, bottom - i * step), (x, bottom - (i + 1) * step)]
            body.append(svg.path(points, dash=dash, weight=weight))
    body.append(svg.text(middle - gap - half / 2, top - 10, "男", anchor="middle", weight="bold"))
    body.append(svg.text(middle + gap + half / 2, top - 10, "女", anchor="middle", weight="bold"))
    body.append(svg.text(WIDTH - 56, bottom + 32, "人", anchor="end", size=11))
    x, y = 56, 58
    body.append(svg.box(x, y - 9, 26, 11, SHADE) + svg.text(x + 32, y, then_label))
    body.append(svg.path([(x + 190, y - 4), (x + 216, y - 4)], weight=1.6) + svg.text(x + 222, y, now_label))
    body.append(
        svg.path([(x + 380, y - 4), (x + 406, y - 4)], dash="5 3", weight=1.2)
        + svg.text(x + 412, y, f"{now_label}の人が{years}年後にいる階級（死亡・移動なし）")
    )
    return svg.picture(title, f"{then_label}と{now_label}の男女・5歳階級別人口。", body, note)
