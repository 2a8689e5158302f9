"""Every check on the deliveries of a release finds its own fault, and nothing else does unless it must."""

from __future__ import annotations

from pathlib import Path

import pytest

from sousei.expectations.suites import sources
from tests.suite_faults import found_in

PLANTS: dict[str, str] = {
    "sources_have_a_plausible_number_of_files": "delete from main.meta_source",
    "source_sha256_is_a_hash": (
        "update main.meta_source set sha256 = left(sha256, 63) || 'g' where file_name = 'visitors.csv'"
    ),
    "source_id_is_named_by_content": (
        "update main.meta_source set source_id = 'tourism-cccccccccccccccc' where file_name = 'visitors.csv'"
    ),
    "source_file_name_is_a_base_name": (
        "update main.meta_source set file_name = 'inbox/visitors.csv' where file_name = 'visitors.csv'"
    ),
    "source_is_credited": "update main.meta_source set licence = ' ' where file_name = 'visitors.csv'",
    "every_source_gave_rows": "update main.meta_source set rows_read = 0 where file_name = 'visitors.csv'",
    "no_row_was_quarantined": "update main.meta_source set rows_quarantined = 2 where file_name = 'visitors.csv'",
}


@pytest.mark.promise("E1")
def test_every_check_has_its_fault() -> None:
    assert PLANTS.keys() == {check.check_id for check in sources.CHECKS}


@pytest.mark.sampled(3)
@pytest.mark.promise("E1")
@pytest.mark.parametrize("check_id", PLANTS)
def test_planted_fault_fails_exactly_its_check(check_id: str, sound: Path, tmp_path: Path) -> None:
    assert found_in(sound, tmp_path, check_id, PLANTS[check_id]) == {check_id}
