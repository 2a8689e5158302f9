"""Whatever is delivered, in whatever order, again, corrected or withdrawn: the figures are those of the final files.

The tables compared are those of the schema in_force, of which projection and warehouse are functions; a few sequences
go through whole nights in tests/integration/test_first_weeks.py. Figures here are synthetic.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sousei.foundation.home import Home
from sousei.ingest import in_force, raw
from sousei.ingest.decided import decisions
from sousei.ingest.tables import FIGURES, figure_of, key_of
from sousei.orchestration import inputs
from tests.nights import FIRST_NIGHT

HEAD = "municipality_code,indicator_id,indicator_ja,series,period_start,period_end,value,unit,"
HEAD += "value_status,primary_source_ja\n"
DAY = date(2026, 11, 22)


def typed(*figures: tuple[str, int, int, str]) -> bytes:
    """Hand-typed births: (municipality, year, persons, status)."""
    lines = [
        f"{code},births,出生数,vital_statistics,{year}-01-01,{year}-12-31,{persons},人,{status},試験\n"
        for code, year, persons, status in figures
    ]
    return (HEAD + "".join(lines)).encode()


class House:
    """A home without a warehouse: nights take in, plan and publish the inputs; `figures` are what is in force."""

    def __init__(self, root: Path) -> None:
        self.home, self.nights, self.clock = Home(root.resolve()), 0, timedelta(0)
        self.home.landing.mkdir(parents=True, exist_ok=True)

    def deliver(self, name: str, data: bytes) -> None:
        (self.home.landing / name).write_bytes(data)

    def take_away(self, name: str) -> None:
        (self.home.landing / name).unlink(missing_ok=True)

    def night(self, is_killed: bool = False) -> pl.DataFrame:
        """What is in force after a night."""
        return figures_of(self.plan(is_killed), self.home)

    def plan(self, is_killed: bool = False) -> inputs.Tonight:
        """A night of which nobody asks what is in force."""
        now = FIRST_NIGHT + timedelta(days=self.nights) + self.clock
        self.nights += 1
        tonight = inputs.tonight(self.home, None, DAY, now)
        assert not tonight.result.refused, tonight.result.problems.to_dicts()
        if not is_killed:
            release = self.home.releases / f"{DAY}.{self.nights}"
            release.mkdir(parents=True)
            facts = {
                "release_id": release.name,
                "created_at": now.isoformat(),
                "inputs": tonight.run.inputs,
                "inputs_hash": tonight.run.inputs_hash,
                "as_of_date": DAY.isoformat(),
            }
            (release / "manifest.json").write_text(json.dumps(facts))
            self.home.current.unlink(missing_ok=True)
            self.home.current.symlink_to(release.name)
        return tonight

    def source_id(self, data: bytes) -> str:
        return f"reference_series-{sha256(data)[:16]}"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def figures_of(tonight: inputs.Tonight, home: Home) -> pl.DataFrame:
    """What is in force of the one table that is delivered; the others, all empty, are not made."""
    with duckdb.connect() as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(in_force, "FIGURES", ("reference_series",))
        patch.setattr(in_force, "FILLED_IN", ())
        patch.setattr(raw.breakdowns, "hide", lambda *told: None)
        raw.expose(connection, tonight.result.files, tonight.result.frames(), decisions.read(home))
        found = connection.sql(
            "select municipality_code, period_end, value, value_status from in_force.reference_series order by all"
        ).pl()
        (n,) = connection.execute(
            "select count(*) from delivered.reference_series where version_rank = 1 and value_rank <> 1"
        ).fetchone()  # type: ignore[misc]
        assert n == 0
    return found


FILES = {
    "a": typed(("01223", 2020, 150, "final"), ("03211", 2020, 160, "final")),
    "b": typed(("01223", 2020, 151, "final"), ("03211", 2020, 160, "final")),
    "c": typed(("01223", 2020, 152, "final"), ("01223", 2021, 140, "preliminary")),
    "d": typed(("01223", 2021, 141, "final"), ("03211", 2021, 155, "final")),
    "e": typed(("01223", 2021, 142, "preliminary"), ("02201", 2021, 700, "final")),
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["deliver", "deliver", "deliver", "take_away", "withdraw", "restore", "killed_night", "night"]),
        st.sampled_from(sorted(FILES)),
    ),
    min_size=1,
    max_size=12,
)


def sequences(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@pytest.mark.promise("B3", "B4")
@sequences(3)
@given(steps=STEPS)
def test_any_sequence_ends_in_the_tables_of_a_fresh_home(
    steps: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    check_that_it_ends_as_in_a_fresh_home(steps, tmp_path_factory)


@pytest.mark.promise("B3", "B4")
@pytest.mark.exhaustive
@sequences(100)
@given(steps=STEPS)
def test_a_hundred_sequences_end_in_the_tables_of_a_fresh_home(
    steps: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    check_that_it_ends_as_in_a_fresh_home(steps, tmp_path_factory)


def check_that_it_ends_as_in_a_fresh_home(
    steps: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Deliver, deliver again, take away, withdraw, restore, kill: the end is that of a fresh home which is given the
    files that count, one after the other as they were received last."""
    root = tmp_path_factory.mktemp("any")
    house, received, withdrawn = House(root / "used"), [], set()
    for number, (step, name) in enumerate(steps):
        data = FILES[name]
        if step == "deliver":
            house.deliver(f"{number}_{name}.csv", data)
            house.plan()
            received = [one for one in received if one != name] + [name]
        elif step == "take_away":
            for path in house.home.landing.glob(f"*_{name}.csv"):
                path.unlink()
        elif step in ("withdraw", "restore") and (name in withdrawn) is (step == "restore") and name in received:
            now = FIRST_NIGHT + timedelta(days=house.nights)
            decisions.withdraw(house.home, house.source_id(data), "統計課長", "試験", now, restore=step == "restore")
            withdrawn ^= {name}
        elif step in ("night", "killed_night"):
            house.plan(is_killed=step == "killed_night")
    found = house.night()
    fresh = House(root / "fresh")
    for name in (one for one in received if one not in withdrawn):
        fresh.deliver(f"{name}.csv", FILES[name])
        fresh.plan()
    expected = fresh.night()
    assert found.equals(expected), (steps, found, expected)
    shutil.rmtree(root)


@pytest.mark.exhaustive
@pytest.mark.promise("B1")
@pytest.mark.parametrize("place", ["old/births.csv", "births_old.csv"])
def test_a_file_that_is_only_moved_inside_landing_is_not_received_again(tmp_path: Path, place: str) -> None:
    """Tidying up the replaced table brought its figures back into force."""
    house = House(tmp_path / "home")
    for name in ("a", "b"):
        house.deliver(f"{name}.csv", FILES[name])
        house.night()
    moved = house.home.landing / place
    moved.parent.mkdir(exist_ok=True)
    (house.home.landing / "a.csv").rename(moved)
    assert house.night()["value"].to_list()[0] == 151
    assert house.night()["value"].to_list()[0] == 151
    house.deliver("again.csv", FILES["a"])
    assert house.night()["value"].to_list()[0] == 150


@pytest.mark.exhaustive
def test_the_original_sent_again_undoes_a_wrong_correction(tmp_path: Path) -> None:
    """A file overwritten by a wrong correction and then by the original again, all under one name."""
    house = House(tmp_path / "home")
    for data, persons in ((FILES["a"], 150), (FILES["b"], 151), (FILES["a"], 150)):
        house.deliver("births.csv", data)
        assert house.night()["value"].to_list()[0] == persons


def test_a_landing_that_was_not_mounted_for_a_night_undoes_nothing(tmp_path: Path) -> None:
    """The original stays in landing, its correction was taken away; the drive is gone for a night and comes back."""
    house = House(tmp_path / "home")
    house.deliver("a.csv", FILES["a"])
    house.night()
    house.deliver("b.csv", FILES["b"])
    house.night()
    house.take_away("b.csv")
    house.night()
    aside = tmp_path / "aside"
    house.home.landing.rename(aside)
    house.night()
    house.home.landing.rmdir()
    aside.rename(house.home.landing)
    assert house.night()["value"].to_list()[0] == 151


@pytest.mark.promise("B3")
def test_a_clock_that_goes_back_changes_no_order(tmp_path: Path) -> None:
    """A day of nights within the hour that a clock may be set back; the newest receipt has three corrections behind."""
    house = House(tmp_path / "home")
    for number, (data, persons) in enumerate([("a", 150), ("b", 151), ("c", 152), ("a", 150)]):
        house.clock = -number * timedelta(days=1, minutes=10)
        house.deliver("births.csv", FILES[data])
        assert house.night()["value"].to_list()[0] == persons
    (said,) = house.home.snapshots.glob(f"{sha256(FILES['b'])}/receipt.json")
    assert json.loads(said.read_text())["received_at"].startswith("2026-11-22T01:50"), "when it came is told as it was"


@pytest.mark.promise("B3")
def test_a_clock_far_behind_the_last_release_stops_the_night_and_one_that_was_ahead_is_got_over(tmp_path: Path) -> None:
    house = House(tmp_path / "home")
    house.deliver("a.csv", FILES["a"])
    house.night()
    house.clock = timedelta(days=26_000)  # a release of the year 2098
    house.deliver("b.csv", FILES["b"])
    assert house.night()["value"].to_list()[0] == 151
    house.clock = timedelta(0)
    house.deliver("c.csv", FILES["c"])
    with pytest.raises(inputs.CannotStartError, match=r"^clock_behind: .*2026-11-24 02:00.*sousei release use"):
        house.plan()
    house.home.current.unlink()
    house.home.current.symlink_to(f"{DAY}.1")  # what `sousei release use` does
    assert house.night()["value"].to_list()[0] == 152
    house.deliver("again.csv", FILES["a"])
    assert house.night()["value"].to_list()[0] == 150


@pytest.mark.promise("B1")
def test_the_same_files_again_in_one_night_change_nothing(tmp_path: Path) -> None:
    house = House(tmp_path / "home")
    house.deliver("a.csv", FILES["a"])
    house.night()
    house.deliver("b.csv", FILES["b"])
    before = house.night()
    for name in ("a", "b"):
        house.deliver(f"again_{name}.csv", FILES[name])
    assert house.night().equals(before)


@pytest.mark.promise("B3")
def test_final_after_preliminary_and_before_it(tmp_path: Path) -> None:
    for number, order in enumerate((("c", "d"), ("d", "c"), ("e", "d"), ("d", "e"))):
        house = House(tmp_path / str(number))
        house.deliver(f"{order[0]}.csv", FILES[order[0]])
        house.plan()
        house.deliver(f"{order[1]}.csv", FILES[order[1]])
        found = house.night()
        nemuro = found.filter((pl.col("municipality_code") == "01223") & (pl.col("period_end").dt.year() == 2021))
        assert nemuro.select("value", "value_status").row(0) == (141, "final")


@pytest.mark.sampled
@pytest.mark.parametrize("loss", ["snapshot_lost", "bytes_lost", "bytes_changed"])
def test_a_published_delivery_that_is_lost_refuses_the_night(tmp_path: Path, loss: str) -> None:
    """Its figures would vanish in silence; the same file in landing again mends it."""
    house = House(tmp_path / "home")
    house.deliver("a.csv", FILES["a"])
    house.deliver("d.csv", FILES["d"])
    before = house.night()
    for name in ("a", "d"):
        house.take_away(f"{name}.csv")
    folder = house.home.snapshots / sha256(FILES["a"])
    if loss == "snapshot_lost":
        shutil.rmtree(folder)
    elif loss == "bytes_lost":
        (folder / "bytes").unlink()
    else:
        (folder / "bytes").chmod(0o640)
        (folder / "bytes").write_bytes(FILES["b"])
    with pytest.raises(inputs.CannotStartError, match=r"published_input_(lost|changed).*a\.csv"):
        house.night()
    house.deliver("found_again.csv", FILES["a"])
    assert house.night().equals(before)


def test_a_lost_delivery_can_be_withdrawn(tmp_path: Path) -> None:
    house = House(tmp_path / "home")
    house.deliver("a.csv", FILES["a"])
    house.deliver("d.csv", FILES["d"])
    house.night()
    for name in ("a", "d"):
        house.take_away(f"{name}.csv")
    folder = house.home.snapshots / sha256(FILES["a"])
    (folder / "bytes").unlink()
    decisions.withdraw(house.home, house.source_id(FILES["a"]), "統計課長", "失われた", FIRST_NIGHT)
    assert house.night()["period_end"].dt.year().to_list() == [2021, 2021]


@pytest.mark.parametrize("nights", [0, 1, 2])
def test_a_restored_delivery_counts_again_though_its_file_is_gone(tmp_path: Path, nights: int) -> None:
    """Landing was tidied up after the withdrawal, and its figures did not come back."""
    house = House(tmp_path / "home")
    house.deliver("a.csv", FILES["a"])
    before = house.night()
    source_id = house.source_id(FILES["a"])
    decisions.withdraw(house.home, source_id, "統計課長", "試験", FIRST_NIGHT)
    assert house.night().is_empty()
    house.take_away("a.csv")
    for _ in range(nights):
        listed = house.plan().result.deliveries
        assert listed.select("source_id", "verdict").rows() == [(source_id, "withdrawn")], "what became of it is told"
    decisions.withdraw(house.home, source_id, "統計課長", "試験", FIRST_NIGHT, restore=True)
    assert house.night().equals(before)


@pytest.mark.parametrize("by, reason", [("", "理由"), ("統計課長", " ")])
def test_a_withdrawal_needs_a_name_and_a_reason(tmp_path: Path, by: str, reason: str) -> None:
    house = House(tmp_path / "home")
    house.deliver("a.csv", FILES["a"])
    house.night()
    with pytest.raises(ValueError, match="withdrawal_needs_name_and_reason"):
        decisions.withdraw(house.home, house.source_id(FILES["a"]), by, reason, FIRST_NIGHT)


def test_nobody_can_withdraw_what_never_came(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="source_unknown"):
        decisions.withdraw(Home(tmp_path), "tourism-0123456789abcdef", "課長", "理由", FIRST_NIGHT)


@pytest.mark.exhaustive
def test_every_table_of_figures_has_one_row_per_figure(tmp_path: Path) -> None:
    """The samples twice over, under other names and with another byte at the end of each CSV."""
    house = House(tmp_path / "home")
    samples = inputs.SAMPLES
    for path in samples.rglob("*"):
        if path.is_file():
            house.deliver(f"{path.parent.name}_{path.name}", path.read_bytes())
    once = inputs.tonight(house.home, None, DAY, FIRST_NIGHT)
    tables = _in_force(once, house.home)
    for path in samples.rglob("*.csv"):
        house.deliver(f"again_{path.parent.name}_{path.name}", path.read_bytes() + b"\n")
    twice = inputs.tonight(house.home, None, DAY, FIRST_NIGHT + timedelta(days=1))
    assert twice.result.deliveries.height > once.result.deliveries.height
    for name, frame in _in_force(twice, house.home).items():
        key = list(key_of(name))
        assert not frame.select(key).is_duplicated().any(), name
        assert frame.equals(tables[name]), name


def _in_force(tonight: inputs.Tonight, home: Home) -> dict[str, pl.DataFrame]:
    with duckdb.connect() as connection:
        raw.expose(connection, tonight.result.files, tonight.result.frames(), decisions.read(home))
        return {
            table: connection.sql(
                f"select {', '.join(keys)}, {figure}, value_status from in_force.{table} order by all"
            ).pl()
            for table, keys, figure in ((table, key_of(table), figure_of(table)) for table in FIGURES)
        }


def test_a_status_that_the_rule_does_not_know_is_the_least_settled() -> None:
    assert set(in_force.STATUS_RANK) == {
        "final", "revised", "preliminary", "estimated", "projected", "suppressed", "not_reported",
    }  # fmt: skip
