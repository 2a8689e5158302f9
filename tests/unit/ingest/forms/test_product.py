"""Seeds that decide how a row is taken are part of the reader: another seed makes every reading again."""

from __future__ import annotations

import re

import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest import raw
from sousei.ingest.areas import register
from sousei.ingest.forms import product

READERS = {"ingest/areas/register.py", "ingest/forms/product.py"}
"""Files of ingest that read a seed to take a delivery."""
LOOKERS = {"ingest/decided/seeds.py", "ingest/decided/registers.py"}
"""Files that only look whether seeds and registers are whole."""


def test_the_version_of_the_reader_holds_every_seed_that_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(raw, "fingerprint", lambda *places: given.extend(places) or "x")
    raw.reader_version()
    assert {"ingest", "foundation", *register.SEED_FILES, *product.SEED_FILES} == set(given)
    assert all((PROJECT_ROOT / name).is_file() for name in product.SEED_FILES)


def test_no_other_file_of_ingest_reads_a_seed() -> None:
    named = re.compile(r"\bSEEDS\b|dbt_project/seeds/")
    found = {
        path.relative_to(PROJECT_ROOT).as_posix()
        for path in (PROJECT_ROOT / "ingest").rglob("*.py")
        if any(named.search(line) for line in path.read_text("utf-8").splitlines() if "import" not in line)
    }
    assert found >= READERS
    assert {
        name for name in found - READERS - LOOKERS if "read_csv" in (PROJECT_ROOT / name).read_text("utf-8")
    } == set()


def test_kinds_that_add_up_are_those_of_the_seed() -> None:
    assert product.summed_kinds() == {"cumulative_total", "increment_over_term"}
