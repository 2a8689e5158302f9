"""The assets of the nightly refresh, in the order in which data flows: intake, projection, warehouse, gate, release.

Holds: which step makes which asset, with what description, owner and kind. One step serves all municipalities.
Does not hold: data logic; each step calls one public function of its room.

Annotations stay evaluated here (no `from __future__ import annotations`): Dagster reads them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, build_dbt_asset_specs

from sousei.expectations.suites.declared import CHECKS
from sousei.foundation import clock
from sousei.foundation.home import Home
from sousei.ingest.decided.corrections import CORRECTABLE
from sousei.ingest.tables import RAW_TABLES
from sousei.orchestration import nightly
from sousei.orchestration import run as runs
from sousei.orchestration.inputs import CannotStartError, WrongUseError
from sousei.orchestration.lock import refresh_lock
from sousei.orchestration.run import PointerLostError
from sousei.projection.night.tables import INPUTS, PROJECTION_TABLES
from sousei.publication.publish import RefusedError

OPERATOR = ["team:operator"]
PDCA_OFFICE = ["team:pdca_office"]


class RefreshContext(dg.ConfigurableResource):
    """Holds the refresh lock while a step runs, and says where the installation's data lies."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["RefreshContext"]:
        with refresh_lock(self.home.lock):
            yield self

    @property
    def home(self) -> Home:
        return Home.from_environment()


class IntakeConfig(dg.Config):
    """What one refresh may be told; all are optional."""

    as_of: str | None = None
    landing: str | None = None
    samples: bool = False


def _raw_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["raw", table])


def _projection_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["projection", table])


def _describe(columns: dict[str, tuple[Any, str]]) -> str:
    return "\n".join(f"- `{name}`: {text}" for name, (_, text) in columns.items())


def _delivered_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["delivered", table])


DELIVERIES = dg.AssetKey("deliveries")
RUN = _raw_key("run")
VERDICT = dg.AssetKey("meta_check_outcome")
RELEASE = dg.AssetKey("release")
DBT_RESULTS = dg.AssetKey("dbt_results")


@dg.multi_asset(
    name="intake",
    specs=[
        dg.AssetSpec(
            DELIVERIES,
            group_name="ingest",
            kinds={"file"},
            owners=OPERATOR,
            skippable=True,
            description="受領ファイル。landing の各ファイルを受領時のまま snapshots に保存し、受領票を付けたもの。 / "
            "Delivered files, kept as received with a receipt each.",
        ),
        *(
            dg.AssetSpec(
                _raw_key(table),
                deps=[DELIVERIES],
                group_name="ingest",
                kinds={"parquet", "polars"},
                owners=OPERATOR,
                skippable=True,
                description=_describe(columns),
            )
            for table, columns in RAW_TABLES.items()
        ),
        *(
            dg.AssetSpec(
                _delivered_key(table),
                deps=[_raw_key(table), _raw_key("correction")],
                group_name="ingest",
                kinds={"duckdb"},
                owners=OPERATOR,
                skippable=True,
                description="届いた値に訂正を反映し、同じ値の版に順位を付けたもの（1位が採用値）。 / "
                "Delivered figures with the declared corrections and the rank among their versions; 1 is in force.",
            )
            for table in CORRECTABLE
        ),
        dg.AssetSpec(
            RUN,
            deps=[DELIVERIES],
            group_name="ingest",
            kinds={"duckdb"},
            owners=OPERATOR,
            skippable=True,
            description="この更新の識別（入力・プログラム・基準日）。 / This refresh: inputs, code, as-of date.",
        ),
    ],
    check_specs=[
        dg.AssetCheckSpec(
            "every_delivery_was_read",
            asset=_raw_key("delivery"),
            description="受領ファイルに読めないもの・数値の矛盾するものがない。 / No delivery was refused.",
        )
    ],
)
def intake(context: dg.AssetExecutionContext, config: IntakeConfig, refresh: RefreshContext) -> Iterator[Any]:
    """Landing to snapshots to raw Parquet; ends without output when there is nothing new."""
    now = clock.now()
    as_of = date.fromisoformat(config.as_of) if config.as_of else now.date()
    landing = Path(config.landing) if config.landing else None
    try:
        outcome = nightly.take_in(refresh.home, landing, as_of, now, config.samples)
    except (CannotStartError, PointerLostError, WrongUseError) as refusal:
        reasons = list(getattr(refusal, "reasons", [str(refusal)]))
        runs.record(refresh.home, "refused", now, reasons)
        raise dg.Failure(
            description="更新を始められません。前回の公表版を維持します。 / cannot_start",
            metadata={"reasons": dg.MetadataValue.md("\n\n".join(reasons))},
            allow_retries=False,
        ) from refusal
    if outcome is None:
        context.log.info("nothing_new: 新しい受領ファイルはありません。現在の公表版をそのまま維持します。")
        return
    yield dg.MaterializeResult(
        asset_key=DELIVERIES, metadata={"files": len(outcome.run.inputs), "run_id": outcome.run.run_id}
    )
    for table in RAW_TABLES:
        yield dg.MaterializeResult(asset_key=_raw_key(table), metadata={"dagster/row_count": outcome.rows[table]})
    for table in CORRECTABLE:
        yield dg.MaterializeResult(asset_key=_delivered_key(table))
    yield dg.MaterializeResult(asset_key=RUN, metadata={"run_id": outcome.run.run_id, "as_of": outcome.run.as_of})
    yield dg.AssetCheckResult(
        asset_key=_raw_key("delivery"),
        check_name="every_delivery_was_read",
        passed=not outcome.messages,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"problems": dg.MetadataValue.md("\n\n".join(outcome.messages) or "-")},
    )


@dg.multi_asset(
    name="project",
    specs=[
        dg.AssetSpec(
            _projection_key(table),
            deps=[_delivered_key(name) for name in INPUTS],
            group_name="projection",
            kinds={"polars", "parquet"},
            owners=PDCA_OFFICE,
            description=_describe(columns),
        )
        for table, columns in PROJECTION_TABLES.items()
    ],
)
def project(refresh: RefreshContext) -> Iterator[Any]:
    """All municipalities and scenarios at once."""
    for table, rows in nightly.project(refresh.home).items():
        yield dg.MaterializeResult(asset_key=_projection_key(table), metadata={"dagster/row_count": rows})


class Translator(DagsterDbtTranslator):
    """dbt nodes as assets: groups by layer, owners by layer, checks that report and never block by themselves."""

    def get_asset_spec(self, manifest: Any, unique_id: str, project: Any) -> dg.AssetSpec:
        properties = self.get_resource_props(manifest, unique_id)
        spec = super().get_asset_spec(manifest, unique_id, project)
        if properties["resource_type"] == "source":
            return spec
        folder = properties["fqn"][1] if properties["resource_type"] == "model" else "seeds"
        return spec.replace_attributes(
            key=dg.AssetKey([folder, properties["name"]]) if folder != "marts" else dg.AssetKey(properties["name"]),
            group_name=f"warehouse_{folder}",
            owners=PDCA_OFFICE if folder in ("marts", "seeds") else OPERATOR,
            kinds={"dbt", "duckdb"},
            description=properties.get("description") or properties["name"],
            skippable=True,
        )

    def get_asset_check_spec(self, *args: Any, **kwargs: Any) -> dg.AssetCheckSpec | None:
        spec = super().get_asset_check_spec(*args, **kwargs)
        return spec._replace(blocking=False) if spec else None


def _check_specs(manifest: Any, specs: dict[str, dg.AssetSpec]) -> dict[str, dg.AssetCheckSpec]:
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


def build_warehouse_assets(manifest: Any) -> dg.AssetsDefinition:
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
    def build(refresh: RefreshContext) -> Iterator[Any]:
        """One `dbt build` in this process; failures are handed to the gate, not raised."""
        results = nightly.build_warehouse(refresh.home)
        for result in results:
            if result["unique_id"] in specs and result["status"] == "success":
                yield dg.MaterializeResult(
                    asset_key=specs[result["unique_id"]].key, metadata={"seconds": result["seconds"]}
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


@dg.asset(
    key=VERDICT,
    deps=[DBT_RESULTS],
    group_name="gate",
    kinds={"greatexpectations", "duckdb"},
    owners=OPERATOR,
    description="公表可否の判定。検査の結果を公表候補そのものに保存する。 / "
    "The verdict: every check's outcome, stored in the candidate that it judged.",
)
def verdict(refresh: RefreshContext) -> dg.MaterializeResult:
    """Judge the candidate; a failed gate is data here and stops the release, whatever run asks for it."""
    judged = nightly.judge(refresh.home)
    return dg.MaterializeResult(metadata=judged)


@dg.multi_asset_check(
    name="great_expectations_suites",
    specs=[
        dg.AssetCheckSpec(
            check.check_id, asset=dg.AssetKey(check.table), additional_deps=[VERDICT], description=check.description_ja
        )
        for check in CHECKS
    ],
)
def suite_outcomes() -> Iterator[dg.AssetCheckResult]:
    """Show the stored outcomes of the Great Expectations suites beside the marts that they judged."""
    for outcome in nightly.suite_outcomes(Home.from_environment()):
        yield dg.AssetCheckResult(
            asset_key=dg.AssetKey(outcome["subject"]),
            check_name=outcome["check_id"],
            passed=outcome["passed"],
            severity=dg.AssetCheckSeverity.ERROR if outcome["severity"] == "gate" else dg.AssetCheckSeverity.WARN,
            metadata={"observed": str(outcome["observed"]), "threshold": str(outcome["threshold"])},
        )


@dg.asset(
    key=RELEASE,
    deps=[VERDICT],
    group_name="release",
    kinds={"duckdb", "parquet", "csv"},
    owners=PDCA_OFFICE,
    description="公表版。変更できない一つのフォルダーと、それを指す current。 / "
    "The release: an immutable directory and the pointer to it.",
)
def release(refresh: RefreshContext) -> dg.MaterializeResult:
    """Publish the candidate if the verdict stored in it allows that.

    Raises dagster.Failure with the reasons when the candidate was refused; the last release stays.
    """
    try:
        published = nightly.publish(refresh.home)
    except RefusedError as refusal:
        raise dg.Failure(
            description="公表を見送りました。前回の公表版を維持します。 / refused_by_gate",
            metadata={"reasons": dg.MetadataValue.md("\n\n".join(refusal.reasons))},
            allow_retries=False,
        ) from refusal
    return dg.MaterializeResult(metadata={"release": published.name, "path": dg.MetadataValue.path(str(published))})
