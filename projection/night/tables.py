"""The tables of the projection layer: one truth for their columns, types and meaning.

Holds: schemas and descriptions, in the same form as ingest/tables.py. Does not hold: how a figure is computed.

Vocabularies
    sex          total / male / female
    age_group    total, 0-4 ... 85-89, 90+; where only groups are published or printed: 0-14, 15-64, 65+, and 20-39
                 with sex female (women 20-39)
    measure      total / young (0-14) / working_age (15-64) / old (65+) / women_20_39
    year         1 October of that year; flows and rates are those of the five years up to it
Figures carry six decimals and add up exactly: male + female = total, ages = total, natural + social = change.
"""

from __future__ import annotations

import polars as pl

from sousei.projection.exact import PERSONS

KEY: dict[str, tuple[pl.DataType, str]] = {
    "municipality_code": (pl.String(), "Five-digit standard area code (標準地域コード)."),
    "scenario_id": (pl.String(), "Scenario, see seed scenarios."),
    "vintage": (
        pl.String(),
        "Projection that the scenario stands on: ipss_2018 / ipss_2023, or the plan that printed it.",
    ),
    "year": (pl.Int32(), "1 October of this year."),
}

INPUTS: dict[str, tuple[str, ...]] = {
    "ipss_population": ("area_code", "vintage", "year", "sex", "age_group"),
    "census_population": ("area_code", "as_of_date", "scope", "sex", "age_group"),
    "registry_population": ("area_code", "as_of_date", "scope", "sex", "age_group"),
    "registry_dynamics": ("area_code", "as_of_date", "scope", "item"),
    "reference_series": ("municipality_code", "indicator_id", "series", "period_start", "period_end"),
}
"""Tables of the schema in_force that the nightly projection reads, with the columns that
name a figure; besides those of raw they have settled_rank, how settled a figure is."""
PLACES = ("sheet", "row", "column_label")
"""Where a figure stands in its file: columns of INPUTS that the projection does not read."""

BASE: dict[str, tuple[pl.DataType, str]] = {
    "base_id": (
        pl.String(),
        "What the run starts from: census_2015, census_2025, registry_2023-01-01; null for what a plan prints.",
    ),
    "base_ja": (pl.String(), "The base in words, with whose ages it has where only a total was published."),
}

PROJECTION_TABLES: dict[str, dict[str, tuple[pl.DataType, str]]] = {
    "population": KEY
    | BASE
    | {
        "sex": (pl.String(), "total / male / female."),
        "age_group": (pl.String(), "total, 0-4 ... 90+; 0-14 / 15-64 / 65+ / 20-39 where only groups are published."),
        "age_from": (pl.Int16(), "First age in years; null for total."),
        "age_to": (pl.Int16(), "Last age in years; null for total and open groups."),
        "population_persons": (PERSONS, "Persons, unrounded to six decimals."),
        "is_projection": (pl.Boolean(), "False in the base year (census), true after it."),
        "source_id": (
            pl.String(),
            "Delivery that gave the published figure or the rates; null where it stands in our own reference table.",
        ),
    },
    "vision": KEY
    | BASE
    | {
        "births": (PERSONS, "Births in the five years up to `year`: children 0-4 / survival from birth."),
        "deaths": (
            PERSONS,
            "Deaths in the five years up to `year`; survival is that of national life tables, see split_basis.",
        ),
        "natural_change": (PERSONS, "births - deaths."),
        "social_change": (PERSONS, "Net migration in the five years up to `year` (implied)."),
        "implied_tfr": (PERSONS, "Implied total fertility rate of the five years up to `year`: k x national TFR."),
        "child_woman_ratio": (PERSONS, "Persons 0-4 per woman 15-49 in `year`."),
        "split_basis": (pl.String(), "How births, deaths and moves were told apart; ours, not the publisher's."),
    },
    "rates": {
        "municipality_code": KEY["municipality_code"],
        "scenario_id": KEY["scenario_id"],
        "year": (pl.Int32(), "End of the five-year step."),
        "sex": (pl.String(), "male / female."),
        "age_from": (pl.Int16(), "First age at the START of the step; 85 = 85 and over together."),
        "cohort_change_ratio": (
            PERSONS,
            "Persons five years later per person: survival + net migration; from the published table.",
        ),
        "survival_ratio": (PERSONS, "Survival: national life tables."),
        "net_migration_ratio": (PERSONS, "Net migrants per person at the start: the rest."),
        "split_basis": (pl.String(), "Says that the split is ours."),
    },
    "band": KEY
    | {
        "measure": (pl.String(), "total / young / working_age / old / women_20_39."),
        "population_persons": (PERSONS, "The projected figure."),
        "low_persons": (PERSONS, "Lower end: figure / (1 + band_high_error_pct of the table error)."),
        "high_persons": (PERSONS, "Upper end: figure / (1 + band_low_error_pct of the table error)."),
        "coverage_pct": (pl.Int16(), "Share of past projections that such a band is made to hold: 80."),
        "tested_coverage_pct": (
            PERSONS,
            "Share that it held on bases that took no part (cohort-change runs, mean over bases); of an official line "
            "its own edition's at five years, null beyond.",
        ),
        "worst_coverage_pct": (PERSONS, "The same on the worst base; null for an official line (one base)."),
        "horizon_years": (pl.Int32(), "Years from the base; beyond 30 the band of 30 years is widened, see basis."),
        "size_class": (pl.String(), "Population in the base year, e.g. 10000-30000."),
        "n_errors": (pl.Int64(), "Past projections behind the quantiles."),
        "basis": (
            pl.String(),
            "backtest / backtest_scaled (own spread at 5 years, growth of a cohort-change run's) / "
            "backtest_extrapolated (beyond 30 years).",
        ),
        "errors_of": (
            pl.String(),
            "Method whose past errors the band is made of (table error): ipss_2018 for every official line, whatever "
            "its edition; never those of a cohort-change run alone.",
        ),
    },
    "decomposition": KEY
    | {
        "measure": (pl.String(), "total / young / working_age / old / women_20_39."),
        "method": (pl.String(), "migration_first (the plan's order) / fertility_first / shapley (mean of both)."),
        "difference_persons": (PERSONS, "Scenario minus baseline (ipss_2018_extended); natural + social exactly."),
        "natural_persons": (PERSONS, "Part that comes with fertility."),
        "social_persons": (PERSONS, "Part that comes with migration."),
    },
    "impact": {
        "municipality_code": KEY["municipality_code"],
        "year": (pl.Int32(), "Year compared."),
        "natural_ratio_pct": (PERSONS, "sim1 / ipss_2018_extended x 100."),
        "natural_degree": (pl.Int8(), "自然増減の影響度 1-5."),
        "social_ratio_pct": (PERSONS, "sim2 / sim1 x 100."),
        "social_degree": (pl.Int8(), "社会増減の影響度 1-5."),
        "natural_rule": (pl.String(), "Thresholds in force."),
        "social_rule": (pl.String(), "Thresholds in force."),
    },
    "stage": KEY
    | {
        "young_index": (PERSONS, "0-14, base year = 100."),
        "working_age_index": (PERSONS, "15-64, base year = 100."),
        "old_index": (PERSONS, "65+, base year = 100."),
        "stage": (pl.Int8(), "人口減少段階 1-3; null in the base year and where 年少 or 生産年齢 do not fall."),
        "rule": (pl.String(), "Threshold in force."),
    },
    "reconciliation": {
        "municipality_code": KEY["municipality_code"],
        "plan_id": (pl.String(), "Plan that prints the figure."),
        "figure_id": (pl.String(), "Figure; key together with plan_id."),
        "label_ja": (pl.String(), "Name in Japanese."),
        "label_en": (pl.String(), "Name in English."),
        "year": (pl.Int32(), "Year of the figure."),
        "unit": (pl.String(), "人, ％, ポイント, or blank for a rate."),
        "plan_value": (PERSONS, "As printed."),
        "official_value": (PERSONS, "Official table (ipss_2018 as published) or its difference; null beyond 2045."),
        "recomputed_value": (PERSONS, "Our own engine."),
        "recomputed_scenario": (pl.String(), "Scenario of recomputed_value."),
        "implied_tfr": (PERSONS, "Total fertility rate that this scenario implies for the five years up to the year."),
        "difference": (PERSONS, "recomputed_value (else official_value) - plan_value."),
        "tolerance": (PERSONS, "Largest absolute difference that counts as agreement."),
        "tolerance_reason_ja": (pl.String(), "Why this tolerance, in the words of the plan's register."),
        "tolerance_basis": (
            pl.String(),
            "What a figure of this kind may differ by: same_count / published_rates_rounded / extension / "
            "rounding_of_shares / age_pattern_not_printed / sum_of_parts / printed_digits.",
        ),
        "verdict": (
            pl.String(),
            "agrees / differs / calibrated (we solved an unknown so that it fits) / not_computable.",
        ),
        "why_ja": (pl.String(), "Why it differs, cannot be reproduced or proves nothing."),
        "place_ja": (pl.String(), "Where the plan prints it."),
        "revised_official_value": (PERSONS, "The later official projection (ipss_2023) for the same year."),
        "actual_value": (PERSONS, "What a census counted in that year; for a gain, the count less the projection."),
        "actual_series": (pl.String(), "census / census_preliminary."),
        "actual_status": (pl.String(), "final / preliminary / revised / estimated."),
        "actual_date": (pl.Date(), "Date of the actual figure."),
    },
    "error": {
        "method": (
            pl.String(),
            "hamilton_perry (our engine on the five years before each base) / ipss_2018 (official lines: the "
            "edition of 2018 against the census of 2020).",
        ),
        "size_class": (pl.String(), "Population in the base year, e.g. 10000-30000."),
        "horizon_years": (pl.Int32(), "Years from the base."),
        "measure": (pl.String(), "total / young / working_age / old / women_20_39."),
        "n_errors": (pl.Int64(), "Past projections (municipality and base) behind the row."),
        "n_bases": (pl.Int64(), "Census bases behind the row: what one period had in common counts once."),
        "mean_absolute_error_pct": (PERSONS, "Mean of the absolute error in percent of the count."),
        "mean_error_pct": (PERSONS, "Mean error (bias) in percent of the count; positive = projected too many."),
        "p10_error_pct": (PERSONS, "10 % of past projections had a lower error."),
        "median_error_pct": (PERSONS, "Half of past projections had a lower error."),
        "p90_error_pct": (PERSONS, "90 % of past projections had a lower error."),
        "band_low_error_pct": (PERSONS, "Lower end of the 80 % band as an error: bases weigh the same, widened."),
        "band_high_error_pct": (PERSONS, "Upper end of the 80 % band as an error."),
        "tested_coverage_pct": (PERSONS, "Share of errors inside bands made without their base, mean over bases."),
        "worst_coverage_pct": (PERSONS, "The same on the worst base."),
        "best_coverage_pct": (PERSONS, "The same on the best base."),
        "basis": (pl.String(), "backtest / backtest_scaled (see the table band)."),
        "basis_ja": (pl.String(), "Primary source, boundaries, treatment of unknown ages."),
    },
    "backtest": {
        "municipality_code": KEY["municipality_code"],
        "method": (pl.String(), "ipss_2018 (published) / hamilton_perry (our engine on two censuses)."),
        "base_year": (pl.Int32(), "Census base."),
        "year": (pl.Int32(), "Census compared with."),
        "measure": (pl.String(), "total / young / working_age / old / women_20_39."),
        "projected_persons": (PERSONS, "What was projected."),
        "actual_persons": (PERSONS, "What the census counted; unknown ages shared out in proportion within each sex."),
        "error_pct": (PERSONS, "(projected / actual - 1) x 100."),
    },
    "actuals": {
        "municipality_code": KEY["municipality_code"],
        "as_of_date": (pl.Date(), "Date of the actual figure."),
        "series": (pl.String(), "census / census_preliminary / resident_registry; two definitions, never one line."),
        "value_status": (pl.String(), "final / preliminary / revised / estimated."),
        "actual_persons": (PERSONS, "Total population, as published."),
        "ipss_2018_persons": (PERSONS, "ipss_2018_extended on that date, straight line between its years."),
        "ipss_2023_persons": (PERSONS, "ipss_2023 on that date, straight line between its years; null before 2020."),
        "plan_persons": (
            PERSONS,
            "The plan's printed total, straight line between printed years; null without a plan.",
        ),
        "ipss_2018_error_pct": (PERSONS, "(ipss_2018 / actual - 1) x 100."),
        "ipss_2023_error_pct": (PERSONS, "(ipss_2023 / actual - 1) x 100."),
        "plan_gap_persons": (PERSONS, "actual - plan; negative = below the plan."),
    },
    "refresh": {
        "municipality_code": KEY["municipality_code"],
        "base_date": (pl.Date(), "Registry date that the refresh starts from."),
        "from_date": (pl.Date(), "Registry date five years earlier that the cohort change ratios come from."),
        "year": (pl.Int32(), "1 October of this year."),
        "measure": (pl.String(), "total / young / working_age / old / women_20_39."),
        "scale_factor": (
            PERSONS,
            "Census / registry at the last census both have: brings the registry to the census base.",
        ),
        "refreshed_persons": (PERSONS, "Hamilton-Perry from the registry, on the census base."),
        "low_persons": (PERSONS, "Lower end of the 80 % band at that horizon."),
        "high_persons": (PERSONS, "Upper end of the 80 % band at that horizon."),
        "errors_of": (pl.String(), "Method whose past errors the band is made of: hamilton_perry."),
        "baseline_persons": (PERSONS, "ipss_2018_extended on that date, straight line between its years."),
        "plan_persons": (PERSONS, "The plan's printed figure, straight line between printed years; null outside them."),
        "drift_from_baseline_pct": (PERSONS, "(refreshed / baseline - 1) x 100."),
        "drift_from_plan_pct": (PERSONS, "(refreshed / plan - 1) x 100."),
    },
    "yearly": KEY
    | BASE
    | {
        "age_band": (
            pl.String(),
            "births / births_calendar_year / total / 0-2 / 3-5 / 0-5 / 6-11 / 12-14 / 15-17 / 18-64 / 65-74 / 75+, "
            "ages at last birthday on 1 October.",
        ),
        "age_from": (pl.Int16(), "First age in years; null for births and total."),
        "age_to": (pl.Int16(), "Last age in years; null for births, total and 75+."),
        "persons": (PERSONS, "Persons or births of both sexes: the run at the width of a year (single_years)."),
        "period_basis": (
            pl.String(),
            "on_1_october / year_to_1_october (twelve months up to 1 October of `year`; those of a step add up to its "
            "births) / calendar_year.",
        ),
        "is_between": (pl.Boolean(), "True in a year between two steps of the run."),
        "division_method": (
            pl.String(),
            "How the groups of the base that the band cuts were divided into ages: none (it cuts none) / single_ages "
            "(registry by single age) / sprague / even.",
        ),
    },
    "integer": KEY
    | BASE
    | {
        "sex": (pl.String(), "total / male / female."),
        "age_group": (pl.String(), "total, 0-4 ... 90+."),
        "age_from": (pl.Int16(), "First age in years; null for total."),
        "age_to": (pl.Int16(), "Last age in years; null for total and the open group."),
        "population_persons": (pl.Int64(), "Whole persons; sexes and ages add up, each within one of its decimal."),
        "low_persons": (pl.Int64(), "Lower end of the 80 % band, rounded down; the total row only."),
        "high_persons": (pl.Int64(), "Upper end of the 80 % band, rounded up; the total row only."),
    },
}


def schema_of(table: str) -> pl.Schema:
    """Polars schema of a projection table.

    Raises KeyError where there is no such table.
    """
    return pl.Schema({name: dtype for name, (dtype, _) in PROJECTION_TABLES[table].items()})
