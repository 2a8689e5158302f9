"""The general cohort-component form: age-specific fertility, explicit births, deaths and migrants, any step width.

Holds: the textbook method on plain frames, for one area or many, one sex or both. Does not hold: the child-woman form
of the municipal projections (engine), which needs no birth rates.

Conventions, the same for every frame: `age_from` is the first age of a group AT THE START of the step; births are the
group of age_from = -width; `year_from` is the start of the step (a column `year` instead is read as its END). A frame
without either holds for all steps, a frame without key columns for all areas.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from sousei.projection.engine import SEXES, Array, ProjectionError

OPEN_GROUPS = ("pooled", "separate")
START_SHARE = {"start": 1.0, "mid": 0.5, "end": 0.0}


class ComponentRun(NamedTuple):
    """Frames of a run; `keys` are the key columns given.

    population: keys, year, sex, age_from, population_persons.
    births: keys, year_from, age_from (of the mother), births_persons (children of both sexes).
    deaths: keys, year_from, sex, age_from (-width = born in the step), deaths_persons.
    migrants: keys, year_from, sex, age_from, net_persons.
    change: keys, year_from, births, deaths, natural_change, social_change of the sexes projected; the last two add up
    to the change of the population.
    """

    population: pl.DataFrame
    births: pl.DataFrame
    deaths: pl.DataFrame
    migrants: pl.DataFrame
    change: pl.DataFrame


def project_components(
    base: pl.DataFrame,
    survival: pl.DataFrame,
    fertility: pl.DataFrame,
    migration: pl.DataFrame | None = None,
    *,
    years: Sequence[int],
    keys: Sequence[str] = (),
    sex_ratio_at_birth: float | pl.DataFrame = 1.05,
    open_group: str = "pooled",
    timing: str = "mid",
    end_migrants_in_exposure: bool = True,
) -> ComponentRun:
    """Project `base` from years[0] through years[1], years[2] ... (all `width` apart, width = the age groups' width).

    base: keys, sex (male and / or female), age_from, population_persons.
    survival: keys, year_from, sex, age_from, survival_ratio; births have age_from -width. open_group `pooled`: the row
        of the last closed group holds for it and the open group together; `separate`: the open group has its own row.
    fertility: keys, year_from, age_from, births_per_woman (births of both sexes per woman and YEAR; ages not given
        have none).
    migration: keys, year_from, sex, age_from, and net_persons (in the whole step) or net_share (of the population at
        the start of the step, in the whole step), or both; cells not given have none.
    sex_ratio_at_birth: boys per girl, or a frame keys, year_from, sex_ratio_at_birth.
    timing: migrants come at the start of the step (they age and may die and give birth in it), at its end, or `mid`:
        half and half, both halves at the age group they are labelled with.
    end_migrants_in_exposure: births are width x rate x (women at start + women at end) / 2. True counts the migrants
        who come at the end among the women at end (Preston, Heuveline & Guillot, Box 6.2); False does not
        (popReconstruct).

    float64, nothing is rounded. Raises ProjectionError for a missing or doubled cell, uneven years, wrong words.
    """
    years = list(years)
    if open_group not in OPEN_GROUPS or timing not in START_SHARE:
        raise ProjectionError(
            f"open_group は {OPEN_GROUPS}、timing は {tuple(START_SHARE)} のどれかです: {open_group}, {timing} / "
            "unknown word"
        )
    ages = base.get_column("age_from").unique().sort().to_list()
    widths = {b - a for a, b in itertools.pairwise(ages)}
    steps_apart = {b - a for a, b in itertools.pairwise(years)}
    if len(widths) != 1 or steps_apart != widths or ages[0] != 0:
        raise ProjectionError(
            f"年齢階級の幅と年の間隔は同じで一定でなければなりません: 年齢幅 {sorted(widths)}、年 {years} / "
            "age groups must start at 0 and be as wide as the steps are long"
        )
    width = widths.pop()
    sexes = [s for s in SEXES if s in base.get_column("sex").unique().to_list()]
    if "female" not in sexes:
        raise ProjectionError("女性の人口が要ります（出生は女性から計算します）/ base must hold sex = female")
    areas = base.select(keys).unique().sort(keys) if keys else pl.DataFrame({"_area": [0]})
    starts = years[:-1]
    born_first = [-width, *ages]
    moving = [*born_first[:-1], ages[-1]] if open_group == "separate" else born_first[:-1]

    def cube(frame: pl.DataFrame, value: str, axes: dict[str, list], default: float | None = None) -> Array:
        return to_cube(
            by_start(frame, width) if "year_from" in axes else frame, value, axes, areas, list(keys), default
        )

    count = areas.height
    population = np.empty((len(years), len(sexes), len(ages), count))
    population[0] = cube(base, "population_persons", {"sex": sexes, "age_from": ages})
    axes: dict[str, list] = {"year_from": starts, "sex": sexes, "age_from": moving}
    lived = cube(survival, "survival_ratio", axes)
    rate = cube(fertility, "births_per_woman", {"year_from": starts, "age_from": ages}, 0.0)
    axes = {"year_from": starts, "sex": sexes, "age_from": ages}
    persons = shares = np.zeros((len(starts), len(sexes), len(ages), count))
    if migration is not None:
        if not {"net_persons", "net_share"} & set(migration.columns):
            raise ProjectionError("migration に net_persons か net_share の列が要ります / migration needs one of them")
        if "net_persons" in migration.columns:
            persons = cube(migration, "net_persons", axes, 0.0)
        if "net_share" in migration.columns:
            shares = cube(migration, "net_share", axes, 0.0)
    if isinstance(sex_ratio_at_birth, pl.DataFrame):
        ratio = cube(sex_ratio_at_birth, "sex_ratio_at_birth", {"year_from": starts})
    else:
        ratio = np.full((len(starts), count), float(sex_ratio_at_birth))
    share_of = {"male": ratio / (1 + ratio), "female": 1 / (1 + ratio)}
    born_share = np.stack([share_of[s] for s in sexes], axis=1)
    women = sexes.index("female")
    early = START_SHARE[timing]

    births = np.empty((len(starts), len(ages), count))
    deaths = np.empty((len(starts), len(sexes), len(ages) + 1, count))
    migrants = np.empty((len(starts), len(sexes), len(ages), count))
    for t in range(len(starts)):
        moved = persons[t] + shares[t] * population[t]
        start = population[t] + early * moved
        end = np.zeros_like(start)
        end[:, 1:-1] = start[:, :-2] * lived[t, :, 1 : len(ages) - 1]
        if open_group == "pooled":
            end[:, -1] = (start[:, -2] + start[:, -1]) * lived[t, :, len(ages) - 1]
        else:
            end[:, -1] = start[:, -2] * lived[t, :, len(ages) - 1] + start[:, -1] * lived[t, :, len(ages)]
        late = (1.0 - early) * moved
        at_end = end[women] + late[women] if end_migrants_in_exposure else end[women]
        # The youngest women's end count (their own births) is not known yet; no woman of that group gives birth.
        births[t] = width * rate[t] * (start[women] + at_end) / 2.0
        born = births[t].sum(axis=0) * born_share[t]
        end[:, 0] = born * lived[t, :, 0]
        deaths[t, :, 0] = born - end[:, 0]
        last = lived[t, :, len(ages) - 1]
        deaths[t, :, 1:-2] = start[:, :-2] * (1.0 - lived[t, :, 1 : len(ages) - 1])
        deaths[t, :, -2] = start[:, -2] * (1.0 - last)
        deaths[t, :, -1] = start[:, -1] * (1.0 - (last if open_group == "pooled" else lived[t, :, len(ages)]))
        population[t + 1] = end + late
        migrants[t] = moved

    here = areas if keys else None
    born_all = (births.sum(axis=1)[:, None] * born_share).sum(axis=1)
    died = deaths.sum(axis=(1, 2))
    social = migrants.sum(axis=(1, 2))
    change = to_long({"year_from": starts}, born_all, "births", here)
    change = change.with_columns(
        pl.Series("deaths", died.reshape(-1)),
        pl.Series("natural_change", (born_all - died).reshape(-1)),
        pl.Series("social_change", social.reshape(-1)),
    )
    return ComponentRun(
        to_long({"year": years, "sex": sexes, "age_from": ages}, population, "population_persons", here),
        to_long({"year_from": starts, "age_from": ages}, births, "births_persons", here),
        to_long({"year_from": starts, "sex": sexes, "age_from": born_first}, deaths, "deaths_persons", here),
        to_long({"year_from": starts, "sex": sexes, "age_from": ages}, migrants, "net_persons", here),
        change,
    )


def survival_from_life_table(life_table: pl.DataFrame, *, radix: float = 100_000.0) -> pl.DataFrame:
    """Survival ratios of a step as wide as the age groups, from person-years lived.

    life_table: age_from, person_years (nLx; the last row is the open group, Tx), and sex if there are two; any further
    key columns are kept. Returns the same columns with survival_ratio for age_from -width (births), 0, ..., the last
    closed group (pooled with the open one: T(w) / T(w - width)).
    """
    ages = life_table.get_column("age_from").unique().sort().to_list()
    width = ages[1] - ages[0]
    keys = [c for c in life_table.columns if c not in ("age_from", "person_years")]
    parts = []
    for part in life_table.partition_by(keys, maintain_order=True) if keys else [life_table]:
        lived = part.sort("age_from").get_column("person_years").to_numpy()
        ratio = np.concatenate(
            [[lived[0] / (width * radix)], lived[1:-1] / lived[:-2], [lived[-1] / (lived[-2] + lived[-1])]]
        )
        frame = pl.DataFrame({"age_from": [-width, *ages[:-1]], "survival_ratio": ratio})
        parts.append(frame.with_columns(pl.lit(part.get_column(k)[0]).alias(k) for k in keys))
    return pl.concat(parts)


def by_start(frame: pl.DataFrame, width: int) -> pl.DataFrame:
    """The frame with year_from; a column `year` alone is the end of the step."""
    if "year_from" in frame.columns or "year" not in frame.columns:
        return frame
    return frame.with_columns((pl.col("year") - width).alias("year_from"))


def to_cube(
    frame: pl.DataFrame, value: str, axes: dict[str, list], areas: pl.DataFrame, keys: list[str], default: float | None
) -> Array:
    """Array over `axes` and areas; missing axes and keys broadcast."""
    have = [name for name in axes if name in frame.columns]
    keyed = bool(keys) and all(k in frame.columns for k in keys)
    shape = [len(axes[name]) if name in have else 1 for name in axes] + [areas.height if keyed else 1]
    out = np.full(shape, np.nan if default is None else default)
    index = []
    kept = frame.filter(pl.all_horizontal([pl.col(n).is_in(axes[n]) for n in have])) if have else frame
    if value not in kept.columns or any(n not in frame.columns for n in axes if n != "year_from" and n != "sex"):
        raise ProjectionError(f"列 {value} と {list(axes)} が要ります。実際: {frame.columns} / missing columns")
    for name in axes:
        place = {v: i for i, v in enumerate(axes[name])}
        index.append([place[v] for v in kept.get_column(name)] if name in have else [0] * kept.height)
    if keyed:
        place = {row: i for i, row in enumerate(areas.rows())}
        index.append([place[row] for row in kept.select(keys).rows()])
    else:
        index.append([0] * kept.height)
    if len(set(zip(*index, strict=True))) != kept.height:
        raise ProjectionError(f"{value}: 同じ区分が2回あります / a cell is given twice")
    values = kept.get_column(value).cast(pl.Float64)
    if values.null_count():
        raise ProjectionError(f"{value}: 空欄があります / null value")
    out[tuple(index)] = values.to_numpy()
    if np.isnan(out).any():
        at = np.argwhere(np.isnan(out))[0]
        where = {name: axes[name][i] for name, i in zip(axes, at, strict=False) if name in have}
        raise ProjectionError(f"{value}: {where} がありません / missing cell")
    return np.broadcast_to(out, [len(v) for v in axes.values()] + [areas.height]).copy()


def to_long(axes: dict[str, list], values: Array, name: str, areas: pl.DataFrame | None) -> pl.DataFrame:
    frame = pl.DataFrame({"_": [0]})
    for column, labels in axes.items():
        frame = frame.join(pl.DataFrame({column: labels}), how="cross", maintain_order="left_right")
    frame = frame.drop("_")
    if areas is not None:
        frame = frame.join(areas, how="cross", maintain_order="left_right").select(*areas.columns, *axes)
    return frame.with_columns(pl.Series(name, values.reshape(-1)))
