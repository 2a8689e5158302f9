"""What stands from the night before: the same tables as a night that begins with nothing, whatever moved in between."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sousei.foundation.duck import facts_of
from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest.decided import decisions
from sousei.orchestration import taken_over
from tests import parsed
from tests.nights import FIRST_NIGHT, Town, town

SAMPLES = PROJECT_ROOT / "samples" / "landing"
OF_THE_NIGHT = ("meta_check_outcome", "meta_check_finding")
"""Tables that name the run and the moment."""


def deliver(one: Town, *names: str) -> None:
    for name in names:
        one.deliver(name, (SAMPLES / name).read_bytes())


def candidate(home: Home) -> Path:
    return home.building.resolve() / "candidate.duckdb"


def tables(home: Home) -> dict[str, Any]:
    """Columns, number and hashes of the rows, and description of every table of the candidate, and what the checks
    found."""
    with duckdb.connect(str(candidate(home)), read_only=True) as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        names = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name in ('main', 'seeds') order by all"
        ).fetchall()
        found: dict[str, Any] = {
            f"{schema}.{name}": facts_of(connection, (schema, name))
            for schema, name in names
            if name not in OF_THE_NIGHT
        }
        found["described"] = connection.execute(
            "select schema_name, table_name, column_name, data_type, comment from duckdb_columns() "
            "where not internal and schema_name in ('main', 'seeds', 'staging', 'intermediate', 'peers', 'checks') "
            "order by all"
        ).fetchall()
        found["checks"] = connection.execute(
            "select * exclude (run_id, judged_at) from main.meta_check_outcome order by all"
        ).fetchall()
        found["findings"] = connection.execute("from main.meta_check_finding order by all").fetchall()
    return found


def cold(one: Town, root: Path) -> dict[str, Any]:
    """The same night on a copy of the home that has the deliveries, the release before and nothing of its candidate."""
    home = Home(root)
    shutil.copytree(one.home.root, root, symlinks=True)
    for noted in home.runs.glob(f"*/{taken_over.BUILT}"):
        noted.unlink()
    again = Town(home, one.nights)
    again.night()
    return tables(home)


def anew(home: Home) -> set[str]:
    """Names of the nodes that the last night built."""
    told = json.loads((home.building / "dbt_results.json").read_text("utf-8"))
    return {one["unique_id"].split(".")[2] for one in told if one["message"] != taken_over.TAKEN}


def step(one: Town, root: Path, does: Callable[[], object]) -> set[str]:
    """A night after something came, beside the same night that begins with nothing."""
    does()
    expected = cold(one, root)
    one.night()
    found = tables(one.home)
    assert found.keys() == expected.keys()
    for name, rows in expected.items():
        assert found[name] == rows, name
    return anew(one.home)


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.promise("B4")
def test_what_did_not_move_is_taken_over_and_every_table_is_that_of_a_night_from_nothing(tmp_path: Path) -> None:
    one = town(tmp_path / "home")
    deliver(one, "tourism/city2023.csv", "tourism/city2024.csv", "furusato_nozei/R1_gain.xlsx")
    one.publishes()
    every = set(parsed.manifest()["nodes"])
    assert len(anew(one.home)) == len(every)

    came = step(one, tmp_path / "came", lambda: deliver(one, "tourism/city2025.csv"))
    assert {"fct_tourism_visitors", "meta_source", "redeliveries_to_look_at", "deliveries_did_not_shrink"} <= came
    assert not came & {"fct_population", "fct_furusato_donation", "dim_time", "stg_tourism__visitors", "municipalities"}
    assert not came & {"furusato_amount_and_count_go_together", "fct_furusato_donation_rows_are_sound"}
    assert len(came) < len(every) / 2


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.promise("B4")
def test_a_refused_night_and_a_withdrawal_leave_nothing_stale(tmp_path: Path) -> None:
    one = town(tmp_path / "home")
    deliver(one, "tourism/city2023.csv", "tourism/city2024.csv", "tourism/city2025.csv", "furusato_nozei/R1_gain.xlsx")
    one.publishes()
    # a year before the others moves figures that were published: the night is refused, and the next begins with it
    step(one, tmp_path / "refused", lambda: deliver(one, "tourism/city2022.csv"))
    assert one.outcomes[-1].state == "refused"
    (one.landing / "tourism" / "city2022.csv").unlink()
    back = step(one, tmp_path / "back", lambda: deliver(one, "tourism/city202601.csv"))
    assert one.outcomes[-1].state == "published"
    assert "fct_tourism_visitors" in back and "fct_furusato_donation" not in back

    now = FIRST_NIGHT + timedelta(days=one.nights)
    source = one.source_id("city202601.csv")
    gone = step(
        one, tmp_path / "withdrawn", lambda: decisions.withdraw(one.home, source, "統計課長", "試験（合成）", now)
    )
    assert "meta_decision" in gone and "fct_furusato_donation" not in gone


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.promise("B4")
def test_samples_of_any_kind_one_by_one_give_the_tables_of_a_night_from_nothing(tmp_path: Path) -> None:
    """Statistics, plans and reports, in an order that a fixed seed gives."""
    one, chosen = town(tmp_path / "home"), random.Random(20261130)
    files = sorted(path.relative_to(SAMPLES).as_posix() for path in SAMPLES.rglob("*.*") if path.is_file())
    chosen.shuffle(files)
    deliver(one, *files[: len(files) // 3])
    one.night()
    kinds = {Path(name).parts[0]: name for name in files[len(files) // 3 :]}
    built = {}
    for kind, name in list(kinds.items())[1::2]:
        built[name] = step(one, tmp_path / kind, partial(deliver, one, name))
        shutil.rmtree(tmp_path / kind)
    every = len(parsed.manifest()["nodes"])
    assert len(built) > 2, "several kinds of source"
    for name, nodes in built.items():
        assert "meta_source" in nodes and len(nodes) < every / 2, (name, len(nodes))
