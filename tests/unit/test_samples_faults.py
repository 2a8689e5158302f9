"""The synthetic faults are what they say: they change the file that they name, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.synthetic.faults import FAULTS, SAMPLES, fresh_landing, my_number_check_digit, read_workbook

SEVERAL = {"ten_times_too_many": {"tourism/city202508.csv", "tourism/city2025.csv"}}
MOVED_AWAY = {"symlinked_folder", "odd_file_name"}


def regular(folder: Path) -> dict[str, bytes]:
    """Relative path -> bytes of the regular files below a folder; links are not followed."""
    found = {}
    for base, _, names in os.walk(folder):
        for name in names:
            path = Path(base) / name
            if path.is_file() and not path.is_symlink():
                found[str(path.relative_to(folder))] = path.read_bytes()
    return found


@pytest.mark.parametrize("name", FAULTS)
def test_fault_changes_the_file_that_it_names(name: str, tmp_path: Path) -> None:
    landing = fresh_landing(tmp_path)
    before = regular(SAMPLES)
    assert regular(landing) == before
    planted = FAULTS[name](landing)
    assert regular(SAMPLES) == before
    assert planted.severity in {"gate", "warn", "taken"}
    assert planted.problem
    assert os.path.lexists(planted.path)
    after = regular(landing)
    changed = {file for file in before.keys() | after.keys() if before.get(file) != after.get(file)}
    if name not in MOVED_AWAY:
        assert changed <= SEVERAL.get(name, {str(planted.path.relative_to(landing))})
        assert changed or not planted.path.is_file() or planted.path.is_symlink() or planted.path.stat().st_nlink > 1
    if planted.rows and planted.path.suffix == ".xlsx":
        rows = read_workbook(planted.path)[planted.sheet][0]
        assert max(planted.rows) <= len(rows)
    elif planted.rows:
        assert max(planted.rows) <= planted.path.read_bytes().count(b"\n")


def test_planted_rows_hold_the_fault(tmp_path: Path) -> None:
    landing = fresh_landing(tmp_path)
    planted = FAULTS["wrong_check_digit"](landing)
    rows = read_workbook(planted.path)[planted.sheet][0]
    assert rows[planted.rows[0] - 1][:3] == ["012239", "北海道", "根室市"]

    planted = FAULTS["registry_age_total_mismatch"](landing)
    cells = read_workbook(planted.path)[planted.sheet][0][planted.rows[0] - 1]
    assert sum(float(cell) for cell in cells[5:]) - float(cells[4]) == 100

    planted = FAULTS["furusato_detail_thousands_as_yen"](landing)
    rows = read_workbook(planted.path)[planted.sheet][0]
    for row in planted.rows:
        count, amount = (float(cell) for cell in rows[row - 1][3:5])
        assert 10 < amount / count < 20
    assert "令和2年度" in str(rows) and "令和元年度" not in str(rows)


def test_zip_bomb_is_small_on_disk_and_large_inside(tmp_path: Path) -> None:
    planted = FAULTS["zip_bomb"](fresh_landing(tmp_path))
    assert planted.path.stat().st_size < 200_000


def test_check_digit_of_a_personal_number_follows_the_ministerial_rule() -> None:
    # 11 - (sum of digit x weight mod 11), 0 where the remainder is 0 or 1; worked by hand for 12345678901
    assert my_number_check_digit(12345678901) == 8
    assert my_number_check_digit(0) == 0
