"""Persons counted: the cells of censuses and of the resident registry as the projection takes them.

Holds: which rows of the counts are five-year ages to 90+, unknown ages, tables that lack a group. Does not hold: what
is projected from them (bases, backtest), or the counts themselves (the schema in_force).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from sousei.projection.areas import AREA_LEVELS
from sousei.projection.engine import SEXES, STEP_YEARS, Array, ProjectionError

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


COUNTS = ("municipality_code", "as_of_date", "sex", "age", "persons")
"""Columns of counts by single age (`sousei aggregate --years 1`); a column `event` says who has left."""
LEFT = ("転出", "死亡", "職権消除", "失踪宣告")
"""Events after which a person is no resident."""
REACH_YEARS = 5
"""Counts further from the base say nothing about its ages."""


def ages_of_counts(counts: pl.DataFrame, municipality_code: str, base_year: int) -> Array:
    """Residents by single age on 1 October of base_year from counts of another day: (2, 91, 1), NaN where not known.

    counts: COUNTS as text, persons of any further columns added up; who has no age or sex is left out. Everybody is
    taken as so many whole years older or younger as the day is nearest to; ages 0 ... 89 are told. Raises
    ProjectionError for a missing column, another municipality, more than one day, hidden cells, a day out of reach.
    """
    if missing := [name for name in COUNTS if name not in counts.columns]:
        raise ProjectionError(
            f"各歳の件数の列が足りません: {'、'.join(missing)}。sousei aggregate … --years 1 の CSV を指定してください "
            f"/ counts by single age lack columns: {missing}"
        )
    kept = counts if "event" not in counts.columns else counts.filter(~pl.col("event").fill_null("").is_in(LEFT))
    typed = kept.select(
        "municipality_code",
        pl.col("as_of_date").str.to_date(strict=False),
        "sex",
        pl.col("age").cast(pl.Int64, strict=False),
        pl.col("persons").cast(pl.Int64, strict=False),
    )
    days, codes = (typed[name].unique().to_list() for name in ("as_of_date", "municipality_code"))
    if codes != [municipality_code] or len(days) != 1 or not isinstance(days[0], date):
        raise ProjectionError(
            f"各歳の件数は団体 {municipality_code} の一つの日のものが要ります。実際: 団体 {codes}、日 "
            f"{[str(day) for day in days]} / counts of one day of this municipality are needed"
        )
    if typed["persons"].null_count() or (typed["persons"] < 0).any():
        raise ProjectionError(
            "各歳の件数に秘匿された欄か人数でない欄があります。--suppress-below を付けずに数えたものを使ってください / "
            "some counts are hidden or no numbers"
        )
    gap = (date(base_year, 10, 1) - days[0]).days / 365.25
    if abs(gap) > REACH_YEARS:
        raise ProjectionError(
            f"各歳の件数の日 {days[0]} は、推計の始まり {base_year}年10月1日から{REACH_YEARS}年を超えて離れています。"
            "--base で近い基準から始めてください / the counts are too far from the base; start from another one"
        )
    older = round(gap)
    out = np.zeros((len(SEXES), 91, 1))
    out[:, : max(older, 0)] = np.nan  # born since
    out[:, -1] = np.nan
    for sex, age, persons in typed.drop_nulls().select("sex", "age", "persons").rows():
        if sex in SEXES and 0 <= age + older < out.shape[1] - 1:
            out[SEXES.index(sex), age + older] += persons
    return out
