"""dbt's nodes as assets: one step that runs dbt, an asset per model and seed, a check per dbt test.

Holds: how a node of the manifest looks in Dagster, and the step that builds them all. Does not hold: running dbt
(warehouse).

Annotations stay evaluated here (no `from __future__ import annotations`): Dagster reads them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, build_dbt_asset_specs

from sousei.orchestration import taken_over
from sousei.orchestration.assets import DBT_RESULTS, OPERATOR, PDCA_OFFICE
from sousei.orchestration.nightly import Night
from sousei.orchestration.tables import seed_columns


class Translator(DagsterDbtTranslator):
    """dbt nodes as assets: groups by layer, owners by layer, checks that report and never block by themselves."""

    def get_asset_spec(self, manifest: Any, unique_id: str, project: Any) -> dg.AssetSpec:
        properties = self.get_resource_props(manifest, unique_id)
        spec = super().get_asset_spec(manifest, unique_id, project)
        if properties["resource_type"] == "source":
            return spec.replace_attributes(key=dg.AssetKey([properties["source_name"], properties["identifier"]]))
        folder = properties["fqn"][1] if properties["resource_type"] == "model" else "seeds"
        made = spec.replace_attributes(
            key=dg.AssetKey([folder, properties["name"]]) if folder != "marts" else dg.AssetKey(properties["name"]),
            group_name=f"warehouse_{folder}",
            owners=PDCA_OFFICE if folder in ("marts", "seeds") else OPERATOR,
            kinds={"dbt", "duckdb"},
            description=properties.get("description") or properties["name"],
            skippable=True,
        )
        return made.merge_attributes(metadata=seed_columns(properties)) if folder == "seeds" else made

    def get_asset_check_spec(self, *args: Any, **kwargs: Any) -> dg.AssetCheckSpec | None:
        spec = super().get_asset_check_spec(*args, **kwargs)
        return spec._replace(blocking=False) if spec else None


def _check_specs(manifest: Mapping[str, Any], specs: dict[str, dg.AssetSpec]) -> dict[str, dg.AssetCheckSpec]:
    """dbt tests that hang on one of our assets, by the test's unique id."""
    translator, found = Translator(), {}
    for unique_id in (name for name in manifest["nodes"] if name.startswith("test.")):
        for parent in manifest["parent_map"].get(unique_id, []):
            if parent in specs:
                spec = translator.get_asset_check_spec(
                    asset_spec=specs[parent], manifest=manifest, unique_id=unique_id, project=None
                )
                if spec:
                    found[unique_id] = spec
                    break
    return found


def build_warehouse_assets(manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """The one step that runs dbt, with an asset per model and seed and a check per dbt test."""
    translator = Translator()
    by_key = {spec.key: spec for spec in build_dbt_asset_specs(manifest=manifest, dagster_dbt_translator=translator)}
    specs = {
        unique_id: by_key[key]
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed", "snapshot")
        and (key := translator.get_asset_spec(manifest, unique_id, None).key) in by_key
    }
    checks = _check_specs(manifest, specs)

    @dg.multi_asset(
        name="warehouse",
        specs=[
            *specs.values(),
            dg.AssetSpec(
                DBT_RESULTS,
                deps=[*by_key],
                group_name="gate",
                kinds={"dbt"},
                owners=OPERATOR,
                description="dbt の各モデルと検査の結果。 / Result of every dbt node of this run.",
            ),
        ],
        check_specs=list(checks.values()),
    )
    def build(night: dg.ResourceParam[Night]) -> Iterator[Any]:
        """One `dbt build` of what moved, in this process; failures are handed to the gate, not raised."""
        results = night.build_warehouse()
        for result in results:
            if result["unique_id"] in specs and result["status"] == "success":
                yield dg.MaterializeResult(
                    asset_key=specs[result["unique_id"]].key,
                    metadata={"seconds": result["seconds"], "taken_over": result["message"] == taken_over.TAKEN},
                )
        by_id = {result["unique_id"]: result for result in results}
        for unique_id, spec in checks.items():
            result = by_id.get(unique_id, {})
            status = result.get("status", "skipped")  # dbt leaves out the checks of what a failed gate skipped
            yield dg.AssetCheckResult(
                asset_key=spec.asset_key,
                check_name=spec.name,
                passed=status == "pass",
                severity=dg.AssetCheckSeverity.WARN if status == "warn" else dg.AssetCheckSeverity.ERROR,
                metadata={"n_failing": result.get("failures") or 0, "status": status},
            )
        yield dg.MaterializeResult(asset_key=DBT_RESULTS, metadata={"nodes": len(results)})

    return build
