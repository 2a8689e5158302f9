"""The checks that are the only barrier against a fault: losing or renaming one lets its fault through.

Found by neutralising one check at a time over the planted faults of `wrong_figures` and `faults`, as first delivery
(`python -m benchmarks.faults`): a check stands here if some fault is stopped, or where nothing stops it shown, by this
check alone. The tests hold the names to be real ones (tests/contract/test_barriers.py) and the faults to be met by them
(tests/faults/test_wrong_figures.py). Does not hold: problems inside one file (tests/faults/ingest/test_planted.py names
the one that meets each).
"""

from __future__ import annotations

STOPS: dict[str, tuple[str, ...]] = {
    "ages_follow_their_cohorts": ("census_ages_rotated", "census_ages_rotated_by_five", "far_age_groups_exchanged"),
    "class_empty": ("age_groups_shifted",),
    "figures_are_possible": ("census_without_its_last_digit", "households_above_population"),
    "flows_are_not_exchanged": (
        "births_and_deaths_exchanged",
        "in_and_out_migrants_exchanged",
        "newest_births_and_deaths_exchanged",
        "series_of_births_and_deaths_exchanged",
        "series_of_migrants_exchanged",
    ),
    "periods_do_not_repeat": (
        "month_relabelled_as_the_next",
        "donation_year_relabelled",
        "newest_month_delivered_as_the_next",
    ),
    "same_values_other_period": ("last_years_values",),
    "towns_are_not_exchanged": ("census_of_two_towns_exchanged",),
}
"""Check (or problem of the taking-in) -> faults that nothing else stops."""

SHOWS: dict[str, tuple[str, ...]] = {
    "coverage_did_not_shrink": ("town_missing_from_the_newest_month", "shrunken_delivery"),
    "figures_to_look_at": (
        "month_doubled",
        "age_groups_exchanged",
        "census_of_the_other_town",
        "donations_of_two_towns_exchanged",
        "newest_amounts_threefold",
        "newest_donations_threefold",
        "newest_migrants_exchanged",
        "newest_month_doubled",
        "ten_times_too_many",
        "town_missing_from_a_month_between",
        "visitors_of_a_month_exchanged",
        "visitors_of_a_year_exchanged",
        "visitors_of_the_newest_month_exchanged",
    ),
    "visitor_levels_to_look_at": ("newest_month_tenfold",),
}
"""Check -> faults that nothing stops and nothing else shows."""

ACROSS_FILES: tuple[str, ...] = (
    "figures_keep_their_ranks",
    "files_are_not_cut_short",
    "furusato_amount_and_count_go_together",
    "furusato_survey_is_the_figure_of_the_series",
    "men_and_women_are_not_exchanged",
    "registry_population_moves_less_than_threefold",
    "tables_of_one_count_agree",
    "yearly_visitors_agree_with_months",
    "yen_per_donation_keeps_its_size",
)
"""Checks that tests/integration/test_warehouse_cross_file.py finds to be the only one that stops its fault."""
