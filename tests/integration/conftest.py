"""A home with one release made by the real command from the embedded samples; tests that change it get a copy."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sousei.foundation.child import same_code
from sousei.foundation.home import PROJECT_ROOT
from tests.warehouse import Warehouse, built

AS_OF = "2026-11-22"

Sousei = Callable[..., subprocess.CompletedProcess[str]]


def run_sousei(home: Path, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it, on a home of its own and from a foreign working directory and time zone."""
    return subprocess.run(
        [sys.executable, "-m", "sousei.orchestration.command", *arguments],
        cwd=home.parent,
        env=same_code(SOUSEI_HOME=str(home), TZ="America/New_York"),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.fixture(scope="session")
def first_refresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The home and what the first refresh said."""
    home = tmp_path_factory.mktemp("first") / "var"
    history = home.parent / "dagster"
    history.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(history))
        return home, run_sousei(home, "refresh", "--samples", "--as-of", AS_OF)


@pytest.fixture(scope="session")
def published(first_refresh: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    """A home with a release; read it, never change it."""
    home, said = first_refresh
    assert said.returncode == 0, said.stderr
    return home


@pytest.fixture
def own_home(published: Path, tmp_path: Path) -> Path:
    """A copy of the published home that a test may change."""
    home = tmp_path / "var"
    shutil.copytree(published, home, symlinks=True)
    return home


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The warehouse of the embedded samples, built once; a test plants faults inside a transaction only."""
    with built(tmp_path_factory.mktemp("warehouse"), PROJECT_ROOT / "samples" / "landing") as whole:
        yield whole
