"""Every year between the five-year steps, for the municipalities that a night publishes in whole persons.

Holds: the table `yearly` of the runs. Does not hold: how ages and years are divided (single_years), whose figures are
told (whole).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from sousei.projection.single_years import BANDS, yearly

GROUPS = 19


def yearly_frame(population: pl.DataFrame, codes: Sequence[str]) -> pl.DataFrame:
    """Persons of both sexes in the bands of single_years in every year of every run of these municipalities.

    population: the table `population` with five-year groups to 90+. Columns of the table `yearly`; runs with a gap
    between their years, or without ages, have no rows.
    """
    key = ["municipality_code", "scenario_id", "vintage"]
    cells = population.filter(
        pl.col("municipality_code").is_in(list(codes))
        & (pl.col("sex") == "total")
        & pl.col("age_from").is_not_null()
        & (pl.col("age_to").is_null() | (pl.col("age_to") - pl.col("age_from") == 4))
    ).sort(*key, "year", "age_from")
    frames = []
    for names, run in cells.group_by(key, maintain_order=True):
        years = run.get_column("year").unique().sort().to_numpy()
        if run.height != len(years) * GROUPS or len(years) < 2 or not (np.diff(years) == 5).all():
            continue
        persons = run.get_column("population_persons").cast(pl.Float64).to_numpy().reshape(len(years), GROUPS)
        every = np.arange(years[0], years[-1] + 1)
        for band, (numbers, even) in yearly(persons).items():
            first, last = BANDS[band]
            frames.append(
                pl.DataFrame(
                    {
                        "year": every.astype(np.int32),
                        "persons": numbers,
                        "is_between": (every - every[0]) % 5 != 0,
                        "is_evenly_divided": even,
                    }
                ).with_columns(
                    *(pl.lit(value).alias(name) for name, value in zip(key, names, strict=True)),
                    pl.lit(band).alias("age_band"),
                    pl.lit(first).alias("age_from"),
                    pl.lit(last, pl.Int16).alias("age_to"),
                )
            )
    return pl.concat(frames) if frames else pl.DataFrame()
