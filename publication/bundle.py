"""A folder of files that is there whole or not at all, with a list of their hashes.

Holds: writing it beside its place, SHA256SUMS, and putting it in its place. Does not hold: what stands in it (`pull`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sousei.foundation.files import sha256_of, sync_folder

SUMS = "SHA256SUMS"
"""Hashes of all other files, as `sha256sum -c` reads them."""


class PlaceTakenError(Exception):
    """Something is in the place of the folder (`target_not_empty`), or what is there is no folder of ours
    (`not_a_folder_of_ours`), which is never replaced."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def check_place(to: Path, *, force: bool) -> None:
    """Raises PlaceTakenError where `to` is not free, or with force: neither free nor a folder that was made here."""
    if to.is_symlink() or (to.exists() and not to.is_dir()):
        raise PlaceTakenError("not_a_folder_of_ours")
    if not to.is_dir() or not any(to.iterdir()):
        return
    if not force:
        raise PlaceTakenError("target_not_empty")
    if not _is_ours(to):
        raise PlaceTakenError("not_a_folder_of_ours")


def _is_ours(folder: Path) -> bool:
    """Whether nothing but what its list of hashes names lies in the folder."""
    sums = folder / SUMS
    if not sums.is_file():
        return False
    listed = {line.partition("  ")[2] for line in sums.read_text("utf-8").splitlines()}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    return there <= listed | {SUMS}


def put(to: Path, files: Mapping[str, bytes], *, force: bool = False) -> None:
    """Write the files (relative POSIX path -> bytes) and their hashes as the folder `to`.

    They are written into a neighbour, made durable, and renamed. Raises PlaceTakenError (check_place), OSError.
    """
    check_place(to, force=force)
    to.parent.mkdir(parents=True, exist_ok=True)
    temporary = to.with_name(f".{to.name}.{os.getpid()}.tmp")
    replaced = to.with_name(f".{to.name}.{os.getpid()}.old")
    try:
        for name, data in files.items():
            _write(temporary / name, data)
        sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
        _write(temporary / SUMS, sums.encode())
        if to.is_dir():
            to.rename(replaced)
        temporary.rename(to)
        sync_folder(to.parent)
    except BaseException:
        if replaced.exists() and not to.exists():
            replaced.rename(to)
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    shutil.rmtree(replaced, ignore_errors=True)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def changed(folder: Path) -> list[str]:
    """Names of listed files that are gone or not as they were written."""
    found = []
    for line in (folder / SUMS).read_text("utf-8").splitlines():
        digest, _, name = line.partition("  ")
        is_same = False
        with suppress(OSError):
            is_same = sha256_of(folder / name) == digest
        if not is_same:
            found.append(name)
    return found
