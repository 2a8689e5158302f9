"""The measures that every figure is told in: total, young, working age, old, women 20-39.

Holds: which sex and ages each one is, and the measures of published rows, of cells and of runs, in long form. Does not
hold: the measures of an array (vision), or what is done with them.
"""

from __future__ import annotations

import polars as pl

from sousei.projection import vision
from sousei.projection.counted import allocate_unknown
from sousei.projection.vision import MEASURES

FIGURE = ["municipality_code", "scenario_id", "vintage", "year", "measure", "persons"]
GROUPS = {  # measure -> sex, age_group, age_from, age_to
    "total": ("total", "total", None, None),
    "young": ("total", "0-14", 0, 14),
    "working_age": ("total", "15-64", 15, 64),
    "old": ("total", "65+", 65, None),
    "women_20_39": ("female", "20-39", 20, 39),
}


def group_figures(population: pl.DataFrame) -> pl.DataFrame:
    """The measures among published or printed rows: municipality_code, scenario_id, vintage, year, measure, persons."""
    measure = {(v[0], v[1]): k for k, v in GROUPS.items()}
    key = pl.concat_str("sex", "age_group", separator="|")
    return (
        population.with_columns(
            key.replace_strict({f"{s}|{g}": m for (s, g), m in measure.items()}, default=None).alias("measure")
        )
        .filter(pl.col("measure").is_not_null())
        .select(*FIGURE[:-1], pl.col("population_persons").cast(pl.Float64).alias("persons"))
    )


def run_figures(result: vision.Run) -> pl.DataFrame:
    """The measures of a run: year, municipality_code, scenario_id, measure, persons."""
    index = pl.DataFrame({"year": result.years}, schema={"year": pl.Int32}).join(
        result.keys, how="cross", maintain_order="left_right"
    )
    return pl.concat(
        [
            index.with_columns(pl.lit(name).alias("measure"), pl.Series("persons", values.reshape(-1)))
            for name, values in vision.measures(result.population).items()
        ]
    )


def measures_of(cells: pl.DataFrame, date_column: str) -> pl.DataFrame:
    """Measures per municipality and date from cells in long form."""
    age, persons = pl.col("age_from"), pl.col("population_persons").cast(pl.Float64)
    return (
        cells.group_by("municipality_code", date_column)
        .agg(
            persons.sum().alias("total"),
            persons.filter(age < 15).sum().alias("young"),
            persons.filter(age.is_between(15, 64)).sum().alias("working_age"),
            persons.filter(age >= 65).sum().alias("old"),
            persons.filter((pl.col("sex") == "female") & age.is_between(20, 39)).sum().alias("women_20_39"),
        )
        .unpivot(
            list(MEASURES), index=["municipality_code", date_column], variable_name="measure", value_name="persons"
        )
    )


def measures_of_census(census: pl.DataFrame) -> pl.DataFrame:
    """municipality_code, year, measure, persons of census cells, unknown ages shared out in proportion."""
    return measures_of(allocate_unknown(census), "year")
