"""Hands the unread deliveries of a night out to workers, a Dagster run per prefecture, and waits for them.

Holds: what goes to whom, a worker that was lost, when to stop waiting. Does not hold: what a worker does (readings), or
the night: it holds its lock meanwhile, takes up what was read, and reads the rest itself. So nothing is lost by a
worker that is, and nothing is published but by the night.

Runs are started by the run launcher of the Dagster instance (dagster-celery's CeleryRunLauncher) and kept in its run
storage. Neither library is imported here.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sousei.foundation.environment import changed
from sousei.foundation.home import Home
from sousei.foundation.told import ToldError
from sousei.orchestration import history

if TYPE_CHECKING:
    import dagster as dg
    import polars as pl

    from sousei.ingest.receive.intake import Snapshot

ATTEMPTS = 3
"""Runs of one prefecture in one night: one, and two more where a worker is lost or fails."""
LOOK_SECONDS, PING_SECONDS = 0.5, 3.0
MISSED = 3
"""Pings that a worker may leave unanswered before its run is given to another."""
PATIENCE_SECONDS = 60.0
"""How long nothing may happen while no worker that answers is reading."""
_TASK = "dagster-celery/task_id"


@dataclass
class Share:
    """The deliveries of one prefecture; run_id: the run that reads them now. missed: pings that its worker did not
    answer. seen: what was known of it the last time."""

    code: str
    files: list[str]
    attempt: int = 0
    run_id: str = ""
    missed: int = 0
    seen: str = ""


def is_set_up() -> None:
    """Raises ToldError (prefecture_not_set_up) where the libraries or the Dagster home are missing."""
    if find_spec("dagster_celery") is None or not os.environ.get(history.VARIABLE):
        raise ToldError(
            "prefecture_not_set_up: 複数の機械で読む準備ができていません。pip install 'sousei[prefecture]' と環境変数 "
            f"{history.VARIABLE}（dagster.yaml のフォルダー）を確かめてください（docs/prefecture.ja.md）。 / "
            f"prefecture_not_set_up: install sousei[prefecture] and set {history.VARIABLE}"
        )


def shares(home: Home, waiting: list[Snapshot]) -> list[Share]:
    """Deliveries by prefecture, the most bytes first: what takes longest begins first."""
    from sousei.ingest.receive import intake
    from sousei.orchestration.prefecture.partitions import partition_of

    places, found, size = intake.places(home), dict[str, Share](), dict[str, int]()
    for one in waiting:
        code = partition_of(places[one.sha256])
        found.setdefault(code, Share(code, [])).files.append(one.sha256)
        size[code] = size.get(code, 0) + one.size_bytes
    return sorted(found.values(), key=lambda share: (-size[share.code], share.code))


class Coordinator:
    """What a night is given as `ahead`; call it with what will be read."""

    def __init__(self, home: Home, tell: Callable[[str, str], None] | None = None) -> None:
        self._home, self._tell = home, tell or (lambda ja, en: None)

    def __call__(self, snapshots: list[Snapshot], lines: pl.DataFrame) -> list[str]:
        """Have read what is unread; what its user should know, Japanese / English. Never raises for what happens to
        workers, broker or run storage: then the night reads by itself."""
        from sousei.ingest import raw

        waiting = raw.unread(self._home, snapshots, lines)
        if not waiting:
            return []
        whole = shares(self._home, waiting)
        self._tell(
            f"{len(waiting)}件を{len(whole)}の都道府県に分けて読んでいます", f"{len(whole)} prefectures are read"
        )
        try:
            with changed(DAGSTER_DISABLE_TELEMETRY="1"):
                import dagster as dg

                with dg.DagsterInstance.get() as instance:
                    lost = _Round(instance, whole, raw.reader_version()).run()
                    history.prune(instance)
        except Exception as error:  # of a broker, a run storage, their settings: many kinds, none is ours
            first = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
            first = first.replace(" / ", " ")[:200]
            return [
                f"workers_not_reached: 働き手に渡せなかったため、この機械で読みました（{first}）。"
                "PostgreSQL と Redis を確かめてください。 / "
                f"workers_not_reached: read on this machine instead ({first})"
            ]
        if not lost:
            return []
        named = ", ".join(sorted(share.code for share in lost))
        return [
            f"workers_lost: 働き手が読み終えられなかった都道府県 {named} を、この機械で読みました。"
            "働き手の機械を確かめてください。 / "
            f"workers_lost: prefectures {named} were read on this machine instead; look at the workers"
        ]


class _Round:
    def __init__(self, instance: dg.DagsterInstance, whole: list[Share], reader: str) -> None:
        from dagster import reconstructable

        from sousei.orchestration.prefecture import readings

        self._instance, self._shares, self._reader = instance, whole, reader
        self._launcher: Any = instance.run_launcher
        self._job = readings.job()
        self._origin = reconstructable(readings.job).get_python_origin()
        self._asked = 0.0
        self._alive: set[str] = set()

    def run(self) -> list[Share]:
        """Start every share and wait; those that no worker has finished."""
        for share in self._shares:
            self._start(share)
        waiting, lost, moved = list(self._shares), list[Share](), time.monotonic()
        while waiting:
            time.sleep(LOOK_SECONDS)
            is_asked = self._ask()
            for share in list(waiting):
                now = self._state(share, is_asked)
                if now != share.seen or now == "running":
                    share.seen, moved = now, time.monotonic()
                if now == "done":
                    waiting.remove(share)
                elif now in ("lost", "failed", "stopped"):
                    if now == "stopped" or share.attempt >= ATTEMPTS:
                        self._give_up(share)
                        waiting.remove(share)
                        lost.append(share)
                    else:
                        self._give_up(share)
                        self._start(share)
            if time.monotonic() - moved > PATIENCE_SECONDS:
                for share in waiting:
                    self._give_up(share)
                return [*lost, *waiting]
        return lost

    def _start(self, share: Share) -> None:
        run = self._instance.create_run_for_job(
            job_def=self._job,
            run_config={"ops": {"readings": {"config": {"files": share.files, "reader": self._reader}}}},
            tags={"dagster/partition": share.code, "sousei/attempt": str(share.attempt + 1)},
            job_code_origin=self._origin,
        )
        share.attempt, share.run_id, share.missed, share.seen = share.attempt + 1, run.run_id, 0, ""
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # the launcher names its task to Celery anew for each run, and Celery says so
            self._instance.launch_run(run.run_id, None)  # type: ignore[arg-type]  # the launcher asks for no workspace

    def _ask(self) -> bool:
        """Ask from time to time which workers answer; whether it was done now."""
        if time.monotonic() - self._asked < PING_SECONDS:
            return False
        answers = self._launcher.celery.control.ping(timeout=2.0)
        self._alive = {name for one in answers for name in one}
        self._asked = time.monotonic()
        return True

    def _state(self, share: Share, is_asked: bool) -> str:
        """`done`, `failed`, `stopped` (by a person), `waiting` (for a worker), `running`, `silent` (its worker does not
        answer), or `lost`."""
        run = self._instance.get_run_by_id(share.run_id)
        if run is None or run.is_finished:
            ends = {"SUCCESS": "done", "CANCELED": "stopped"}
            return ends.get(run.status.value, "failed") if run is not None else "lost"
        task = self._launcher.celery.AsyncResult(run.tags[_TASK])
        if task.state in ("FAILURE", "REVOKED", "SUCCESS"):  # the process that read is gone, and its run has no end
            again = self._instance.get_run_by_id(share.run_id)
            return "running" if again is not None and again.is_finished else "lost"
        if task.state != "STARTED":
            return "waiting"
        said = task.info if isinstance(task.info, dict) else {}
        if said.get("hostname") in self._alive:
            share.missed = 0
            return "running"
        share.missed += is_asked
        return "lost" if share.missed >= MISSED else "silent"

    def _give_up(self, share: Share) -> None:
        run = self._instance.get_run_by_id(share.run_id)
        if run is not None and not run.is_finished:
            self._instance.report_run_failed(run, "workers_lost: its worker did not finish it")
