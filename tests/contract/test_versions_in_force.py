"""Delivered figures have one door: raw and corrected figures are read where versions are resolved, and nowhere else."""

from __future__ import annotations

import re
from typing import Any

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.tables import FIGURES, FILLED_IN, RAW_TABLES, key_of
from sousei.projection.night.tables import INPUTS

NAMES = "|".join(FIGURES)
READS_FIGURES = re.compile(rf"\b(raw|corrected)\.(?:\"?({NAMES})\"?|\{{)")
"""SQL that names a table of figures (or any, by a placeholder) of the schemas before versions are resolved."""
DOORS = {
    "ingest/decided/corrections.py": "applies the declared corrections",
    "ingest/in_force.py": "finds the version in force",
    "ingest/raw.py": "makes the views of the schema raw",
    "expectations/suites/forms.py": "asks which municipalities a file named, no figure",
    "expectations/validation.py": "asks whether a table holds any row, no figure",
    "orchestration/nightly.py": "counts rows for the orchestrator, no figure",
}
PRODUCT = ("ingest", "projection", "expectations", "publication", "orchestration")
ALL_VERSIONS = {
    "areas_add_up", "current_areas_add_up", "deliveries_did_not_shrink", "furusato_amount_and_count_go_together",
    "furusato_detail_matches_series", "population_parts_add_up", "tables_of_one_count_agree",
    "redeliveries_to_look_at", "yearly_visitors_agree_with_months", "mart_kpi_input",
}  # fmt: skip
"""Checks of single deliveries, which look at every version on purpose; and the cells of a value that is in force, found
by its delivery."""


def test_no_code_reads_figures_before_their_versions_are_resolved() -> None:
    found = {
        path.relative_to(PROJECT_ROOT).as_posix()
        for room in PRODUCT
        for path in (PROJECT_ROOT / room).rglob("*.py")
        if READS_FIGURES.search(path.read_text("utf-8"))
    }
    assert found - set(DOORS) == set()
    assert {path for path in DOORS if not (PROJECT_ROOT / path).is_file()} == set()


def test_the_search_sees_a_reader_of_raw_figures() -> None:
    for text in ("from raw.census_population", "from corrected.{name}", 'select 1 from raw."tourism_visitors"'):
        assert READS_FIGURES.search(text), text
    assert not READS_FIGURES.search("from raw.delivery join delivered.census_population")


def test_dbt_reads_figures_of_the_schema_delivered_and_only_in_staging(manifest: dict[str, Any]) -> None:
    figures = {
        unique_id: source["schema"] for unique_id, source in manifest["sources"].items() if source["name"] in FIGURES
    }
    assert set(figures.values()) == {"delivered"}
    readers = {
        manifest["nodes"][child]["fqn"][1]
        for unique_id in figures
        for child in manifest["child_map"][unique_id]
        if manifest["nodes"][child]["resource_type"] == "model"
    }
    assert readers == {"staging"}


def test_whoever_reads_staging_says_which_version_it_takes(manifest: dict[str, Any]) -> None:
    """A model over delivered figures ranks or filters by version_rank; checks of all versions are named."""
    figures = {unique_id for unique_id, source in manifest["sources"].items() if source["name"] in FIGURES}
    delivered = {
        node["unique_id"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and any(parent in figures for parent in node["depends_on"]["nodes"])
    }
    assert len(delivered) == len(FIGURES)
    every = "model.sousei.int_figure__delivered"
    assert set(manifest["nodes"][every]["depends_on"]["nodes"]) == delivered, "a table of figures that no check sees"
    delivered.add(every)
    silent = set()
    for node in manifest["nodes"].values():
        if node["resource_type"] in ("model", "test") and set(node["depends_on"]["nodes"]) & delivered:
            is_generic = bool(node.get("test_metadata"))
            if not is_generic and not re.search(r"version_rank|value_rank|delivered_rank", node["raw_code"]):
                silent.add(node["name"])
    handed_on = {"int_magnitude__jumps", "int_estat__current_area"}  # with every column, the version among them
    assert silent - ALL_VERSIONS - handed_on == set()


def test_the_projection_is_given_what_is_in_force() -> None:
    text = (PROJECT_ROOT / "orchestration" / "nightly.py").read_text("utf-8")
    assert set(
        re.findall(r"from (\w+)\.\{name\}", text[text.index("def project") : text.index("def build_warehouse")])
    ) == {"in_force"}
    assert set(FIGURES) <= set(RAW_TABLES)
    assert {name: key_of(name) for name in INPUTS} == INPUTS


def test_every_raw_table_with_a_figure_has_versions() -> None:
    """A new raw table with rows of figures (it has a value_status) is among those whose versions are resolved."""
    with_figures = {name for name, table in RAW_TABLES.items() if "value_status" in table.schema}
    assert with_figures - set(FILLED_IN) == set(FIGURES)
