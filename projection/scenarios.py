"""Scenarios as data: one table that a person can edit, read into arrays that fit the engine.

Holds: the meaning of each row of dbt_project/seeds/scenarios.csv, its checks, its expansion over municipalities and
steps. Does not hold: any scenario's numbers, or the step itself (engine).

One row is one assumption; a scenario is one `scenario` row (its name, horizon and what it starts from) and any number
of others. `municipality_code` is a code or `*` for all; rows for a code replace the `*` rows of that scenario and item.

    item                  value                     read as
    scenario              -                         basis: published / plan_figures / ipss_2018 / ipss_2018_extended /
                                                    ipss_2023 / ipss_2023_extended / ipss_2023_fitted;
                                                    base: what the run starts from (bases), blank = the edition's own;
                                                    year_from, year_to: first and last year of the run
    tfr                   TFR of the five years     shape `linear`: straight line from the knot before (or from the
                          that end in year_from     basis' own value in the base year); `step`: jumps there, the
                                                    basis' own path before. The last knot holds to the end.
    migration_multiplier  factor on net migration   for steps inside year_from..year_to, cohorts whose age at the
                          ratios                    start lies in age_from..age_to (blank = all), sex blank = both; no
                                                    more leave than are there (vision.inputs)
    arrivals              persons per YEAR          spread evenly over sex (blank = both) and the groups age_from..
                                                    age_to, in steps inside year_from..year_to; timing start / mid /
                                                    end; they count like net migration (engine.newcomers_at_end)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from sousei.projection.engine import SEXES, STEP_YEARS, Array, ProjectionError
from sousei.projection.national import National, child_woman_ratio_of

COLUMNS = {
    "scenario_id": pl.String,
    "municipality_code": pl.String,
    "item": pl.String,
    "basis": pl.String,
    "base": pl.String,
    "sex": pl.String,
    "age_from": pl.Int32,
    "age_to": pl.Int32,
    "year_from": pl.Int32,
    "year_to": pl.Int32,
    "value": pl.Float64,
    "shape": pl.String,
    "timing": pl.String,
    "assumption_of": pl.String,
    "label_ja": pl.String,
    "label_en": pl.String,
    "note_ja": pl.String,
}
ITEMS = ("scenario", "tfr", "migration_multiplier", "arrivals")
BASIS = "ipss_2018_extended"
"""The published table and its rates held beyond the last published year: what every run of ours stands on."""
BASIS_2023 = "ipss_2023_extended"
"""The same of the 2023 edition, where its tables by sex and age were delivered."""
FITTED_2023 = "ipss_2023_fitted"
"""OUR ages for the published totals of the 2023 edition, where its tables by sex and age were not (vision.fitted)."""
RUN_BASES = (BASIS, BASIS_2023, FITTED_2023)
BASES = ("published", "plan_figures", "ipss_2018", "ipss_2023", *RUN_BASES)
START = r"^(census_\d{4}|registry_\d{4}-01-01)$"
SHAPES = ("linear", "step")
TIMINGS = ("start", "mid", "end")


class Assumptions(NamedTuple):
    """What the scenarios of K (municipality, scenario) pairs change: arrays, None where nobody changes anything.

    child_woman_ratio (T, K); multipliers (F, T, 2, A - 1) the different factors on net migration, the first all ones,
    and which (K,) of them each pair has; arrivals_start, arrivals_end (T, 2, A, K) persons in a step.
    """

    child_woman_ratio: Array
    multipliers: Array
    which: Array
    arrivals_start: Array | None
    arrivals_end: Array | None


def read(path: Path) -> pl.DataFrame:
    """The scenario table from its CSV, checked. Raises ProjectionError naming the line."""
    return tidy(pl.read_csv(path, infer_schema=False))


def tidy(frame: pl.DataFrame) -> pl.DataFrame:
    """The scenario table with its types, checked. Raises ProjectionError naming row, column, found and expected."""
    if "base" not in frame.columns:  # tables of before the column start from the edition's own base
        frame = frame.with_columns(pl.lit(None, pl.String).alias("base"))
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise ProjectionError(f"scenarios の列が足りません: {missing} / columns are missing: {missing}")
    text = frame.select(
        pl.col(name).cast(pl.String).str.strip_chars().replace("", None).alias(name) for name in COLUMNS
    ).with_row_index("_row", offset=2)
    typed = text.with_columns(
        pl.col(name).cast(dtype, strict=False) for name, dtype in COLUMNS.items() if dtype != pl.String
    )
    for name, dtype in COLUMNS.items():
        if dtype != pl.String:
            _refuse(text.filter(text[name].is_not_null() & typed[name].is_null()), name, "数値 / a number")
    _refuse(typed.filter(~pl.col("item").is_in(ITEMS) | pl.col("item").is_null()), "item", " / ".join(ITEMS))
    _refuse(typed.filter(pl.col("scenario_id").is_null()), "scenario_id", "空欄でないこと / not blank")
    _refuse(
        typed.filter(~pl.col("municipality_code").fill_null("").str.contains(r"^(\*|\d{5})$")),
        "municipality_code",
        "5桁のコードか * / five digits or *",
    )
    is_scenario = pl.col("item") == "scenario"
    _refuse(typed.filter(is_scenario & ~pl.col("basis").fill_null("").is_in(BASES)), "basis", " / ".join(BASES))
    _refuse(
        typed.filter(pl.col("base").is_not_null() & (~is_scenario | ~pl.col("base").fill_null("").str.contains(START))),
        "base",
        "census_2020 や registry_2023-01-01。item=scenario の行だけ / on the row of the scenario only",
    )
    _refuse(typed.filter(~is_scenario & pl.col("value").is_null()), "value", "数値 / a number")
    _refuse(typed.filter(pl.col("year_from").is_null()), "year_from", "西暦 / a year")
    _refuse(
        typed.filter(
            (pl.col("item") != "tfr") & (pl.col("year_to").is_null() | (pl.col("year_to") <= pl.col("year_from")))
        ),
        "year_to",
        "year_from より後の年 / a later year",
    )
    _refuse(
        typed.filter((pl.col("item") == "tfr") & ~pl.col("shape").fill_null("").is_in(SHAPES)),
        "shape",
        " / ".join(SHAPES),
    )
    _refuse(typed.filter((pl.col("item") == "tfr") & ~pl.col("value").is_between(0, 8)), "value", "0〜8 / a TFR")
    _refuse(
        typed.filter((pl.col("item") == "arrivals") & ~pl.col("timing").fill_null("").is_in(TIMINGS)),
        "timing",
        " / ".join(TIMINGS),
    )
    _refuse(typed.filter(pl.col("sex").is_not_null() & ~pl.col("sex").is_in(SEXES)), "sex", "male / female / 空欄")
    _refuse(
        typed.filter((pl.col("item") == "arrivals") & (pl.col("age_from").is_null() | pl.col("age_to").is_null())),
        "age_from",
        "年齢階級 / an age range",
    )
    band = pl.col("age_from").is_not_null() & pl.col("age_to").is_not_null()
    _refuse(
        typed.filter(
            (pl.col("age_from").is_null() != pl.col("age_to").is_null())
            | (
                band
                & (
                    (pl.col("age_from") % STEP_YEARS != 0)
                    | ((pl.col("age_to") + 1) % STEP_YEARS != 0)
                    | (pl.col("age_to") < pl.col("age_from"))
                )
            )
        ),
        "age_to",
        "5歳階級の端（例 20〜24）/ ends of five-year groups, e.g. 20 and 24",
    )
    named = typed.filter(is_scenario)
    _refuse(
        named.filter(pl.struct("scenario_id", "municipality_code").is_duplicated()),
        "scenario_id",
        "一つだけ / only once",
    )
    _refuse(
        typed.join(named, on="scenario_id", how="anti"),
        "scenario_id",
        "item=scenario の行 / a row with item = scenario",
    )
    return typed.drop("_row")


def _refuse(bad: pl.DataFrame, column: str, expected: str) -> None:
    if bad.height:
        row = bad.row(0, named=True)
        raise ProjectionError(
            f"scenarios.csv {row['_row']}行目 {column}: 「{row[column]}」は使えません。期待: {expected} / "
            f"line {row['_row']}, column {column}: found {row[column]!r}, expected {expected}"
        )


def labels(scenarios: pl.DataFrame) -> pl.DataFrame:
    """One row per scenario and municipality scope: scenario_id, municipality_code, basis, base, horizon, labels."""
    return scenarios.filter(pl.col("item") == "scenario").select(
        "scenario_id",
        "municipality_code",
        "basis",
        "base",
        "year_from",
        "year_to",
        "assumption_of",
        "label_ja",
        "label_en",
        "note_ja",
    )


def pairs(
    scenarios: pl.DataFrame, municipalities: Sequence[str], basis: Sequence[str], base: str | None = None
) -> pl.DataFrame:
    """Which scenarios apply to which municipalities: those of `basis` and the ones that stand on them, started from
    `base` (None = the edition's own).

    Returns municipality_code, scenario_id in the order of the table.
    """
    wanted = (pl.col("basis").is_in(list(basis)) | pl.col("scenario_id").is_in(list(basis))) & pl.col(
        "base"
    ).eq_missing(pl.lit(base, pl.String))
    named = scenarios.filter((pl.col("item") == "scenario") & wanted).with_row_index("_order")
    codes = pl.DataFrame({"code": list(municipalities)}, schema={"code": pl.String})
    return (
        named.join(codes, how="cross")
        .filter((pl.col("municipality_code") == "*") | (pl.col("municipality_code") == pl.col("code")))
        .group_by("scenario_id", "code")
        .agg(pl.col("_order").min())
        .sort("_order", "code")
        .select(pl.col("code").alias("municipality_code"), "scenario_id")
    )


def expand(
    scenarios: pl.DataFrame,
    applied: pl.DataFrame,
    years: Sequence[int],
    baseline_child_woman_ratio: Array,
    baseline_tfr: Array,
    national: National,
    *,
    ages: int = 19,
) -> Assumptions:
    """The rows of the table as arrays for the K pairs in `applied` (municipality_code, scenario_id).

    baseline_child_woman_ratio (T, K) and baseline_tfr (T + 1, K) of the basis; years T + 1, five apart. A scenario
    without TFR rows keeps the basis' child-woman ratio untouched; what a row says of years before the first is over.
    Raises ProjectionError where two multiplier rows
    of one scenario meet in a cell, or a year does not fall on a step.
    """
    years = list(years)
    steps, count = len(years) - 1, applied.height
    ratio = baseline_child_woman_ratio
    multipliers = [np.ones((steps, 2, ages - 1))]
    which = np.zeros(count, dtype=np.intp)
    arrivals: dict[str, Array | None] = {"start": None, "end": None}
    codes = applied.get_column("municipality_code").to_numpy()
    ids = applied.get_column("scenario_id").to_numpy()
    rows = scenarios.filter(
        (pl.col("item") != "scenario") & pl.col("scenario_id").is_in(applied["scenario_id"].unique().to_list())
    )
    for (scenario_id, item), part in rows.group_by("scenario_id", "item", maintain_order=True):
        own = set(part.get_column("municipality_code")) - {"*"}
        for scope in sorted(set(part.get_column("municipality_code"))):
            here = (ids == scenario_id) & ((codes == scope) if scope != "*" else ~np.isin(codes, list(own)))
            index = np.flatnonzero(here)
            if not len(index):
                continue
            mine = part.filter(pl.col("municipality_code") == scope)
            if item == "tfr":
                if ratio is baseline_child_woman_ratio:
                    ratio = ratio.copy()
                path = _tfr_path(mine, years, baseline_tfr[:, index])
                ratio[:, index] = child_woman_ratio_of(path[1:], national, first=1)
            elif item == "migration_multiplier":
                which[index] = len(multipliers)
                multipliers.append(_multipliers(mine, years, ages))
            else:
                for timing, persons in _arrivals(mine, years, ages).items():
                    if arrivals[timing] is None:
                        arrivals[timing] = np.zeros((steps, 2, ages, count))
                    arrivals[timing][..., index] += persons[..., None]  # type: ignore[index]
    return Assumptions(ratio, np.stack(multipliers), which, arrivals["start"], arrivals["end"])


def _step_of(row: dict, column: str, years: list[int]) -> int:
    year = row[column]
    if year < years[0] and (years[0] - year) % STEP_YEARS == 0:
        return 0
    if year not in years:
        raise ProjectionError(
            f"scenarios.csv {row['scenario_id']} {row['item']}: {column}={year} は期の境（{years}）にありません / "
            f"{column}={year} is not the end of a step"
        )
    return years.index(year)


def _tfr_path(rows: pl.DataFrame, years: list[int], baseline: Array) -> Array:
    """TFR by year; a line from a knot before the first year runs on from where it is in that year."""
    path = baseline.copy()
    before, value = 0, baseline[0]
    for row in rows.sort("year_from").iter_rows(named=True):
        at = _step_of(row, "year_from", years) or (row["year_from"] - years[0]) // STEP_YEARS
        if row["shape"] == "linear" and at > max(before, 0):
            steps = np.arange(max(before + 1, 0), at + 1)
            weight = (steps - before) / (at - before)
            path[steps] = value + weight[:, None] * (row["value"] - value)
        path[max(at, 0) :] = row["value"]
        before, value = at, np.full_like(baseline[0], row["value"])
    return path


def _cells(row: dict, years: list[int], ages: int) -> tuple[slice, slice, slice]:
    step = slice(
        _step_of(row, "year_from", years),
        years.index(min(row["year_to"], years[-1])) if row["year_to"] >= years[-1] else _step_of(row, "year_to", years),
    )
    sex = slice(0, 2) if row["sex"] is None else slice(SEXES.index(row["sex"]), SEXES.index(row["sex"]) + 1)
    first = 0 if row["age_from"] is None else row["age_from"] // STEP_YEARS
    last = ages if row["age_to"] is None else min((row["age_to"] + 1) // STEP_YEARS, ages)
    return step, sex, slice(first, last)


def _multipliers(rows: pl.DataFrame, years: list[int], ages: int) -> Array:
    factor = np.full((len(years) - 1, 2, ages - 1), np.nan)
    for row in rows.filter(pl.col("year_to") > years[0]).iter_rows(named=True):
        cells = _cells(row, years, ages)
        if not np.isnan(factor[cells]).all():
            raise ProjectionError(
                f"scenarios.csv {row['scenario_id']}: migration_multiplier の行が重なっています（{row['year_from']}〜"
                f"{row['year_to']}年、{row['age_from']}〜{row['age_to']}歳）。年か年齢を分けてください / rows overlap"
            )
        factor[cells] = row["value"]
    return np.where(np.isnan(factor), 1.0, factor)


def _arrivals(rows: pl.DataFrame, years: list[int], ages: int) -> dict[str, Array]:
    out = {timing: np.zeros((len(years) - 1, 2, ages)) for timing in ("start", "end")}
    for row in rows.filter(pl.col("year_to") > years[0]).iter_rows(named=True):
        step, sex, age = _cells(row, years, ages)
        sexes, groups = len(range(*sex.indices(2))), len(range(*age.indices(ages)))
        persons = row["value"] * STEP_YEARS / (sexes * groups)
        for timing, share in {"start": {"start": 1.0}, "mid": {"start": 0.5, "end": 0.5}, "end": {"end": 1.0}}[
            row["timing"]
        ].items():
            out[timing][step, sex, age] += persons * share
    return {timing: persons for timing, persons in out.items() if persons.any()}
