"""Lists of persons without a head are refused; tables with days, streets and sexes that are no such lists are not."""

from __future__ import annotations

import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.cells import csvtext
from sousei.ingest.cells.grid import of_csv
from sousei.ingest.receive.headless import persons_without_head
from sousei.ingest.receive.personal import find_personal

NAMES = ("見本一郎", "見本花子", "見本次郎", "見本三郎", "見本春子")
BORN = ("1980-01-02", "昭和30年3月4日", "H2.5.6", "20010708", "1999/9/10")
"""Synthetic persons."""


def table(*columns: tuple[str, ...], sign: str = ",") -> str:
    return "".join(sign.join(row) + "\n" for row in zip(*columns, strict=True))


@pytest.mark.promise("D6")
@pytest.mark.parametrize(
    "other",
    [
        ("男", "女", "男", "男", "女"),
        ("根室市常盤町2-27", "根室市本町１丁目２番", "釜石市只越町3-9-13", "根室市西浜町10-177", ""),
        ("0153-23-6111", "0193222111", "090-0000-0000", "0153-00-0000", "0193-00-0000"),
        ("a@example.jp", "b@example.jp", "c@example.jp", "d@example.jp", "e@example.jp"),
    ],
)
@pytest.mark.parametrize("sign", [",", "\t", ";"])
def test_a_list_of_persons_without_a_head_is_refused(other: tuple[str, ...], sign: str) -> None:
    (found,) = find_personal(of_csv(table(NAMES, BORN, other, sign=sign)))
    assert found["problem_id"] == "personal_data" and "見出しのない" in found["message_ja"]
    assert not any(cell in str(found) for cell in (*NAMES, *BORN, *filter(None, other)))


@pytest.mark.parametrize(
    "text",
    [
        table(("施設", *NAMES), ("設置年月日", *BORN), ("所在地", *("本町1-2",) * 5)),  # facilities, below a head
        table(
            NAMES, ("2026-01-10", "2026-02-11", "2026-03-12", "2026-04-13", "2026-05-14"), ("本町1-2",) * 5
        ),  # events
        table(("1950-10-01", "1960-10-01", "1970-10-01"), ("100", "200", "300")),  # a series
        table(NAMES, ("男", "女", "男", "男", "女")),
    ],
)
def test_what_is_no_list_of_persons_is_not_called_one(text: str) -> None:
    assert persons_without_head(of_csv(text)) == 0


def test_no_sample_is_called_one() -> None:
    for path in (PROJECT_ROOT / "samples" / "landing").rglob("*.csv"):
        assert persons_without_head(of_csv(csvtext.decode(path.read_bytes())[0])) == 0, path.name
