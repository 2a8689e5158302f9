"""What an installed wheel must carry: every source's contract and reader, where the code looks for them."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sousei.foundation.fingerprint import ROOMS
from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.contract.loading import FOLDER

PROJECT = PROJECT_ROOT
LAYOUT = runpy.run_path(str(PROJECT / "setup.py"), run_name="layout")
"""The rooms and the data that setup.py packs."""
NOT_SHIPPED = {"__pycache__", "target", "logs"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy, so that no build folder is left in the checkout."""
    copy = tmp_path_factory.mktemp("copy") / "project"
    leave = shutil.ignore_patterns("__pycache__")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "NOTICE"):
        copy.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, copy / name)
    for room in (*LAYOUT["ROOMS"], *LAYOUT["DATA"]):
        shutil.copytree(PROJECT / room, copy / room, ignore=leave)
    out = copy.parent / "wheels"
    command = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index", "--quiet"]
    done = subprocess.run([*command, "--wheel-dir", str(out), str(copy)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (found,) = out.glob("*.whl")
    return found


def test_the_wheel_holds_every_file_of_the_rooms_below_one_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in names} == {"sousei"}
    wanted = {
        f"sousei/{path.relative_to(PROJECT).as_posix()}"
        for room in (*LAYOUT["ROOMS"], *LAYOUT["DATA"])
        for path in (PROJECT / room).rglob("*")
        if path.is_file() and not NOT_SHIPPED.intersection(path.parts) and path.name != ".sqlfluff"
    }
    assert len(wanted) > 300 and wanted - names == set()
    assert {*ROOMS, "outside"} <= {*LAYOUT["ROOMS"], *LAYOUT["DATA"]}


def test_an_unpacked_wheel_loads_every_contract_and_reader(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path)
    code = (
        "import importlib; from sousei.ingest.contract.loading import FOLDER, all_contracts\n"
        f"assert FOLDER.is_relative_to({str(tmp_path)!r}), FOLDER\n"
        "for contract in all_contracts():\n"
        "    if any(layout.reader for layout in contract.layouts):\n"
        "        importlib.import_module(f'sousei.ingest.sources.{contract.source}.reader')\n"
        "print(len(all_contracts()))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) == len(list(FOLDER.glob("*/contract.yaml")))
