"""The product without its checkout: a wheel in an environment of its own, run in an empty folder without a network."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from sousei.foundation.home import PROJECT_ROOT, Home
from tests.integration.conftest import run_sousei
from tests.synthetic.installed import Ran, beside_a_wheel, closed, digests
from wheelhouse.__main__ import build

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive]
KEPT = ("decisions", "snapshots", "releases", "seals.csv", "alerts", "landing")
"""What docs/operation.ja.md says to keep a copy of."""


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Ran, bool]:
    """(environment, folder, the first refresh there, whether the installed files are as before)."""
    place = tmp_path_factory.mktemp("installed")
    (place / "wheels").mkdir()
    binaries = beside_a_wheel(place / "env", build(place / "wheels"))
    library = next((place / "env").glob("lib/python3*/site-packages/sousei"))
    before = digests(library)
    folder = place / "運用 'a b'"
    folder.mkdir()
    ran = closed(folder, str(binaries / "sousei"), "refresh", "--samples", "--as-of", "2026-11-22")
    return binaries, folder, ran, digests(library) == before


def test_a_wheel_in_an_empty_folder_publishes_without_a_network(refreshed: tuple[Path, Path, Ran, bool]) -> None:
    binaries, folder, ran, _ = refreshed
    assert ran.done.returncode == 0, ran.done.stderr[-2000:]
    assert sorted(path.name for path in folder.iterdir()) == ["var"]
    said = closed(folder, str(binaries / "sousei"), "status", "--json")
    facts = json.loads(said.done.stdout)
    assert facts["healthy"] and facts["release_id"] == "2026-11-22.1"
    assert closed(folder, str(binaries / "sousei"), "verify").done.returncode == 0


def test_nothing_leaves_the_machine(refreshed: tuple[Path, Path, Ran, bool]) -> None:
    families = refreshed[2].families
    if families is None:
        pytest.skip("connect() cannot be traced here (strace)")
    assert families <= {"AF_UNIX"}


def test_the_installed_files_are_not_written_to(refreshed: tuple[Path, Path, Ran, bool]) -> None:
    assert refreshed[3]


def test_a_trace_sees_a_connection(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    code = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect_ex(('192.0.2.1', 9))"
    ran = closed(tmp_path / "here", sys.executable, "-c", code)
    if ran.families is None:
        pytest.skip("connect() cannot be traced here (strace)")
    assert "AF_INET" in ran.families


@pytest.mark.promise("B5")
def test_a_home_comes_back_from_what_the_handbook_keeps(published: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "backup.tar", "w") as backup:
        for name in KEPT:
            if (published / name).exists():
                backup.add(published / name, name)
    home = tmp_path / "restored"
    home.mkdir()
    subprocess.run(["tar", "-C", str(home), "-xpf", str(tmp_path / "backup.tar")], check=True)
    handbook = (PROJECT_ROOT / "docs" / "operation.ja.md").read_text("utf-8")
    assert f"-cf /backup/sousei-$(date +%F).tar {' '.join(KEPT)}" in handbook
    assert run_sousei(home, "verify", "--inputs").returncode == 0
    again = run_sousei(home, "refresh", "--json", "--as-of", "2026-11-22")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["state"] == "nothing_new"
    assert Home(home).current.resolve().name == Home(published).current.resolve().name
    assert run_sousei(home, "status").returncode == 0


def test_the_folder_for_a_closed_machine_installs_there(tmp_path: Path) -> None:
    folder = tmp_path / "house"
    made = subprocess.run(
        [sys.executable, "-m", "wheelhouse", "--to", str(folder)],
        cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=1800, check=False,
    )  # fmt: skip
    if "pip failed" in made.stderr:
        pytest.skip("no package registry can be reached from here")
    assert made.returncode == 0, made.stderr[-1000:]
    shutil.move(folder, tmp_path / "運んだ 'x'")
    carried = tmp_path / "運んだ 'x'"
    ran = closed(tmp_path, "sh", str(carried / "install.sh"), str(tmp_path / "opt"), sys.executable, timeout=1800)
    assert ran.done.returncode == 0, ran.done.stdout + ran.done.stderr[-2000:]
    assert ran.families is None or ran.families <= {"AF_UNIX"}
    asked = closed(tmp_path, str(tmp_path / "opt" / "bin" / "sousei"), "indicators", "--json")
    assert asked.done.returncode == 0, asked.done.stderr[-1000:]
    bill = json.loads((carried / "sbom.cdx.json").read_text("utf-8"))
    assert len(bill["components"]) == len(list((carried / "wheels").glob("*.whl"))) - 1
    (carried / "PYTHON").write_text("2.7\n")
    spoilt = closed(tmp_path, "sh", str(carried / "install.sh"), str(tmp_path / "opt2"), sys.executable)
    assert spoilt.done.returncode == 1 and not (tmp_path / "opt2").exists()
