"""The files of decisions as people and spreadsheets save them: whole lines hold, others are told and change nothing.

The decisions are synthetic.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sousei.foundation.home import Home
from sousei.ingest.decided import decisions
from sousei.ingest.decided.registers import RegisterError

HEADER = ",".join(decisions.GO_AHEADS)
LINE = "deliveries_did_not_shrink,01223:0123456789ab,統計担当課長,2026-11-28,確かめた"
KEY = ("deliveries_did_not_shrink", "01223:0123456789ab")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    one = Home(tmp_path)
    decisions.prepare(one)
    return one


def write(home: Home, text: str, encoding: str = "utf-8", name: str = "go_aheads.csv") -> None:
    (home.decisions / name).write_bytes(text.encode(encoding))


def test_files_of_which_nobody_has_written_a_line_are_fine(home: Home) -> None:
    found = decisions.read(home)
    assert (found.go_aheads, found.withdrawn, found.faults) == ({}, {}, [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}\n{LINE}\n",
        f"{HEADER}\r\n{LINE}\r\n\r\n,,,,\r\n",
        f"{HEADER}\n{LINE.replace('2026-11-28', '2026/11/28')}",
        f"{HEADER},finding_ja\n{LINE},前の提出より 3 行少ない\n",
        f"{HEADER},finding_ja\n{LINE}\n",
        f"{HEADER}\n{LINE},前の提出より 3 行少ない\n",
        f"{HEADER}\n{HEADER},finding_ja\n{LINE},前の提出より 3 行少ない\n",
        f"{','.join(reversed(HEADER.split(',')))}\n{','.join(reversed(LINE.split(',')))}\n",
    ],
)
def test_a_line_holds_however_it_was_saved(home: Home, text: str, encoding: str) -> None:
    write(home, text, encoding)
    found = decisions.read(home)
    assert found.faults == [] and found.lets_pass(*KEY)
    assert found.go_aheads[KEY]["decided_on"] == "2026-11-28"
    assert found.frame()["decided_on"].to_list() == [dt.date(2026, 11, 28)]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (LINE.replace("統計担当課長", " "), "decided_by"),
        (LINE.replace("確かめた", ""), "reason_ja"),
        (LINE.replace("2026-11-28", ""), "decided_on"),
        (LINE.replace("2026-11-28", "決裁日"), "decided_on"),
        (LINE.replace("2026-11-28", "2026-11-31"), "decided_on"),
        (LINE.replace("2026-11-28", "########"), "decided_on"),
        ("deliveries_did_not_shrink,01223:0123456789ab", "decided_by"),
    ],
)
def test_a_line_that_is_not_whole_is_told_and_changes_nothing(home: Home, line: str, column: str) -> None:
    other = LINE.replace("01223", "03211")
    write(home, f"{HEADER}\n{line}\n{other}\n")
    found = decisions.read(home)
    assert [(one["row"], one["column_label"]) for one in found.faults] == [(2, column)]
    assert list(found.go_aheads) == [("deliveries_did_not_shrink", "03211:0123456789ab")]


@pytest.mark.parametrize("name", ["go_aheads.csv", "withdrawals.csv"])
@pytest.mark.parametrize(
    "data",
    [b"", b"rule;fact\n", b"rule,fact\n", b"\xff\xfe\xfd\xa0\n", b'rule,fact\n"open\n'],
    ids=["empty", "semicolons", "columns", "characters", "quote"],
)
def test_a_file_of_which_nobody_knows_what_was_decided_is_one_line(home: Home, name: str, data: bytes) -> None:
    (home.decisions / name).write_bytes(data)
    with pytest.raises(RegisterError, match=f"^register_not_read: decisions/{name}") as refusal:
        decisions.read(home)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_withdrawal_is_added_to_a_file_that_a_spreadsheet_saved(home: Home, encoding: str, end: str) -> None:
    receipt = home.snapshots / ("fedcba9876543210" + "0" * 48) / "receipt.json"
    receipt.parent.mkdir(parents=True)
    receipt.write_text("{}")
    before = "tourism-0123456789abcdef,withdrawn,統計課長,2026-11-22T02:00:00+09:00,誤って受領した"
    write(home, f"{','.join(decisions.WITHDRAWALS)}\n{before}{end}", encoding, "withdrawals.csv")
    now = dt.datetime(2026, 11, 28, 9, tzinfo=dt.timezone(dt.timedelta(hours=9)))
    decisions.withdraw(home, "census-fedcba9876543210", "統計課長", "旧版", now)
    found = decisions.read(home)
    assert found.faults == []
    assert {key: line["decided_by"] for key, line in found.withdrawn.items()} == dict.fromkeys(
        ("tourism-0123456789abcdef", "census-fedcba9876543210"), "統計課長"
    )


STEPS = ",".join(decisions.LEVEL_STEPS)
STEP = "01234,2023-03-01,movement,観光課長,2026-11-28,球場の開業"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
@pytest.mark.parametrize(
    "line", [STEP, STEP.replace("01234", "1234").replace("2023-03-01", "2023/3/1"), STEP.replace("01234", "012343")]
)
def test_a_step_that_a_person_read_is_a_row(home: Home, line: str, encoding: str) -> None:
    write(home, f"{STEPS}\n{STEP.replace('movement', 'break')}\n{line}\n", encoding, "level_steps.csv")
    found = decisions.read(home)
    assert found.faults == []
    assert found.steps().rows() == [
        ("01234", dt.date(2023, 3, 1), "movement", "観光課長", dt.date(2026, 11, 28), "球場の開業")
    ], "the last line on a month holds"


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (STEP.replace("movement", "real"), "reading"),
        (STEP.replace("2023-03-01", "2023-03-02"), "comparable_from"),
        (STEP.replace("2023-03-01", "45292"), "comparable_from"),
        (STEP.replace("01234", "99999"), "municipality_code"),
        (STEP.replace("観光課長", ""), "decided_by"),
        (STEP.replace(",球場の開業", ""), "reason_ja"),
    ],
)
def test_a_step_whose_line_is_not_whole_changes_nothing(home: Home, line: str, column: str) -> None:
    write(home, f"{STEPS}\n{line}\n", name="level_steps.csv")
    found = decisions.read(home)
    assert [(one["file_name"], one["row"], one["column_label"]) for one in found.faults] == [
        ("level_steps.csv", 2, column)
    ]
    assert found.steps().is_empty()


def test_a_step_that_is_decided_makes_another_night(home: Home) -> None:
    before = decisions.read(home).digest
    write(home, f"{STEPS}\n{STEP}\n", name="level_steps.csv")
    assert decisions.read(home).digest != before
