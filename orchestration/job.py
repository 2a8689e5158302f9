"""The nightly job put together: assets, checks, the job, its schedule and the sensor of landing.

Holds: assembly only. Does not hold: the steps (nightly), or their assets (assets, warehouse_assets).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster._utils.error import serializable_error_info_from_exc_info

from sousei.foundation.home import Home
from sousei.orchestration import assets, failures, landing
from sousei.orchestration import run as runs
from sousei.orchestration.lock import is_held
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


@dg.sensor(job=nightly_refresh, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.STOPPED)
def new_files_in_landing(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """landing に新しい資料がそろったら夜間処理を始める（初めは止めてある）。 / Starts the nightly job when new files in
    landing are complete; off until somebody starts it."""
    home = Home.from_environment()
    if is_held(home.lock):
        return dg.SkipReason("refresh_in_progress: 更新の実行中です。 / A refresh is running.")
    found = landing.look(home, landing.remembered(context.cursor))
    context.update_cursor(found.memory.text)
    if found.key:
        return dg.RunRequest(run_key=f"landing-{found.key}", tags={"sousei/new_files": str(found.new)})
    return dg.SkipReason(
        f"書き込みの終わりを待っているファイル {found.writing}。新しいファイルはありません。 / "
        f"{found.writing} files may still be being written; nothing new is complete."
    )


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
        sensors=[new_files_in_landing],
        resources={"night": assets.ScheduledNight()},
    )
