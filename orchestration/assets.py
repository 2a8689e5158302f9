"""The assets of the nightly refresh, in the order in which data flows: intake, projection, gate, release.

Holds: which step makes which asset, with what description, owner and kind. One step serves all municipalities.
Does not hold: data logic; each step calls one method of the night. dbt's assets are in warehouse_assets.

Annotations stay evaluated here (no `from __future__ import annotations`): Dagster reads them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from sousei.expectations.suites.declared import CHECKS
from sousei.foundation import clock
from sousei.foundation.home import Home
from sousei.ingest.contract.editions import Edition, is_of
from sousei.ingest.contract.loading import all_contracts
from sousei.ingest.tables import FIGURES, RAW_TABLES
from sousei.orchestration import history
from sousei.orchestration import run as runs
from sousei.orchestration.inputs import CannotStartError, WrongUseError
from sousei.orchestration.lock import refresh_lock
from sousei.orchestration.nightly import Night, texts_of
from sousei.orchestration.run import PointerLostError
from sousei.orchestration.tables import columns, raw_columns, sentence
from sousei.projection.night.tables import INPUTS, PROJECTION_TABLES
from sousei.publication.publish import RefusedError

OPERATOR = ["team:operator"]
PDCA_OFFICE = ["team:pdca_office"]


WAIT_SECONDS = 2 * 3600.0
"""How long a scheduled night waits for a refresh that somebody started by hand: the longest that one may take."""


class ScheduledNight(dg.ConfigurableResource[Night]):
    """The night of a run that Dagster starts: plans itself in its first step, and holds the lock until the run ends.
    Where a refresh is running it waits for its end. `sousei refresh` gives its own night instead, planned and under its
    lock."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Night]:
        home = Home.from_environment()
        with refresh_lock(home.lock, WAIT_SECONDS), Night(home) as night:
            yield night
        if context.instance is not None:
            history.prune(context.instance)


class IntakeConfig(dg.Config):
    """What one refresh may be told; all are optional."""

    as_of: str | None = None
    landing: str | None = None
    samples: bool = False


def _raw_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["raw", table])


def _projection_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["projection", table])


def _delivered_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["delivered", table])


def freshness(edition: Edition) -> dg.FreshnessPolicy | None:
    """How long Dagster calls an edition fresh after a new delivery: to its next period (then WARN), and the days of
    grace longer (then FAIL); None of what comes on occasion. A month counts as 31 days, a year as 366. Which period is
    late, by its day of publication, `sousei status` says (orchestration.calendar)."""
    if edition.every == "occasion":
        return None
    apart = timedelta(days=31 * edition.step if edition.every == "month" else 366 * edition.step // 12)
    grace = timedelta(days=edition.grace_days)
    return dg.FreshnessPolicy.time_window(fail_window=apart + grace, warn_window=apart if grace else None)


def _editions() -> dict[dg.AssetKey, tuple[str, Edition]]:
    return {
        dg.AssetKey(["source", contract.source, edition.edition]): (contract.source, edition)
        for contract in all_contracts()
        for edition in contract.editions
    }


DELIVERIES = dg.AssetKey("deliveries")
RUN = _raw_key("run")
VERDICT = dg.AssetKey("meta_check_outcome")
RELEASE = dg.AssetKey("release")
DBT_RESULTS = dg.AssetKey("dbt_results")


def build_intake() -> dg.AssetsDefinition:
    """The step that takes in what was delivered, with an asset per edition of a source, per raw table and per table of
    delivered figures. An edition is made anew by a night with a new delivery of it, so that its freshness is that of
    the source."""
    editions = _editions()

    @dg.multi_asset(
        name="intake",
        specs=[
            dg.AssetSpec(
                DELIVERIES,
                group_name="ingest",
                kinds={"file"},
                owners=OPERATOR,
                skippable=True,
                description="受領ファイル。landing の各ファイルを受領時のまま snapshots に保存し、受領票を付けたもの。"
                " / Delivered files, kept as received with a receipt each.",
            ),
            *(
                dg.AssetSpec(
                    key,
                    deps=[DELIVERIES],
                    group_name="sources",
                    kinds={"file"},
                    owners=OPERATOR,
                    skippable=True,
                    freshness_policy=freshness(edition),
                    description=f"{edition.name_ja}の新しい資料。 / New deliveries of {source}/{edition.edition}.",
                )
                for key, (source, edition) in editions.items()
            ),
            *(
                dg.AssetSpec(
                    _raw_key(table),
                    deps=[DELIVERIES],
                    group_name="ingest",
                    kinds={"parquet", "polars"},
                    owners=OPERATOR,
                    skippable=True,
                    description=described.description,
                    metadata=raw_columns(described),
                )
                for table, described in RAW_TABLES.items()
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
                for table in FIGURES
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
    def intake(
        context: dg.AssetExecutionContext, config: IntakeConfig, night: dg.ResourceParam[Night]
    ) -> Iterator[Any]:
        """Landing to snapshots to raw Parquet; ends without an asset when there is nothing new."""
        now = clock.now()
        as_of = date.fromisoformat(config.as_of) if config.as_of else now.date()
        landing = Path(config.landing) if config.landing else None
        try:
            told = texts_of(night.plan(landing, as_of, now, config.samples).result.problems)
            outcome = night.take_in(landing, as_of, now, config.samples)
        except (CannotStartError, PointerLostError, WrongUseError) as refusal:
            reasons = list(getattr(refusal, "reasons", [str(refusal)]))
            runs.record(night.home, "refused", now, reasons)
            raise dg.Failure(
                description="更新を始められません。前回の公表版を維持します。 / cannot_start",
                metadata={"reasons": dg.MetadataValue.md("\n\n".join(reasons))},
                allow_retries=False,
            ) from refusal
        yield dg.AssetCheckResult(
            asset_key=_raw_key("delivery"),
            check_name="every_delivery_was_read",
            passed=not told,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"problems": dg.MetadataValue.md("\n\n".join(told) or "-")},
        )
        if outcome is None:
            state, reasons = night.end_with_nothing(night.plan(landing, as_of, now, config.samples), now)
            context.log.info(
                "\n".join(reasons) or f"{state}: 新しい受領ファイルはありません。現在の公表版をそのまま維持します。"
            )
            return
        yield dg.MaterializeResult(
            asset_key=DELIVERIES, metadata={"files": len(outcome.run.inputs), "run_id": outcome.run.run_id}
        )
        for key, (source, edition) in editions.items():
            if files := sum(is_of(source, edition, one) for one in outcome.new):
                yield dg.MaterializeResult(asset_key=key, metadata={"files": files})
        for table in RAW_TABLES:
            yield dg.MaterializeResult(asset_key=_raw_key(table), metadata={"dagster/row_count": outcome.rows[table]})
        for table in FIGURES:
            yield dg.MaterializeResult(asset_key=_delivered_key(table))
        yield dg.MaterializeResult(asset_key=RUN, metadata={"run_id": outcome.run.run_id, "as_of": outcome.run.as_of})

    return intake


def build_projection(manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """The step that projects, with an asset per table of the projection."""

    @dg.multi_asset(
        name="project",
        specs=[
            dg.AssetSpec(
                _projection_key(table),
                deps=[_delivered_key(name) for name in INPUTS],
                group_name="projection",
                kinds={"polars", "parquet"},
                owners=PDCA_OFFICE,
                description=sentence(manifest, table),
                metadata=columns(described),
            )
            for table, described in PROJECTION_TABLES.items()
        ],
    )
    def project(night: dg.ResourceParam[Night]) -> Iterator[Any]:
        """All municipalities and scenarios at once."""
        for table, rows in night.project().items():
            yield dg.MaterializeResult(asset_key=_projection_key(table), metadata={"dagster/row_count": rows})

    return project


@dg.asset(
    key=VERDICT,
    deps=[DBT_RESULTS],
    group_name="gate",
    kinds={"greatexpectations", "duckdb"},
    owners=OPERATOR,
    description="公表可否の判定。検査の結果を公表候補そのものに保存する。 / "
    "The verdict: every check's outcome, stored in the candidate that it judged.",
)
def verdict(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    """Judge the candidate; a failed gate is data here and stops the release, whatever run asks for it."""
    judged = night.judge()
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
def suite_outcomes(night: dg.ResourceParam[Night]) -> Iterator[dg.AssetCheckResult]:
    """Show the stored outcomes of the Great Expectations suites beside the marts that they judged."""
    for outcome in night.suite_outcomes():
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
def release(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    """Publish the candidate if the verdict stored in it allows that.

    Raises dagster.Failure with the reasons when the candidate was refused; the last release stays.
    """
    try:
        published = night.publish()
    except RefusedError as refusal:
        raise dg.Failure(
            description="公表を見送りました。前回の公表版を維持します。 / refused_by_gate",
            metadata={"reasons": dg.MetadataValue.md("\n\n".join(refusal.reasons))},
            allow_retries=False,
        ) from refusal
    return dg.MaterializeResult(metadata={"release": published.name, "path": dg.MetadataValue.path(str(published))})
