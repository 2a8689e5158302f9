"""An installation without a checkout, and what a run of it did to the outside.

Holds: a wheel built from a copy, environments that hold it, running in an empty network with every connect() traced.
Does not hold: what is asserted of it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

_CONNECT = re.compile(r"connect\(\d+, \{sa_family=(AF_\w+)")


def beside_a_wheel(folder: Path, wheel: Path) -> Path:
    """An environment with this wheel that finds everything else where the tests find it; its bin folder."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    library = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "installed_base": str(folder)}))
    (library / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-1000:]
    return folder / "bin"


@dataclass(frozen=True)
class Ran:
    """How a command ended, and the families of the addresses that it and its children connected to (None where this
    machine cannot trace)."""

    done: subprocess.CompletedProcess[str]
    families: set[str] | None


def closed(folder: Path, *command: str, timeout: float = 900) -> Ran:
    """Run in `folder` without a network (where this machine allows that), each connect() traced (the same)."""
    wrapped = [*([["unshare", "-n"]] if _works("unshare", "-n", "true") else []), list(command)]
    trace = folder.parent / f"{folder.name}.connects"
    can_trace = _works("strace", "-f", "--seccomp-bpf", "-e", "trace=connect", "true")
    if can_trace:
        wrapped.insert(0, ["strace", "-f", "--seccomp-bpf", "-e", "trace=connect", "-o", str(trace)])
    names = ("PYTHONPATH", "PYTHONHOME", "SOUSEI_HOME", "DAGSTER_HOME")
    environment = {name: text for name, text in os.environ.items() if name not in names}
    done = subprocess.run(
        [word for part in wrapped for word in part],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    families = set(_CONNECT.findall(trace.read_text("utf-8", "replace"))) if can_trace else None
    return Ran(done, families)


def _works(*command: str) -> bool:
    return (
        shutil.which(command[0]) is not None
        and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )


def digests(folder: Path) -> dict[str, str]:
    """Hash of every file below a folder but Python's own caches."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
