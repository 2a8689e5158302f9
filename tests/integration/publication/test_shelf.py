"""Which releases there are: found by name or pointer, listed, never outside the folder."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from sousei.foundation.home import Home
from sousei.publication import shelf
from sousei.publication.shelf import Release
from tests.gate_candidate import NOW


def test_home_without_releases(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert shelf.current(home) is None
    assert shelf.list_releases(home).height == 0
    assert shelf.status(home, NOW).release_id is None
    with pytest.raises(LookupError, match="release_unknown"):
        shelf.find(home)


def test_status_and_list(published: Release) -> None:
    home = Home(published.path.parents[1])
    facts = shelf.status(home, NOW + timedelta(days=2))
    assert (facts.release_id, facts.age_days, facts.releases) == (published.release_id, 2.0, 1)
    (row,) = shelf.list_releases(home).to_dicts()
    assert (row["release_id"], row["pointers"], row["gate_failed"]) == (published.release_id, "current", 0)
    assert shelf.find(home, published.release_id) == shelf.find(home, "current")


@pytest.mark.parametrize("name", ["../home", "/etc", "2026-11-22.1/..", "", "nightly", "2026-11-22.7", "stable"])
def test_release_name_cannot_leave_the_folder(published: Release, name: str) -> None:
    with pytest.raises(LookupError, match="release_unknown"):
        shelf.find(Home(published.path.parents[1]), name)
