"""The asset graph, its checks, job and schedule as a person would see them in Dagster: a change is a decision.

To accept a change: `python -m tests.contract.test_orchestration_graph > tests/golden/asset_graph.json`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from datetime import date
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from sousei.expectations.suites.declared import CHECKS
from sousei.foundation.child import same_code
from sousei.foundation.home import Home
from sousei.ingest.tables import RAW_TABLES
from sousei.orchestration import inputs
from sousei.orchestration.assets import ScheduledNight, build_intake
from sousei.orchestration.job import JOB_NAME, definitions
from sousei.orchestration.lock import refresh_lock
from sousei.orchestration.nightly import Night
from sousei.orchestration.warehouse import Warehouse
from sousei.orchestration.warehouse_assets import build_warehouse_assets
from sousei.projection.night.tables import PROJECTION_TABLES
from tests.nights import FIRST_NIGHT as NOW

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "asset_graph.json"


def of_the_suites() -> set[dg.AssetCheckKey]:
    """The checks of the suites, each beside its mart: who adds one touches its subject and its test, not the graph."""
    return {dg.AssetCheckKey(dg.AssetKey(check.table), check.check_id) for check in CHECKS}


def graph() -> dict[str, Any]:
    """Assets with group, kinds, owners and dependencies; dbt's checks by asset; jobs and schedules."""
    from sousei.orchestration.definitions import defs

    repository = defs.get_repository_def()
    nodes = repository.asset_graph
    checks: dict[str, list[str]] = {}
    for key in sorted(nodes.asset_check_keys - of_the_suites(), key=str):
        checks.setdefault(key.asset_key.to_user_string(), []).append(key.name)
    return {
        "assets": {
            node.key.to_user_string(): {
                "group": node.group_name,
                "kinds": sorted(node.kinds),
                "owners": sorted(node.owners),
                "after": sorted(parent.to_user_string() for parent in node.parent_keys),
                **({"fresh": _fresh(node.freshness_policy)} if node.freshness_policy else {}),
            }
            for node in sorted((nodes.get(key) for key in nodes.get_all_asset_keys()), key=lambda node: str(node.key))
        },
        "checks": {asset: sorted(names) for asset, names in checks.items()},
        "jobs": sorted(job.name for job in repository.get_all_jobs() if not job.name.startswith("__")),
        "schedules": [
            [schedule.name, schedule.job_name, schedule.cron_schedule, schedule.execution_timezone]
            for schedule in repository.schedule_defs
        ],
        "sensors": [[one.name, one.job_name, one.default_status.value] for one in repository.sensor_defs],
    }


def _fresh(policy: Any) -> str:
    """Days to WARN and to FAIL."""
    return f"{policy.warn_window.to_timedelta().days} / {policy.fail_window.to_timedelta().days}"


def test_the_asset_graph_is_the_one_that_was_agreed() -> None:
    assert graph() == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_every_check_of_the_suites_stands_beside_its_mart() -> None:
    from sousei.orchestration.definitions import defs

    assert of_the_suites() <= defs.get_repository_def().asset_graph.asset_check_keys


def test_every_asset_that_is_ours_has_a_group_an_owner_and_a_description() -> None:
    from sousei.orchestration.definitions import defs

    nodes = defs.get_repository_def().asset_graph
    ours = [nodes.get(key) for key in nodes.get_all_asset_keys() if nodes.get(key).is_executable]
    assert len(ours) > 40
    assert [str(node.key) for node in ours if not (node.group_name and node.owners and node.description)] == []


def test_data_flows_one_way_from_deliveries_to_the_release() -> None:
    from sousei.orchestration.definitions import defs

    nodes = defs.get_repository_def().asset_graph
    release = dg.AssetKey("release")
    before, todo = set(), [release]
    while todo:
        for parent in nodes.get(todo.pop()).parent_keys:
            if parent not in before:
                before.add(parent)
                todo.append(parent)
    assert dg.AssetKey("deliveries") in before
    marts = {key for key in nodes.get_all_asset_keys() if nodes.get(key).group_name == "warehouse_marts"}
    assert marts
    assert marts <= before


def test_what_a_failed_check_made_dbt_skip_is_told_and_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """dbt leaves out the checks on models that it skipped; the step must end so that the gate can speak."""
    night = Night(Home.from_environment())
    manifest = night.warehouse.manifest
    status = {"model": "success", "seed": "success", "test": "pass"}
    results = [
        {"unique_id": name, "status": status[manifest["nodes"][name]["resource_type"]], "message": "OK"}
        | {"failures": 0, "seconds": 0.1}
        for name in TopologicalSorter(manifest["parent_map"]).static_order()
        if name in manifest["nodes"] and manifest["nodes"][name]["resource_type"] in status
    ]
    left_out = [one for one in results if "mart_kpi_scorecard" in one["unique_id"]]
    assert {one["status"] for one in left_out} == {"success", "pass"}
    kept = [one for one in results if one not in left_out]
    monkeypatch.setattr(night, "build_warehouse", lambda: kept)
    done = dg.materialize([build_warehouse_assets(manifest)], resources={"night": night})
    assert done.success
    told = {event.check_name: event.passed for event in done.get_asset_check_evaluations()}
    skipped = [one["unique_id"].split(".")[2] for one in left_out if one["unique_id"].startswith("test.")]
    assert [name for name in skipped if told.get(name)] == []
    assert any(name in told for name in skipped)


def test_every_asset_has_a_sentence_in_japanese_and_english_and_our_tables_have_their_columns() -> None:
    from sousei.orchestration.definitions import defs

    nodes = defs.get_repository_def().asset_graph
    ours = [nodes.get(key) for key in nodes.get_all_asset_keys() if nodes.get(key).is_executable]
    for node in ours:
        ja, _, en = (node.description or "").partition(" / ")
        assert re.search("[ぁ-んァ-ヶ一-龥]", ja) and re.search("[A-Za-z]{3}", en), (node.key, node.description)
    raw = {name: [*table.schema] for name, table in RAW_TABLES.items()}
    tables = {"raw": raw, "projection": {name: [*table] for name, table in PROJECTION_TABLES.items()}}
    for node in ours:
        room, *name = node.key.path
        schema = node.metadata.get("dagster/column_schema")
        columns = getattr(schema, "value", schema).columns if schema else []
        if room in tables and node.key != dg.AssetKey(["raw", "run"]):
            assert [one.name for one in columns] == tables[room][name[0]]
            assert all(one.description for one in columns)
        elif node.group_name in ("warehouse_marts", "warehouse_seeds"):
            assert columns, node.key


def test_definitions_load_without_dbt_where_its_manifest_is_fresh() -> None:
    from sousei.orchestration.warehouse import Warehouse

    assert Warehouse(Home.from_environment()).manifest
    script = "import sys, sousei.orchestration.definitions; print({'dbt.cli', 'dbt.parser'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", script], env=same_code(), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Home]:
    """Homes whose night was planned, one per plan."""
    plans: list[Home] = []
    real = inputs.tonight

    def tonight(home: Home, *asked: Any) -> inputs.Tonight:
        plans.append(home)
        return real(home, *asked)

    monkeypatch.setattr(inputs, "tonight", tonight)
    return plans


def test_a_night_that_is_handed_on_is_planned_once(tmp_path: Path, counted: list[Home]) -> None:
    with Night(Home(tmp_path)) as night:
        planned = night.plan(None, date(2026, 11, 22), NOW)
        job = definitions(Warehouse(Home.from_environment()).manifest).resolve_job_def(JOB_NAME)
        done = job.execute_in_process(resources={"night": night})
        assert done.success, "a quiet night is no failure"
        assert [event.step_key for event in done.all_events if event.is_step_success] == ["intake"]
        assert not done.asset_materializations_for_node("intake")
        assert night.plan(None, date(2026, 11, 22), NOW) is planned
    assert counted == [Home(tmp_path)]


def test_a_night_of_the_schedule_plans_itself_under_the_lock(
    tmp_path: Path, counted: list[Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    step = build_intake()
    monkeypatch.setenv("SOUSEI_HOME", str(tmp_path))
    given = {"night": ScheduledNight()}
    assert dg.materialize([step], resources=given).success
    assert counted == [Home(tmp_path)]
    monkeypatch.setattr("sousei.orchestration.assets.WAIT_SECONDS", 0.0)
    with refresh_lock(Home(tmp_path).lock):
        assert not dg.materialize([step], resources=given, raise_on_error=False).success
    assert counted == [Home(tmp_path)]


def test_a_night_of_the_schedule_waits_for_a_refresh_that_is_running(
    tmp_path: Path, counted: list[Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUSEI_HOME", str(tmp_path))
    monkeypatch.setattr("sousei.orchestration.lock._AGAIN_SECONDS", 0.05)
    held = refresh_lock(Home(tmp_path).lock)
    held.__enter__()
    release = threading.Timer(1.0, held.__exit__, (None, None, None))
    release.start()
    assert dg.materialize([build_intake()], resources={"night": ScheduledNight()}).success
    release.join()
    assert counted == [Home(tmp_path)]


if __name__ == "__main__":
    print(json.dumps(graph(), ensure_ascii=False, indent=1))
