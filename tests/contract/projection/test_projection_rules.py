"""Rules over the projection's tables and sources: described, typed, without clock or chance."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import polars as pl
import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.projection import scenarios
from sousei.projection.engine import ProjectionError
from sousei.projection.night import reconcile
from sousei.projection.night.tables import PROJECTION_TABLES, schema_of
from tests import registers

SOURCES = sorted((PROJECT_ROOT / "projection").rglob("*.py"))


@pytest.mark.parametrize("table", PROJECTION_TABLES)
def test_every_column_says_what_it_is(table):
    for name, (_, description) in PROJECTION_TABLES[table].items():
        assert name == name.lower(), name
        assert description.endswith("."), (name, description)
    assert "municipality_code" not in schema_of(table) or schema_of(table)["municipality_code"] == pl.String


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.name)
def test_no_module_asks_the_clock_or_chance(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"now", "today", "utcnow", "default_rng", "perf_counter"}, (
                f"{path.name}: {node.attr}"
            )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "PCG64":
            assert path.name == "probability.py" and "seed" in ast.unparse(node.args[0]), "draws come from a given seed"
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [*(a.name for a in node.names), getattr(node, "module", None) or ""]
            names = {module.removeprefix("sousei.").split(".")[0] for module in modules}
            assert not names & {"time", "random", "secrets", "pandas", "dagster", "dbt", "duckdb"}, (
                f"{path.name}: {names}"
            )
            assert not names & {"orchestration", "publication", "expectations", "ingest"}, f"{path.name}: {names}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.name)
def test_every_module_says_what_it_holds_and_what_not(path):
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert "Does not hold" in text or "Does not\nhold" in text or "Holds no" in text, path.name


def test_the_night_and_the_desk_stand_side_by_side_on_the_method():
    """What both need stands beside the method: neither imports the other, and the method imports neither."""
    for path in SOURCES:
        room = path.relative_to(PROJECT_ROOT / "projection").parts[0]
        imported = set(
            re.findall(r"sousei\.projection(?:\.(?:night|desk)\b| import (?:night|desk)\b)", path.read_text("utf-8"))
        )
        assert not {one for one in imported if not one.endswith(room)}, path.name


def test_importing_the_nightly_entry_needs_polars_and_numpy_only():
    code = (
        "import sys, polars, numpy\nbefore = set(sys.modules)\nimport sousei.projection.night.build\n"
        "print(sorted({m.split('.')[0] for m in set(sys.modules) - before} & "
        "{'pandas', 'scipy', 'matplotlib', 'duckdb', 'pyarrow', 'resvg_py', 'dagster'}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT_ROOT)
    assert found.stdout.strip() == "[]"


def test_every_printed_figure_has_a_place_a_tolerance_and_its_reason():
    figures = registers.table("plan_register_figure")
    for column in ("place_ja", "tolerance_reason_ja", "label_ja", "plan_value", "tolerance"):
        assert figures[column].null_count() == 0, column
    assert not figures.select("plan_id", "figure_id").is_duplicated().any()


def test_every_scenario_says_whose_assumption_it_is():
    table = registers.night().scenarios
    named = scenarios.labels(table)
    for column in ("label_ja", "label_en", "note_ja", "assumption_of"):
        assert named[column].null_count() == 0, column
    ours = table.filter((pl.col("item") == "migration_multiplier") & (pl.col("value") != 0))
    assert (ours["assumption_of"] == "ours").all()


def test_reference_tables_name_their_primary_source():
    for name in ("national.csv", "national_survival.csv", "error_quantiles.csv"):
        frame = pl.read_csv(PROJECT_ROOT / "projection" / "reference" / name)
        sources = [c for c in frame.columns if c.endswith("source_ja")]
        assert sources, name
        for column in sources:
            assert frame[column].null_count() == 0


def test_the_printed_figures_stand_once():
    """The plan's register is the only place; the projection is handed it."""
    figures = registers.table("plan_register_figure")
    assert figures["source_id"].unique().to_list() == ["nemuro_vision_2019"] and figures.height == 61
    assert not list((PROJECT_ROOT / "dbt_project").rglob("plan_figures*.csv"))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("measure", "households", "unknown measure"),
        ("of_scenario", "guess", "unknown of_scenario"),
        ("plan_value", "9,345", "cannot be read"),
        ("is_calibrated", "maybe", "cannot be read"),
        ("tolerance", None, "tolerance is missing"),
    ],
)
def test_a_slip_in_the_printed_figures_is_named(column, value, message):
    seed = registers.table("plan_register_figure").cast(pl.String).with_row_index("_i")
    wrong = seed.with_columns(
        pl.when(pl.col("_i") == 3).then(pl.lit(value, pl.String)).otherwise(pl.col(column)).alias(column)
    ).drop("_i")
    with pytest.raises(ProjectionError, match=message):
        reconcile.tidy(wrong)
