"""What a worker does: read the deliveries of one prefecture into the home's store of readings.

Holds: the partitioned asset and its job. Does not hold: who starts it (coordinator), reading (ingest.raw). A reading is
kept by the hash of the bytes, of the reader and of the corrections, and written whole or not at all: whoever reads the
same again writes the same, and what was read once is not read again.

Annotations stay evaluated here (no `from __future__ import annotations`): Dagster reads them.
"""

import dagster as dg

from sousei.foundation.home import Home
from sousei.orchestration.assets import OPERATOR
from sousei.orchestration.prefecture.partitions import PREFECTURES, partition_of

JOB_NAME = "readings_by_prefecture"
READINGS = dg.AssetKey("readings")


class ReadingsConfig(dg.Config):
    """files: SHA-256 of the deliveries to read; None: those of the prefecture that are kept. reader: version of the
    reader that the coordinator has; another one is refused, since it would read what nobody takes up."""

    files: list[str] | None = None
    reader: str | None = None


@dg.asset(
    key=READINGS,
    partitions_def=PREFECTURES,
    group_name="ingest",
    kinds={"polars", "parquet"},
    owners=OPERATOR,
    description="受領ファイルを都道府県ごとに読んだ結果。夜間処理は読み済みのものを読み直さない。 / Deliveries of one "
    "prefecture, read ahead; the night does not read them again.",
)
def readings(context: dg.AssetExecutionContext, config: ReadingsConfig) -> dg.MaterializeResult:
    """Read what is not read yet; the number of files and rows."""
    from sousei.ingest import raw
    from sousei.ingest.receive import intake

    if config.reader is not None and config.reader != raw.reader_version():
        raise dg.Failure(
            description="worker_of_another_version: この機械のプログラムは調整役と版が違います。同じ版を入れて"
            f"ください。 / this worker reads as {raw.reader_version()}, the coordinator as {config.reader}",
            allow_retries=False,
        )
    home, code = Home.from_environment(), context.partition_key
    files = set(config.files) if config.files is not None else _of(home, code)
    snapshots = intake.stored(home, only=files)
    if lost := files - {one.sha256 for one in snapshots}:
        raise dg.Failure(
            description=f"home_not_shared: {home.root} に資料が {len(lost)}件ありません。調整役と同じ置き場を"
            "見せてください。 / this worker does not see the coordinator's home",
            allow_retries=False,
        )
    rows = raw.read_ahead(home, snapshots)
    context.log.info(f"{code}: {len(snapshots)} files, {rows} rows")
    return dg.MaterializeResult(metadata={"files": len(snapshots), "dagster/row_count": rows})


def _of(home: Home, code: str) -> set[str]:
    from sousei.ingest.receive import intake

    return {digest for digest, place in intake.places(home).items() if partition_of(place) == code}


def definitions() -> dg.Definitions:
    """The asset and its job."""
    made = dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.assets(READINGS),
        executor_def=dg.in_process_executor,
        description="都道府県ごとの読み取り。働き手の機械で行う。 / Deliveries of one prefecture are read by a worker.",
    )
    return dg.Definitions(assets=[readings], jobs=[made])


def job() -> dg.JobDefinition:
    """The job as a worker finds it again, by the name of this function."""
    return definitions().resolve_job_def(JOB_NAME)
