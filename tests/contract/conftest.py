"""dbt's manifest of the checkout, parsed once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sousei.foundation.home import PROJECT_ROOT

PROJECT = PROJECT_ROOT / "dbt_project"


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    from dbt.cli.main import dbtRunner

    target = tmp_path_factory.mktemp("dbt")
    where = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(target)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUSEI_BUILD_DB", str(target / "candidate.duckdb"))
        result = dbtRunner().invoke(["parse", "--quiet", "--log-path", str(target / "logs"), *where])
    assert result.success, result.exception
    loaded: dict[str, Any] = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    return loaded
