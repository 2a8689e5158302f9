"""The names of sheets and columns of a delivery are text of a person's making, too: one that is about a person leaves
the stored bytes as little as a cell does."""

from __future__ import annotations

import io
import json
from pathlib import Path

import openpyxl
import pytest

from sousei.foundation.home import Home
from tests.faults.ingest.test_canary import CANARY, MAIL, NUMBER, SAMPLES, TOURISM, assert_silent, told

CANARIES = [CANARY, MAIL, NUMBER]


def landing_of(tmp_path: Path) -> Path:
    landing = tmp_path / "landing"
    landing.mkdir()
    return landing


@pytest.mark.sampled(6)
@pytest.mark.promise("D6")
@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("place", range(10))
def test_any_header_of_a_csv(tmp_path: Path, place: int, canary: str) -> None:
    landing = landing_of(tmp_path)
    header, *rows = TOURISM.splitlines()
    names = header.split(",")
    changed = [*names[:place], canary, *names[place + 1 :]]
    more = ",1" if place == len(names) else ""
    (landing / "a.csv").write_text("\n".join([",".join(changed), *(row + more for row in rows)]) + "\n", "utf-8-sig")
    assert_silent(told(landing, Home(tmp_path / "home")))


@pytest.mark.sampled(2)
@pytest.mark.promise("D6")
@pytest.mark.parametrize(
    "name",
    [
        "furusato_nozei/R1_gain.xlsx",
        "ipss_projection/ipss_2023_totals_kekkahyo1.xlsx",
        "resident_registry/2304ssnen.xlsx",
        "plan_register/nemuro_strategy_2.xlsx",
        "section_report/kamaishi_slides.xlsx",
    ],
)
def test_any_sheet_name_and_header_of_a_workbook(tmp_path: Path, name: str) -> None:
    landing, canary = landing_of(tmp_path), f"{CANARY} {NUMBER}"
    data = (SAMPLES / name).read_bytes()

    def load() -> openpyxl.Workbook:
        return openpyxl.load_workbook(io.BytesIO(data))

    book = load()
    for place, sheet in enumerate(book.worksheets):
        sheet.title = f"{place}{canary}"[:31]
    book.save(landing / "renamed.xlsx")
    book = load()
    for state in ("visible", "hidden"):
        more = book.copy_worksheet(book.worksheets[0])
        more.title, more.sheet_state = f"{state[0]} {canary}"[:31], state
    book.create_sheet(f"メモ{canary}").append([canary, 1])
    book.save(landing / "more.xlsx")
    book = load()
    first = book.worksheets[0]
    for row in range(1, min(first.max_row, 12) + 1):
        for column in (1 + row % 2, min(first.max_column, 7)):
            cell = first.cell(row, column)
            if isinstance(cell.value, str):
                kept, cell.value = cell.value, canary
                book.save(landing / f"{row}-{column}.xlsx")
                cell.value = kept
    first.cell(min(first.max_row, 6), first.max_column + 1).value = canary
    first.cell(first.max_row, first.max_column).value = 1
    book.save(landing / "column.xlsx")
    assert_silent(told(landing, Home(tmp_path / "home")))


@pytest.mark.parametrize("canary", CANARIES)
def test_keys_and_items_of_an_answer_of_the_api(tmp_path: Path, canary: str) -> None:
    landing = landing_of(tmp_path)
    (landing / "a.json").write_text(json.dumps({canary: {canary: [canary]}, "GET_STATS_DATA": {canary: 1}}), "utf-8")
    assert_silent(told(landing, Home(tmp_path / "home")))


@pytest.mark.parametrize("name", ["架空太郎", "架空 太郎", "架空　太郎"])
@pytest.mark.parametrize("separator", [";", "\t", "|", "，", "、", ":", " ", "  "])
def test_a_list_of_persons_is_refused_whatever_parts_its_cells(tmp_path: Path, separator: str, name: str) -> None:
    """Blanks part names too: the head has then fewer fields than the lines below."""
    landing, home = landing_of(tmp_path), Home(tmp_path / "home")
    mine = CANARY if name == "架空太郎" else f"{CANARY} 花子"
    lines = [["氏名", "生年月日", "住所"], [mine, "1980-01-01", MAIL], [name, "1981-02-03", NUMBER]]
    (landing / "a.csv").write_text("\n".join(separator.join(line) for line in lines) + "\n", "utf-8")
    texts = told(landing, home)
    assert "personal_data" in texts[0]
    assert_silent(texts)
    assert not list(home.snapshots.rglob("bytes"))
