"""What dbt's tests said: one outcome for every test that the manifest declares, whether it ran or not.

Holds: reading a manifest and run results as plain mappings. Does not hold: running dbt or any import of it, failing
rows and go-aheads (`from_dbt`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sousei.expectations.owners import OPERATOR

SEVERITIES = ("gate", "warn", "review")
NOT_BUILT_ACTION = "dbt のログで最初に失敗したモデルを確認し、直して再実行する。"


@dataclass(frozen=True)
class DbtOutcome:
    """One dbt test, whether it ran or not; `passed` is None when it left no outcome (skipped, not reached).

    may_be_let_pass: a named person may let single findings pass (a rule about what was delivered, not about how the
    marts are built).
    """

    check_id: str
    severity: Literal["gate", "warn", "review"]
    subject: str
    passed: bool | None
    n_failing: int = 0
    owner: str = OPERATOR
    action_ja: str = ""
    message_ja: str = ""
    threshold: str = "0 failing rows"
    compiled_sql: str | None = None
    may_be_let_pass: bool = False


def _meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**(node.get("meta") or {}), **((node.get("config") or {}).get("meta") or {})}


def _subject(node: Mapping[str, Any]) -> str:
    attached = node.get("attached_node") or node.get("tested_node_unique_id")
    parents = [attached, *((node.get("depends_on") or {}).get("nodes") or [])]
    return next((name.split(".", 2)[-1] for name in parents if name), str(node.get("model") or node["name"]))


def _outcome(node: Mapping[str, Any], result: Mapping[str, Any] | None) -> DbtOutcome:
    meta = _meta(node)
    status = str((result or {}).get("status") or "")
    ran = status in ("pass", "warn", "fail")
    failures = int((result or {}).get("failures") or 0)
    severity = meta.get("severity")
    detail = "" if ran else f"（dbt: {status or 'no result'}）"
    description = str(meta.get("message_ja") or node.get("description") or "").strip()
    return DbtOutcome(
        check_id=str(node["name"]),
        severity=severity if severity in SEVERITIES else "gate",
        subject=str(meta.get("subject") or _subject(node)),
        passed=(status == "pass") if ran else None,
        n_failing=failures if status != "pass" else 0,
        owner=str(meta.get("owner_ja") or OPERATOR),
        action_ja=str(meta.get("action_ja") or "失敗した行の元ファイルとモデルを確認し、直して再実行する。"),
        message_ja=""
        if status == "pass"
        else f"{description or '検査 ' + str(node['name']) + ' を満たしません'}（該当{failures}件）{detail}",
        threshold=str(meta.get("threshold_reason") or "0 failing rows"),
        compiled_sql=((result or {}).get("compiled_code") or node.get("compiled_code"))
        if node.get("resource_type") == "test"
        else None,
        may_be_let_pass=node.get("resource_type") == "test" and not node.get("test_metadata"),
    )


def outcomes(manifest: Mapping[str, Any], results: Iterable[Mapping[str, Any]]) -> list[DbtOutcome]:
    """One outcome per declared data test, and one that says whether every model and seed was built.

    Unit tests are tests of code and may be left to the test run: one that was run at night counts, others do not.

    manifest: dbt's manifest.json. results: mappings with `unique_id`, `status` and where known `failures` and
    `compiled_code`, as in run_results.json. A test without `meta.severity` counts as gate. A result whose node the
    manifest does not know is an error of the caller and raises KeyError.
    """
    by_id = {str(one["unique_id"]): one for one in results}
    nodes = {**manifest["nodes"], **(manifest.get("unit_tests") or {})}
    declared = {
        key: node
        for key, node in nodes.items()
        if node["resource_type"] == "test" or (node["resource_type"] == "unit_test" and key in by_id)
    }
    built = [
        key
        for key, node in nodes.items()
        if node["resource_type"] in ("model", "seed", "snapshot")
        and (node.get("config") or {}).get("materialized") != "ephemeral"
    ]
    for key in by_id:
        if key not in nodes:
            raise KeyError(f"dbt_result_unknown: {key}")
    broken = [key for key in built if str((by_id.get(key) or {}).get("status") or "") != "success"]
    whole = DbtOutcome(
        check_id="every_model_was_built",
        severity="gate",
        subject="dbt_project",
        passed=bool(built) and not broken,
        n_failing=len(broken),
        action_ja=NOT_BUILT_ACTION,
        message_ja=""
        if built and not broken
        else "作成できなかったモデルがあります: "
        + "、".join(key.split(".", 2)[-1] for key in broken[:5])
        + ("" if len(broken) <= 5 else f" ほか{len(broken) - 5}件"),
        threshold="every model and seed",
    )
    return [whole, *(_outcome(node, by_id.get(key)) for key, node in sorted(declared.items()))]
