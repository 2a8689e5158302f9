"""The pages for the makers of a night's deliveries, written by a process of its own while the night goes on.

Holds: starting that process, waiting for it, and what it runs. Does not hold: what stands on a page
(feedback.report). The pages are about deliveries, not about the release: when they fail, the night goes on, and
`<run>/pages.log` says why.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sousei.foundation.child import Child, end_with_parent, module, same_code
from sousei.foundation.home import Home

if TYPE_CHECKING:
    import polars as pl

SECONDS = 600.0
"""Longest wait for the pages; 76 deliveries take about 3 seconds."""
_NICE = 10


def start(home: Home, problems: pl.DataFrame, deliveries: pl.DataFrame, run: Path) -> Child:
    """Start to write <run>/pages for these deliveries (rows of raw.delivery and raw.problem)."""
    told = run / "intake"
    told.mkdir(parents=True, exist_ok=True)
    problems.write_parquet(told / "problem.parquet")
    deliveries.write_parquet(told / "delivery.parquet")
    with (run / "pages.log").open("wb") as log:
        return Child(module("sousei.feedback.process", str(home.root), str(run)), same_code(), log=log)


def finish(child: Child) -> bool:
    """Wait for the pages; True where they were written. A process that hangs is ended."""
    return child.wait(SECONDS) == 0


def main() -> None:
    """Write the pages of one run: arguments are the home and the run's folder."""
    import polars as pl

    from sousei.feedback.pages import write_all

    end_with_parent()
    os.nice(_NICE)  # the night comes first
    home, run = Home(Path(sys.argv[1])), Path(sys.argv[2])
    problems, deliveries = (pl.read_parquet(run / "intake" / f"{name}.parquet") for name in ("problem", "delivery"))
    write_all(home, problems, deliveries, run / "pages")


if __name__ == "__main__":
    main()
