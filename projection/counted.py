"""Persons counted: the cells of censuses and of the resident registry as the projection takes them.

Holds: which rows of the counts are five-year ages to 90+, unknown ages, tables that lack a group. Does not hold: what
is projected from them (bases, backtest), or the counts themselves (the schema in_force).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sousei.projection.areas import AREA_LEVELS
from sousei.projection.engine import SEXES, STEP_YEARS

_FIVE_YEARS = ((pl.col("age_from") % STEP_YEARS == 0) | (pl.col("age_group") == "unknown")) & (
    (pl.col("age_to") - pl.col("age_from") == STEP_YEARS - 1) | pl.col("age_to").is_null()
)


def allocate_unknown(frame: pl.DataFrame) -> pl.DataFrame:
    """Persons of unknown age shared out over the known ages of the same municipality, year and sex in proportion.

    frame: municipality_code, year, sex (male / female), age_from (null = unknown), population_persons. Returns the
    same without the unknown rows, as Float64. This is the fallback: where the statistics office has published a table
    with unknown ages allocated (it puts more of them among the old), use that instead.
    """
    keys = ["municipality_code", "year", "sex"]
    known = pl.col("population_persons").filter(pl.col("age_from").is_not_null()).sum().over(keys)
    unknown = pl.col("population_persons").filter(pl.col("age_from").is_null()).sum().over(keys)
    return frame.with_columns(
        (pl.col("population_persons") * pl.when(known > 0).then(1 + unknown / known).otherwise(1.0)).alias(
            "population_persons"
        )
    ).filter(pl.col("age_from").is_not_null())


def _incomplete(census: pl.DataFrame) -> pl.Series:
    """Rows of an area, date and scope with a group of a sex that is missing from its total."""
    apart = ~doubled_by_open_group("area_code", "as_of_date", "scope", "sex")
    groups = pl.col("population_persons").filter(
        ((pl.col("age_group") != "total") & _FIVE_YEARS & apart).fill_null(False)
    )
    total = pl.col("population_persons").filter(pl.col("age_group") == "total").max()
    table = ["area_code", "as_of_date", "scope"]
    missing = groups.null_count() > 0
    return census.select((missing & groups.sum().ne_missing(total)).over([*table, "sex"]).any().over(table)).to_series()


def doubled_by_open_group(*table: str) -> pl.Expr:
    """True for the groups of 90 and more that the group 90+ of the same table holds too (two layouts of one date)."""
    old = pl.col("age_from") >= 90
    open_group = (pl.col("age_from") == 90) & pl.col("age_to").is_null()
    return (old & ~open_group & open_group.any().over(table)).fill_null(False)


def census_cells(raw: pl.DataFrame, years: Sequence[int] | None = None) -> pl.DataFrame:
    """Cells of in_force.census_population as back-tests take them: ages grouped to 90+, unknown ages with a null age.

    Returns municipality_code, year, sex, age_from, population_persons, for municipalities and years that have every
    five-year age group; total population only. A group without a figure is nobody where the others make up the total of
    their sex; else the municipality is left out for that year.
    """
    raw = raw.filter(~_incomplete(raw)) if raw["population_persons"].null_count() else raw
    cells = raw.filter(
        (pl.col("scope") == "total")
        & pl.col("area_level").is_in(AREA_LEVELS)
        & pl.col("sex").is_in(SEXES)
        & (pl.col("age_group") != "total")
        & pl.col("population_persons").is_not_null()
        & _FIVE_YEARS
        & ~doubled_by_open_group("area_code", "as_of_date", "scope", "sex")
    ).select(
        pl.col("area_code").alias("municipality_code"),
        pl.col("as_of_date").dt.year().cast(pl.Int32).alias("year"),
        "sex",
        pl.col("age_from").clip(upper_bound=90),
        "age_to",
        "population_persons",
    )
    # Open groups below 90+ cannot be used.
    per = cells.group_by("municipality_code", "year", "sex", "age_from").agg(
        pl.col("population_persons").sum(),
        (pl.col("age_to").is_null() & (pl.col("age_from") < 90)).any().alias("_open"),
    )
    whole = (
        per.filter(pl.col("age_from").is_not_null())
        .group_by("municipality_code", "year")
        .agg(pl.len().alias("_n"), pl.col("_open").any().alias("_bad"))
    )
    kept = per.join(whole.filter((pl.col("_n") == 38) & ~pl.col("_bad")), on=["municipality_code", "year"], how="semi")
    return kept.drop("_open") if years is None else kept.drop("_open").filter(pl.col("year").is_in(list(years)))


def registry_cells(raw: pl.DataFrame) -> pl.DataFrame:
    """Cells of in_force.registry_population to 90+, 1 January, all residents.

    municipality_code, as_of_date, sex, age_from, population_persons.
    Only dates that have every five-year group up to 90 (registries before 2015 stop at 80+).
    """
    cells = raw.filter(
        (pl.col("scope") == "total")
        & pl.col("area_level").is_in(AREA_LEVELS)
        & pl.col("sex").is_in(SEXES)
        & pl.col("age_from").is_not_null()
        & (pl.col("as_of_date").dt.ordinal_day() == 1)
        & (pl.col("age_to").is_null() | (pl.col("age_to") - pl.col("age_from") == STEP_YEARS - 1))
        & ~doubled_by_open_group("area_code", "as_of_date", "scope", "sex")
    ).select(
        pl.col("area_code").alias("municipality_code"),
        "as_of_date",
        "sex",
        pl.col("age_from").clip(upper_bound=90),
        "population_persons",
        (pl.col("age_to").is_null() & (pl.col("age_from") < 90)).alias("_open"),
    )
    per = cells.group_by("municipality_code", "as_of_date", "sex", "age_from").agg(
        pl.col("population_persons").sum(),
        pl.col("population_persons").null_count().alias("_null"),
        pl.col("_open").any(),
    )
    whole = per.group_by("municipality_code", "as_of_date").agg(
        pl.len().alias("_n"), (pl.col("_open").any() | (pl.col("_null").sum() > 0)).alias("_bad")
    )
    return per.join(
        whole.filter((pl.col("_n") == 38) & ~pl.col("_bad")), on=["municipality_code", "as_of_date"], how="semi"
    ).drop("_open", "_null")
