"""What an installed wheel must carry: every source's contract and reader, where the code looks for them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ingest.contracts import FOLDER

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy, so that no build folder is left in the checkout."""
    copy = tmp_path_factory.mktemp("copy") / "project"
    leave = shutil.ignore_patterns(".venv", ".git", "var", "build", "*.egg-info", "__pycache__", "samples", "tests")
    shutil.copytree(PROJECT, copy, ignore=leave)
    out = copy.parent / "wheels"
    command = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index", "--quiet"]
    done = subprocess.run([*command, "--wheel-dir", str(out), str(copy)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (found,) = out.glob("*.whl")
    return found


def test_every_contract_and_reader_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    wanted = {
        f"ingest/{path.relative_to(FOLDER.parent)}" for path in FOLDER.glob("*/*") if path.suffix in {".yaml", ".py"}
    }
    assert len(wanted) > 8 and wanted <= names, sorted(wanted - names)
    assert {"ingest/spelling_characters.csv", "ingest/spelling_names.csv"} <= names
    assert {"ingest/readability_rules.yaml", "ingest/workbook_worker.py", "ingest/persons.py"} <= names


def test_an_unpacked_wheel_loads_every_contract_and_reader(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path)
    code = (
        "import importlib; from ingest.contracts import FOLDER, all_contracts\n"
        f"assert FOLDER.is_relative_to({str(tmp_path)!r}), FOLDER\n"
        "for contract in all_contracts():\n"
        "    if any(layout.reader for layout in contract.layouts):\n"
        "        importlib.import_module(f'ingest.sources.{contract.source}.reader')\n"
        "print(len(all_contracts()))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) == len(list(FOLDER.glob("*/contract.yaml")))
