"""Goal seek at the desk: every kind of arrivals answered, with the range that conventions alone make.

Holds: the answers of `sousei project goal` and `arrivals`, a planner's own TFR path. Does not hold: the closed form and
the conventions (projection.goal), printing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from sousei.projection import bands, goal, scenarios, vision
from sousei.projection.conventions import (
    CABINET,
    LEAVING,
    MOTHERS,
    PROFILE_LABELS,
    PROFILES,
    TIMINGS,
    Conventions,
    Profile,
    checked,
)
from sousei.projection.desk.asked import MEASURE_LABELS, known_measure, known_scenarios, known_years
from sousei.projection.desk.sitting import Desk, scenario_labels
from sousei.projection.engine import SEXES
from sousei.projection.measures import run_figures

Knots = Sequence[tuple[int, float, str]]
"""A TFR path: (year, TFR of the five years that end in it, linear / step)."""
_UNITS = ("units_a_year", "persons_a_year", "persons_in_all", "low_units_a_year", "high_units_a_year")
_WORDS = ("profile_ja", "tfr_path_ja", "conventions_ja", "conventions_en", "status", "said_ja", "said_en")
_ROW = pl.Schema(dict(goal.ROW) | dict.fromkeys(_WORDS, pl.String()))
FIRST_YEAR = 2020
"""Arrivals begin here where nothing else is said and the base is not later."""
CHILDREN: dict[str, dict[tuple[str, int], float]] = {
    "子を連れない": {("male", 30): 1.0, ("female", 30): 1.0},
    "子2人（0〜4歳、5〜9歳）を連れる": {
        **{(sex, 30): 1.0 for sex in SEXES},
        **{(sex, age): 0.5 for sex in SEXES for age in (0, 5)},
    },
}
"""The couple of PROFILES with other children than its one."""


def first_year(desk: Desk) -> int:
    """Where arrivals begin when nothing is said: FIRST_YEAR, or the base where it is later."""
    return max(FIRST_YEAR, desk.run.years[0])


def with_tfr(desk: Desk, scenario_id: str, knots: Knots) -> Desk:
    """The desk with another TFR path in one scenario; its other assumptions stay.

    knots replace the scenario's own; none take them away, so that it has the fertility of what it stands on.
    """
    known_scenarios(desk, [scenario_id])
    for year, _, _ in knots:
        known_years(desk, [year], after_base=True)
    mine = (pl.col("scenario_id") == scenario_id) & (pl.col("item") == "tfr")
    rows = [
        {
            "scenario_id": scenario_id,
            "municipality_code": desk.code,
            "item": "tfr",
            "year_from": str(year),
            "value": str(value),
            "shape": shape,
        }
        for year, value, shape in knots
    ]
    text = desk.scenarios.filter(~mine).select(pl.all().cast(pl.String))
    own = pl.DataFrame(rows, schema=dict.fromkeys(text.columns, pl.String))
    table = scenarios.tidy(pl.concat([text, own]))
    return desk._replace(scenarios=table, run=vision.run(desk.base, table, keys=desk.run.keys))


def tfr_told(desk: Desk, scenario_id: str) -> str:
    """The TFR path of a scenario in words: the value of every year in which it changes by a hundredth or more."""
    at = desk.run.keys.get_column("scenario_id").to_list().index(scenario_id)
    shown: list[str] = []
    last = None
    for year, value in zip(desk.run.years, desk.run.tfr[:, at], strict=True):
        if last is None or abs(value - last) >= 0.005:
            shown.append(f"{year}年 {value:.2f}")
            last = value
    return "、".join(shown)


def goal_seek(
    desk: Desk,
    *,
    target_persons: float,
    target_year: int,
    from_year: int | None = None,
    measure: str = "total",
    scenario_ids: Sequence[str] | None = None,
    profiles: Sequence[str] | Mapping[str, Profile] = tuple(PROFILES),
    timing: str = CABINET.timing,
    leaving: str = CABINET.leaving,
    end_mothers: bool = CABINET.end_mothers,
    to_year: int | None = None,
) -> pl.DataFrame:
    """How many arrivals a year reach the target: one row per scenario and profile.

    profiles: names of PROFILES, or own profiles by name: persons per unit by (sex, first age of the group).
    Columns of goal.seek and: profile_ja, label_ja, tfr_path_ja, conventions_ja, conventions_en, status (reached,
    nothing_needed: the scenario is at or above the target and units are 0; no_answer: units are null), said_ja,
    said_en, and the band of a forecast at the target year. Raises ProjectionError for what no profile can answer.
    """
    known_measure(measure)
    scenario_ids = known_scenarios(desk, [desk.basis] if scenario_ids is None else scenario_ids)
    start = first_year(desk) if from_year is None else from_year
    known_years(desk, [target_year, start, *([] if to_year is None else [to_year])])
    given: dict[str, Profile | None] = (
        dict(profiles) if isinstance(profiles, Mapping) else {name: PROFILES.get(name) for name in profiles}
    )
    own = {name: checked(profile, name) for name, profile in given.items()}
    told = Conventions(timing, leaving, end_mothers)
    rows = []
    for scenario_id in scenario_ids:
        for name, profile in own.items():
            asked: goal.Question = {
                "measure": measure,
                "target_persons": target_persons,
                "target_year": target_year,
                "from_year": start,
                "to_year": to_year,
            }
            rows.append(_answer(desk, scenario_id, name, profile, asked, told))
    found = pl.concat(rows)
    spread = _bands(desk, list(scenario_ids), target_year, measure)
    return found.join(spread, on="scenario_id", how="left", maintain_order="left").join(
        scenario_labels(desk).select("scenario_id", "label_ja", "label_en"),
        on="scenario_id",
        how="left",
        maintain_order="left",
    )


def _answer(
    desk: Desk, scenario_id: str, name: str, profile: Profile, asked: goal.Question, told: Conventions
) -> pl.DataFrame:
    """One row: what was found, that nothing is needed, or why there is no answer."""
    words = {
        "profile": name,
        "profile_ja": PROFILE_LABELS.get(name, name),
        "tfr_path_ja": tfr_told(desk, scenario_id),
        "conventions_ja": told.told(),
        "conventions_en": told.told("en"),
    }
    try:
        found = goal.seek(desk.base, desk.run, desk.code, scenario_id, profile=profile, **asked, **told._asdict())
        row = found.row(0, named=True)
        status, said = "reached", ("", "")
        if row["gap_persons"] <= 0:
            status, said = "nothing_needed", _nothing_needed(row)
            row |= dict.fromkeys(_UNITS, 0.0)
        elif row["persons_a_year"] > float(desk.base.base.sum()):
            status, said = "no_answer", _too_many(row)
            row |= dict.fromkeys(_UNITS)
    except goal.CannotMoveError as error:
        row = goal.question(desk.base, desk.run, desk.code, scenario_id, told, **asked)
        ja, _, en = str(error).partition(" / ")
        status, said = "no_answer", (ja, en)
    row |= words | {"status": status, "said_ja": said[0], "said_en": said[1]}
    return pl.DataFrame([row], schema=_ROW)


def _nothing_needed(row: dict[str, Any]) -> tuple[str, str]:
    return (
        f"転入は要りません：この線は{row['target_year']}年に{row['without_persons']:,.0f}人で、目標"
        f"{row['target_persons']:,.0f}人を{-row['gap_persons']:,.0f}人上回ります",
        f"nothing is needed: the scenario has {row['without_persons']:,.0f} in {row['target_year']}, "
        f"{-row['gap_persons']:,.0f} above the target",
    )


def _too_many(row: dict[str, Any]) -> tuple[str, str]:
    return (
        f"届きません：毎年{row['persons_a_year']:,.0f}人、いまの人口を超える転入が要ります",
        f"out of reach: {row['persons_a_year']:,.0f} arrivals a year, more than live there",
    )


def _bands(desk: Desk, scenario_ids: list[str], year: int, measure: str) -> pl.DataFrame:
    """The band of forecasts among the scenarios: scenario_id, low_persons, high_persons."""
    mine = pl.col("scenario_id").is_in([one for one in scenario_ids if one in bands.FORECASTS])
    figures = run_figures(desk.run).filter(mine)
    if not figures.height:
        return pl.DataFrame(schema={"scenario_id": pl.String, "low_persons": pl.Float64, "high_persons": pl.Float64})
    spread = bands.band_frame(figures.with_columns(pl.lit(desk.edition).alias("vintage")))
    return spread.filter((pl.col("year") == year) & (pl.col("measure") == measure)).select(
        "scenario_id", "low_persons", "high_persons"
    )


def conventions_table(
    desk: Desk,
    *,
    target_persons: float,
    target_year: int,
    from_year: int | None = None,
    measure: str = "total",
    scenario_id: str | None = None,
    profiles: Sequence[str] | Mapping[str, Profile] = tuple(PROFILES),
    timing: str = CABINET.timing,
    leaving: str = CABINET.leaving,
    end_mothers: bool = CABINET.end_mothers,
    to_year: int | None = None,
) -> pl.DataFrame:
    """The same question with one convention changed at a time: changed_ja, then units a year of each profile.

    scenario_id: default the line that the desk stands on. The first row is the answer as asked. A profile without an
    answer is null; 0 where nothing is needed.
    """
    start = first_year(desk) if from_year is None else from_year
    scenario_id = desk.basis if scenario_id is None else scenario_id
    told = Conventions(timing, leaving, end_mothers)
    asked: dict[str, Any] = {
        "target_persons": target_persons,
        "target_year": target_year,
        "measure": measure,
        "scenario_ids": [scenario_id],
        "to_year": to_year,
    }

    def line(said: str, with_: Conventions = told, at: Desk = desk, year: int = start, who: Any = profiles) -> None:
        found = goal_seek(at, from_year=year, profiles=who, **asked, **with_._asdict())
        units = dict(zip(names, found["units_a_year"].to_list(), strict=True))
        rows.append({"changed_ja": said} | units)

    names = list(profiles)
    rows: list[dict[str, Any]] = []
    line("聞かれたとおり")
    for one in TIMINGS:
        if one != timing:
            line(TIMINGS[one][0], told._replace(timing=one))
    for one in LEAVING:
        if one != leaving:
            line(LEAVING[one][0], told._replace(leaving=one))
    line(MOTHERS[not end_mothers][0], told._replace(end_mothers=not end_mothers))
    for year in desk.run.years:
        if start < year < (to_year or target_year) and year - start == 5:
            line(f"{year}年から来る", year=year)
    own = desk.scenarios.filter((pl.col("scenario_id") == scenario_id) & (pl.col("item") == "tfr"))
    knots = sorted((row["year_from"], row["value"], row["shape"]) for row in own.iter_rows(named=True))
    if knots:
        turned = "linear" if any(shape == "step" for *_, shape in knots) else "step"
        said = "出生率はその年まで直線で上がる" if turned == "linear" else "出生率はその年から変わる"
        line(said, at=with_tfr(desk, scenario_id, [(year, value, turned) for year, value, _ in knots]))
        line("出生率は上がらない（準拠の線のまま）", at=with_tfr(desk, scenario_id, []))
    return pl.DataFrame(rows).with_columns(pl.lit(MEASURE_LABELS[measure]).alias("measure_ja"))


def arrival_values(
    desk: Desk,
    *,
    target_year: int,
    from_year: int | None = None,
    scenario_id: str | None = None,
    measures: Sequence[str] = ("total",),
) -> pl.DataFrame:
    """What one arrival at the start of from_year adds at the target year, by measure, sex and age group."""
    start = first_year(desk) if from_year is None else from_year
    scenario_id = desk.basis if scenario_id is None else scenario_id
    known_scenarios(desk, [scenario_id])
    known_years(desk, [target_year, start])
    for measure in measures:
        known_measure(measure)
    return goal.arrival_values(
        desk.base, desk.run, desk.code, scenario_id, measures=measures, target_year=target_year, from_year=start
    )
