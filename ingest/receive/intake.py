"""Landing -> snapshots: the bytes as received, kept once, read-only, by their hash.

Holds: safe opening of what lies in landing, refusal of what is unsafe or personal before a byte is stored, the
snapshot folders and their receipts. Does not hold: what a file means for the warehouse (raw.py).
"""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import hashlib
import json
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sousei.foundation.files import sha256_of, sweep, sync_folder, write_bytes, write_json
from sousei.foundation.home import Home
from sousei.ingest.cells import csvtext, workbook
from sousei.ingest.cells.contents import Opener, using
from sousei.ingest.cells.kinds import LITTER, NOT_A_TABLE
from sousei.ingest.problems.record import Problem, Refusal, fault, problem
from sousei.ingest.receive.personal import PERSONAL, find_personal, find_personal_keys

MAX_BYTES = 64 << 20
"""Largest file taken: text takes some ten times its size in memory while it is read, and the night has 1 GB. The
largest public table of the sources is 4 MB."""
_DEPTH = 4
_AGAIN = "receipts.jsonl"
_LISTING = "landing.json"
_MOVED = "is_moved"
_PLACED = "placed_at"
"""In a receipt whose clock stood before an earlier one's: the time by which it is put in order."""
_NEXT = dt.timedelta(microseconds=1)
_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)
_ODD = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]|[\ud800-\udfff]")


@dataclass(frozen=True)
class Snapshot:
    """One delivery. path is None where it was refused at the door and nothing was stored; then problems say why.

    file_name: the base name under which these bytes came last. received_at: when they came last. order: its place among
    all deliveries by when they came last, from 1; 0 where nothing was stored. origin: `samples` where they never came
    but as samples of the product. in_landing: the bytes lie in landing now. is_sound: the stored bytes are those that
    were received (their hash says so).
    """

    sha256: str
    file_name: str
    size_bytes: int
    received_at: dt.datetime
    origin: str
    path: Path | None
    in_landing: bool
    problems: list[Problem] = field(default_factory=list)
    order: int = 0
    is_sound: bool = True


SAMPLES = "samples"
"""Origin of the embedded samples, which serve a trial only."""


def take(
    home: Home, landing: Path, received_at: dt.datetime, origin: str, opener: Opener | None = None
) -> list[Snapshot]:
    """Take what lies in landing; give every delivery there is, old and new, refused ones too, in order of arrival.

    Bytes are copied into snapshots/<sha256>/bytes once. The same bytes are received again, which is a receipt line,
    where they come under another name or place, or lie in landing and did not lie there the last time. A file that was
    only moved or renamed inside landing was not received again: it gets its new name, not a new place in the order.
    Where the clock went back, what comes now still came after what came before. A file that is being written stays for
    the next night. Nothing in landing is changed or removed. opener: keeps what is opened here for the reader; None:
    one of its own.
    """
    with using(opener) as own:
        return _take(home, landing, received_at, origin, own)


def _take(home: Home, landing: Path, received_at: dt.datetime, origin: str, opener: Opener) -> list[Snapshot]:
    home.snapshots.mkdir(parents=True, exist_ok=True)
    sweep(home.snapshots)
    refused: list[Snapshot] = []
    here: dict[str, set[str]] = {}
    files: dict[str, list[str]] = {}
    last_time = _last_listing(home, landing)
    order = _Order(home)
    for place, name, opened in lying(landing):
        if isinstance(opened, Refusal):
            refused.append(Snapshot("", name, 0, received_at, origin, None, True, opened.problems))
            continue
        digest, size, this = "", 0, same_file(opened)
        try:
            data = content(opened)
            size = len(data)
            digest = hashlib.sha256(data).hexdigest()
            line = _line(name, place, size, received_at, origin)
            if not (home.snapshots / digest / "receipt.json").exists():
                _refuse_personal(data, digest, opener)
                _store(home, digest, data, order.behind(line))
            else:
                _mend(home, digest, data)
                came_back = bool(last_time) and digest not in last_time
                _acknowledge(home, digest, line, order, came_back, this in last_time.get(digest, ()))
            here.setdefault(digest, set()).add(name)
            files.setdefault(digest, []).append(this)
        except Refusal as refusal:
            if any(p["problem_id"] == PERSONAL for p in refusal.problems):
                digest = ""  # not even a hash is kept
            refused.append(Snapshot(digest, name, size, received_at, origin, None, True, refusal.problems))
        except Exception as error:  # not looked through for personal data, so not stored
            refused.append(Snapshot("", name, size, received_at, origin, None, True, [fault(error)]))
        finally:
            os.close(opened)
    if files and files != last_time:
        _list(home, landing, files)
    sync_folder(home.snapshots)
    return [*stored(home, here), *refused]


def same_file(handle: int) -> str:
    """What stays of a file that is moved or renamed, and differs for one that was delivered again."""
    found = os.fstat(handle)
    return f"{found.st_dev}-{found.st_ino}-{found.st_mtime_ns}"


def _last_listing(home: Home, landing: Path) -> dict[str, list[str]]:
    """Hash -> files (`same_file`) of what lay in this landing folder when it was taken in last; empty before the first
    time."""
    path = home.snapshots / _LISTING
    listed = json.loads(path.read_text("utf-8")).get(str(landing), {}) if path.exists() else {}
    return listed if isinstance(listed, dict) else {digest: [] for digest in listed}


def lay_there(home: Home, landing: Path) -> set[str]:
    """SHA-256 of what lay in this landing folder, by its absolute path, when a night took it in last."""
    return set(_last_listing(home, landing))


def _list(home: Home, landing: Path, files: Mapping[str, list[str]]) -> None:
    """Keep what lies in this landing folder. An empty folder is not kept: it is more often a drive that is not
    mounted than a landing that was cleared, and what lies there the next time was not received again."""
    path = home.snapshots / _LISTING
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    write_json(path, known | {str(landing): dict(sorted(files.items()))})


def _mend(home: Home, digest: str, data: bytes) -> None:
    """Put the received bytes back where the stored ones are lost or were changed."""
    path = home.snapshots / digest / "bytes"
    if not path.exists() or sha256_of(path) != digest:
        path.unlink(missing_ok=True)
        write_bytes(path, data, 0o440)


def stored(
    home: Home, here: Mapping[str, set[str]] | None = None, only: Collection[str] | None = None
) -> list[Snapshot]:
    """Every snapshot, in order of arrival. here: hash -> names under which it lies in landing now. only: hashes of
    those that are asked for; None: all.

    A snapshot goes by its latest name, so that a file that was refused for its name can be delivered under the right
    one; the names of one night stay with the first.
    """
    here = here or {}
    found: list[tuple[list[dt.datetime], Snapshot]] = []
    for receipt in home.snapshots.glob("*/receipt.json"):
        if only is not None and receipt.parent.name not in only:
            continue
        lines = _receipts(receipt.parent)
        names = here.get(receipt.parent.name) or {lines[-1]["file_name"]}
        came = {_placed(line): line["received_at"] for line in lines if not line.get(_MOVED)}
        times = sorted(came, reverse=True)
        origins = {line["origin"] for line in lines}
        path = receipt.with_name("bytes")
        snapshot = Snapshot(
            sha256=receipt.parent.name,
            file_name=next(line["file_name"] for line in lines if line["file_name"] in names),
            size_bytes=lines[0]["size_bytes"],
            received_at=dt.datetime.fromisoformat(came[times[0]]),
            origin=min(origins - {SAMPLES}, default=SAMPLES),
            path=path,
            in_landing=receipt.parent.name in here,
            is_sound=path.exists() and sha256_of(path) == receipt.parent.name,
        )
        found.append(([*times, _NEVER], snapshot))
    # What came in one night has no order of its own: then the time before decides, and what had none before is newest.
    found.sort(key=lambda one: (one[0], one[1].sha256))
    return [replace(snapshot, order=number) for number, (_, snapshot) in enumerate(found, 1)]


def places(home: Home) -> dict[str, str]:
    """SHA-256 -> path below landing where a delivery lay when it came last."""
    return {
        receipt.parent.name: str(_receipts(receipt.parent)[-1]["landing_path"])
        for receipt in home.snapshots.glob("*/receipt.json")
    }


def is_left_alone(name: str) -> bool:
    """Whether a file of this name is left in landing without a word: unfinished, or litter of a file manager."""
    return bool(LITTER.search(name))


def display_name(name: str) -> str:
    """A file's base name for people: CP932 bytes decoded, control and direction characters shown as '?'."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "cp932"):
        try:
            return _ODD.sub("?", raw.decode(encoding))
        except UnicodeDecodeError:
            continue
    return _ODD.sub("?", name)


def lying(landing: Path) -> Iterator[tuple[str, str, int | Refusal]]:
    """(path below landing, base name, open descriptor or refusal) of everything below landing, sorted by name; who asks
    closes the descriptors."""
    if not landing.is_dir():
        return
    root = os.open(landing, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield from _walk(root, "", 0)
    finally:
        os.close(root)


def _walk(folder: int, prefix: str, depth: int) -> Iterator[tuple[str, str, int | Refusal]]:
    with os.scandir(folder) as listing:
        entries = sorted(listing, key=lambda entry: os.fsencode(entry.name))
        kinds = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in kinds:
        place, shown = f"{prefix}{display_name(name)}", display_name(name)
        if is_left_alone(name):
            continue
        if is_folder:
            if depth >= _DEPTH:
                yield place, shown, Refusal(problem("too_deep", limit=_DEPTH))
                continue
            try:
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            except OSError:
                yield place, shown, Refusal(problem("not_readable.folder"))
                continue
            try:
                yield from _walk(inner, f"{place}/", depth + 1)
            finally:
                os.close(inner)
        else:
            yield place, shown, open_safely(folder, name)


def open_safely(folder: int, name: str, limit: int | None = MAX_BYTES) -> int | Refusal:
    """Descriptor of a regular file with a single link and at most `limit` bytes (None: of any size), opened without
    following a link or waiting on a FIFO."""
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            return Refusal(problem("symbolic_link"))
        return Refusal(problem("not_readable.file"))
    found = os.fstat(handle)
    refusal = None
    if not stat.S_ISREG(found.st_mode):
        refusal = problem("not_regular")
    elif found.st_nlink != 1:
        refusal = problem("hard_link")
    elif limit is not None and found.st_size > limit:
        refusal = problem("file_too_large", limit=limit >> 20)
    elif found.st_size == 0:
        refusal = problem("empty_file")
    elif _being_written(handle):
        refusal = problem("still_being_written.open")
    if refusal:
        os.close(handle)
        return Refusal(refusal)
    return handle


def _being_written(handle: int) -> bool:
    """True where another process has the file open for writing (a read lease is refused then). File systems without
    leases say nothing; `content` still sees a file that changes while it is read."""
    try:
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def content(handle: int) -> bytes:
    """All bytes, bounded; Refusal where the file changed meanwhile."""
    before = os.fstat(handle)
    data = bytearray()
    while piece := os.read(handle, 1 << 20):
        data += piece
        if len(data) > MAX_BYTES:
            break
    refuse_changed(handle, before, len(data))
    return bytes(data)


def refuse_changed(handle: int, before: os.stat_result, read: int) -> None:
    """Raises Refusal where a file of which `read` bytes were read is not as it was before."""
    after = os.fstat(handle)
    if read != before.st_size or (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise Refusal(problem("still_being_written.changed"))


def _refuse_personal(data: bytes, digest: str, opener: Opener) -> None:
    """Raises Refusal where the content is personal data, or a workbook that must not be opened. A text that is no CSV
    is stored: its reading is refused later, with its reason."""
    try:
        contents = opener.open(data)
    except Refusal as refusal:
        if workbook.is_workbook(data[:8]):
            raise
        if refusal.problems[0]["problem_id"] in {csvtext.NUL, NOT_A_TABLE}:
            raise
        return
    found = [p for grid in contents.grids for p in find_personal(grid)] + find_personal_keys(contents.document)
    if found:
        raise Refusal(*found)
    opener.keep(digest, contents)


def _line(name: str, place: str, size: int, received_at: dt.datetime, origin: str) -> dict[str, object]:
    return {
        "file_name": name,
        "landing_path": place,
        "size_bytes": size,
        "received_at": received_at.isoformat(),
        "origin": origin,
    }


class _Order:
    """Puts a receipt behind those of a home, where the clock stands before them."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @cached_property
    def _newest(self) -> dt.datetime | None:
        found = self._home.snapshots.glob("*/receipt.json")
        return max((_placed(line) for one in found for line in _receipts(one.parent)), default=None)

    def behind(self, line: dict[str, object]) -> dict[str, object]:
        """The line, and what it is put in order by where that is not when it came."""
        newest = self._newest
        if newest is None or newest <= _placed(line):
            return line
        return line | {_PLACED: (newest + _NEXT).isoformat()}


def _placed(line: Mapping[str, Any]) -> dt.datetime:
    """The time by which a receipt is put in order: when it came, by a clock that never goes back."""
    return dt.datetime.fromisoformat(line.get(_PLACED, line["received_at"]))


def _store(home: Home, digest: str, data: bytes, line: dict[str, object]) -> None:
    folder = home.snapshots / digest
    write_bytes(folder / "bytes", data, 0o440, sync=False)
    write_json(folder / "receipt.json", line)  # its sync covers both


def _acknowledge(
    home: Home, digest: str, line: dict[str, object], order: _Order, came_back: bool, is_moved: bool
) -> None:
    """A receipt line for the same bytes delivered again: under another name, place or origin, or come back; or a line
    for the new name and place of a file that was moved."""
    folder = home.snapshots / digest
    known = _receipts(folder)
    what = ("file_name", "landing_path", "origin")
    again = any(all(one[key] == line[key] for key in what) for one in known)
    if again and not (came_back and known[-1]["received_at"] != line["received_at"]):
        return
    lines = [*known[1:], order.behind(line) | ({_MOVED: True} if is_moved else {})]
    write_bytes(folder / _AGAIN, "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines).encode())


def first_received(one: Snapshot) -> dt.datetime:
    """When the bytes of a stored delivery came for the first time."""
    assert one.path is not None
    return dt.datetime.fromisoformat(_receipts(one.path.parent)[0]["received_at"])


def _receipts(folder: Path) -> list[dict[str, Any]]:
    """The receipt lines of a snapshot, the first delivery first."""
    again = folder / _AGAIN
    lines = again.read_text("utf-8").splitlines() if again.exists() else []
    return [json.loads((folder / "receipt.json").read_text("utf-8")), *map(json.loads, lines)]
