"""The folders under SOUSEI_HOME: one place that knows where things lie.

Holds paths only. Does not hold: reading, writing or deciding anything about what lies there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sousei.foundation.told import ToldError

PROJECT_ROOT = Path(__file__).resolve().parents[1]
"""The checkout (or the installed copy) that holds `dbt_project/`, `samples/` and the packages."""
SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
"""The tables of the product that people edit."""


@dataclass(frozen=True)
class Home:
    """Paths of one installation's data; every path is absolute."""

    root: Path

    @classmethod
    def from_environment(cls) -> Home:
        """The home named by SOUSEI_HOME, else `var/` below the working directory.

        Raises ToldError where its name is no text in the encoding of file names: databases and dbt could not name it.
        """
        root = Path(os.environ.get("SOUSEI_HOME") or "var").resolve()
        try:
            str(root).encode()
        except UnicodeEncodeError:
            shown = os.fsencode(root).decode("utf-8", "replace")
            raise ToldError(
                f"place_not_usable: SOUSEI_HOME の名前 {shown} を文字として読めません。LANG=C.UTF-8 を付けて実行する"
                f"か、英数字の名前にしてください。 / cannot read the name {shown} as text; run with LANG=C.UTF-8, or "
                "name it in ASCII"
            ) from None
        return cls(root)

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def snapshots(self) -> Path:
        return self.root / "snapshots"

    @property
    def corrections(self) -> Path:
        """Errors of publishers that this installation declares (ingest.decided.corrections)."""
        return self.decisions / "corrections.csv"

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def building(self) -> Path:
        """Symlink to the run being built: a constant path, so that dbt's profile never changes."""
        return self.runs / "building"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def current(self) -> Path:
        """Symlink to the last good release."""
        return self.releases / "current"

    @property
    def decisions(self) -> Path:
        """What named people decided: withdrawals, go-aheads, corrections (ingest.decided.decisions)."""
        return self.root / "decisions"

    @property
    def alerts(self) -> Path:
        """What a monitor reads, and where its operator says to whom faults are told (orchestration.alarms)."""
        return self.root / "alerts"

    @property
    def alert(self) -> Path:
        return self.alerts / "alert.json"

    @property
    def dbt(self) -> Path:
        """dbt's target and log folders."""
        return self.root / "dbt"

    @property
    def lock(self) -> Path:
        return self.root / "refresh.lock"
