"""The nightly job put together: assets, checks, the job and its schedule.

Holds: assembly only. Does not hold: the steps (nightly), or their assets (assets, warehouse_assets).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster._utils.error import serializable_error_info_from_exc_info

from sousei.foundation.home import Home
from sousei.orchestration import assets, failures
from sousei.orchestration import run as runs
from sousei.orchestration.warehouse_assets import build_warehouse_assets

JOB_NAME = "nightly_refresh"


@dg.failure_hook
def ended_badly(context: dg.HookContext) -> None:
    """A step that failed is on record for `sousei status`, whoever started the run; a refusal is so already."""
    home, error = Home.from_environment(), context.op_exception
    if (runs.last(home) or {}).get("state") != "running" or error is None:
        return
    told = serializable_error_info_from_exc_info((type(error), error, error.__traceback__))  # type: ignore[arg-type]
    failures.keep(home, told.to_string(), [failures.one_line(context.op.name, told)])


nightly_refresh = dg.define_asset_job(
    JOB_NAME,
    selection=dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks(),
    executor_def=dg.in_process_executor,
    hooks={ended_badly},
    description="毎晩の更新。受領から公表までを一つのプロセスで行う。 / The nightly refresh, in one process.",
)


@dg.schedule(
    job=nightly_refresh,
    cron_schedule="0 2 * * *",
    execution_timezone="Asia/Tokyo",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def every_night_at_two(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """毎日 02:00（日本時間）。基準日は予定時刻の日付。 / 02:00 Asia/Tokyo; the as-of date is the tick's date."""
    day = context.scheduled_execution_time.date().isoformat()
    return dg.RunRequest(run_key=day, run_config={"ops": {"intake": {"config": {"as_of": day}}}})


def definitions(manifest: Mapping[str, Any]) -> dg.Definitions:
    """All definitions. manifest: dbt's (warehouse.Warehouse)."""
    return dg.Definitions(
        assets=[
            assets.build_intake(),
            assets.build_projection(manifest),
            build_warehouse_assets(manifest),
            assets.verdict,
            assets.release,
        ],
        asset_checks=[assets.suite_outcomes],
        jobs=[nightly_refresh],
        schedules=[every_night_at_two],
        resources={"night": assets.ScheduledNight()},
    )
