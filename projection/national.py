"""National rates by five-year period: child-woman ratio, TFR, sex ratio of children, survival.

Holds: reading our reference tables into arrays that fit the engine. Does not hold: municipal figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from sousei.projection.engine import SEXES, STEP_YEARS, Array, ProjectionError

REFERENCE = Path(__file__).parent / "reference"


class National(NamedTuple):
    """National rates of T + 1 years (base first) and T steps, 19 age groups to 90+.

    child_woman_ratio, tfr, male_share (T + 1,); survival (T, 2, 18); birth_survival (T, 2).
    """

    child_woman_ratio: Array
    tfr: Array
    male_share: Array
    survival: Array
    birth_survival: Array


@cache
def tables() -> tuple[pl.DataFrame, pl.DataFrame]:
    """The two reference tables: national by year, survival by period, sex and age."""
    return pl.read_csv(REFERENCE / "national.csv"), pl.read_csv(REFERENCE / "national_survival.csv")


class Ratios(NamedTuple):
    """What a child-woman ratio asks of the nation at the ends of steps, (T,) each: child_woman_ratio, tfr (of the five
    years up to the year), male_share; birth_survival (T, 2), NaN for steps before the life tables (ends before 2020).
    """

    child_woman_ratio: Array
    tfr: Array
    male_share: Array
    birth_survival: Array


def ratios(ends: Sequence[int]) -> Ratios | None:
    """National ratios at the ends of steps; None where the reference lacks one (it has 2015 to 2070).

    The year in which a run starts needs none: a run from 2010 has its first ratio in 2015.
    """
    here = _yearly(ends)
    if here.get_column("year").to_list() != list(ends):
        return None
    known, lived = _survival()
    born = np.full((len(ends), len(SEXES)), np.nan)
    for t, year in enumerate(ends):
        if year >= known[0]:
            born[t] = lived[known.index(min(year, known[-1])), :, 0]
    return Ratios(*_ratios(here), born)


def _yearly(years: Sequence[int]) -> pl.DataFrame:
    """The reference of these years as far as it goes; 2070 has the figures of 2065."""
    yearly = tables()[0]
    last = yearly.filter(pl.col("year") == pl.col("year").max())
    yearly = pl.concat([yearly, last.with_columns((pl.col("year") + STEP_YEARS).alias("year"))])
    return yearly.filter(pl.col("year").is_in(list(years))).sort("year")


def _ratios(here: pl.DataFrame) -> tuple[Array, Array, Array]:
    """Child-woman ratio, TFR and share of boys at 0-4."""
    children = here["boys_0_4_persons"] + here["girls_0_4_persons"]
    return (
        (children / here["women_15_49_persons"]).to_numpy(),
        here["tfr_5y"].to_numpy(),
        (here["boys_0_4_persons"] / children).to_numpy(),
    )


def _survival() -> tuple[list[int], Array]:
    """Years and survival (years, 2, 19), from birth first."""
    ordered = tables()[1].sort("year", pl.col("sex") == "female", "age_from")
    known = ordered.get_column("year").unique().sort().to_list()
    return known, ordered.get_column("survival_ratio").to_numpy().reshape(len(known), len(SEXES), -1)


def rates(years: Sequence[int], last_survival_year: int | None = None) -> National:
    """National rates for the years of a run.

    last_survival_year: survival of the step that ends there is held in later ones (the worksheet's rule beyond the
    last published year). The reference tables end in 2065; 2070 has the figures of 2065 (national ratios move by less
    than 1 % in five years by then). Raises ProjectionError for any other year outside them (2015-2070).
    """
    here = _yearly(years)
    if here.get_column("year").to_list() != list(years):
        raise ProjectionError(
            f"全国の参照値がない年があります: {list(years)}。projection/reference/national.csv にあるのは "
            f"{tables()[0]['year'].to_list()} です / no national reference for some of these years"
        )
    ends = [min(y, last_survival_year) if last_survival_year else y for y in years[1:]]
    known, lived = _survival()
    lived = lived[[known.index(min(y, known[-1])) for y in ends]]
    return National(*_ratios(here), lived[:, :, 1:], lived[:, :, 0])


def tfr_of(child_woman_ratio: Array, national: National | Ratios, first: int = 0) -> Array:
    """Implied TFR of the five years up to each year: CWR x national TFR / national CWR. Axis 0: years from `first`."""
    factor = (national.tfr / national.child_woman_ratio)[first : first + len(child_woman_ratio)]
    return child_woman_ratio * factor.reshape(-1, *([1] * (child_woman_ratio.ndim - 1)))


def child_woman_ratio_of(tfr: Array, national: National | Ratios, first: int = 0) -> Array:
    """The inverse of `tfr_of`."""
    factor = (national.child_woman_ratio / national.tfr)[first : first + len(tfr)]
    return tfr * factor.reshape(-1, *([1] * (tfr.ndim - 1)))


def step_years(first: int, last: int) -> list[int]:
    """Years of a run, five apart, both ends included."""
    return list(range(first, last + 1, STEP_YEARS))
