"""A contestant as a process of its own, with the operating system's account of it.

Holds: running one to its end. Does not hold: what it does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sousei.foundation.child import same_code


@dataclass(frozen=True)
class Cost:
    """One process: wall and CPU seconds, peak memory of the largest single process in MB (no less than
    that of this process when it began), what it printed, and how it ended."""

    wall: float
    cpu: float
    memory_mb: float
    printed: str
    code: int = 0

    @property
    def last(self) -> Any:
        """Its last line, as JSON."""
        return json.loads(self.printed.splitlines()[-1])


def run(*command: str, home: Path | None = None, limit_mb: int | None = None, fails: bool = False, **more: str) -> Cost:
    """Run a process to its end and take the operating system's own account of it.

    limit_mb: address space that it may have (RLIMIT_AS). fails: it may end with an error. more: environment.
    Raises SystemExit with its last words when it fails.
    """
    environment = same_code(
        DBT_SEND_ANONYMOUS_USAGE_STATS="false", DO_NOT_TRACK="1", SOUSEI_HOME=str(home or ""), **more
    )

    if limit_mb is not None:
        command = ("prlimit", f"--as={limit_mb << 20}", "--", *command)
    started = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - started
        output.seek(0)
        printed = output.read().decode(errors="replace")
    if process.returncode != 0 and not fails:
        sys.exit(f"failed: {' '.join(command)}\n{printed[-4000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, printed, process.returncode)


def peak_rss_mb() -> float:
    """Peak memory of this process; unlike getrusage it does not start from the parent's."""
    with Path("/proc/self/status").open() as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
