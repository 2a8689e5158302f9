"""What dbt parsed on one night is what it builds from on the next, wherever the home lies; what is of no use is made
anew by dbt itself."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from dbt_common.semver import VersionSpecifier

from sousei.foundation.home import Home
from sousei.orchestration import warehouse
from sousei.orchestration.warehouse import Warehouse

SEED = "kpi_kinds"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose project was parsed, and nothing else."""
    root = tmp_path_factory.mktemp("parsed") / "var"
    assert Warehouse(Home(root)).manifest["nodes"]
    return root


@pytest.fixture
def home(parsed: Path, tmp_path: Path) -> Home:
    """A copy of it at another place, with room for a candidate."""
    one = Home(Path(shutil.copytree(parsed, tmp_path / "copied")))
    (one.runs / "one").mkdir(parents=True)
    one.building.symlink_to("one")
    return one


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry each time that dbt itself looks at the files of the project."""
    from dbt.parser.manifest import ManifestLoader

    times: list[str] = []
    load = ManifestLoader.load

    def noted(self: Any) -> Any:
        times.append("load")
        return load(self)

    monkeypatch.setattr(ManifestLoader, "load", noted)
    return times


def built(home: Home) -> list[tuple[str, str]]:
    one = Warehouse(home)
    (seed,) = [node for node in one.manifest["nodes"] if node.endswith(f".{SEED}")]
    return [(said["unique_id"].split(".")[-1], said["status"]) for said in one.build([seed])]


def test_it_is_taken_as_it_is_in_a_home_that_was_copied(home: Home, looked: list[str]) -> None:
    assert built(home) == [(SEED, "success")]
    assert looked == []


@pytest.mark.sampled
@pytest.mark.parametrize("harm", ["cut", "gone", "of another dbt"])
def test_what_cannot_be_used_is_looked_at_by_dbt_itself(
    home: Home, looked: list[str], harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home.dbt / "target" / "partial_parse.msgpack"
    if harm == "gone":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(path.read_bytes()[:1000])
    else:
        monkeypatch.setattr("dbt.version.installed", VersionSpecifier.from_version_string("1.0.0"))
    assert built(home) == [(SEED, "success")]
    assert looked == ["load"]


@pytest.mark.sampled
@pytest.mark.parametrize("moved", ["code_version", "DBT_PROJECT"])
def test_other_code_or_another_place_of_the_project_is_parsed(
    home: Home, looked: list[str], moved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if moved == "code_version":
        monkeypatch.setattr(warehouse, "code_version", lambda: "another")
    else:
        place = Path(shutil.copytree(warehouse.DBT_PROJECT, home.root / "moved"))
        monkeypatch.setattr(warehouse, "DBT_PROJECT", place)
    assert built(home) == [(SEED, "success")]
    assert looked == ["load"]
