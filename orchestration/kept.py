"""The tables of the projection step, kept by the hash of what they are made from.

Holds: that hash, taking the tables of an equal step over, keeping those of a new one. Does not hold: the step
(projection) or what it reads (nightly).

The step is a function of its inputs: same frames, same code, same tables to the byte (projection.night.build). A night
whose new deliveries do not reach it would work them out again for nothing. Taken over is only what was made by the same
code from the same rows, and only files whose hash is still that which was noted; everything else is made anew. The
folder may be removed at any time: it is a saving, not a record.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sousei.foundation.files import sha256_of, sync_folder
from sousei.foundation.fingerprint import code_version
from sousei.foundation.home import Home

if TYPE_CHECKING:
    import polars as pl

FOLDER = "projection"
_FACTS = "facts.json"
_KEPT = 2
"""A night and the one before it: a delivery that is taken back finds its tables still there."""
_NULL = "\x00"
"""What no cell of a frame can be: NUL is refused at the door."""


def hash_of(tables: Mapping[str, object], frames: Mapping[str, pl.DataFrame], codes: Mapping[str, str]) -> str:
    """SHA-256 over the facts of tables (foundation.duck.facts_of), the rows of small frames in any order, their columns
    and types, codes, all code and the libraries."""
    import numpy
    import polars

    digest = hashlib.sha256()
    told = [
        code_version(),
        polars.__version__,
        numpy.__version__,
        sys.version,
        sorted(codes.items()),
        sorted(tables.items()),
    ]
    digest.update(json.dumps(told).encode())
    for name, frame in sorted(frames.items()):
        schema = [(column, str(kind)) for column, kind in frame.schema.items()]
        digest.update(json.dumps([name, schema, frame.height]).encode())
        ordered = frame.sort(frame.columns, nulls_last=True)
        digest.update(ordered.write_csv(include_header=False, null_value=_NULL, quote_style="always").encode())
    return digest.hexdigest()


def take(home: Home, key: str, folder: Path) -> dict[str, int] | None:
    """Put the kept tables of this hash into a folder: rows per table; None where they are not there whole."""
    kept = home.runs / FOLDER / key
    try:
        facts = json.loads((kept / _FACTS).read_text("utf-8"))
        rows = {str(name): int(one["rows"]) for name, one in facts.items()}
        if any(sha256_of(kept / f"{name}.parquet") != one["sha256"] for name, one in facts.items()):
            raise ValueError("changed on disk")
        for name in rows:
            _link(kept / f"{name}.parquet", folder / f"{name}.parquet")
        os.utime(kept)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return rows


def keep(home: Home, key: str, folder: Path, rows: Mapping[str, int]) -> None:
    """Keep the tables of a folder under this hash, and only the newest beside them. A disk that refuses loses nothing
    but the saving."""
    place = home.runs / FOLDER
    kept, made = place / key, place / f".{key}.tmp"
    with suppress(OSError):
        place.mkdir(exist_ok=True, mode=0o700)
        for left in place.glob(".*.tmp"):
            shutil.rmtree(left, ignore_errors=True)
        made.mkdir(mode=0o700)
        facts = {}
        for name, height in rows.items():
            path = folder / f"{name}.parquet"
            facts[name] = {"rows": height, "sha256": sha256_of(path)}
            _link(path, made / path.name)
        (made / _FACTS).write_text(json.dumps(facts), encoding="utf-8")
        if kept.exists():
            shutil.rmtree(kept)
        made.rename(kept)
        sync_folder(place)
        folders = sorted(place.glob("[0-9a-f]*"), key=lambda path: path.stat().st_mtime)
        for old in folders[:-_KEPT]:
            shutil.rmtree(old)


def _link(path: Path, to: Path) -> None:
    """The same file under another name; a copy where the disk has no hard links. Tables are replaced, never changed."""
    to.unlink(missing_ok=True)
    try:
        os.link(path, to)
    except OSError:
        shutil.copyfile(path, to)
