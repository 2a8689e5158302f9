"""Births and ages of every year at the desk, in whole persons that add up.

Holds: the answers of `sousei project yearly`. Does not hold: the years (single_years), the rounding (integers), files,
printing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from sousei.projection.desk.asked import known_scenarios
from sousei.projection.desk.sitting import Desk, scenario_labels
from sousei.projection.engine import SEXES, STEP_YEARS, Array, ProjectionError
from sousei.projection.integers import half_up, largest_remainder, whole_ages
from sousei.projection.single_years import BANDS, METHODS, Years, band_figures, calendar_births, every_year

COLUMN_OF = {
    "total": "persons_total",
    **{
        band: f"persons_{band.replace('-', '_').replace('+', '_over')}"
        for band in BANDS
        if band not in ("total", "0-5")
    },
}
"""Band -> its column in `yearly_table`; together they are everybody."""


class _Told(NamedTuple):
    scenario_id: str
    years: list[int]
    found: Years


def yearly_table(
    desk: Desk,
    scenario_ids: Sequence[str] | None = None,
    *,
    years: Sequence[int] | None = None,
    delivered: Array | None = None,
) -> pl.DataFrame:
    """One row per scenario and year: births and the population by bands of ages, in whole persons.

    scenario_ids: default the line that the desk stands on. years: default all of the run. delivered: residents by
    single age in the base year (counted.ages_of_counts), whose proportions divide its five-year groups. Columns:
    municipality_code, scenario_id, label_ja, label_en, year, births (twelve months up to 1 October of the year; five of
    them add up to the rounded births of the step; null in the base year), births_calendar_year (three quarters of
    these, a quarter of the next; null in the base and the last year), the columns of COLUMN_OF on 1 October, which add
    up to persons_total, and division_method, the weakest of the row's bands (single_years.METHODS).
    """
    rows = []
    for told in _runs(desk, scenario_ids, years, delivered):
        births = _whole_births(told.found.births[:, 0])
        calendar = [half_up(one) for one in calendar_births(told.found.births)[:, 0]]
        divided = np.max([method for _, method in band_figures(told.found).values()], axis=0)[:, 0]
        for place, year in enumerate(range(told.years[0], told.years[-1] + 1)):
            if years is not None and year not in years:
                continue
            both = whole_ages(told.found.population[place, ..., 0]).sum(axis=0)
            rows.append(
                {
                    "municipality_code": desk.code,
                    "scenario_id": told.scenario_id,
                    "year": year,
                    "births": births[place - 1] if place else None,
                    "births_calendar_year": calendar[place - 1] if 0 < place < len(births) else None,
                }
                | {
                    COLUMN_OF[band]: int(both[first : None if last is None else last + 1].sum())
                    for band, (first, last) in BANDS.items()
                    if band in COLUMN_OF
                }
                | {"division_method": METHODS[divided[place]]}
            )
    return _named(
        desk, pl.DataFrame(rows, schema_overrides=dict.fromkeys(("births", "births_calendar_year"), pl.Int64))
    )


def ages_table(
    desk: Desk,
    scenario_ids: Sequence[str] | None = None,
    *,
    years: Sequence[int],
    delivered: Array | None = None,
) -> pl.DataFrame:
    """One row per scenario, year and single age (0 ... 89, 90+): male, female and all, in whole persons.

    municipality_code, scenario_id, label_ja, label_en, year, age_group, age_from, male_persons, female_persons,
    persons. In a year of a step the ages add up to the groups of answers.whole_persons. Arguments as for yearly_table.
    """
    frames = []
    for told in _runs(desk, scenario_ids, years, delivered):
        for year in years:
            whole = whole_ages(told.found.population[year - told.years[0], ..., 0])
            ages = np.arange(whole.shape[1])
            frames.append(
                pl.DataFrame(
                    {
                        "municipality_code": desk.code,
                        "scenario_id": told.scenario_id,
                        "year": year,
                        "age_group": [*map(str, ages[:-1]), f"{ages[-1]}+"],
                        "age_from": ages,
                        **{f"{sex}_persons": one for sex, one in zip(SEXES, whole, strict=True)},
                        "persons": whole.sum(axis=0),
                    }
                )
            )
    return _named(desk, pl.concat(frames))


def _named(desk: Desk, table: pl.DataFrame) -> pl.DataFrame:
    """The table with the names of its scenarios after their ids."""
    names = scenario_labels(desk).select("scenario_id", "label_ja", "label_en")
    key = ["municipality_code", "scenario_id", "label_ja", "label_en"]
    return table.join(names, on="scenario_id", how="left", maintain_order="left").select(*key, pl.exclude(key))


def _runs(
    desk: Desk, scenario_ids: Sequence[str] | None, years: Sequence[int] | None, delivered: Array | None
) -> list[_Told]:
    """Raises ProjectionError for a scenario or a year that is not in the run."""
    wanted = [desk.basis] if scenario_ids is None else known_scenarios(desk, scenario_ids)
    first, last = desk.run.years[0], desk.run.years[-1]
    for year in years or ():
        if not first <= year <= last:
            raise ProjectionError(
                f"{year}年はありません。{first}〜{last}年の毎年を聞けます / "
                f"no year {year}; any year from {first} to {last}"
            )
    place = {name: at for at, name in enumerate(desk.run.keys.get_column("scenario_id"))}
    told = []
    for scenario_id in dict.fromkeys(wanted):
        mine = desk.run.of(np.array([place[scenario_id]]))
        found = every_year(mine.population, mine.accounts.births, delivered)
        told.append(_Told(scenario_id, desk.run.years, found))
    return told


def _whole_births(births: Array) -> list[int]:
    """Births of each year; those of a step add up to its rounded sum."""
    return [
        int(one)
        for first in range(0, len(births), STEP_YEARS)
        for one in largest_remainder(births[first : first + STEP_YEARS])
    ]
