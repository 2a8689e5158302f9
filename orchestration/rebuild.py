"""An old release made again from what is kept, and compared with itself table by table; the home is not touched.

Holds: what a home held when a release was made, the night's own steps on it, and the comparison with the release's
manifest. Does not hold: a rule of its own for any figure (nightly), or the pointer of readers: it never moves.

A release is a function of the deliveries received until then, the decisions of then, the release before it and the
program. Deliveries lie in snapshots; the decisions are found by the hash of the release's inputs; what is not there any
more, or is another, is named as a reason why tables may differ.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from sousei.foundation.duck import identifier, quoted
from sousei.foundation.files import sha256_of
from sousei.foundation.fingerprint import code_version
from sousei.foundation.home import Home
from sousei.foundation.told import ToldError
from sousei.ingest.decided import decisions
from sousei.orchestration import inputs, stage
from sousei.orchestration import run as runs
from sousei.orchestration.decided import folder_of
from sousei.orchestration.nightly import CANDIDATE, Night
from sousei.publication import shelf
from sousei.publication.contents import FIRST, write_tables
from sousei.publication.shelf import Release
from sousei.publication.verify import verify_inputs


class RebuildError(ToldError):
    """The release cannot be made again (rebuild_inputs_lost); the text says what is missing."""


@dataclass(frozen=True)
class Compared:
    """One table, as it was released and as it was made again.

    state: `equal` (the Parquet files have one hash), `same_values` (all columns and rows are equal, the words beside
    them or the form of the file are not), `differs`, `only_released`, `only_rebuilt`. rows_gone, rows_new: rows of the
    columns that both have which only one of them holds; None where there is nothing to compare.
    """

    table: str
    state: str
    columns_gone: tuple[str, ...] = ()
    columns_new: tuple[str, ...] = ()
    rows_gone: int | None = None
    rows_new: int | None = None


@dataclass(frozen=True)
class Rebuilt:
    """reasons: why tables may differ, each Japanese / English with its identifier first; empty where everything that
    made the release is there."""

    release_id: str
    code_released: str
    code_now: str
    reasons: list[str]
    tables: list[Compared]

    @property
    def is_equal(self) -> bool:
        return all(one.state == "equal" for one in self.tables)


def rebuild(home: Home, release: Release, to: Path | None = None) -> Rebuilt:
    """Make a release again and compare it; takes as long as a night.

    to: a folder that is not there yet, for the tables that were made; None keeps nothing. Raises RebuildError where
    deliveries of the release are lost, inputs.CannotStartError where its decisions cannot be read, OSError where the
    folder cannot be made.
    """
    manifest, reasons = release.manifest, []
    if lost := verify_inputs(home, release):
        raise RebuildError(
            f"rebuild_inputs_lost: 公表版 {release.release_id} の資料がそろわないため、作り直せません。控えの "
            f"snapshots/ を戻してください。{' '.join(lost)} / "
            f"rebuild_inputs_lost: {len(lost)} deliveries of the release are lost"
        )
    if manifest.code_version != code_version():
        reasons.append(
            f"other_code: 公表時のプログラムは {manifest.code_version}、今は {code_version()} です。同じ表にするには"
            "公表時の版を入れて実行してください。 / "
            f"other_code: released by {manifest.code_version}, made again by {code_version()}."
        )
    if manifest.duckdb_version != duckdb.__version__:
        reasons.append(
            f"other_duckdb: 公表時の DuckDB は {manifest.duckdb_version}、今は {duckdb.__version__} です。 / "
            f"other_duckdb: {manifest.duckdb_version} then, {duckdb.__version__} now."
        )
    decided = folder_of(manifest, decisions.known(home))
    if decided is None:
        reasons.append(
            "other_decisions: 公表時の決裁（decisions/）が残っていないため、今の決裁で作りました。 / "
            "other_decisions: the decisions of then are not kept; made with those of now."
        )
    before, is_lost = _before(home, release)
    if is_lost:
        reasons.append(
            "no_previous_release: 比べた前の公表版がもうないため、変更の表と、前の版との検査は同じになりません。 / "
            "no_previous_release: the release that it was compared with is gone."
        )
    then, day = datetime.fromisoformat(manifest.created_at), date.fromisoformat(manifest.as_of_date)
    if to is not None:
        to.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="sousei-rebuild-") as folder:
        place = Path(folder)
        old = stage.as_of(home, place / "home", then, decided or home.decisions, before)
        with Night(old, pages=False, papers=False) as night:
            names = {one.sha256: one.file_name for one in manifest.deliveries}
            night.plan_again(inputs.again(old, names, day, then))
            if night.take_in(None, day, then) is None:
                raise RebuildError(
                    "rebuild_inputs_lost: 作り直すものがありません。 / rebuild_inputs_lost: nothing to build"
                )
            night.project()
            night.build_warehouse()
            night.judge()
            run = runs.load(old)
        made = to or place / "made"
        made.mkdir(exist_ok=True)
        last = before / shelf.DATABASE if before else None
        write_tables(made, old.building / CANDIDATE, release.release_id, run, then, last)
        tables = _compared(release, made)
    return Rebuilt(release.release_id, manifest.code_version, code_version(), reasons, tables)


def _before(home: Home, release: Release) -> tuple[Path | None, bool]:
    """(the release that was the current one when this one was made, whether that is lost)."""
    with duckdb.connect(str(release.database), read_only=True) as connection:
        rows = connection.execute("select * from main.meta_release").pl().to_dicts()
    said = rows[0] if rows else {}
    if said.get("previous_release_id"):
        named = home.releases / str(said["previous_release_id"])
        return (named, False) if named.is_dir() else (None, True)
    if said.get("not_compared_ja") == FIRST:
        return None, False
    then = datetime.fromisoformat(release.manifest.created_at)
    older = {}
    for path in shelf.ordered(home):
        try:
            made = datetime.fromisoformat(shelf.read(path).manifest.created_at)
        except (OSError, ValueError):
            continue
        if made < then:
            older[made] = path
    return (older[max(older)], False) if older else (None, True)


def _compared(release: Release, made: Path) -> list[Compared]:
    """Every table of either, in order of names."""
    stated = {
        Path(name).stem: file.sha256 for name, file in release.manifest.files.items() if name.startswith("parquet/")
    }
    rebuilt = {path.stem: path for path in (made / "parquet").glob("*.parquet")}
    found = []
    for table in sorted({*stated, *rebuilt}):
        if table not in rebuilt or table not in stated:
            found.append(Compared(table, "only_released" if table in stated else "only_rebuilt"))
        elif sha256_of(rebuilt[table]) == stated[table]:
            found.append(Compared(table, "equal"))
        else:
            found.append(_differs(table, release.path / "parquet" / f"{table}.parquet", rebuilt[table]))
    return found


def _differs(table: str, released: Path, rebuilt: Path) -> Compared:
    one, two = (f"read_parquet({quoted(str(path))})" for path in (released, rebuilt))
    with duckdb.connect() as connection:
        names = [[row[0] for row in connection.execute(f"describe from {place}").fetchall()] for place in (one, two)]
        both = ", ".join(identifier(name) for name in names[0] if name in names[1])
        gone, new = (
            connection.execute(
                f"select count(*) from (select {both} from {a} except all select {both} from {b})"  # noqa: S608
            ).fetchall()[0][0]
            for a, b in ((one, two), (two, one))
        )
    columns = tuple(name for name in names[0] if name not in names[1]), tuple(n for n in names[1] if n not in names[0])
    state = "differs" if gone or new or any(columns) else "same_values"
    return Compared(table, state, *columns, gone, new)
