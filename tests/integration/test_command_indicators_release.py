"""`sousei indicators` with a release: the years that a municipality has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.conftest import run_sousei

pytestmark = pytest.mark.slow


def test_the_years_of_a_municipality_are_those_of_the_release(published: Path) -> None:
    said = run_sousei(
        published, "indicators", "--municipality", "03211", "--search", "tourism_visitors_fiscal", "--json"
    )
    assert said.returncode == 0, said.stderr
    (one,) = json.loads(said.stdout)
    assert one["fiscal_years"] == [2021, 2022, 2024]
    assert one["n_municipalities"] == 2 and one["last_period_end"] == "2026-03-31"
    told = run_sousei(published, "indicators", "--municipality", "01661", "--search", "tourism_visitors_fiscal")
    assert told.stdout.splitlines()[-1] == "    01661：値なし"
