"""Every year in bands of ages and births, for the municipalities that a night publishes in whole persons.

Holds: the table `yearly` of the runs. Does not hold: how ages and years are divided (single_years), whose figures are
told (whole).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from sousei.projection import vision
from sousei.projection.engine import Array
from sousei.projection.exact import decimals, exact
from sousei.projection.single_years import BANDS, METHODS, band_figures, calendar_births, every_year

BLOCK = 128  # runs worked on at once: every one has 9,282 cells
PERIODS = {"births": "year_to_1_october", "births_calendar_year": "calendar_year"}
"""What the bands that are no stock are counted over; the others stand on 1 October."""


def yearly_frame(result: vision.Run, vintage: str, codes: Sequence[str], stamp: pl.DataFrame) -> pl.DataFrame:
    """Births and persons of both sexes in the bands of single_years in every year of every run of these municipalities.

    stamp: as of stands.Stand. Columns of the table `yearly`; no row where none of them is in the run. A base year has
    no births, the last year none of its calendar year.
    """
    mine = np.flatnonzero(result.keys.get_column("municipality_code").is_in(list(codes)).to_numpy())
    frames = [_block(result.of(mine[at : at + BLOCK])) for at in range(0, len(mine), BLOCK)]
    if not frames:
        return pl.DataFrame()
    told = pl.concat(frames).with_columns(pl.lit(vintage).alias("vintage"))
    return told.join(stamp, on="municipality_code", how="left", maintain_order="left")


def _block(run: vision.Run) -> pl.DataFrame:
    found = every_year(run.population, run.accounts.births)
    years = np.arange(run.years[0], run.years[-1] + 1)
    none = np.zeros_like(found.births, dtype=np.int64)
    told: list[tuple[str, Array, Array, Array]] = [
        ("births", years[1:], exact(found.births), none),
        ("births_calendar_year", years[1:-1], exact(calendar_births(found.births)), none[1:]),
        *((band, years, persons, method) for band, (persons, method) in band_figures(found).items()),
    ]
    return pl.concat(
        pl.DataFrame({"year": when.astype(np.int32)})
        .join(run.keys, how="cross", maintain_order="left_right")
        .with_columns(
            pl.lit(band).alias("age_band"),
            *(
                pl.lit(None if band == "total" else edge, pl.Int16).alias(name)
                for name, edge in zip(("age_from", "age_to"), BANDS.get(band, (None, None)), strict=True)
            ),
            decimals(persons).alias("persons"),
            pl.lit(PERIODS.get(band, "on_1_october")).alias("period_basis"),
            ((pl.col("year") - run.years[0]) % 5 != 0).alias("is_between"),
            pl.Series("division_method", np.array(METHODS)[method.reshape(-1)]),
        )
        for band, when, persons, method in told
    )
