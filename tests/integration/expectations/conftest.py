"""A candidate that passes everything; read it, never change it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import gate_candidate


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gate_candidate.make(tmp_path_factory.mktemp("sound") / "candidate.duckdb")
