"""A small published release; read it, never change it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sousei.foundation.home import Home
from sousei.publication.publish import publish
from sousei.publication.shelf import Release
from tests.gate_candidate import NOW, Run, judged, make


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("base") / "candidate.duckdb")


@pytest.fixture(scope="session")
def published(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder = tmp_path_factory.mktemp("published")
    candidate = Path(shutil.copyfile(base, folder / "candidate.duckdb"))
    assert judged(candidate).passed
    return publish(Home(folder / "home"), candidate, Run(), NOW)
