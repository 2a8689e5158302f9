"""What the documents say is what the program has: marts, commands, rooms, recipes' files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sousei.foundation.home import PROJECT_ROOT
from tests.golden import pages

DOCS = PROJECT_ROOT / "docs"
ROOMS = ("foundation", "ingest", "feedback", "projection", "expectations", "publication", "outside", "orchestration")


def test_the_contract_lists_every_mart(manifest: dict[str, Any]) -> None:
    """A mart that is added or reworded: `make pages`."""
    text = pages.CONTRACT.read_text("utf-8")
    assert pages.marts(manifest).count("\n") > 20
    assert text == pages.contract(text, manifest)


def test_the_page_of_the_sources_has_the_calendar_of_the_contracts() -> None:
    """An edition that is added or moved: `make pages`."""
    text = pages.SOURCES.read_text("utf-8")
    assert pages.calendar().count("\n") > 10
    assert text == pages.sources(text)


def test_the_contract_lists_every_command() -> None:
    from sousei.orchestration.command import parser

    (commands,) = (action.choices for action in parser()._actions if action.choices and action.dest == "call")
    listed = re.findall(r"^\| `([a-z]+)[ `]", (DOCS / "contract.md").read_text("utf-8"), re.M)
    assert sorted(set(listed)) == sorted(commands)


def test_the_map_names_every_room_and_no_room_that_is_gone() -> None:
    text = (DOCS / "map.md").read_text("utf-8")
    rooms = {path.parent.relative_to(PROJECT_ROOT).as_posix() for room in ROOMS for path in _inits(room)}
    parts = {room for room in rooms if room.startswith("ingest/") and room.count("/") == 1}
    assert len(parts) >= 10
    for room in {*ROOMS, *parts} - {"ingest"}:
        assert f"`{room}/`" in text, room
    for named in re.findall(r"`([a-z_]+/[a-z_/]*)`", text):
        below = (PROJECT_ROOT, PROJECT_ROOT / "projection", PROJECT_ROOT / "tests")
        assert any((place / named).is_dir() for place in below), f"{named} is on the map and not in the house"


def test_every_room_says_what_it_holds_and_what_not() -> None:
    for room in ROOMS:
        for path in (PROJECT_ROOT / room).rglob("*.py"):
            text = path.read_text("utf-8")
            said = text.split('"""')[1] if text.lstrip().startswith('"""') else ""
            assert "Holds" in said and "oes not hold" in said.replace("\n", " "), path.relative_to(PROJECT_ROOT)


def test_no_file_is_long_without_a_reason() -> None:
    """400 lines; a file that must be longer says `One file on purpose: ...` in its docstring."""
    long = {
        path.relative_to(PROJECT_ROOT).as_posix(): path.read_text("utf-8")
        for room in (*ROOMS, "samples", "dbt_project")
        for path in (PROJECT_ROOT / room).rglob("*.py")
    }
    assert [name for name, text in long.items() if text.count("\n") > 400 and "One file on purpose" not in text] == []


def _inits(room: str) -> list[Path]:
    return list((PROJECT_ROOT / room).rglob("__init__.py"))
