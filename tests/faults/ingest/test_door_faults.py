"""Faults of a folder, a text or a workbook's container are planted one at a time and named alone, at their place.

Holds: what is refused before a cell is looked at. Does not hold: that a hostile file neither hangs nor is stored
(test_hostile.py). The containers are made of a sample's, all else is synthetic.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from sousei.feedback import examine
from sousei.feedback.examine import Lookers
from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest.cells import csvtext, workbook
from sousei.ingest.problems.record import Problem, Refusal
from sousei.ingest.reading import delivery as reading
from sousei.ingest.receive import intake, parts

NIGHT = dt.datetime(2026, 11, 29, 2, tzinfo=dt.UTC)
SAMPLES = PROJECT_ROOT / "samples" / "landing"
BOOK = (SAMPLES / "resident_registry" / "2304ssnen.xlsx").read_bytes()
TEXT = (SAMPLES / "tourism" / "city2021.csv").read_bytes()
TYPES = "[Content_Types].xml"


def told(problems: list[Problem]) -> list[tuple[str, str, int | None, str]]:
    return [(one["problem_id"], one["sheet"], one["row"], one["column_label"]) for one in problems]


# --- folders ---------------------------------------------------------------------------------------------------------


def test_a_folder_that_lies_too_deep_is_named_and_one_above_it_is_looked_into(tmp_path: Path) -> None:
    home, landing = Home(tmp_path / "home"), tmp_path / "landing"
    deepest = landing / "令和6年" / "観光" / "市" / "月"
    deepest.mkdir(parents=True)
    (deepest / "city2021.csv").write_bytes(TEXT)
    (sound,) = intake.take(home, landing, NIGHT, "test")
    assert sound.path is not None and sound.problems == []
    (deepest / "控え").mkdir()
    (deepest / "控え" / "city2022.csv").write_bytes(TEXT.replace(b"2021,", b"2022,"))
    same, refused = intake.take(home, landing, NIGHT + dt.timedelta(days=1), "test")
    assert same.sha256 == sound.sha256 and same.problems == []
    assert (refused.file_name, refused.path, told(refused.problems)) == ("控え", None, [("too_deep", "", None, "")])
    assert "4" in refused.problems[0]["message_ja"], "how deep it may lie"


# --- texts -----------------------------------------------------------------------------------------------------------

WIDE = ",".join(map(str, range(csvtext.MAX_FIELDS + 1)))
FITS = ",".join(map(str, range(csvtext.MAX_FIELDS)))


@pytest.mark.parametrize(
    ("above", "row"),
    [
        ("年,人数\n2021,1\n", 3),
        ('年,"人,数"\n2021,1\n', 3),
        ('年,"人""数"""\n2021,1\n', 3),
        ('年,"人\n数"\n2021,1\n', 4),
    ],
    ids=["plain", "quoted", "doubled quotes", "a line end inside quotes"],
)
def test_a_record_with_too_many_fields_is_named_at_the_line_on_which_it_begins(above: str, row: int) -> None:
    found = reading.read(f"{above}{WIDE}\n2022,1\n".encode(), "x.csv")
    assert told(found.problems) == [("too_many_columns", "", row, "")] and not found.taken
    assert found.problems[0]["found"] == str(csvtext.MAX_FIELDS + 1)
    assert len(csvtext.table(f"{above}{FITS}\n2022,1\n").columns) == csvtext.MAX_FIELDS


def test_a_line_of_a_later_part_of_a_file_is_counted_from_the_beginning_of_the_file() -> None:
    for above in ("年,人数\n", '年,"人""数"""\n'):
        with pytest.raises(Refusal) as refused:
            parts.split(parts.Part(f"{above}{WIDE}\n".encode(), "utf-8", 4_000, 101, True))
        assert told(refused.value.problems) == [("too_many_columns", "", 102, "")]


# --- containers of workbooks -----------------------------------------------------------------------------------------


class Container(NamedTuple):
    """problem_id: what must be told. change: what is done to the parts of a sound workbook, name and bytes in order."""

    problem_id: str
    change: Callable[[list[tuple[str, bytes]]], object]


CONTAINERS = [
    Container("workbook_duplicate_part", lambda held: held.append(next(one for one in held if "sheet1" in one[0]))),
    Container("workbook_not_ooxml", lambda held: held.remove(next(one for one in held if one[0] == TYPES))),
    Container("workbook_too_many_parts", lambda held: held.extend((f"xl/{n}.bin", b"") for n in range(2_000))),
]


def made(change: Callable[[list[tuple[str, bytes]]], object] = lambda held: None) -> bytes:
    with zipfile.ZipFile(io.BytesIO(BOOK)) as book:
        held = [(name, book.read(name)) for name in book.namelist()]
    change(held)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as book:
        for name, data in held:
            book.writestr(name, data)
    return sink.getvalue()


def test_the_workbook_packed_again_is_sound() -> None:
    found = reading.read(made(), "2304ssnen.xlsx")
    assert found.problems == [] and found.taken


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("container", CONTAINERS, ids=lambda one: one.problem_id)
def test_a_container_that_is_no_sound_workbook_is_named(container: Container) -> None:
    data = made(container.change)
    found = reading.read(data, "2304ssnen.xlsx")
    assert told(found.problems) == [(container.problem_id, "", None, "")] and not found.taken
    said = [one.message_ja for one in examine.findings(data) if one.rule == "L1-01"]
    assert said == [found.problems[0]["message_ja"]], "the page for its maker says the same"


def test_as_many_parts_as_are_allowed_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(io.BytesIO(BOOK)) as book:
        parts_of_it = len(book.namelist())
    monkeypatch.setattr(workbook, "MAX_ENTRIES", parts_of_it)
    assert reading.read(BOOK, "2304ssnen.xlsx").taken
    monkeypatch.setattr(workbook, "MAX_ENTRIES", parts_of_it - 1)
    (problem,) = reading.read(BOOK, "2304ssnen.xlsx").problems
    assert (problem["problem_id"], problem["found"]) == ("workbook_too_many_parts", str(parts_of_it))


def test_a_workbook_larger_than_the_limit_is_named_and_one_of_its_size_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_BYTES", len(BOOK))
    assert reading.read(BOOK, "2304ssnen.xlsx").taken
    monkeypatch.setattr(workbook, "MAX_BYTES", len(BOOK) - 1)
    found = reading.read(BOOK, "2304ssnen.xlsx")
    assert told(found.problems) == [("workbook_too_large", "", None, "")] and not found.taken
    assert found.problems[0]["found"] == str(len(BOOK))


# --- how a workbook is built, for the page of its maker --------------------------------------------------------------


def without_relation(held: list[tuple[str, bytes]]) -> None:
    """Takes away what says which part is the workbook."""
    held[:] = [(name, data) for name, data in held if name != "_rels/.rels"]


def test_a_workbook_whose_build_cannot_be_told_is_named_and_the_next_one_is_looked_at() -> None:
    with examine.Lookers() as lookers:
        with pytest.raises(Refusal) as refused:
            lookers.structure(made(without_relation))
        assert told(refused.value.problems) == [("workbook_structure", "", None, "")]
        assert refused.value.problems[0]["found"] == "no_workbook_part"
        assert [one["name"] for one in lookers.structure(BOOK)["sheets"]]
        found = examine.examine(made(without_relation), lookers)
        assert [one.message_ja for one in found.findings] == [refused.value.problems[0]["message_ja"]]


def test_a_look_that_takes_too_long_is_named() -> None:
    with Lookers(seconds=0.0) as lookers, pytest.raises(Refusal) as refused:
        lookers.structure(BOOK)
    assert told(refused.value.problems) == [("workbook_structure", "", None, "")]
    assert refused.value.problems[0]["found"] == "died"
