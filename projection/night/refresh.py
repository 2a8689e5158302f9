"""Between censuses: what really happened since, and a yearly refresh from the resident registry.

Holds: straight lines between projected years, the actual figures beside them, Hamilton-Perry from two registry dates
five years apart, brought to the census base, and its drift from baseline and plan. Does not hold: the registry's
definition (it counts registered residents on 1 January, the census those who live there on 1 October): the two are
tied by a printed factor and never joined in one line.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from sousei.projection.areas import AREA_LEVELS
from sousei.projection.backtest import hamilton_perry
from sousei.projection.bands import bands
from sousei.projection.counted import census_cells, registry_cells
from sousei.projection.engine import STEP_YEARS, ProjectionError, take
from sousei.projection.measures import measures_of, measures_of_census
from sousei.projection.vision import MEASURES, measures

STEPS = 4


def at_dates(figures: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """Figures of 1 October of some years, read on other dates on a straight line; null outside their years.

    figures: municipality_code, year, measure, persons. wanted: municipality_code, measure, as_of_date (other columns
    are kept). Adds `persons`.
    """
    if not figures.height or not wanted.height:
        return wanted.with_columns(pl.lit(None, pl.Float64).alias("persons"))
    order = ["municipality_code", "measure"]
    points = figures.select(
        *order, pl.date(pl.col("year"), 10, 1).alias("_date"), pl.col("persons").cast(pl.Float64).alias("_p")
    )
    points = points.sort("_date")
    asked = wanted.with_row_index("_i").sort("as_of_date")
    before = asked.join_asof(
        points, left_on="as_of_date", right_on="_date", by=order, strategy="backward", check_sortedness=False
    )
    both = before.join_asof(
        points,
        left_on="as_of_date",
        right_on="_date",
        by=order,
        strategy="forward",
        suffix="_next",
        check_sortedness=False,
    )
    whole = (pl.col("_date_next") - pl.col("_date")).dt.total_days()
    gone = (pl.col("as_of_date") - pl.col("_date")).dt.total_days()
    value = (
        pl.when(whole == 0)
        .then(pl.col("_p"))
        .otherwise(pl.col("_p") + (pl.col("_p_next") - pl.col("_p")) * gone / whole)
    )
    return both.with_columns(value.alias("persons")).sort("_i").select(*wanted.columns, "persons")


def actual_totals(
    census_population: pl.DataFrame,
    registry_population: pl.DataFrame,
    registry_dynamics: pl.DataFrame,
    reference_series: pl.DataFrame,
) -> pl.DataFrame:
    """Published total populations: municipality_code, as_of_date, series, persons, value_status; every table's.

    Frames of the schema in_force. One row per municipality, date and definition: census (census_preliminary until the
    final count is there) and resident_registry. Where two tables have one figure the settled one counts, then the first
    in this order: census, registry by age, registry flows, reference series.
    """
    whole = (pl.col("scope") == "total") & pl.col("area_level").is_in(AREA_LEVELS)
    total = (pl.col("sex") == "total") & (pl.col("age_group") == "total")
    series_of_print = ["census", "census_preliminary", "resident_registry"]
    parts = [
        frame.filter(condition & pl.col(value).is_not_null()).select(
            pl.col(code).alias("municipality_code"),
            pl.col(day).alias("as_of_date"),
            series.replace({"census_preliminary": "census"}).alias("series"),
            pl.col(value).cast(pl.Float64).alias("persons"),
            pl.when(series == "census_preliminary")
            .then(pl.lit("preliminary"))
            .otherwise("value_status")
            .alias("value_status"),
            pl.col("settled_rank").cast(pl.Int32),
        )
        for frame, condition, code, day, value, series in (
            (census_population, whole & total, "area_code", "as_of_date", "population_persons", pl.lit("census")),
            (
                registry_population,
                whole & total,
                "area_code",
                "as_of_date",
                "population_persons",
                pl.lit("resident_registry"),
            ),
            (
                registry_dynamics,
                whole & (pl.col("item") == "population_total"),
                "area_code",
                "as_of_date",
                "value",
                pl.lit("resident_registry"),
            ),
            (
                reference_series,
                (pl.col("indicator_id") == "population_total") & pl.col("series").is_in(series_of_print),
                "municipality_code",
                "period_end",
                "value",
                pl.col("series"),
            ),
        )
    ]
    return (
        pl.concat(parts)
        .sort("settled_rank", descending=True, maintain_order=True)
        .unique(["municipality_code", "as_of_date", "series"], keep="first", maintain_order=True)
        .with_columns(
            pl.when((pl.col("series") == "census") & (pl.col("value_status") == "preliminary"))
            .then(pl.lit("census_preliminary"))
            .otherwise("series")
            .alias("series")
        )
        .drop("settled_rank")
        .sort("municipality_code", "as_of_date", "series")
    )


def actuals(
    totals: pl.DataFrame, ipss_2018: pl.DataFrame, ipss_2023: pl.DataFrame, plan: pl.DataFrame, base_year: int
) -> pl.DataFrame:
    """What really happened after the base year, beside both official projections and the plan, on the same dates.

    Projections and plans stand on the census: errors and gaps are of censuses only, and a register count has the plan's
    figure nowhere beside it.

    totals as actual_totals gives them; the others: municipality_code, year, measure, persons.
    """
    asked = totals.filter(pl.col("as_of_date") > date(base_year, 10, 1)).rename({"persons": "actual_persons"})
    out = asked.with_columns(pl.lit("total").alias("measure"))
    for name, figures in (("ipss_2018", ipss_2018), ("ipss_2023", ipss_2023), ("plan", plan)):
        out = at_dates(figures, out).rename({"persons": f"{name}_persons"})
    known = out.filter(pl.any_horizontal(pl.col("^(ipss|plan)_.*$").is_not_null()))
    counted = pl.col("series").str.starts_with("census")
    return known.with_columns(
        pl.when(counted).then("plan_persons").alias("plan_persons"),
        *(
            pl.when(counted)
            .then((pl.col(f"{name}_persons") / pl.col("actual_persons") - 1) * 100)
            .alias(f"{name}_error_pct")
            for name in ("ipss_2018", "ipss_2023")
        ),
        pl.when(counted).then(pl.col("actual_persons") - pl.col("plan_persons")).alias("plan_gap_persons"),
    ).drop("measure")


def scale_factors(registry: pl.DataFrame, census: pl.DataFrame) -> pl.DataFrame:
    """Census / registry per municipality and measure at the last census that a registry date comes near.

    registry as registry_cells, census as census_cells. The registry on 1 October is read on a straight line between
    the 1 January before and after; where only one of the two is there, that one (at most nine months off) is taken.
    municipality_code, measure, census_year, scale_factor.
    """
    counted = measures_of_census(census).rename({"persons": "_census"})
    listed = measures_of(registry, "as_of_date").with_columns(pl.col("as_of_date").dt.year().alias("_y"))
    near = counted.join(
        listed.select("municipality_code", "measure", pl.col("_y").alias("year"), pl.col("persons").alias("_before")),
        on=["municipality_code", "measure", "year"],
        how="left",
    ).join(
        listed.select(
            "municipality_code", "measure", (pl.col("_y") - 1).alias("year"), pl.col("persons").alias("_after")
        ),
        on=["municipality_code", "measure", "year"],
        how="left",
    )
    on_day = (
        pl.when(pl.col("_before").is_not_null() & pl.col("_after").is_not_null())
        .then(0.25 * pl.col("_before") + 0.75 * pl.col("_after"))
        .otherwise(pl.coalesce("_after", "_before"))
    )
    return (
        near.with_columns((pl.col("_census") / on_day).alias("scale_factor"))
        .filter(pl.col("scale_factor").is_finite())
        .sort("year")
        .group_by("municipality_code", "measure", maintain_order=True)
        .last()
        .select("municipality_code", "measure", pl.col("year").alias("census_year"), "scale_factor")
    )


def refresh(
    registry_population: pl.DataFrame, census_population: pl.DataFrame, baseline: pl.DataFrame, plan: pl.DataFrame
) -> pl.DataFrame:
    """Yearly refresh: for every registry date that has another five years before it, Hamilton-Perry forward.

    registry_population, census_population: raw schemas. baseline, plan: municipality_code, year, measure, persons.
    Cohort change ratios, child-woman ratio and sex ratio are those of the five years up to the registry date; they
    are held for 20 years; 1 October is read on a straight line between the 1 Januaries; each measure is brought to
    the census base by its factor, the total being the sum of the three age groups. Returns the columns of the table
    `refresh`; empty where there is no pair of dates or no census near a registry date.
    """
    cells = registry_cells(registry_population)
    census = census_cells(census_population)
    if not cells.height or not census.height:
        return pl.DataFrame()
    factors = scale_factors(cells, census)
    frames = []
    days = cells.get_column("as_of_date").unique().sort().to_list()
    for day in days:
        earlier = date(day.year - STEP_YEARS, day.month, day.day)
        if earlier not in days:
            continue
        pair = cells.filter(pl.col("as_of_date").is_in([earlier, day])).with_columns(
            pl.col("as_of_date").dt.year().cast(pl.Int32).alias("year"),
            pl.col("as_of_date").n_unique().over("municipality_code").alias("_n"),
        )
        pair = pair.filter(pl.col("_n") == 2)
        if not pair.height:
            continue
        try:
            _, names, population = take(pair, ["municipality_code"])
        except ProjectionError as error:
            raise ProjectionError(f"住民基本台帳 {earlier} と {day}: {error}") from error
        found = measures(hamilton_perry(population, 1, STEPS))
        codes = names.get_column("municipality_code").to_list()
        years = np.arange(day.year, day.year + STEPS * STEP_YEARS)
        points = day.year + STEP_YEARS * np.arange(STEPS + 1)
        for name in MEASURES:
            on_october = np.stack(
                [np.interp(years + 0.75, points, found[name][:, i]) for i in range(len(codes))], axis=1
            )
            frames.append(
                pl.DataFrame({"year": years.astype(np.int32)})
                .join(pl.DataFrame({"municipality_code": codes}), how="cross", maintain_order="left_right")
                .with_columns(
                    pl.lit(day).alias("base_date"),
                    pl.lit(earlier).alias("from_date"),
                    pl.lit(name).alias("measure"),
                    pl.Series("_registry", on_october.reshape(-1)),
                )
            )
    if not frames:
        return pl.DataFrame()
    scaled = (
        pl.concat(frames)
        .join(factors, on=["municipality_code", "measure"])
        .with_columns((pl.col("_registry") * pl.col("scale_factor")).alias("refreshed_persons"))
    )
    group = ["municipality_code", "base_date", "year"]
    whole = (
        scaled.filter(pl.col("measure").is_in(["young", "working_age", "old"]))
        .group_by(group)
        .agg(pl.col("refreshed_persons").sum())
    )
    total = (
        scaled.filter(pl.col("measure") == "total")
        .drop("refreshed_persons")
        .join(whole, on=group)
        .with_columns((pl.col("refreshed_persons") / pl.col("_registry")).alias("scale_factor"))
    )
    out = pl.concat([total.select(scaled.columns), scaled.filter(pl.col("measure") != "total")])
    first = pl.col("refreshed_persons").filter(
        (pl.col("measure") == "total") & (pl.col("year") == pl.col("base_date").dt.year())
    )
    out = bands(
        out.with_columns(
            pl.date(pl.col("year"), 10, 1).alias("as_of_date"),
            pl.col("refreshed_persons").alias("population_persons"),
            first.first().over("municipality_code", "base_date").alias("base_persons"),
            (pl.col("year") - pl.col("base_date").dt.year() + 1).alias("horizon_years"),
        )
    )
    for name, figures in (("baseline", baseline), ("plan", plan)):
        out = at_dates(figures, out).rename({"persons": f"{name}_persons"})
    return out.with_columns(
        ((pl.col("refreshed_persons") / pl.col(f"{name}_persons") - 1) * 100).alias(f"drift_from_{name}_pct")
        for name in ("baseline", "plan")
    )
