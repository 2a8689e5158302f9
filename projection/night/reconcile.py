"""What a plan prints, beside the official table and our own figure.

Holds: reading the printed figures, the plan's own scenario as printed, the reconciliation of every figure. Does not
hold: the figures themselves (the plans' registers) or the runs they are compared with (vision).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl

from sousei.projection.engine import ProjectionError
from sousei.projection.exact import PERSONS
from sousei.projection.measures import GROUPS

COLUMNS = {
    "plan_id": pl.String,
    "figure_id": pl.String,
    "municipality_code": pl.String,
    "label_ja": pl.String,
    "label_en": pl.String,
    "year": pl.Int32,
    "unit": pl.String,
    "plan_value": pl.Float64,
    "measure": pl.String,
    "of_scenario": pl.String,
    "of_year": pl.Int32,
    "minus_scenario": pl.String,
    "minus_year": pl.Int32,
    "divisor": pl.Float64,
    "tolerance": pl.Float64,
    "tolerance_reason_ja": pl.String,
    "is_calibrated": pl.Boolean,
    "why_ja": pl.String,
    "place_ja": pl.String,
    "source_id": pl.String,
}
PERSON_MEASURES = {f"{name}_persons": name for name in GROUPS}
SHARE_MEASURES = {f"{name}_share_pct": name for name in ("young", "working_age", "old")}
RATE_MEASURES = ("implied_tfr", "tfr_bayes")
RUNS: dict[str, tuple[str | None, str]] = {  # printed scenario -> official table, our own run
    "census": ("ipss_2018", "ipss_2018_extended"),
    "ipss": ("ipss_2018", "ipss_2018_extended"),
    "plan": (None, "plan_recomputed"),
    "migration_only": (None, "migration_only"),
}
REVISED = "ipss_2023"
PUBLISHED_TO = 2045
"""Last year of the edition that plans are set against here (RUNS)."""
Count = tuple[float, str, str | None, date]
"""Persons counted, series, value status, date."""


def tidy(frame: pl.DataFrame) -> pl.DataFrame:
    """The printed figures with their types, checked: one row per figure, a figure = (of - minus) / divisor; a blank
    divisor is 1.

    Raises ProjectionError naming column, figure, found and expected.
    """
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise ProjectionError(f"plan_figures の列が足りません: {missing} / columns are missing: {missing}")
    try:
        table = frame.select(
            pl.col(name).str.to_lowercase().replace_strict({"true": True, "false": False}, return_dtype=dtype)
            if dtype == pl.Boolean and frame.schema[name] == pl.String
            else pl.col(name).cast(dtype)
            for name, dtype in COLUMNS.items()
        )
    except (pl.exceptions.InvalidOperationError, pl.exceptions.ComputeError) as error:
        raise ProjectionError(
            f"plan_figures の値を読めません: {error} / plan_figures: a value cannot be read"
        ) from error
    table = table.with_columns(pl.col("divisor").fill_null(1), pl.col("is_calibrated").fill_null(False))
    known = {
        "measure": [*PERSON_MEASURES, *SHARE_MEASURES, *RATE_MEASURES],
        "of_scenario": list(RUNS),
        "minus_scenario": list(RUNS),
    }
    for column, values in known.items():
        wrong = table.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(values))
        if wrong.height:
            raise ProjectionError(
                f"plan_figures の {wrong['figure_id'][0]}: {column} が {wrong[column][0]!r} です。"
                f"使える値: {values} / unknown {column}"
            )
    needed = (
        "plan_id",
        "figure_id",
        "municipality_code",
        "label_ja",
        "plan_value",
        "measure",
        "of_scenario",
        "of_year",
    )
    for column in (*needed, "year", "divisor", "tolerance", "is_calibrated"):
        wrong = table.filter(pl.col(column).is_null())
        if wrong.height:
            raise ProjectionError(f"plan_figures の {wrong['figure_id'][0]}: {column} が空欄です / {column} is missing")
    doubled = table.filter(pl.struct("municipality_code", "plan_id", "figure_id").is_duplicated())
    if doubled.height:
        raise ProjectionError(f"plan_figures に {doubled['figure_id'][0]} が2行あります / one row per figure")
    return table


def printed_population(scenarios: pl.DataFrame, plan_figures: pl.DataFrame) -> pl.DataFrame:
    """The municipality's own scenario as printed: only the years and groups of the plan, census base included."""
    named = scenarios.filter((pl.col("item") == "scenario") & (pl.col("basis") == "plan_figures"))
    rows = plan_figures.filter(
        pl.col("of_scenario").is_in(["census", "plan"])
        & pl.col("minus_scenario").is_null()
        & pl.col("measure").is_in(list(PERSON_MEASURES))
    )
    if not named.height or not rows.height:
        return pl.DataFrame()
    measure = pl.col("measure").replace_strict(PERSON_MEASURES)
    return rows.select(
        "municipality_code",
        pl.lit(named.get_column("scenario_id")[0]).alias("scenario_id"),
        pl.col("plan_id").alias("vintage"),
        pl.col("of_year").alias("year"),
        *(
            measure.replace_strict({k: v[i] for k, v in GROUPS.items()}, return_dtype=dtype).alias(name)
            for i, (name, dtype) in enumerate(
                (("sex", pl.String), ("age_group", pl.String), ("age_from", pl.Int16), ("age_to", pl.Int16))
            )
        ),
        pl.col("plan_value").cast(PERSONS).alias("population_persons"),
        (pl.col("of_scenario") == "plan").alias("is_projection"),
        "source_id",
    )


def reconcile(
    plan_figures: pl.DataFrame,
    figures: pl.DataFrame,
    rates: pl.DataFrame,
    totals: pl.DataFrame,
    reference_series: pl.DataFrame,
) -> pl.DataFrame:
    """Every printed figure beside the official table, our own figure, the revised projection and what happened.

    plan_figures: as tidy gives it. figures: municipality_code, scenario_id, year, measure, persons of all scenarios
    (floats). rates: municipality_code, scenario_id, year, implied_tfr. totals: as refresh.actual_totals. Returns the
    columns of the table `reconciliation`, one row per printed figure.
    """
    planned = pl.col("municipality_code").is_in(plan_figures.get_column("municipality_code").unique().implode())
    stands_on: dict[tuple[str, str, int, str], float] = {
        (row["municipality_code"], row["plan_id"], row["of_year"], row["measure"]): row["plan_value"]
        for row in plan_figures.iter_rows(named=True)
        if row["of_scenario"] == "ipss" and row["minus_scenario"] is None
    }
    value: dict[tuple[str, str, int, str], float] = {
        (code, scenario, year, measure): persons
        for code, scenario, year, measure, persons in figures.filter(planned)
        .select("municipality_code", "scenario_id", "year", "measure", "persons")
        .rows()
    }
    tfr: dict[tuple[str, str, int], float] = {
        (code, scenario, year): float(rate)
        for code, scenario, year, rate in rates.filter(planned)
        .select("municipality_code", "scenario_id", "year", "implied_tfr")
        .rows()
        if rate is not None
    }
    bayes = {
        (row["municipality_code"], row["period_end"].year): float(row["value"])
        for row in reference_series.filter(pl.col("indicator_id") == "tfr_bayes").iter_rows(named=True)
    }
    counted = _counted(totals.filter(planned))

    def of(code: str, scenario: str | None, year: int | None, measure: str) -> float | None:
        """One value of one scenario: persons, per cent of the total, or a rate."""
        if scenario is None or year is None:
            return None
        if measure in SHARE_MEASURES:
            part = value.get((code, scenario, year, SHARE_MEASURES[measure]))
            whole = value.get((code, scenario, year, "total"))
            return None if part is None or not whole else part / whole * 100
        if measure == "implied_tfr":
            return tfr.get((code, scenario, year))
        return value.get((code, scenario, year, PERSON_MEASURES.get(measure, "")))

    return pl.DataFrame(
        [row | _compared(row, of, stands_on, tfr, bayes, counted) for row in plan_figures.iter_rows(named=True)],
        infer_schema_length=None,
    )


def tolerance_basis(row: dict[str, Any]) -> str:
    """Why a printed figure of this kind may differ from a right one, so what its tolerance has to cover.

    printed_digits: a rate, and a round number a year, is rounded at its last digit. sum_of_parts: a difference carries
    what both its figures may be off by. age_pattern_not_printed: a plan's own run moves people of ages that it does
    not print. rounding_of_shares: printed shares are made to add up. same_count: a census is a count.
    published_rates_rounded: the worksheet multiplies published, rounded rates and leaves out the last control to the
    nation. extension: beyond the published table ratios recovered from whole persons are held.
    """
    if row["measure"] in RATE_MEASURES or row["divisor"] != 1:
        return "printed_digits"
    if row["minus_scenario"] is not None:
        return "sum_of_parts"
    if row["of_scenario"] in ("plan", "migration_only"):
        return "age_pattern_not_printed"
    if row["measure"] in SHARE_MEASURES:
        return "rounding_of_shares"
    if row["of_scenario"] == "census":
        return "same_count"
    return "published_rates_rounded" if row["of_year"] <= PUBLISHED_TO else "extension"


def _less(first: float | None, second: float | None, row: dict[str, Any]) -> float | None:
    """(of - minus) / divisor; nothing where a part is not there."""
    if row["minus_scenario"] is None:
        return first
    return None if first is None or second is None else (first - second) / row["divisor"]


def _counted(totals: pl.DataFrame) -> dict[tuple[str, int], Count]:
    """Census totals of 1 October by municipality and year; the final count before a preliminary one."""
    found: dict[tuple[str, int], Count] = {}
    for code, day, series, persons, status in totals.select(
        "municipality_code", "as_of_date", "series", "persons", "value_status"
    ).rows():
        if (day.month, day.day) == (10, 1) and series in ("census", "census_preliminary"):
            kept = found.get((code, day.year))
            if kept is None or kept[1] == "census_preliminary":
                found[code, day.year] = (persons, series, status, day)
    return found


def _compared(
    row: dict[str, Any],
    of: Callable[[str, str | None, int | None, str], float | None],
    stands_on: dict[tuple[str, str, int, str], float],
    tfr: dict[tuple[str, str, int], float],
    bayes: dict[tuple[str, int], float],
    counted: dict[tuple[str, int], Count],
) -> dict[str, Any]:
    """What stands beside one printed figure.

    A census is set against the projection that the plan stands on: as the plan prints it, else the official table. So
    the gap is the one that the plan's targets are scored by.
    """
    code, measure, year = row["municipality_code"], row["measure"], row["of_year"]
    official_run, own_run = RUNS[row["of_scenario"]]
    minus_official, minus_own = RUNS.get(row["minus_scenario"], (None, None))
    subtracted = of(code, minus_official, row["minus_year"], measure)
    official = _less(of(code, official_run, year, measure), subtracted, row)
    recomputed = _less(of(code, own_run, year, measure), of(code, minus_own, row["minus_year"], measure), row)
    if measure == "tfr_bayes":
        official = bayes.get((code, year))
    is_plain_projection = row["minus_scenario"] is None and row["of_scenario"] != "census"
    actual, series, status, day = None, None, None, None
    if measure == "total_persons" and (code, year) in counted:
        persons, series, status, day = counted[code, year]
        printed = stands_on.get((code, row["plan_id"], row["minus_year"], measure))
        against = printed if row["minus_scenario"] == "ipss" and printed is not None else subtracted
        actual = _less(persons, against, row)
    if actual is None:
        series, status, day = None, None, None
    ours = recomputed if recomputed is not None else official
    difference = None if ours is None else ours - row["plan_value"]
    if difference is None:
        verdict = "not_computable"
    elif abs(difference) > row["tolerance"] + 1e-9:
        verdict = "differs"
    else:
        verdict = "calibrated" if row["is_calibrated"] else "agrees"
    return {
        "tolerance_basis": tolerance_basis(row),
        "official_value": official,
        "recomputed_value": recomputed,
        "recomputed_scenario": None if measure == "tfr_bayes" else own_run,
        "implied_tfr": tfr.get((code, own_run, year)),
        "difference": difference,
        "verdict": verdict,
        "revised_official_value": of(code, REVISED, year, measure) if is_plain_projection else None,
        "actual_value": actual,
        "actual_series": series,
        "actual_status": status,
        "actual_date": day,
    }
