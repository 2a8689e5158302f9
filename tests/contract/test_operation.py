"""The operator's handbook: every identifier that a night, status, verify, fetch or alert can say has its entry, and the
units that it installs say what they must."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.problems.catalogue import entries

HANDBOOK = (PROJECT_ROOT / "docs" / "operation.ja.md").read_text("utf-8")
TOLD = sorted(
    path
    for place in (
        "orchestration/*.py",
        "orchestration/command/nights.py",
        "orchestration/command/reach.py",
        "orchestration/command/releases.py",
        "orchestration/command/__init__.py",
        "publication/verify.py",
        "publication/seals.py",
        "publication/publish.py",
        "publication/shelf.py",
        "publication/lake.py",
        "orchestration/prefecture/*.py",
        "orchestration/command/lakes.py",
        "expectations/*.py",
        "outside/*.py",
    )
    for path in PROJECT_ROOT.glob(place)
)
_SAID = re.compile(r"\"([a-z]+(?:_[a-z]+)+): ")
_RAISED = re.compile(r"(?:EstatError|ReachError)\(\s*\"([a-z_]+)\"")
ELSEWHERE = {
    "csv_not_utf", "query_unclear", "query_unknown", "no_plan",  # of a call that says what to do itself
    "withdrawal_needs_name_and_reason", "already_withdrawn", "not_withdrawn", "nothing_new", "figure_twice",
}  # fmt: skip


def ids(path: Path) -> set[str]:
    text = path.read_text("utf-8")
    return {*_SAID.findall(text), *_RAISED.findall(text)}


def test_every_identifier_of_the_night_has_its_entry_in_the_handbook() -> None:
    said = {name: path.name for path in TOLD for name in ids(path)}
    assert len(said) > 50
    assert {name for name in said if f"`{name}`" not in HANDBOOK} - ELSEWHERE == set()


def test_the_handbook_names_no_identifier_that_is_gone() -> None:
    text = "".join(
        path.read_text("utf-8")
        for room in ("orchestration", "publication", "expectations", "outside", "ingest", "projection", "foundation")
        for path in (PROJECT_ROOT / room).rglob("*.py")
    )
    rows = [line for line in HANDBOOK.splitlines() if line.startswith("| `")]
    named = {name for line in rows for name in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", line.split("|")[1])}
    assert len(named) > 60
    states = {"last_refresh_refused", "last_refresh_failed", "last_refresh_nothing_delivered"}
    assert {name for name in named - states if name not in text} == set()


def test_every_problem_of_a_delivery_says_what_to_do() -> None:
    page = (PROJECT_ROOT / "docs" / "problems.md").read_text("utf-8")
    for name, entry in entries().items():
        assert entry.action_ja and entry.action_en, name
        assert f"| `{entry.problem_id}` |" in page


@pytest.mark.parametrize("name", ["sousei.service", "sousei.timer", "sousei-alert.service", "sousei-alert.timer"])
def test_a_unit_runs_what_the_handbook_installs(name: str) -> None:
    text = (PROJECT_ROOT / "wheelhouse" / "units" / name).read_text("utf-8")
    if name.endswith("timer"):
        assert re.search(r"^OnCalendar=\*-\*-\* \d\d:\d\d:00 Asia/Tokyo$", text, re.M) and "Persistent=true" in text
        assert name in HANDBOOK
        return
    assert "User=sousei" in text and "Environment=SOUSEI_HOME=/var/lib/sousei" in text
    assert "ExecStart=/opt/sousei/bin/sousei " in text and "ReadWritePaths=/var/lib/sousei" in text
    assert ("PrivateNetwork=true" in text) == (name == "sousei.service")  # the night has no network, an alert may
