"""What one row of each mart is: the columns that name it.

Holds: the keys, for whoever compares two builds of a mart. Does not hold: what a column means (dbt_project).
"""

from __future__ import annotations

KEYS: dict[str, tuple[str, ...]] = {
    "dim_municipality": ("municipality_code", "valid_from"),
    "dim_kpi": ("plan_id", "kpi_id", "version", "target_version", "valid_from"),
    "fct_population": ("municipality_code", "series", "scope", "as_of_date", "sex", "age_group"),
    "fct_population_change": ("municipality_code", "series", "scope", "period_start", "period_end", "component"),
    "mart_population_current_area": ("municipality_code", "series", "scope", "as_of_date", "sex", "age_group"),
    "mart_population_ward": ("ward_code", "series", "scope", "as_of_date", "sex", "age_group"),
    "fct_tourism_visitors": ("municipality_code", "month"),
    "fct_furusato_donation": ("municipality_code", "fiscal_year"),
    "fct_kpi_actual": ("municipality_code", "plan_id", "kpi_id", "fiscal_year", "revision"),
    "mart_kpi_scorecard": ("municipality_code", "plan_id", "kpi_id", "fiscal_year"),
    "mart_population_projection": ("municipality_code", "scenario_id", "vintage", "year", "sex", "age_group"),
    "mart_population_vision": ("municipality_code", "scenario_id", "vintage", "year"),
    "mart_vision_reconciliation": ("municipality_code", "plan_id", "figure_id", "year"),
    "mart_vision_decomposition": ("municipality_code", "scenario_id", "vintage", "year", "measure", "method"),
    "mart_vision_impact": ("municipality_code", "year"),
    "mart_projection_rates": ("municipality_code", "scenario_id", "year", "sex", "age_from"),
    "mart_projection_backtest": ("method", "size_class", "horizon_years", "measure"),
    "mart_population_actual": ("municipality_code", "as_of_date", "series"),
    "mart_population_refresh": ("municipality_code", "base_date", "year", "measure"),
    "mart_population_integer": ("municipality_code", "scenario_id", "vintage", "year", "sex", "age_group"),
    "meta_source": ("source_id",),
    "meta_correction": ("source_id", "raw_table", "row_key"),
    "meta_decision": ("kind", "rule", "subject"),
}
"""The key columns of each mart; those that a release does not have are left out."""
