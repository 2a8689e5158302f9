"""Writing so that a reader sees the whole file or none.

Holds tmp + fsync + rename + fsync of the folder. Does not hold what is written.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove the temporary files that a killed run left one level below a folder. For the holder of the lock only."""
    for orphan in folder.glob("*/.*.tmp"):
        orphan.unlink(missing_ok=True)


def write_atomically(path: Path, write: Callable[[BinaryIO], object], mode: int = 0o640, sync: bool = True) -> None:
    """Write through `write(file)` into a temporary neighbour, fsync, rename over `path`, fsync the folder.

    sync=False leaves the folder to the caller, who calls `sync_folder` once after many files.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.uname().nodename}-{os.getpid()}.tmp")  # machines may share a home
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if sync:
        sync_folder(path.parent)


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_bytes(path: Path, data: bytes, mode: int = 0o640, sync: bool = True) -> None:
    """Bytes, atomically."""
    write_atomically(path, lambda file: file.write(data), mode, sync)


def write_json(path: Path, value: Any, sync: bool = True) -> None:
    """JSON, atomically; bytes of a path that are no text are escaped, and read back as they were."""
    write_bytes(path, json.dumps(value, ensure_ascii=False, indent=1).encode(errors="backslashreplace"), sync=sync)


def write_parquet(path: Path, frame: pl.DataFrame, sync: bool = True) -> None:
    """Parquet, atomically."""
    write_atomically(path, lambda file: frame.write_parquet(file, compression="zstd"), sync=sync)
