"""Everything of one municipality and edition, from one release, as files to hand on.

Holds: which papers and tables belong to it, and that all of them are of one release. Does not hold: how papers look
(`book`), or the folder (`bundle`).

`current` is followed once. A release can be removed while it is read, when a refresh publishes and the oldest go: then
the whole is read again from what is current by then. Each copied paper is compared with the hash in the release's own
manifest, and tables and papers that are made come from one open database.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import polars as pl

from sousei.foundation.home import Home
from sousei.publication import office, package, shelf
from sousei.publication.book.write import PAPERS, Meeting, meeting_papers, written
from sousei.publication.formats import formatted
from sousei.publication.query import QueryError, queries
from sousei.publication.shelf import Release
from sousei.publication.told.read import EDITIONS, NotThereError, told
from sousei.publication.told.words import era_day

TRIES = 5
"""Releases that are begun before it is given up that one stays long enough to be read."""
BOM = b"\xef\xbb\xbf"
EVERYWHERE = ("dim_time", "mart_kpi_codebook", "meta_release")
"""Tables that are of no municipality and belong to every set."""
CUT_BY_SOURCE = "meta_source"
"""Table whose rows belong to a set where one of its other rows names them."""


class PulledSet(NamedTuple):
    """release_id: of which all files are. files: relative path -> bytes, without the list of hashes."""

    release_id: str
    files: dict[str, bytes]


class MovedError(Exception):
    """Every release that was begun was removed before it was read (release_moved)."""


class _GoneError(Exception):
    """The release was removed while it was read."""


def pull(
    home: Home, municipality: str, edition: str, plan_id: str | None = None, release: str = "current"
) -> PulledSet:
    """The papers of a municipality in an edition, its tables, and what they are (README.txt).

    plan_id: papers of this plan alone. The staff edition has the marts cut to the municipality; the others have what
    the machine sheets of their workbooks hold. Raises NotThereError where there is no such plan,
    LookupError where there is no such release, MovedError.
    """
    return _steady(home, release, lambda one: _set(one, municipality, edition, plan_id))


def for_meeting(
    home: Home, municipality: str, plan_id: str, edition: str, meeting: Meeting, release: str = "current"
) -> PulledSet:
    """The papers of a meeting (book.write.PAPERS) and what they are. Raises what `pull` raises."""

    def made(one: Release) -> dict[str, bytes]:
        files = meeting_papers(one, municipality, plan_id, edition, meeting)
        about = told(one, municipality, plan_id, edition)
        lines = [f"{name}  {paper.number_ja} {paper.title_ja}" for name, paper in zip(files, PAPERS, strict=True)]
        head = [f"{meeting.name_ja}（{era_day(meeting.day)}）の資料", ""]
        return files | {"README.txt": _readme(one, about.town, edition, lines, head)}

    return _steady(home, release, made)


def _steady(home: Home, name: str, made: Callable[[Release], dict[str, bytes]]) -> PulledSet:
    """What is made of one release, which stays while it is read."""
    for _ in range(TRIES):
        try:
            one = shelf.find(home, name)
        except LookupError:
            if name not in shelf.POINTERS or not (home.releases / name).is_symlink():
                raise
            continue
        try:
            files = made(one)
        except (OSError, QueryError, duckdb.Error, _GoneError):
            if (one.path / shelf.MANIFEST).is_file():
                raise
            continue
        return PulledSet(one.release_id, dict(sorted(files.items())))
    raise MovedError(f"release_moved: {name}")


def _set(release: Release, municipality: str, edition: str, plan_id: str | None) -> dict[str, bytes]:
    plans = _plans(release, municipality)
    if not plans or (plan_id is not None and plan_id not in plans):
        raise NotThereError(plans)
    chosen = [plan_id] if plan_id is not None else plans
    files = dict(_papers(release, municipality, edition, chosen, plan_id is not None))
    about = [told(release, municipality, one, edition) for one in chosen]
    have = {Path(name).name for name in files}
    for one in about:
        if (name := f"{municipality}_{one.plan['plan_id']}_{edition}.xlsx") not in have:
            files[f"papers/{name}"] = written(one)
    if edition == "staff":
        held = dict(_tables(release, municipality))
        described = {name: release.manifest.tables[name].described for name in held}
        files[package.SCHEMA] = package.schema(described)
        known = _words(release)
        for name, frame in held.items():
            files[f"csv/{name}.csv"] = _csv(frame)
            if frame.height <= office.CSV_ROWS:
                files[f"{office.FOLDER}/{name}.csv"] = office.written(frame, name, described[name].columns, known)
    else:
        for one in about:
            files[f"csv/{one.plan['plan_id']}_kpi_long.csv"] = _csv(one.long)
        files["csv/codebook.csv"] = _csv(about[0].codebook)
    lines = [f"papers/  計画ごとの資料（Excel）{'と団体の報告' if any(n.endswith('.html') for n in files) else ''}"]
    lines += ["csv/  表のデータ（CSV、UTF-8）" + ("：団体の行だけ" if edition == "staff" else "：公表される列だけ")]
    if edition == "staff":
        lines += [f"{office.FOLDER}/  同じ表を、人が表計算ソフトで開く形で（「 」は日付や数値に変わらないための囲み）"]
        lines += [f"{package.SCHEMA}  csv/ の列の型（pandas・polars・R）と単位・意味"]
    lines += [f"計画：{one.plan['plan_name_ja']}（{one.plan['plan_id']}）" for one in about]
    return files | {"README.txt": _readme(release, about[0].town, edition, lines, [f"{about[0].town}の資料一式", ""])}


def _plans(release: Release, municipality: str) -> list[str]:
    code = municipality.replace("'", "''")
    statement = f"select plan_id from dim_plan where municipality_code = '{code}' order by first_fiscal_year, plan_id"  # noqa: S608
    return [str(one) for one in queries([statement], release)[0]["plan_id"]]


def _papers(
    release: Release, municipality: str, edition: str, chosen: list[str], of_plans: bool
) -> Iterator[tuple[str, bytes]]:
    """The papers that the release holds, each as its manifest says that it is."""
    start = f"papers/{edition}/{municipality}/"
    for name, facts in release.manifest.files.items():
        if not name.startswith(start):
            continue
        mine = any(Path(name).stem == f"{municipality}_{plan}_{edition}" for plan in chosen)
        if of_plans and not mine and name.endswith(".xlsx"):
            continue
        data = (release.path / name).read_bytes()
        if hashlib.sha256(data).hexdigest() != facts.sha256:
            raise _GoneError(name)
        yield f"papers/{name.removeprefix(start)}", data


def _words(release: Release) -> office.Words:
    """The words of the codes of a release; none where it is older than its dimensions of them."""
    asked = [statement for table, statement in office.ASKED.items() if table in release.manifest.tables]
    return office.folded(row for frame in queries(asked, release) for row in frame.rows()) if asked else {}


def _tables(release: Release, municipality: str) -> Iterator[tuple[str, pl.DataFrame]]:
    """The marts with the rows of the municipality, the few tables of no municipality, and the sources named in them."""
    code = municipality.replace("'", "''")
    wanted = {}
    for name, table in release.manifest.tables.items():
        columns = {column.name for column in table.columns}
        if "municipality_code" in columns:
            wanted[name] = f"municipality_code = '{code}' or municipality_code is null"
        elif name in EVERYWHERE:
            wanted[name] = "true"
    read = queries([f"select * from {name} where {where} order by all" for name, where in wanted.items()], release)  # noqa: S608
    sources: set[str] = set()
    for name, frame in zip(wanted, read, strict=True):
        for column in {"source_id", "source_ids"} & set(frame.columns):
            for told_of in frame[column].drop_nulls().cast(pl.String).to_list():
                sources |= set(told_of.split())
        if frame.height or name in EVERYWHERE:
            yield name, frame
    if CUT_BY_SOURCE in release.manifest.tables:
        (every,) = queries([f"select * from {CUT_BY_SOURCE} order by all"], release)  # noqa: S608
        yield CUT_BY_SOURCE, every.filter(pl.col("source_id").is_in(sorted(sources)))


def _csv(frame: pl.DataFrame) -> bytes:
    """As the CSV of a release: with a byte order mark, texts that a spreadsheet would run neutralised."""
    return BOM + formatted(frame, "csv")


def _readme(release: Release, town: str, edition: str, lines: list[str], head: list[str]) -> bytes:
    as_of = dt.date.fromisoformat(release.manifest.as_of_date)
    said = [
        *head,
        f"団体　　　　{town}",
        f"版　　　　　{EDITIONS[edition]}",
        f"公表版の番号　{release.release_id}（すべてのファイルがこの公表版のものです）",
        f"基準日　　　{era_day(as_of)}（{as_of.isoformat()}）",
        "",
        "内容",
        *(f"  {line}" for line in lines),
        "  SHA256SUMS  各ファイルのハッシュ値。sha256sum -c SHA256SUMS で確かめられます",
        "",
        "空欄は数値がないことを示し、0 ではありません。",
        "value_status が suppressed の欄は、少ない人数を秘匿したものです。",
    ]
    if edition == "public":
        said.append("公表版には、庁内の備考・要確認の事項・未報告の一覧は入っていません。")
    return ("\r\n".join(said) + "\r\n").encode("utf-8-sig")
