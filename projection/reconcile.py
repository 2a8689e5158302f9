"""What a plan prints, beside the official table and our own figure.

Holds: the printed figures as a scenario, the reconciliation of each of them. Does not hold: the figures themselves
(reference/plan_figures.csv) or the runs they are compared with (vision).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from projection.national import REFERENCE
from projection.tables import PERSONS

PRINTED_GROUPS = {  # measure -> sex, age_group, age_from, age_to
    "total": ("total", "total", None, None),
    "young": ("total", "0-14", 0, 14),
    "working_age": ("total", "15-64", 15, 64),
    "old": ("total", "65+", 65, None),
    "women_20_39": ("female", "20-39", 20, 39),
}


@cache
def plan_figures() -> pl.DataFrame:
    """Every figure that a plan prints: one row per figure; tolerance, place and reason with it."""
    return pl.read_csv(
        REFERENCE / "plan_figures.csv",
        schema_overrides={
            "municipality_code": pl.String,
            "plan_value": pl.Float64,
            "tolerance": pl.Float64,
            "year": pl.Int32,
        },
    )


def printed_population(scenarios: pl.DataFrame) -> pl.DataFrame:
    """The municipality's own scenario as printed: only the years and groups of the plan, census base included."""
    named = scenarios.filter((pl.col("item") == "scenario") & (pl.col("basis") == "plan_figures"))
    if not named.height:
        return pl.DataFrame()
    rows = plan_figures().filter(pl.col("kind").is_in(["census", "plan"]))
    return rows.select(
        "municipality_code",
        pl.lit(named.get_column("scenario_id")[0]).alias("scenario_id"),
        pl.col("plan_id").alias("vintage"),
        "year",
        *(
            pl.col("measure")
            .replace_strict({k: v[i] for k, v in PRINTED_GROUPS.items()}, return_dtype=dtype)
            .alias(name)
            for i, (name, dtype) in enumerate(
                (("sex", pl.String), ("age_group", pl.String), ("age_from", pl.Int16), ("age_to", pl.Int16))
            )
        ),
        pl.col("plan_value").cast(PERSONS).alias("population_persons"),
        (pl.col("kind") == "plan").alias("is_projection"),
        pl.lit(None, pl.String).alias("source_id"),
    )


def reconcile(
    figures: pl.DataFrame,
    rates: pl.DataFrame,
    decomposition: pl.DataFrame,
    totals: pl.DataFrame,
    reference_series: pl.DataFrame,
) -> pl.DataFrame:
    """Every printed figure beside the official table, our own figure, the revised projection and what happened.

    figures: municipality_code, scenario_id, year, measure, persons of all scenarios (floats). rates: municipality_code,
    scenario_id, year, implied_tfr. decomposition: as decompose.decompose. totals: as refresh.actual_totals. Only
    municipalities that have figures. Returns the columns of the table `reconciliation`.
    """
    rows = plan_figures().filter(
        pl.col("municipality_code").is_in(figures.get_column("municipality_code").unique().implode())
    )
    planned = pl.col("municipality_code").is_in(rows.get_column("municipality_code").unique().implode())
    figures, rates = figures.filter(planned), rates.filter(planned)
    value = {
        (r[0], r[1], r[2], r[3]): r[4]
        for r in figures.select("municipality_code", "scenario_id", "year", "measure", "persons").rows()
    }
    tfr = {
        (r[0], r[1], r[2]): float(r[3])
        for r in rates.select("municipality_code", "scenario_id", "year", "implied_tfr").rows()
    }
    parts = (
        decomposition.filter((pl.col("scenario_id") == "plan_recomputed") & (pl.col("method") == "migration_first"))
        if decomposition.height
        else decomposition
    )
    split = {
        (r["municipality_code"], r["year"], r["measure"]): (r["natural_persons"], r["social_persons"])
        for r in parts.iter_rows(named=True)
    }
    bayes = {
        (r["municipality_code"], r["period_end"].year): float(r["value"])
        for r in reference_series.filter(pl.col("indicator_id") == "tfr_bayes").iter_rows(named=True)
    }
    happened: dict[tuple[str, int], tuple] = {}
    for code, day, series, persons in totals.select("municipality_code", "as_of_date", "series", "persons").rows():
        if (day.month, day.day) == (10, 1) and series in ("census", "census_preliminary"):
            kept = happened.get((code, day.year))
            if kept is None or kept[1] == "census_preliminary":
                happened[code, day.year] = (persons, series, day)
    out = []
    for row in rows.iter_rows(named=True):
        code, year, measure, kind = row["municipality_code"], row["year"], row["measure"], row["kind"]
        official = recomputed = revised = None
        if kind in ("census", "benchmark"):
            official = value.get((code, "ipss_2018", year, measure))
            recomputed = value.get((code, "ipss_2018_extended", year, measure))
        elif kind in ("plan", "migration_only"):
            recomputed = value.get((code, "plan_recomputed" if kind == "plan" else "migration_only", year, measure))
        elif kind == "gain":
            after, before = (value.get((code, s, year, measure)) for s in ("plan_recomputed", "ipss_2018_extended"))
            recomputed = None if after is None or before is None else after - before
        elif kind in ("natural", "social"):
            recomputed = split.get((code, year, measure), (None, None))[kind == "social"]
        elif kind == "tfr_base":
            official = bayes.get((code, year))
            recomputed = tfr.get((code, "ipss_2018_extended", 2020))
        elif kind == "tfr":
            recomputed = tfr.get((code, "plan_recomputed", year))
        if kind in ("benchmark", "plan"):
            revised = value.get((code, "ipss_2023", year, measure))
        actual = (
            happened.get((code, year), (None, None, None))
            if measure == "total" and kind in ("benchmark", "plan")
            else (None, None, None)
        )
        difference = None if recomputed is None else recomputed - row["plan_value"]
        if difference is None:
            verdict = "not_computable"
        elif abs(difference) > row["tolerance"] + 1e-9:
            verdict = "not_reproduced"
        else:
            verdict = "fitted" if row["is_fitted"] else "reproduced"
        out.append(
            row
            | {
                "official_value": official,
                "recomputed_value": recomputed,
                "difference": difference,
                "verdict": verdict,
                "revised_official_value": revised,
                "actual_value": actual[0],
                "actual_series": actual[1],
                "actual_date": actual[2],
            }
        )
    return pl.DataFrame(out, infer_schema_length=None) if out else pl.DataFrame()
