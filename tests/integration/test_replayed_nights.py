"""A night of the tests repeats dbt's statements: it must give what dbt gives, also where a check refuses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sousei.foundation.home import PROJECT_ROOT
from tests import nights
from tests.nights import Town, town
from tests.replay import Replayed

LANDING = PROJECT_ROOT / "samples" / "landing"
NOT_OF_THE_DATA = ("meta_release", "meta_check_outcome")
"""Tables that hold the identity of the run."""


class _OfDbt(Replayed):
    """dbt as at night, but for the parsing."""

    def build(self, nodes: Sequence[str]) -> list[dict[str, Any]]:
        return self.by_dbt(nodes)


def built(root: Path) -> Town:
    one = town(root)
    for path in sorted(LANDING.rglob("*.*")):
        if path.is_file() and path.parent.name != "resident_registry":
            one.deliver(f"{path.parent.name}/{path.name}", path.read_bytes())
    return one


def tables(one: Town) -> dict[str, list[tuple[Any, ...]]]:
    names = [name for (name,) in one.query("select table_name from duckdb_tables() order by 1")]
    found = {name: one.query(f'from "{name}" order by all') for name in names if name not in NOT_OF_THE_DATA}
    found["columns"] = one.query(
        "select table_name, column_name, data_type, comment from duckdb_columns() "
        "where schema_name = 'main' order by all"
    )
    return found


def results(one: Town) -> list[tuple[Any, ...]]:
    return one.query("select check_id, kind, severity, passed, n_failing from meta_check_outcome order by all")


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_replayed_night_gives_the_tables_and_results_of_dbt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if Replayed.script is None:
        first = town(tmp_path / "first")
        first.deliver("2203ssjin.xlsx", (LANDING / "resident_registry" / "2203ssjin.xlsx").read_bytes())
        first.publishes()
    again = built(tmp_path / "again")
    again.publishes()
    monkeypatch.setattr(nights, "Replayed", _OfDbt)
    one = built(tmp_path / "one")
    one.publishes()
    assert Replayed.script is not None
    assert tables(again) == tables(one)
    assert results(again) == results(one)
