"""National rates by five-year period: child-woman ratio, TFR, sex ratio of children, survival.

Holds: reading our reference tables into arrays that fit the engine. Does not hold: municipal figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

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


def rates(years: Sequence[int], last_survival_year: int | None = None) -> National:
    """National rates for the years of a run.

    last_survival_year: survival of the step that ends there is held in later ones (the worksheet's rule beyond the
    last published year). The reference tables end in 2065; 2070 has the figures of 2065 (national ratios move by less
    than 1 % in five years by then). Raises ProjectionError for any other year outside them (2015-2070).
    """
    yearly, survival = tables()
    last = yearly.filter(pl.col("year") == pl.col("year").max())
    yearly = pl.concat([yearly, last.with_columns((pl.col("year") + STEP_YEARS).alias("year"))])
    here = yearly.filter(pl.col("year").is_in(list(years))).sort("year")
    if here.get_column("year").to_list() != list(years):
        raise ProjectionError(
            f"全国の参照値がない年があります: {list(years)}。projection/reference/national.csv にあるのは "
            f"{yearly['year'].to_list()} です / no national reference for some of these years"
        )
    children = here["boys_0_4_persons"] + here["girls_0_4_persons"]
    ends = [min(y, last_survival_year) if last_survival_year else y for y in years[1:]]
    ordered = survival.sort("year", pl.col("sex") == "female", "age_from")
    known = ordered.get_column("year").unique().sort().to_list()
    lived = ordered.get_column("survival_ratio").to_numpy().reshape(len(known), len(SEXES), -1)
    lived = lived[[known.index(min(y, known[-1])) for y in ends]]
    return National(
        (children / here["women_15_49_persons"]).to_numpy(),
        here["tfr_5y"].to_numpy(),
        (here["boys_0_4_persons"] / children).to_numpy(),
        lived[:, :, 1:],
        lived[:, :, 0],
    )


def tfr_of(child_woman_ratio: Array, national: National, first: int = 0) -> Array:
    """Implied TFR of the five years up to each year: CWR x national TFR / national CWR. Axis 0: years from `first`."""
    factor = (national.tfr / national.child_woman_ratio)[first : first + len(child_woman_ratio)]
    return child_woman_ratio * factor.reshape(-1, *([1] * (child_woman_ratio.ndim - 1)))


def child_woman_ratio_of(tfr: Array, national: National, first: int = 0) -> Array:
    """The inverse of `tfr_of`."""
    factor = (national.child_woman_ratio / national.tfr)[first : first + len(tfr)]
    return tfr * factor.reshape(-1, *([1] * (tfr.ndim - 1)))


def step_years(first: int, last: int) -> list[int]:
    """Years of a run, five apart, both ends included."""
    return list(range(first, last + 1, STEP_YEARS))
