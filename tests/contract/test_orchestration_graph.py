"""The asset graph, its checks, job and schedule as a person would see them in Dagster: a change is a decision.

To accept a change: `python -m tests.contract.test_orchestration_graph > tests/golden/asset_graph.json`.
"""

from __future__ import annotations

import json
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from sousei.expectations.suites.declared import CHECKS

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
            }
            for node in sorted((nodes.get(key) for key in nodes.get_all_asset_keys()), key=lambda node: str(node.key))
        },
        "checks": {asset: sorted(names) for asset, names in checks.items()},
        "jobs": sorted(job.name for job in repository.get_all_jobs() if not job.name.startswith("__")),
        "schedules": [
            [schedule.name, schedule.job_name, schedule.cron_schedule, schedule.execution_timezone]
            for schedule in repository.schedule_defs
        ],
    }


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
    from sousei.foundation.home import Home
    from sousei.orchestration import assets, nightly, warehouse

    manifest = warehouse.manifest(Home.from_environment())
    status = {"model": "success", "seed": "success", "test": "pass"}
    results = [
        {"unique_id": name, "status": status[manifest["nodes"][name]["resource_type"]], "failures": 0, "seconds": 0.1}
        for name in TopologicalSorter(manifest["parent_map"]).static_order()
        if name in manifest["nodes"] and manifest["nodes"][name]["resource_type"] in status
    ]
    left_out = [one for one in results if "mart_kpi_scorecard" in one["unique_id"]]
    assert {one["status"] for one in left_out} == {"success", "pass"}
    kept = [one for one in results if one not in left_out]
    monkeypatch.setattr(nightly, "build_warehouse", lambda home: kept)
    done = dg.materialize([assets.build_warehouse_assets(manifest)], resources={"refresh": assets.RefreshContext()})
    assert done.success
    told = {event.check_name: event.passed for event in done.get_asset_check_evaluations()}
    skipped = [one["unique_id"].split(".")[2] for one in left_out if one["unique_id"].startswith("test.")]
    assert [name for name in skipped if told.get(name)] == []
    assert any(name in told for name in skipped)


if __name__ == "__main__":
    print(json.dumps(graph(), ensure_ascii=False, indent=1))
